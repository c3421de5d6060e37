//go:build libcrypto && linux

package rs256

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

// mustLoad returns the functions of libcrypto. It skips the test if the machine has none, unless tests must not skip.
func mustLoad(t *testing.T) *functions {
	t.Helper()
	f, err := load()
	switch {
	case err != nil && os.Getenv("COGNATE_TEST_REQUIRE") == "1":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	return f
}

func mustGenerateKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// If libcrypto signs with a wrong key, or fails, the signatures are those of crypto/rsa.
func TestFallsBack(t *testing.T) {
	t.Parallel()
	f := mustLoad(t)
	key := mustGenerateKey(t)
	foreign, err := f.parse(mustGenerateKey(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.freeKey(foreign)
	failing, unable, unused := *f, *f, *f
	failing.sign = func(uintptr, unsafe.Pointer, *uint, unsafe.Pointer, uint) int32 { return 0 }
	unused.newContext = func(uintptr, uintptr) uintptr { return 0 }
	unable.parseKey = func(uintptr, *uintptr, int) uintptr { return 0 }
	// later returns functions that sign, but not after the first signature, which is verified.
	later := func(sign func(signature unsafe.Pointer, length *uint) int32) *functions {
		var signed atomic.Int32
		once := *f
		once.sign = func(c uintptr, signature unsafe.Pointer, length *uint, digest unsafe.Pointer, n uint) int32 {
			if signed.Add(1) > 1 {
				return sign(signature, length)
			}
			return f.sign(c, signature, length, digest, n)
		}
		return &once
	}

	digest := sha256.Sum256(nil)
	want, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	for name, signer := range map[string]crypto.Signer{
		"wrong key":               &librarySigner{goSigner: goSigner{key}, functions: f, native: foreign},
		"failing signature":       failing.newSigner(key),
		"failing later signature": later(func(unsafe.Pointer, *uint) int32 { return 0 }).newSigner(key),
		"short later signature": later(func(_ unsafe.Pointer, length *uint) int32 {
			*length--
			return 1
		}).newSigner(key),
		"no context":             unused.newSigner(key),
		"key that is not parsed": unable.newSigner(key),
	} {
		for range 2 {
			if got, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %x, %v; want %x", name, got, err, want)
			}
		}
	}
}

// A key that libcrypto does not accept has no part of libcrypto.
func TestKeyThatIsNotParsed(t *testing.T) {
	t.Parallel()
	unable := *mustLoad(t)
	unable.parseKey = func(uintptr, *uintptr, int) uintptr { return 0 }
	if signer, ok := unable.newSigner(mustGenerateKey(t)).(goSigner); !ok {
		t.Errorf("newSigner() = %T, want that of crypto/rsa", signer)
	}
}

// The first signature of each key is verified, once, and libcrypto makes all signatures.
func TestSignsWithLibcrypto(t *testing.T) {
	t.Parallel()
	f := mustLoad(t)
	var signed atomic.Int32
	counting := *f
	counting.sign = func(c uintptr, signature unsafe.Pointer, length *uint, digest unsafe.Pointer, n uint) int32 {
		signed.Add(1)
		return f.sign(c, signature, length, digest, n)
	}
	signer := counting.newSigner(mustGenerateKey(t))
	digest := sha256.Sum256(nil)
	for range 3 {
		if _, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			t.Fatal(err)
		}
	}
	if got := signed.Load(); got != 1+3 {
		t.Errorf("libcrypto made %d signatures for 3, want one more, which is verified", got)
	}
}

// The keys and the contexts of libcrypto are freed: a context after its signature, a key after its signer is no longer used, but not before.
func TestFrees(t *testing.T) {
	t.Parallel()
	f := mustLoad(t)
	var mu sync.Mutex // for the rest
	var parsed, freed []uintptr
	contexts, most := 0, 0
	counting := *f
	counting.parseKey = func(key uintptr, der *uintptr, length int) uintptr {
		native := f.parseKey(key, der, length)
		mu.Lock()
		defer mu.Unlock()
		parsed = append(parsed, native)
		return native
	}
	counting.freeKey = func(native uintptr) {
		mu.Lock()
		defer mu.Unlock()
		freed = append(freed, native)
		f.freeKey(native)
	}
	counting.newContext = func(key, engine uintptr) uintptr {
		mu.Lock()
		defer mu.Unlock()
		contexts++
		most++
		return f.newContext(key, engine)
	}
	counting.freeContext = func(context uintptr) {
		mu.Lock()
		defer mu.Unlock()
		contexts--
		f.freeContext(context)
	}
	key, digest := mustGenerateKey(t), sha256.Sum256(nil)
	sign := func(signer crypto.Signer) {
		if _, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			t.Fatal(err)
		}
	}
	kept := counting.newSigner(key) // the first key
	const signers = 20
	for range signers {
		sign(counting.newSigner(key))
	}
	late := time.After(time.Minute)
	for n := 0; n < signers; runtime.Gosched() {
		select {
		case <-late:
			t.Fatalf("%d of %d keys are freed", n, signers)
		default:
		}
		runtime.GC() // the cleanups run in another goroutine
		mu.Lock()
		n = len(freed)
		mu.Unlock()
	}
	sign(kept)
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(freed)
	if len(slices.Compact(freed)) != signers || slices.Contains(freed, parsed[0]) {
		t.Errorf("freed %v of the keys %v, want each but the first, once", freed, parsed)
	}
	if contexts != 0 || most == 0 {
		t.Errorf("%d of %d contexts are not freed", contexts, most)
	}
	runtime.KeepAlive(kept)
}

// envBroken is set in the process of TestWithoutLibcrypto.
const envBroken = "COGNATE_TEST_BROKEN_LIBCRYPTO"

// Without a usable libcrypto, crypto/rsa signs, and Library returns the reason.
func TestWithoutLibcrypto(t *testing.T) {
	t.Parallel()
	if os.Getenv(envBroken) == "" {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, libraryName), []byte("not a library"), 0o600); err != nil {
			t.Fatal(err)
		}
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWithoutLibcrypto$", "-test.v")
		again.Env = append(os.Environ(), envBroken+"=1", "LD_LIBRARY_PATH="+folder)
		if out, err := again.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS")) {
			t.Errorf("with a broken libcrypto: %v\n%s", err, out)
		}
		return
	}
	if name, err := Library(); name != "crypto/rsa" || err == nil {
		t.Errorf("Library() = %q, %v, want crypto/rsa and an error", name, err)
	}
	key, digest := mustGenerateKey(t), sha256.Sum256(nil)
	signature, err := NewSigner(key).Sign(rand.Reader, digest[:], crypto.SHA256)
	if err := errors.Join(err, rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature)); err != nil {
		t.Errorf("Sign() = %v", err)
	}
}
