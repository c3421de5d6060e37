package notify

import (
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

// Mask masks a destination as the service does: "f***@e***" for an email address, "+*******9934" for a phone number.
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
