package outbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cognate/api"
	"cognate/notify"
)

// messageDocument is the stored form of a message, before it is sealed. Databases in use contain its names, so they never
// change.
type messageDocument struct {
	// Version is missing in the first form, which is the only one so far.
	Version     jsontext.Value         `json:"Version,omitzero"`
	PoolID      string                 `json:"PoolID"`
	Sub         string                 `json:"Sub"`
	Username    string                 `json:"Username"`
	Medium      api.DeliveryMediumType `json:"Medium"`
	Destination string                 `json:"Destination"`
	Kind        notify.Kind            `json:"Kind"`
	Subject     string                 `json:"Subject"`
	Body        string                 `json:"Body"`
	Code        string                 `json:"Code"`
	Expires     time.Time              `json:"Expires,omitzero"`
	// Only messages that confirm a user by a link have a Link.
	Link string `json:"Link,omitzero"`
	// Only emails about risky sign-ins have the next members.
	Text   string         `json:"Text,omitzero"`
	Sender senderDocument `json:"Sender,omitzero"`
}

type senderDocument struct {
	SourceARN string `json:"SourceARN"`
	From      string `json:"From"`
	ReplyTo   string `json:"ReplyTo"`
}

// errDecode contains no cause, because the cause may quote the message.
var errDecode = errors.New("decode message")

func encodeMessage(m notify.Message) ([]byte, error) {
	body, err := api.Marshal(&messageDocument{
		PoolID: m.PoolID, Sub: m.Sub, Username: m.Username, Medium: m.Medium, Destination: m.Destination, Kind: m.Kind,
		Subject: m.Subject, Body: m.Body, Code: m.Code, Expires: m.Expires, Link: m.Link, Text: m.Text, Sender: senderDocument(m.Sender),
	})
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	return body, nil
}

// decodeMessage parses the result of encodeMessage. Errors: errDecode.
func decodeMessage(body []byte) (notify.Message, error) {
	var d messageDocument
	if err := api.Unmarshal(body, &d); err != nil || d.Version != nil {
		return notify.Message{}, errDecode
	}
	return notify.Message{
		PoolID: d.PoolID, Sub: d.Sub, Username: d.Username, Medium: d.Medium, Destination: d.Destination, Kind: d.Kind,
		Subject: d.Subject, Body: d.Body, Code: d.Code, Expires: d.Expires, Link: d.Link, Text: d.Text, Sender: notify.MessageSender(d.Sender),
	}, nil
}
