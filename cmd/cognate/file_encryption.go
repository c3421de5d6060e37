package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"cognate/archive"
	"cognate/config"
)

// problemsOf returns all problems of flags, settings and files as one usage error; nil if there are none.
func problemsOf(errs ...error) error {
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

// readSecret returns the first line of a file that a flag names; "" without a file.
func readSecret(flag, path string) (string, error) {
	text, err := readPrivate(flag, path)
	if err != nil || path == "" {
		return "", err
	}
	line, _, _ := strings.Cut(text, "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", fmt.Errorf("%s: the first line of %s is empty; write the passphrase there", flag, path)
	}
	return line, nil
}

// readPrivate returns the content of a file with secrets, which not every user of the machine can read; "" without a file.
func readPrivate(flag, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	if err := config.RequirePrivate(flag, path); err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	return string(text), nil
}

// decryptionFlags name what opens an encrypted file.
type decryptionFlags struct{ identityFile, passphraseFile string }

func (d *decryptionFlags) add(f *pflag.FlagSet) {
	f.StringVar(&d.identityFile, "identity-file", "", "`file` of age-keygen with the identity that opens the file")
	f.StringVar(&d.passphraseFile, "passphrase-file", "", "`file` with the passphrase of the file")
}

func (d *decryptionFlags) decryption() (archive.Decryption, error) {
	identities, wrongIdentities := readPrivate("--identity-file", d.identityFile)
	passphrase, wrongPassphrase := readSecret("--passphrase-file", d.passphraseFile)
	decryption, err := archive.Decrypt(identities, passphrase)
	return decryption, errors.Join(wrongIdentities, wrongPassphrase, err)
}
