// Package api owns the wire format of the user pools API: Go types of the shapes, the operation table, request
// validation with the service's error messages, error types and a client. Nearly all of it is generated from
// description/cognito-idp.json.
//
// It contains no rules. Other packages decide what an operation does, who may call it and what a user pool permits.
package api

//go:generate go run ../internal/apigen
