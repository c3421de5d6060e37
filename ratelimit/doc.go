// Package ratelimit limits how often something happens: requests of an address, of an account, of a user. Each server counts for
// itself, in memory, and allows its part: the limit divided by the number of servers on the database. Package throttle limits
// the guesses of secrets, which it counts in the database.
package ratelimit
