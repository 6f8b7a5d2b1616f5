package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"time"

	"zoufang/sync/wire"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// words make summaries of ordinary length; a fixed corpus, so that runs can be compared.
var words = []string{"热水供应时间偏短", "自习室关门早", "面食窗口排队久", "投影偏色后排听不清", "洗衣机有两台故障", "希望活动场地线上预约",
	"实习与课程时间冲突", "末班车太早", "宿舍楼道灯不亮", "晚自习后食堂没有夜宵", "选课系统高峰期打不开", "快递点离宿舍远"}

var (
	random = rand.New(rand.NewPCG(20, 26))
	today  = time.Now()
)

// visit is a saved visit as a phone writes it; its document is about 930 bytes.
func visit(user wire.UserID, device wire.DeviceID, seq int64) jsontext.Value {
	start := today.Add(-time.Duration(random.IntN(60*24)) * time.Hour)
	fields := map[string]any{
		"author": user, "enteredBy": user, "recordedAt": wire.FormatTime(today.UnixMilli()),
		"when":  wire.When{Start: wire.FormatTime(start.UnixMilli()), Minutes: 10 * random.IntN(9)},
		"where": wire.Where{Place: wire.DocID(uuid.NewString()), Name: "梧桐苑5栋", Venue: wire.VenueDorm},
		"mode":  wire.ModeFaceToFace, "form": wire.FormVisit, "group": wire.Group{Kind: wire.GroupDorm, Name: "2024级软件2班"},
		"talked": random.IntN(60), "raised": random.IntN(2) == 0,
		"summary": words[random.IntN(len(words))] + ";" + words[random.IntN(len(words))] + ";" + words[random.IntN(len(words))] + "。当场联系后勤核实。",
	}
	m := wire.Mutation{Device: device, Seq: seq, Kind: wire.KindVisit, Doc: wire.DocID(uuid.Must(uuid.NewV7()).String()), Set: map[string]wire.Change{},
		Command: &wire.Command{Verb: wire.VerbSubmit}, At: today.UnixMilli(), Schema: wire.Schema, App: "bench"}
	for name, v := range fields {
		m.Set[name] = wire.Change{Was: wire.Null, Now: wire.Encode(v)}
	}
	return wire.Encode(m)
}

// picture is a JPEG of about photoBytes with content of its own.
type picture struct {
	hash  wire.Hash
	bytes []byte
}

// pictures returns n pictures: one drawing, its scan varied so that no two have the same hash.
func pictures(n int) ([]picture, error) {
	img := image.NewGray(image.Rect(0, 0, 1200, 800))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: uint8(random.IntN(160))}.Y
	}
	var drawn bytes.Buffer
	for quality := 90; ; quality -= 2 {
		drawn.Reset()
		if err := jpeg.Encode(&drawn, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if drawn.Len() <= photoBytes || quality < 10 {
			break
		}
	}
	all := make([]picture, n)
	for i := range all {
		b := bytes.Clone(drawn.Bytes())
		for at, changed := len(b)/2, 0; changed < 16; at++ { // no byte of a marker is touched or made
			if b[at] != 0xff && b[at-1] != 0xff {
				b[at] = byte(random.IntN(0xff))
				changed++
			}
		}
		sum := sha256.Sum256(b)
		all[i] = picture{wire.Hash(hex.EncodeToString(sum[:])), b}
	}
	return all, nil
}
