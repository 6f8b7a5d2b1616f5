package engine

import "zoufang/sync/wire"

// Seal makes a document of a vector ready for the store.
func Seal(doc *wire.Document) Stored { return seal(doc, nil) }
