// Command verify checks access tokens with go-oidc. It reads a token from each line of standard input.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
)

func main() {
	ctx := context.Background()
	keys := oidc.NewRemoteKeySet(ctx, os.Getenv("JWKS_URI"))
	verifier := oidc.NewVerifier(os.Getenv("ISSUER"), keys, &oidc.Config{
		SupportedSigningAlgs: []string{oidc.RS256},
		SkipClientIDCheck:    true, // an access token names its client in client_id, not in aud
	})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		subject, err := verify(ctx, verifier, os.Getenv("CLIENT_ID"), lines.Text())
		if err != nil {
			fmt.Fprintln(os.Stdout, "rejected:", err)
			continue
		}
		fmt.Fprintln(os.Stdout, "accepted", subject)
	}
}

func verify(ctx context.Context, verifier *oidc.IDTokenVerifier, clientID, raw string) (subject string, err error) {
	token, err := verifier.Verify(ctx, raw) // checks the signature, the issuer and the expiry
	if err != nil {
		return "", err
	}
	var claims struct {
		TokenUse string `json:"token_use"`
		ClientID string `json:"client_id"`
	}
	if err := token.Claims(&claims); err != nil {
		return "", err
	}
	if claims.TokenUse != "access" {
		return "", errors.New("not an access token")
	}
	if claims.ClientID != clientID {
		return "", errors.New("a token of another client")
	}
	return token.Subject, nil
}
