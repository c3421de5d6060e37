// Package compromised looks passwords up in a list of compromised passwords, which the operator keeps in files in the format of
// Have I Been Pwned: SHA-1 hashes in hexadecimal, each with a count.
//
// The package reads files. It does not decide which passwords are looked up, or what follows: see package risk.
package compromised
