package auth

import (
	"cognate"
	"cognate/api"
	"cognate/signin"
)

// parameters are the AuthParameters of a flow, or the ChallengeResponses of a challenge. An empty parameter counts as missing.
// The files wire_start.go, wire_response.go and wire_challenge.go define them; package signin does not know their keys.
// Source: API reference, InitiateAuth and RespondToAuthChallenge.
type parameters map[string]string

// The parameters of every flow and challenge.
const (
	keyUsername   = "USERNAME"
	keySecretHash = "SECRET_HASH"
	keyDevice     = "DEVICE_KEY"
)

// require returns the error for the first of the parameters that is missing; nil if none is.
func (p parameters) require(names ...string) error {
	for _, name := range names {
		if p[name] == "" {
			return api.ErrMissingParameter(name)
		}
	}
	return nil
}

// fill sets what an attempt has from the parameters of every flow and challenge. incomplete is the error for the first missing
// parameter.
func (p parameters) fill(a *signin.Attempt, incomplete error) {
	a.Username, a.Device = p[keyUsername], p[keyDevice]
	a.Authenticate = p.authenticate(a.Client)
	a.Incomplete = incomplete
}

// authenticate returns signin.Attempt.Authenticate for a request with these parameters. The secret hash is made over the
// username as sent; with a refresh token over the sub or the username of its user.
func (p parameters) authenticate(client *cognate.AppClient) func(string, *cognate.User) error {
	hash := p[keySecretHash]
	return func(login string, user *cognate.User) error {
		if user == nil {
			return client.RequireSecretHash(login, hash)
		}
		return client.RequireRefreshSecretHash(user, hash)
	}
}
