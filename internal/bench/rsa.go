package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// signaturesAtMost returns a number of signatures per second that sign-ins do not reach, to find out how much test data they need. The
// least number is for a machine that is busy only while the signatures are measured.
func signaturesAtMost() float64 {
	const least, d = 4000, 500 * time.Millisecond
	return max(least, signaturesPerSecond(d))
}

// signaturesPerSecond measures RS256 signatures on all cores for the time d.
func signaturesPerSecond(d time.Duration) float64 {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // cannot happen with this key size
	}
	digest := sha256.Sum256([]byte("a token"))
	var made atomic.Int64
	var signing sync.WaitGroup
	began := time.Now()
	for range runtime.GOMAXPROCS(0) {
		signing.Go(func() {
			for time.Since(began) < d {
				if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:]); err != nil {
					panic(err)
				}
				made.Add(1)
			}
		})
	}
	signing.Wait()
	return float64(made.Load()) / time.Since(began).Seconds()
}
