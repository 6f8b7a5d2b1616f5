package upload

import (
	"context"

	"zoufang/storage"
	"zoufang/sync/engine"
	"zoufang/sync/wire"
)

// makeRoom returns the user's open upload of the same bytes that is furthest, if there is one. Otherwise it sees to it that
// one more fits, giving up resting ones, the longest untouched first.
func (s *Service) makeRoom(ctx context.Context, p *engine.Principal, name ticket) (storage.Upload, error) {
	uploads, err := s.objects.Uploads(ctx, p.User)
	if err != nil {
		return storage.Upload{}, err
	}
	var same storage.Upload
	count, promised := 1, name.length
	for _, up := range uploads {
		other, err := parse(up.ID)
		if err != nil {
			continue // not ours; the sweep takes it
		}
		if other.hash == name.hash && other.length == name.length && (same.ID == "" || up.Bytes > same.Bytes) {
			same = up
		}
		count++
		promised += other.length
	}
	if same.ID != "" {
		return same, nil
	}
	for count > MaxOpen || promised > MaxOpenBytes {
		oldest := -1
		for i, up := range uploads {
			if up.Touched < s.now()-resting.Milliseconds() && (oldest < 0 || up.Touched < uploads[oldest].Touched) {
				oldest = i
			}
		}
		if oldest < 0 {
			return storage.Upload{}, wire.Fault(wire.CodeTooMany, "open uploads")
		}
		up := uploads[oldest]
		uploads = append(uploads[:oldest], uploads[oldest+1:]...)
		if err := s.discard(ctx, up.UploadKey); err != nil {
			return storage.Upload{}, err
		}
		if other, err := parse(up.ID); err == nil {
			count--
			promised -= other.length
		}
	}
	return storage.Upload{}, nil
}
