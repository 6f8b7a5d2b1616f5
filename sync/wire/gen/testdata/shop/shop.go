// Package shop has one of everything the generator translates.
package shop

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of the shop.
//
//ts:const
const (
	// MaxItems bounds a basket.
	MaxItems = 20
	Currency = "CNY"
	Rate     = 0.06
)

// hidden stays in Go: its block is not marked.
const hidden = 7

// ItemID is a brand.
type ItemID string

// Colour is a union.
type Colour string

// The colours.
const (
	Red  Colour = "red"
	Blue Colour = "blue"
)

// Wood is a union too long for one line.
type Wood string

// The woods.
const (
	Oak     Wood = "oak_from_the_north_side"
	Elm     Wood = "elm_from_the_south_side"
	Ash     Wood = "ash_from_the_east_side"
	Juniper Wood = "juniper_from_the_west_side"
)

// Count is a named number.
type Count int

// Base is what everything on sale has.
type Base struct {
	ID ItemID `json:"id"`
	// MadeAt is RFC 3339, never /* like this */.
	MadeAt time.Time `json:"madeAt"`
}

// Item is on sale.
// It embeds Base.
type Item struct {
	Base
	Colour  Colour            `json:"colour"`
	Wood    *Wood             `json:"wood,omitempty"`
	Parent  *ItemID           `json:"parent"`
	Stock   Count             `json:"stock"`
	Price   float64           `json:"price"`
	Sold    bool              `json:"sold,omitzero"`
	Tags    []string          `json:"tags"`
	Rows    [][]int64         `json:"rows"`
	Prices  map[string]Count  `json:"prices"`
	Extra   jsontext.Value    `json:"extra"`
	Related []jsontext.Value  `json:"related" ts:"readonly Item[]"`
	Note    map[string]string `json:"-"`
}

// Fault has no json tag: it never crosses the network.
type Fault struct {
	Err error
}

type unexported struct {
	Field chan int `json:"field"`
}
