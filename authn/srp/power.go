package srp

import (
	"math/big"
	"sync"
)

const (
	digitBits = 4
	digits    = 256 / digitBits // exponents are 256 bits: SHA-256 sums and secrets of secretSize
)

// powers holds g^(d * 16^i) mod N at [i][d]. It is built when first needed, in 4 ms and 400 KB. A power is then 64
// multiplications, about four times as fast as Exp, which squares 256 times (BenchmarkPower).
var powers = sync.OnceValue(func() *[digits][1 << digitBits]*big.Int {
	var table [digits][1 << digitBits]*big.Int
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

// power is g^e mod N, for e below 2^256.
func power(e *big.Int) *big.Int {
	table := powers()
	result := big.NewInt(1)
	var product, quotient big.Int // kept between multiplications: a third of the time is allocation otherwise
	multiply := func(factor *big.Int) {
		product.Mul(result, factor)
		quotient.QuoRem(&product, modulus, result)
	}
	for i, b := range e.FillBytes(make([]byte, digits/2)) {
		place := digits - 2*i - 1 // of b's upper half
		multiply(table[place][b>>digitBits])
		multiply(table[place-1][b&(1<<digitBits-1)])
	}
	return result
}

func mulMod(a, b *big.Int) *big.Int {
	product := new(big.Int).Mul(a, b)
	return product.Mod(product, modulus)
}
