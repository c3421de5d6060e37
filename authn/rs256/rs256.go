// Package rs256 makes RSASSA-PKCS1-v1_5 signatures with SHA-256 (RFC 8017 section 8.2), which sign the tokens. The default build
// uses crypto/rsa. The build with the tag libcrypto uses the libcrypto.so.3 of OpenSSL if the machine has it. libcrypto signs about
// three times as fast on current processors.
package rs256

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"io"
)

// NewSigner returns a signer for the key. Several goroutines may use it at the same time.
//
// If libcrypto cannot use the key, or makes a wrong first signature, crypto/rsa signs.
func NewSigner(key *rsa.PrivateKey) crypto.Signer { return newSigner(key) }

// Library returns the library that signs, such as "crypto/rsa" or "OpenSSL 3.0.19", and the reason why libcrypto cannot be
// used, if the build has it.
func Library() (name string, err error) { return library() }

// goSigner signs with crypto/rsa.
type goSigner struct{ key *rsa.PrivateKey }

func (s goSigner) Public() crypto.PublicKey { return s.key.Public() }

func (s goSigner) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if err := requireSHA256(digest, opts); err != nil {
		return nil, err
	}
	return rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest)
}

var errNotRS256 = errors.New("rs256: signs SHA-256 digests with PKCS #1 v1.5 only")

// requireSHA256 refuses digests of other hash functions, and RSASSA-PSS. Errors: errNotRS256.
func requireSHA256(digest []byte, opts crypto.SignerOpts) error {
	if _, isPSS := opts.(*rsa.PSSOptions); isPSS || opts == nil || opts.HashFunc() != crypto.SHA256 || len(digest) != sha256.Size {
		return errNotRS256
	}
	return nil
}
