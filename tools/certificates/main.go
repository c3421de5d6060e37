// Command certificates prints the root certificates that Mozilla trusts, as PEM. The container image contains them, because it
// contains no operating system. Their source is a Go module with a fixed version, so each machine prints the same.
package main

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"io"
	"os"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

func main() {
	if err := write(os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "certificates: %v\n", err)
		os.Exit(1)
	}
}

// write leaves out roots that are trusted with a constraint, such as an end of trust, because PEM cannot express it.
func write(w io.Writer) error {
	out := bufio.NewWriter(w)
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		if err := pem.Encode(out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return err
		}
	}
	return out.Flush()
}
