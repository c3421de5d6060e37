// Package srp implements the Secure Remote Password exchange (SRP-6a, RFC 5054) as Amazon Cognito uses it. The differences
// to RFC 5054: numbers are padded as Java's BigInteger writes them, the private key contains the name of the user pool, and
// the proof is a signature over a time. The group has 3072 bits and the hash is SHA-256. A Verifier is what a server stores
// for a password. An Exchange is the server's side of one sign-in; the server needs no memory between the two requests. A
// Client is the client's side.
//
// The package knows no users, stores nothing, and does not limit the age of an answer.
//
// Arithmetic uses math/big, which is not constant-time. An observer could time b, which is new for each exchange and used
// twice, and x, which depends on a random salt that the observer does not choose.
package srp

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"math/big"
)

// modulus is the prime N of the 3072-bit group. Source: RFC 5054 appendix A.
var modulus, _ = new(big.Int).SetString(""+
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"+
	"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"+
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"+
	"83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"+
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"+
	"15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"+
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"+
	"BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF", 16)

const (
	groupSize  = 384                   // bytes of a number below N
	secretSize = 32                    // bytes of a and of b: 256 bits, RFC 5054 section 3.1
	keySize    = 16                    // bytes of K
	keyInfo    = "Caldera Derived Key" // the HKDF label
)

var (
	generator  = big.NewInt(2)
	multiplier = hashInt(pad(modulus), pad(generator)) // k
)

// Identity names the two parties of an exchange. The package does not interpret the values. For a password they are the
// part of the user pool's ID after "_", and the username as the pool stores it (USER_ID_FOR_SRP). For a device they are its
// group key and its key.
type Identity struct {
	PoolName string
	Username string
}

// pad writes n in the fewest bytes that leave the top bit clear: if the bit would be set, it adds a zero byte in front.
// Both sides hash this form. RFC 5054 pads to the length of N instead. Source: docs/behaviour.md §2.4, constants.
func pad(n *big.Int) []byte {
	return n.FillBytes(make([]byte, n.BitLen()/8+1))
}

func hash(parts ...[]byte) []byte {
	h := sha256.New()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

func hashInt(parts ...[]byte) *big.Int { return new(big.Int).SetBytes(hash(parts...)) }

// privateKey returns x for a password and a salt. Source: docs/behaviour.md §2.4.
func privateKey(id Identity, password string, salt *big.Int) *big.Int {
	inner := hash([]byte(id.PoolName), []byte(id.Username), []byte(":"), []byte(password))
	return hashInt(pad(salt), inner)
}

// scramble returns u. Source: RFC 5054 section 2.6, with pad.
func scramble(a, b *big.Int) *big.Int { return hashInt(pad(a), pad(b)) }

// sessionKey derives K from the premaster secret. Source: docs/behaviour.md §2.4.
func sessionKey(premaster, u *big.Int) ([]byte, error) {
	return hkdf.Key(sha256.New, pad(premaster), pad(u), keyInfo, keySize)
}

// sign returns the signature that a client answers with. It covers the timestamp as the client writes it. Source:
// docs/behaviour.md §2.4.
func sign(key []byte, id Identity, secretBlock []byte, timestamp string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id.PoolName))
	mac.Write([]byte(id.Username))
	mac.Write(secretBlock)
	mac.Write([]byte(timestamp))
	return mac.Sum(nil)
}
