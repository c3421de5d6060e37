// Package certificates gets the TLS certificates of the server by ACME (RFC 8555): for the names in the settings, and for the domains of
// all user pools. The certificate authority is called the directory, as in ACME. The certificates and the key of the account are sealed
// in the database, so all servers on it use the same ones. One server at a time requests certificates: the one that holds a lease. It
// renews a certificate when a third of its lifetime is left, but not earlier than 30 days before it expires. If that fails, the previous
// certificate stays in use.
//
// A connection never causes a request to the directory, whatever name the client sends. It reads the database only if it looks like the
// check of a challenge, and all connections together do so a few times a second.
//
// The package uses package acme, the client below autocert, because autocert sends requests to the directory during a handshake, reads
// its cache for each unknown name, renews on every server, and does not return why a challenge failed.
package certificates
