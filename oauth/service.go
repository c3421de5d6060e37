package oauth

import (
	"time"

	"cognate/signin"
	"cognate/store"
	"cognate/tokens"
)

// Service has the rules of OAuth 2.0 and OpenID Connect for the domains of pools.
type Service struct {
	Store  *store.Store
	Engine *signin.Engine
	Tokens *tokens.Service
	Issuer tokens.Issuer
	Now    func() time.Time
}
