package cli

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"cognate/authn/totp"
	"cognate/cli/document"
	"cognate/cli/help"
	"cognate/cli/output"
)

// tokenIssuer is the issuer that the authenticator app shows, before the ID of the user pool if that is known.
const tokenIssuer = "Cognate"

// label is what the authenticator app shows for a software token.
type label struct{ issuer, account string }

// labelOf returns the names of the options, otherwise those in the access token. The Session does not show whose it is.
func (c *call) labelOf(params *document.Object) label {
	token, _ := params.Get("AccessToken")
	pool, user := namesOfToken(token)
	l := label{strings.TrimSuffix(tokenIssuer+" "+pool, " "), user}
	if name, given := c.values.First(argIssuer); given {
		l.issuer = name
	}
	if name, given := c.values.First(argAccount); given {
		l.account = name
	}
	return l
}

// namesOfToken returns the ID of the user pool and the username of an access token, or "" for each that it does not have.
// It does not check the signature, because the names are only shown to the owner of the token.
func namesOfToken(token any) (pool, user string) {
	text, _ := token.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return "", ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", ""
	}
	value, err := document.Parse(payload)
	if err != nil {
		return "", ""
	}
	claims, _ := value.(*document.Object)
	if claims == nil {
		return "", ""
	}
	issuer, _ := claims.Get("iss")
	pool, _ = issuer.(string)
	name, _ := claims.Get("username")
	user, _ = name.(string)
	return pool[strings.LastIndexByte(pool, '/')+1:], user
}

// printSecret prints the secret of a software token as a QR code and as text, and the Session if there is one.
func (p *printer) printSecret(response any) error {
	object, _ := response.(*document.Object)
	if object == nil {
		return errors.New("the result of the query has no secret for a QR code")
	}
	drawn, secret, err := p.qrCode(object, p.style.Color)
	if err != nil {
		return err
	}
	text := help.SecretMember + ": " + secret + "\n"
	if session, ok := object.Get("Session"); ok {
		text += fmt.Sprintf("Session: %v\n", session)
	}
	_, err = io.WriteString(p.out, drawn+output.Printable(text))
	return ignoreClosed(err)
}

// qrCode returns a QR code that authenticator apps can scan, and the secret of the response.
func (c *call) qrCode(response *document.Object, colored bool) (drawn, secret string, err error) {
	value, _ := response.Get(help.SecretMember)
	secret, ok := value.(string)
	if !ok {
		return "", "", errors.New("the response has no secret for a QR code")
	}
	key, err := totp.Decode(secret)
	if err != nil {
		return "", "", fmt.Errorf("the secret of the response: %w", err)
	}
	background := totp.Dark
	if colored {
		background = totp.Coloured
	}
	drawn, err = totp.QR(totp.URI(c.label.issuer, c.label.account, key), background)
	return drawn, secret, err
}

// printQR prints the secret of a response as a QR code to stderr, if stdout and stderr are terminals. Stdout does not
// change, because programs read it.
func (c *call) printQR(response *document.Object, format output.Format) error {
	if !c.Terminal || !c.StderrTerminal || !help.HasQR(c.op) || format == output.QR || format == output.Off {
		return nil
	}
	color, _ := c.options.values.First(optColor)
	drawn, _, err := c.qrCode(response, color != "off" && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
	if err != nil {
		return nil //nolint:nilerr // the response is already on stdout; a missing QR code is not a failure
	}
	_, err = io.WriteString(c.Stderr, drawn+"Scan this with an authenticator app, then pass its code to verify-software-token.\n")
	return ignoreClosed(err)
}
