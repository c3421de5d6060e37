package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"cognate/authn/totp"
)

func newTOTP() *cobra.Command {
	var secret, uri, at string
	cmd := &cobra.Command{
		Use:   "totp",
		Short: "Print the code or the QR code of a software token, like an authenticator app",
		Example: `  cognate totp --secret "$SECRET_CODE"
  cognate totp --secret - --at 2026-01-06T12:00:00Z < secret.txt
  cognate totp --uri "otpauth://totp/Example:ines?secret=$SECRET_CODE&issuer=Example"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if uri != "" {
				return printQR(cmd.OutOrStdout(), uri)
			}
			return printCode(cmd.InOrStdin(), cmd.OutOrStdout(), secret, at)
		},
	}
	f := cmd.Flags()
	f.StringVar(&secret, "secret", "", "secret in `base32`, as AssociateSoftwareToken returns it: print the code; - reads it from standard input")
	f.StringVar(&at, "at", "", "`time` of the code, for example 2026-01-06T12:00:00Z (default now)")
	f.StringVar(&uri, "uri", "", "otpauth:// `URI`: draw it as a QR code for an authenticator app")
	cmd.MarkFlagsOneRequired("secret", "uri")
	cmd.MarkFlagsMutuallyExclusive("secret", "uri")
	cmd.MarkFlagsMutuallyExclusive("at", "uri")
	return cmd
}

func printCode(stdin io.Reader, stdout io.Writer, secret, at string) error {
	now := time.Now()
	if at != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, at); err != nil {
			return fmt.Errorf("--at %q is not a time such as 2026-01-06T12:00:00Z", at)
		}
	}
	if secret == "-" {
		text, err := io.ReadAll(io.LimitReader(stdin, 4096))
		if err != nil {
			return fmt.Errorf("read secret: %w", err)
		}
		secret = strings.TrimSpace(string(text))
	}
	key, err := totp.Decode(secret)
	if err != nil {
		return errors.New("the secret is not base32")
	}
	_, err = fmt.Fprintln(stdout, totp.Code(key, now))
	return err
}

func printQR(stdout io.Writer, uri string) error {
	if !strings.HasPrefix(uri, "otpauth://") {
		return errors.New("--uri is not an otpauth:// URI")
	}
	drawn, err := totp.QR(uri, terminalOf(stdout))
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, drawn)
	return err
}

// terminalOf returns the kind of terminal for a QR code on w. Without colours it assumes a dark background.
func terminalOf(w io.Writer) totp.Terminal {
	if coloured(w) {
		return totp.Coloured
	}
	return totp.Dark
}

// coloured reports whether w is a terminal that supports colours. Source: no-color.org.
func coloured(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}
