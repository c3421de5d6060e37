// Package risk holds the rules of threat protection: which address and device a request is made from, which addresses a
// pool blocks, events of users, and the risk of a sign-in.
package risk
