package srp

// What the tests of the arithmetic itself reach into.
var (
	Modulus = modulus
	Power   = power
)
