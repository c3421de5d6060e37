//go:build libcrypto && linux

package rs256

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

const (
	libraryName  = "libcrypto.so.3"
	minVersion   = 0x30000000 // OpenSSL 3.0
	rsaPKCS1     = 1          // RSA_PKCS1_PADDING
	versionWords = 0          // OPENSSL_VERSION
)

// functions are the functions of libcrypto that the package calls. Source: the manual pages of OpenSSL 3.0, section 3.
type functions struct {
	version            func() uint64
	versionText        func(kind int32) string
	parseKey           func(key uintptr, der *uintptr, length int) uintptr
	freeKey            func(key uintptr)
	newContext         func(key, engine uintptr) uintptr
	freeContext        func(context uintptr)
	signInit           func(context uintptr) int32
	setPadding         func(context uintptr, padding int32) int32
	setSignatureDigest func(context, digest uintptr) int32
	sign               func(context uintptr, signature unsafe.Pointer, length *uint, digest unsafe.Pointer, digestLength uint) int32
	clearErrors        func()

	sha256 uintptr // EVP_MD
	name   string
}

// load loads libcrypto once.
var load = sync.OnceValues(func() (f *functions, err error) {
	handle, err := purego.Dlopen(libraryName, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	f = new(functions)
	var digest func() uintptr
	for name, function := range map[string]any{
		"OpenSSL_version_num":           &f.version,
		"OpenSSL_version":               &f.versionText,
		"d2i_AutoPrivateKey":            &f.parseKey,
		"EVP_PKEY_free":                 &f.freeKey,
		"EVP_PKEY_CTX_new":              &f.newContext,
		"EVP_PKEY_CTX_free":             &f.freeContext,
		"EVP_PKEY_sign_init":            &f.signInit,
		"EVP_PKEY_CTX_set_rsa_padding":  &f.setPadding,
		"EVP_PKEY_CTX_set_signature_md": &f.setSignatureDigest,
		"EVP_PKEY_sign":                 &f.sign,
		"ERR_clear_error":               &f.clearErrors,
		"EVP_sha256":                    &digest,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, err
		}
		purego.RegisterFunc(function, symbol)
	}
	if f.version() < minVersion {
		return nil, fmt.Errorf("%s is %s: OpenSSL 3.0 or later is needed", libraryName, f.versionText(versionWords))
	}
	f.sha256, f.name = digest(), f.versionText(versionWords)
	return f, nil
})

func library() (string, error) {
	f, err := load()
	if err != nil {
		return "crypto/rsa", err
	}
	return f.name, nil
}

func newSigner(key *rsa.PrivateKey) crypto.Signer {
	f, err := load()
	if err != nil {
		return goSigner{key}
	}
	return f.newSigner(key)
}

// newSigner returns a signer that frees its EVP_PKEY when the program no longer uses the signer.
func (f *functions) newSigner(key *rsa.PrivateKey) crypto.Signer {
	fallback := goSigner{key}
	native, err := f.parse(key)
	if err != nil {
		return fallback
	}
	s := &librarySigner{functions: f, goSigner: fallback, native: native}
	runtime.AddCleanup(s, f.freeKey, native)
	return s
}

// parse makes an EVP_PKEY of the key. The caller frees it.
func (f *functions) parse(key *rsa.PrivateKey) (uintptr, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return 0, err
	}
	defer clear(der)
	runtime.LockOSThread() // the error queue belongs to the thread
	defer runtime.UnlockOSThread()
	var pinned runtime.Pinner
	defer pinned.Unpin()
	pinned.Pin(&der[0])
	start := uintptr(unsafe.Pointer(&der[0])) // the function moves it beyond the key
	native := f.parseKey(0, &start, len(der))
	if native == 0 {
		f.clearErrors()
		return 0, errLibrary
	}
	return native, nil
}

var errLibrary = errors.New("rs256: libcrypto failed")

// librarySigner signs with libcrypto. If that fails, it signs with crypto/rsa.
type librarySigner struct {
	goSigner
	functions *functions
	native    uintptr // EVP_PKEY

	verify  sync.Once
	isWrong bool // libcrypto's first signature was wrong
}

func (s *librarySigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if err := requireSHA256(digest, opts); err != nil {
		return nil, err
	}
	s.verify.Do(func() {
		sample := sha256.Sum256([]byte("the first signature of a key"))
		signature, err := s.sign(sample[:])
		s.isWrong = err != nil || rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, sample[:], signature) != nil
	})
	if !s.isWrong {
		if signature, err := s.sign(digest); err == nil {
			return signature, nil
		}
	}
	return s.goSigner.Sign(random, digest, opts)
}

// sign signs with libcrypto. digest has 32 bytes.
func (s *librarySigner) sign(digest []byte) ([]byte, error) {
	defer runtime.KeepAlive(s)
	runtime.LockOSThread() // the error queue belongs to the thread
	defer runtime.UnlockOSThread()
	f := s.functions
	context := f.newContext(s.native, 0)
	if context == 0 {
		f.clearErrors()
		return nil, errLibrary
	}
	defer f.freeContext(context)
	signature := make([]byte, s.key.Size())
	length := uint(len(signature))
	if f.signInit(context) != 1 || f.setPadding(context, rsaPKCS1) != 1 || f.setSignatureDigest(context, f.sha256) != 1 ||
		f.sign(context, unsafe.Pointer(&signature[0]), &length, unsafe.Pointer(&digest[0]), uint(len(digest))) != 1 ||
		length != uint(len(signature)) {
		f.clearErrors()
		return nil, errLibrary
	}
	return signature, nil
}
