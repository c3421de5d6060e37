// Package risk holds the rules of threat protection: which address and device a request is made from, which addresses a
// pool blocks, and events of users.
package risk
