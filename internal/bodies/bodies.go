// Package bodies reads the bodies of requests, and sends large answers, within a fixed amount of memory, however many clients
// send or receive at the same time. It does not know what a body contains.
package bodies

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"
)

const (
	// unreserved is how much of each body is read without a reservation: nearly every body of the API as a whole. The buffers
	// of its connection are larger.
	unreserved = 4 << 10
	// smallBody is the size up to which bodies share one part of the memory. Larger bodies share the other part, so they do not
	// delay small ones.
	smallBody = 64 << 10

	mebibyte = 1 << 20
)

// Errors of Read.
var (
	// ErrTooLarge means that the body is larger than the limit.
	ErrTooLarge = errors.New("the body is larger than the limit")
	// ErrUnreadable means that the client stopped sending.
	ErrUnreadable = errors.New("the body could not be read")
	// ErrBusy means that too many clients were sending at the same time. Another attempt may succeed.
	ErrBusy = errors.New("too many bodies are being read")
)

// Reader reads bodies. Create it with ForEveryone or ForAdministrators.
type Reader struct {
	small, large *memory
	max          int64 // the largest limit that Read accepts
}

// ForEveryone returns a reader for the bodies of requests that everyone can send, of up to 2 MiB.
func ForEveryone() *Reader { return newReader(8*mebibyte, 4*mebibyte) }

// ForAdministrators returns a reader for the bodies of requests that name an access key of the server, of up to 4 MiB. It has
// memory of its own, so that other clients, however many and fast, do not delay administrators.
func ForAdministrators() *Reader { return newReader(2*mebibyte, 8*mebibyte) }

func newReader(small, large int64) *Reader {
	return &Reader{small: newMemory(small), large: newMemory(large), max: large / 2}
}

// Max returns the largest limit that Read accepts.
func (b *Reader) Max() int64 { return b.max }

// Read reads the body of a request of at most limit bytes, which is at most Max. It calls use with the body, and returns
// the error of use. The body is valid until use returns. Errors: ErrTooLarge, ErrUnreadable, ErrBusy; none of them calls use.
func (b *Reader) Read(w http.ResponseWriter, r *http.Request, limit int64, use func(body []byte) error) error {
	if limit > b.max || r.ContentLength > limit {
		return ErrTooLarge
	}
	most := limit + 1 // a body without a length may have one byte too many, which shows that it is too large
	if r.ContentLength >= 0 {
		most = r.ContentLength
	}
	start := make([]byte, min(most, unreserved))
	n, ended, err := fill(r.Body, start, nil)
	if err != nil {
		return ErrUnreadable
	}
	if ended || int64(n) == most {
		return whole(start[:n], most, r, limit, use)
	}
	part := b.large
	if most <= smallBody+1 {
		part = b.small
	}
	h := &hold{size: most, client: clientOf(r), cut: func() error { return http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) }}
	if err := part.reserve(r.Context(), h); err != nil {
		return err
	}
	defer part.release(h)
	body := make([]byte, most)
	copy(body, start)
	more, _, err := fill(r.Body, body[n:], h)
	switch wasCut := part.arrived(h); {
	case wasCut:
		return ErrBusy
	case err != nil:
		return ErrUnreadable
	}
	return whole(body[:n+more], most, r, limit, use)
}

// networkBits is the length of the prefix of an IPv6 network of one customer. Source: RFC 6177.
const networkBits = 64

// clientOf returns the address of the client of a request; of an IPv6 address its network, because one computer has all addresses of
// it.
func clientOf(r *http.Request) string {
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	ip := address.Addr().Unmap().WithZone("")
	return netip.PrefixFrom(ip, min(ip.BitLen(), networkBits)).Masked().String()
}

// whole passes a body to use if it is complete and not too large.
func whole(body []byte, most int64, r *http.Request, limit int64, use func([]byte) error) error {
	switch size := int64(len(body)); {
	case size > limit:
		return ErrTooLarge
	case r.ContentLength >= 0 && size < most:
		return ErrUnreadable
	}
	return use(body)
}

// fill reads until buffer is full or the body ends. It adds what it reads to the progress of h, if that is set.
func fill(body io.Reader, buffer []byte, h *hold) (n int, ended bool, err error) {
	for n < len(buffer) {
		read, err := body.Read(buffer[n:])
		n += read
		if h != nil {
			h.progress(read)
		}
		if errors.Is(err, io.EOF) {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}
