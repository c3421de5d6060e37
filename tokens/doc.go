// Package tokens makes, checks and revokes the tokens of finished sign-ins: ID and access tokens (JWT, RS256) and refresh
// tokens. It caches the pools' signing keys and publishes their public keys.
//
// It does not decide who gets tokens; package signin does.
package tokens
