// Package risk holds the rules of threat protection: which address and device a request is made from, and which addresses a
// pool blocks.
package risk
