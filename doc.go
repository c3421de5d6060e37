// Package cognate holds the nouns of a user-pools service: UserPool, AppClient, User, SoftwareToken, Session, Grant,
// SigningKey, and what is true of them by themselves.
//
// It knows no SQL, no HTTP, no goroutines and no wall clock: whatever needs the time is handed it.
package cognate

//go:generate go run ./internal/assumedoc docs/divergences/assumed.md
