package server

import (
	"testing"

	"cognate/api"
)

// The reader of each operation accepts its largest body.
func TestReaderOfEachOperation(t *testing.T) {
	t.Parallel()
	readers := newBodyReaders()
	for _, op := range api.Operations() {
		reader := readers.everyone
		if op.Auth == api.AuthSigV4 {
			reader = readers.administrators
		}
		if op.MaxBody > reader.Max() {
			t.Errorf("%s has bodies of %d bytes, its reader accepts %d", op.Name, op.MaxBody, reader.Max())
		}
	}
}
