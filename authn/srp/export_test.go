package srp

// Exported for the tests of the arithmetic.
var (
	Modulus = modulus
	Power   = power
)
