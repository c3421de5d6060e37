// Package certificates gets the TLS certificates of the server from a directory by ACME (RFC 8555): those of the names in the settings,
// and those of the domains of all user pools. The certificates and the key of the account are sealed in the database, so all servers on
// it use the same ones. One server at a time asks the directory: it holds a lease. A certificate is renewed when a third of its lifetime
// is left, but not earlier than 30 days before its end. If that fails, the previous certificate stays in use.
//
// A connection never leads to a request to the directory, whatever name a client asks for. It reads the database only if it looks like
// the check of a challenge, and all connections together do so a few times a second.
//
// The package uses package acme, the client below autocert, because autocert asks the directory during a handshake, reads its cache for
// each unknown name, renews on every server, and does not return why a challenge failed.
package certificates
