package srp

import (
	"math/big"
	"slices"
	"sync"
)

// The bits of an exponent are in rows, and those of a row in blocks. A power takes one bit of each row at a time.
const (
	exponentBits = 256 // SHA-256 sums and secrets of secretSize
	rows         = 8
	rowBits      = exponentBits / rows
	blocks       = 8
	blockBits    = rowBits / blocks
)

// powers holds at [b][d] the product of g^(2^(r*rowBits + b*blockBits)) mod N over all bits r that are set in d. It is built at first use,
// in about 10 ms and 1 MB. A power is then 32 multiplications and 3 squares, about eight times as fast as Exp, which squares 256 times
// (BenchmarkPower). Source: Lim and Lee, More Flexible Exponentiation with Precomputation, 1994.
var powers = sync.OnceValue(func() *[blocks][1 << rows]*big.Int {
	var table [blocks][1 << rows]*big.Int
	base := generator
	for r := range rows {
		for b := range table {
			table[b][1<<r] = base
			for range blockBits {
				base = mulMod(base, base)
			}
		}
	}
	for b := range table {
		table[b][0] = big.NewInt(1)
		for d := range table[b] {
			if first := d & -d; d != first {
				table[b][d] = mulMod(table[b][first], table[b][d-first])
			}
		}
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
	for i := blockBits - 1; i >= 0; i-- {
		multiply(result)
		for b := range table {
			var digit uint
			for r := range rows {
				digit |= e.Bit(r*rowBits+b*blockBits+i) << r
			}
			multiply(table[b][digit])
		}
	}
	return result
}

// mulMod returns a * b mod N, in no more memory than it needs.
func mulMod(a, b *big.Int) *big.Int {
	product := new(big.Int).Mul(a, b)
	product.Mod(product, modulus)
	return new(big.Int).SetBits(slices.Clone(product.Bits()))
}
