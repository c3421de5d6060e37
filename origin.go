package cognate

import (
	"context"

	"cognate/internal/useragent"
)

// Origin is the address and the user agent of a request.
type Origin struct {
	IPAddress string // the address of the client or of its proxy; empty if unknown
	UserAgent string // the header as sent; clients can send any text
}

type originKey struct{}

// WithOrigin returns a context that carries o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom returns the origin that WithOrigin stored; the zero Origin without one.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// UnknownOrigin is the answer for an unknown device type or country.
const UnknownOrigin = useragent.Unknown
