// Package sealing encrypts what the server keeps or hands out and nobody else may read or change. A Box seals with
// AES-256-GCM under the newest of the data keys in a keyset; the keyset is stored wrapped under a master key, which only
// the operator holds. Either can be replaced while the server runs: Rotate adds a data key, Rewrap changes the master key.
//
// It stores nothing, and reads no file or environment: where wrapped keysets and master keys lie is for the caller.
package sealing
