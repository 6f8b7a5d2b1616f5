package storage

import "zoufang/sync/wire"

// UploadKey names bytes on their way: uploads belong to one user, and only that user can name them.
type UploadKey struct {
	User wire.UserID
	// ID is 1 to 160 of a-z, 0-9, '-'.
	ID string
}

// Upload is an unfinished upload as it lies in the staging area.
type Upload struct {
	UploadKey
	// Bytes have arrived so far. After a power cut it may be fewer than were acknowledged; never more than were sent.
	Bytes int64
	// Touched is when bytes last arrived, Unix milliseconds.
	Touched int64
}
