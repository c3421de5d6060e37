// Package cognate has the nouns of a user pools service: UserPool, AppClient, User, SoftwareToken, Credential, Device,
// AuthSession, Grant and SigningKey, with the checks that need only one noun.
//
// It has no SQL, no HTTP, no goroutines and no wall clock. Functions that need the time take it as an argument.
package cognate

//go:generate go run ./internal/assumedoc docs/divergences/assumed.md
