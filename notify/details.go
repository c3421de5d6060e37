package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"

	"cognate"
	"cognate/api"
)

func details(medium api.DeliveryMediumType, destination string) *api.CodeDeliveryDetailsType {
	d := &api.CodeDeliveryDetailsType{DeliveryMedium: medium, Destination: Mask(destination)}
	d.AttributeName = cognate.AttributeEmail
	if medium == api.DeliveryMediumTypeSms {
		d.AttributeName = cognate.AttributePhone
	}
	return d
}

// Mask hides a destination as the service does: "f***@e***" for an email address, "+*******9934" for a phone number.
// Source: recorded answers, docs/behaviour.md §4.1.
func Mask(destination string) string {
	at := strings.LastIndexByte(destination, '@')
	if at < 0 {
		return "+*******" + destination[max(0, len(destination)-4):]
	}
	return firstRune(destination) + "***@" + firstRune(destination[at+1:]) + "***"
}

func firstRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}

// DecoyDetails returns the delivery details of a verification that a user of that typed name would have, if there were one:
// the same each time, and of no use to tell that there is none. The key is a secret of the server, so that nobody can
// compute them.
func DecoyDetails(pool *cognate.UserPool, key []byte, login string) *api.CodeDeliveryDetailsType {
	return DecoyDetailsBy(pool, key, login, decoyMedium(pool, pool.Normal(login)))
}

// DecoyDetailsBy does the same for a message that would go by that medium, whatever the pool verifies.
func DecoyDetailsBy(pool *cognate.UserPool, key []byte, login string, medium api.DeliveryMediumType) *api.CodeDeliveryDetailsType {
	return details(medium, DecoyContact(pool, key, login, medium))
}

// DecoyContact returns the address to which a message to that typed name would go, as far as masking leaves any of it.
func DecoyContact(pool *cognate.UserPool, key []byte, login string, medium api.DeliveryMediumType) string {
	login = pool.Normal(login)
	looksRight := medium == api.DeliveryMediumTypeEmail && strings.Contains(login, "@") ||
		medium == api.DeliveryMediumTypeSms && strings.HasPrefix(login, "+")
	if looksRight {
		return login
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "destination/%s/%s", pool.ID, login)
	return invent(medium, mac.Sum(nil))
}

// decoyMedium follows the rule for real users, SMS before email where both are verified; a name that is an email
// address stands for a user with no other contact.
func decoyMedium(pool *cognate.UserPool, login string) api.DeliveryMediumType {
	phone, email := pool.AutoVerifies(cognate.AttributePhone), pool.AutoVerifies(cognate.AttributeEmail)
	if phone && (!email || !strings.Contains(login, "@")) {
		return api.DeliveryMediumTypeSms
	}
	return api.DeliveryMediumTypeEmail
}

func invent(medium api.DeliveryMediumType, random []byte) string {
	if medium == api.DeliveryMediumTypeSms {
		return fmt.Sprintf("+%04d", (int(random[0])<<8|int(random[1]))%10000)
	}
	letter := func(b byte) byte { return 'a' + b%26 }
	return string([]byte{letter(random[0]), '@', letter(random[1])})
}
