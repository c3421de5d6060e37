package cognate

import "context"

// Origin is where a request came from, as the server sees it.
type Origin struct {
	IPAddress string // of the connection's other end, which may be a proxy; empty when unknown
}

type originKey struct{}

// WithOrigin returns a context that carries o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom returns where the request came from; the zero Origin when nobody said.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
