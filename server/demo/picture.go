package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
)

// The demo's pictures are as large as a phone's after shrinking.
const (
	pictureWidth  = 1600
	pictureHeight = 1200
)

// scenes are wall and light of a dormitory, a canteen and a society's room in the evening; another place is the first.
var scenes = [][2]color.RGBA{
	{{0x6b, 0x5b, 0x4e, 0xff}, {0xf2, 0xc9, 0x7a, 0xff}},
	{{0x7a, 0x4a, 0x3a, 0xff}, {0xf6, 0xe3, 0xb8, 0xff}},
	{{0x4d, 0x5f, 0x63, 0xff}, {0xdf, 0xe9, 0xdc, 0xff}},
}

// picture draws a building in the evening, without people: sky, a wall, windows with and without light.
func picture(scene, number int) ([]byte, error) {
	s := scenes[max(scene, 0)]
	random := rand.New(rand.NewPCG(uint64(scene+1), uint64(number)))
	img := image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	for y := range pictureHeight {
		t := float64(y) / pictureHeight
		sky := color.RGBA{uint8(40 + 150*t), uint8(58 + 90*t), uint8(96 + 40*t), 0xff}
		draw.Draw(img, image.Rect(0, y, pictureWidth, y+1), image.NewUniform(sky), image.Point{}, draw.Src)
	}
	left, top := 120+random.IntN(160), 180+random.IntN(120)
	fill(img, image.Rect(left, top, pictureWidth-100, pictureHeight), s[0])
	for y := top + 60; y < pictureHeight-160; y += 190 {
		for x := left + 70; x < pictureWidth-260; x += 210 {
			window := color.RGBA{0x2c, 0x33, 0x3f, 0xff}
			if random.IntN(3) > 0 {
				window = s[1]
			}
			fill(img, image.Rect(x-8, y-8, x+138, y+118), color.RGBA{0xe8, 0xe1, 0xd5, 0xff})
			fill(img, image.Rect(x, y, x+130, y+110), window)
			fill(img, image.Rect(x+61, y, x+69, y+110), color.RGBA{0xe8, 0xe1, 0xd5, 0xff})
		}
	}
	fill(img, image.Rect(0, pictureHeight-110, pictureWidth, pictureHeight), color.RGBA{0x3a, 0x3d, 0x38, 0xff})
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 80}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func fill(img draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}
