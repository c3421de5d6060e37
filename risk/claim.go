package risk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
)

// Claim is what a request says about the device of its user (UserContextData, ContextData).
type Claim struct {
	// IPAddress is the address of the user; empty if the request does not say it. It counts only if the caller is trusted.
	IPAddress string
	// UserAgent is the header that the user's device sent to the application; empty if the request does not say it. It counts
	// only in requests of administrators.
	UserAgent string
	// EncodedData is what the AWS libraries collect on the device, signed; empty if the request has none.
	EncodedData string
	// Username is the name in the request: EncodedData must name it, too.
	Username string
}

const (
	maxEncodedData = 16 << 10
	// maxDataAge is how old EncodedData may be, and how far its time may be in the future.
	// Assumed: EncodedData counts for 15 minutes after it was made.
	maxDataAge = 15 * time.Minute
)

// encodedData is the form of EncodedData. Source: docs/behaviour.md §5.10.
type encodedData struct {
	Payload   string `json:"payload"`
	Signature string `json:"signature"`
	Version   string `json:"version"`
}

type payload struct {
	ContextData struct {
		UserAgent string `json:"UserAgent"`
		DeviceID  string `json:"DeviceId"`
		Timezone  string `json:"ClientTimezone"`
	} `json:"contextData"`
	Username   string         `json:"username"`
	UserPoolID string         `json:"userPoolId"`
	Timestamp  flexibleNumber `json:"timestamp"` // unix milliseconds
}

// flexibleNumber is a number that some libraries write as a string.
type flexibleNumber int64

// UnmarshalJSON reads a number, or a string with a number.
func (n *flexibleNumber) UnmarshalJSON(text []byte) error {
	if len(text) > 2 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	return json.Unmarshal(text, (*int64)(n))
}

// origin returns the origin of a request without a signature. The address counts only from a client with a secret that may say it:
// another client could choose any address.
func (c *Claim) origin(origin cognate.Origin, pool *cognate.UserPool, client *cognate.AppClient, now time.Time) cognate.Origin {
	origin.HasContextData = c.IPAddress != "" || c.EncodedData != ""
	if client.PropagateUserContext && client.HasSecret() && isAddress(c.IPAddress) {
		origin.IPAddress, origin.IsProxy = c.IPAddress, false
	}
	data, ok := c.open(pool, client, now)
	if !ok {
		return origin
	}
	if agent := data.ContextData.UserAgent; agent != "" {
		origin.UserAgent = agent
	}
	origin.DeviceID, origin.Timezone = data.ContextData.DeviceID, data.ContextData.Timezone
	return origin
}

// open returns the content of EncodedData. It returns false if the data is too long, is not signed for the client, or is not
// about the user, the pool and this time.
func (c *Claim) open(pool *cognate.UserPool, client *cognate.AppClient, now time.Time) (*payload, bool) {
	if c.EncodedData == "" || len(c.EncodedData) > maxEncodedData {
		return nil, false
	}
	text, err := base64.StdEncoding.DecodeString(c.EncodedData)
	if err != nil {
		return nil, false
	}
	var data encodedData
	if err := json.Unmarshal(text, &data); err != nil {
		return nil, false
	}
	signature, err := base64.StdEncoding.DecodeString(data.Signature)
	if err != nil {
		return nil, false
	}
	mac := hmac.New(sha256.New, []byte(client.ID))
	mac.Write([]byte(data.Version + data.Payload))
	if !hmac.Equal(mac.Sum(nil), signature) {
		return nil, false
	}
	var p payload
	if err := json.Unmarshal([]byte(data.Payload), &p); err != nil {
		return nil, false
	}
	age := now.Sub(time.UnixMilli(int64(p.Timestamp)))
	isRight := p.Username == c.Username && p.UserPoolID == pool.ID && age.Abs() <= maxDataAge
	return &p, isRight && isShort(p.ContextData.DeviceID) && isShort(p.ContextData.Timezone)
}

// isShort reports whether a text of EncodedData can be stored.
func isShort(text string) bool { return len(text) <= 256 }

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}
