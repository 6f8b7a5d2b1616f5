package upload

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"zoufang/sync/wire"
)

// ticket is what an upload's id says: "<uuid v7>-<sha256>-<length>". It needs no signature: it opens nothing but a file in
// the user's own staging area, and grants nothing that its bytes do not earn.
type ticket struct {
	began  string
	hash   wire.Hash
	length int64
}

func (t ticket) String() string { return fmt.Sprintf("%s-%s-%d", t.began, t.hash, t.length) }

// time returns when the upload began, Unix milliseconds.
func (t ticket) time() int64 {
	id, err := uuid.Parse(t.began)
	if err != nil {
		panic("upload: ticket without a uuid: " + t.began)
	}
	sec, nsec := id.Time().UnixTime()
	return sec*1000 + nsec/1e6
}

// parse reads an id. It fails with not_found, as such an upload cannot exist.
func parse(id string) (ticket, error) {
	const uuidLen, hashEnd = 36, 36 + 1 + 64
	if len(id) > hashEnd+1 && id[uuidLen] == '-' && id[hashEnd] == '-' {
		t := ticket{began: id[:uuidLen], hash: wire.Hash(id[uuidLen+1 : hashEnd])}
		length := id[hashEnd+1:]
		var err error
		t.length, err = strconv.ParseInt(length, 10, 64)
		if err == nil && t.length > 0 && t.length <= wire.MaxPhotoBytes && !strings.HasPrefix(length, "0") && length[0] != '+' &&
			wire.ValidUUID(t.began) && wire.ValidHash(string(t.hash)) {
			return t, nil
		}
	}
	return ticket{}, wire.Fault(wire.CodeNotFound, "upload")
}
