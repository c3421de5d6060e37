// Package webhook posts messages to a service of the operator by HTTPS. Each message is signed with a shared secret.
//
// A message is a POST of a JSON object (see payload) with three headers:
//
//	Cognate-Message-Id: the same at each attempt, so the receiver can recognize a message that it already has
//	Cognate-Timestamp:  the time of signing, in seconds since 1970
//	Cognate-Signature:  v1= and the hexadecimal HMAC-SHA256, with the secret, of timestamp, a full stop and the body
//
// Any 2xx status accepts the message. 408, 425, 429 and 5xx mean that the server tries again later. Other 4xx statuses
// reject the message. The package does not follow redirects, because only the configured address knows the secret. Package
// outbox retries.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"cognate/api"
	"cognate/notify"
)

// The headers of a request.
const (
	HeaderID        = "Cognate-Message-Id"
	HeaderTimestamp = "Cognate-Timestamp"
	HeaderSignature = "Cognate-Signature"
)

// Config holds the settings. Every field is required, except as Records says.
type Config struct {
	URL    string
	Secret []byte
	// From is the From address for pools that set none.
	From   string
	Client *http.Client
	Now    func() time.Time
}

// Transport posts messages. Make it with New.
type Transport struct {
	config Config
	client *http.Client
}

// New returns a transport.
func New(c Config) *Transport {
	client := *c.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Transport{config: c, client: &client}
}

// payload is the posted JSON. From and ReplyTo are set for emails only.
type payload struct {
	ID, UserPoolID, Sub string
	Kind                notify.Kind
	Medium              api.DeliveryMediumType
	Destination         string
	From                string `json:",omitzero"`
	ReplyTo             string `json:",omitzero"`
	Subject             string `json:",omitzero"`
	Body                string
	Text                string `json:",omitzero"`
	Code                string
	Link                string    `json:",omitzero"` // of messages that confirm a user by a link
	Expires             api.Epoch `json:",omitzero"` // seconds since 1970
}

// Deliver posts a message.
func (t *Transport) Deliver(ctx context.Context, p *notify.Delivery) error {
	request, err := t.request(ctx, p)
	if err != nil {
		return err
	}
	response, err := t.client.Do(request)
	if err != nil {
		return fmt.Errorf("post message: %w", err)
	}
	// The answer is not used, but the connection can be reused only if the answer is read to its end.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	_ = response.Body.Close()
	return classify(response.StatusCode)
}

func classify(status int) error {
	err := fmt.Errorf("post message: HTTP status %d", status)
	switch {
	case status/100 == 2:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return err
	case status/100 == 4:
		return notify.Refused(err)
	default:
		return err
	}
}

func (t *Transport) request(ctx context.Context, p *notify.Delivery) (*http.Request, error) {
	content := payload{
		ID: p.ID, UserPoolID: p.PoolID, Sub: p.Sub, Kind: p.Kind, Medium: p.Medium, Destination: p.Destination,
		Subject: p.Subject, Body: p.Body, Text: p.Text, Code: p.Code, Link: p.Link, Expires: api.EpochOf(p.Expires),
	}
	if p.Medium == api.DeliveryMediumTypeEmail {
		sender, err := p.EmailSender(t.config.From)
		if err != nil {
			return nil, err
		}
		content.From, content.ReplyTo = sender.From.String(), sender.ReplyTo.String()
	}
	body, err := api.Marshal(content)
	if err != nil {
		return nil, notify.Refused(fmt.Errorf("encode message: %w", err))
	}
	return t.signed(ctx, p.ID, body)
}

// Sign returns the signature of a body that is sent at timestamp.
func Sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}
