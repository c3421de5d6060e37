package tokens

import (
	"context"

	"cognate/store"
)

type principalKey struct{}

// WithPrincipal returns a context that carries the user whose access token was authenticated.
func WithPrincipal(ctx context.Context, p *store.Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns the user whose access token the request carries, or nil.
func PrincipalFrom(ctx context.Context) *store.Principal {
	p, _ := ctx.Value(principalKey{}).(*store.Principal)
	return p
}
