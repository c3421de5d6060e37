// Package tokens makes, checks and revokes what a finished sign-in hands out: ID and access tokens (JWT, RS256) and
// refresh tokens. It keeps the pools' signing keys and publishes their public halves.
//
// It does not decide who may have tokens; package signin does.
package tokens
