// Package api is the wire: the shapes of the user-pools API, its operation table, the check of a request's shape with
// the service's wording, its errors and a client. Nearly all of it is generated from description/cognito-idp.json.
//
// It holds no rules: what an operation does, who may call it and what is true of a user pool are decided elsewhere.
package api

//go:generate go run ../internal/apigen
