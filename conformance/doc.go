// Package conformance tells the stories of the software token to a running server, over the network, with the clients
// that applications use: the AWS SDKs for Go, Python and JavaScript, and the AWS CLI. It knows nothing of the server's code.
//
// The server is the one at COGNATE_ENDPOINT; where that is unset, one is built and started for the run. See README.md.
package conformance
