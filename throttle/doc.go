// Package throttle slows attackers down. It locks a user after too many failed passwords and codes, and it limits the
// requests per hour that send messages or check codes. It does not check passwords or codes.
//
// A user who has sent a hundred wrong codes of software tokens within a day cannot send more codes until the day ends. Neither
// a sign-in nor a quiet time resets this count, so an attacker who knows the password cannot guess codes without an end.
//
// All counts are rows of the table attempts; keys.go lists the keys. Counting happens in the caller's transaction and locks
// the row, so concurrent requests are counted one after another. Package codes counts the wrong answers to one code, and asks
// this package to count those to all codes that were sent to one address.
//
// After five failures the user is locked for one second, after each further failure for twice as long, up to fifteen
// minutes. While the lock lasts, every attempt is rejected without a check and does not lengthen the lock. A finished
// sign-in, or fifteen minutes without a failure, resets the count. A username without a user is locked in the same way.
// Source: docs/behaviour.md §2.2.
package throttle
