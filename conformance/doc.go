// Package conformance owns black-box tests that run against a Cognate server over the network, with the clients that
// applications use: the AWS SDKs for Go, Python and JavaScript, Amplify, the AWS CLI and Terraform. It does not import
// server code.
//
// The server is the one at COGNATE_ENDPOINT. If that is not set, the tests build and start one. See README.md.
package conformance
