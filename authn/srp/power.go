package srp

import (
	"math/big"
	"sync"
)

const digits = 256 / 8 // of an exponent, in bytes: SHA-256 sums and secrets of secretSize

// powers holds g^(d * 256^i) mod N at [i][d]. It is built at first use, in about 30 ms and 4 MB. A power is then 32
// multiplications, about eight times as fast as Exp, which squares 256 times (BenchmarkPower).
var powers = sync.OnceValue(func() *[digits][256]*big.Int {
	var table [digits][256]*big.Int
	base := generator
	for i := range table {
		table[i][0] = big.NewInt(1)
		for d := 1; d < len(table[i]); d++ {
			table[i][d] = mulMod(table[i][d-1], base)
		}
		base = mulMod(table[i][len(table[i])-1], base)
	}
	return &table
})

// power returns g^e mod N, for e below 2^256.
func power(e *big.Int) *big.Int {
	table := powers()
	result := big.NewInt(1)
	var product, quotient big.Int // reused between multiplications: otherwise a third of the time is allocation
	multiply := func(factor *big.Int) {
		product.Mul(result, factor)
		quotient.QuoRem(&product, modulus, result)
	}
	for i, digit := range e.FillBytes(make([]byte, digits)) {
		multiply(table[digits-1-i][digit])
	}
	return result
}

func mulMod(a, b *big.Int) *big.Int {
	product := new(big.Int).Mul(a, b)
	return product.Mod(product, modulus)
}
