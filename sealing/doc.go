// Package sealing encrypts values that only the server may read or change, whether it stores them or sends them to clients.
// A Box seals with AES-256-GCM under the newest data key of a keyset. The keyset is stored wrapped under a master key,
// which only the operator has, or a service or program of the operator (Remote). Both can be replaced while the server
// runs: Rotate adds a data key, Rewrap changes the master key.
//
// The package stores nothing and reads no file or environment variable. The caller stores wrapped keysets and master keys.
package sealing
