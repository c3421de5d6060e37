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
		Long: `Print the code of a software token, like an authenticator app. The secret is read from standard input, because other
users of the machine can read the arguments of a program. --uri draws a QR code instead.`,
		Example: `  cognate totp < secret.txt
  cognate totp --at 2026-01-06T12:00:00Z < secret.txt
  cognate totp --uri - < uri.txt`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("uri") {
				if cmd.Flags().Changed("secret") || cmd.Flags().Changed("at") {
					return usageError{errors.New("--uri draws a QR code and takes neither --secret nor --at")}
				}
				return printQR(cmd.InOrStdin(), cmd.OutOrStdout(), uri)
			}
			if _, ok := terminal(cmd.InOrStdin()); ok && !cmd.Flags().Changed("secret") {
				return usageError{errors.New("pass the secret on standard input, or set --secret or --uri")}
			}
			return printCode(cmd.InOrStdin(), cmd.OutOrStdout(), secret, at)
		},
	}
	f := cmd.Flags()
	f.StringVar(&secret, "secret", "-", "secret in `base32`, as AssociateSoftwareToken returns it: print the code; - reads it from standard input")
	f.StringVar(&at, "at", "", "`time` of the code, for example 2026-01-06T12:00:00Z (default now)")
	f.StringVar(&uri, "uri", "", "otpauth:// `URI`: draw it as a QR code for an authenticator app; - reads it from standard input")
	return cmd
}

func printCode(stdin io.Reader, stdout io.Writer, secret, at string) error {
	now := time.Now()
	if at != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, at); err != nil {
			return usageError{fmt.Errorf("--at %q is not a time such as 2026-01-06T12:00:00Z", at)}
		}
	}
	secret, err := orStdin(secret, stdin)
	if err != nil {
		return err
	}
	if secret == "" {
		return usageError{errors.New("there is no secret: pass it on standard input, or set --secret or --uri")}
	}
	key, err := totp.Decode(secret)
	if err != nil {
		return usageError{errors.New("the secret is not base32")}
	}
	_, err = fmt.Fprintln(stdout, totp.Code(key, now))
	return err
}

// orStdin returns value, or the text of stdin if value is "-".
func orStdin(value string, stdin io.Reader) (string, error) {
	if value != "-" {
		return value, nil
	}
	text, err := io.ReadAll(io.LimitReader(stdin, 4096))
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

func printQR(stdin io.Reader, stdout io.Writer, uri string) error {
	uri, err := orStdin(uri, stdin)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(uri, "otpauth://") {
		return usageError{errors.New("--uri is not an otpauth:// URI")}
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
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
