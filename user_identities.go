package cognate

import (
	"strconv"

	"github.com/go-json-experiment/json"
)

// AttributeIdentities is the attribute that lists the linked identities of a user. Only links change it.
const AttributeIdentities = "identities"

// identityEntry is an element of the attribute. Source of the names, and of their order: docs/behaviour.md §4.8.
type identityEntry struct {
	UserID       string  `json:"userId"`
	ProviderName string  `json:"providerName"`
	ProviderType string  `json:"providerType"`
	Issuer       *string `json:"issuer"`
	Primary      bool    `json:"primary"`
	DateCreated  int64   `json:"dateCreated"`
}

// IdentitiesText returns the value of the attribute "identities", as JSON; empty for a user without linked identities.
func (u *User) IdentitiesText() string {
	if len(u.Identities) == 0 {
		return ""
	}
	entries := make([]identityEntry, 0, len(u.Identities))
	for _, i := range u.Identities {
		entries = append(entries, identityEntry{
			UserID: i.Value, ProviderName: i.ProviderName, ProviderType: string(i.ProviderType), Issuer: i.issuer(),
			DateCreated: i.LinkedAt.UnixMilli(),
		})
	}
	text, err := json.Marshal(entries)
	if err != nil { // strings of a checked request: always UTF-8
		return ""
	}
	return string(text)
}

// IdentitiesClaim returns the claim "identities" of an ID token; nil for a user without linked identities. All members are
// strings there (docs/behaviour.md §3.2).
func (u *User) IdentitiesClaim() []map[string]any {
	var claim []map[string]any
	for _, i := range u.Identities {
		claim = append(claim, map[string]any{
			"userId": i.Value, "providerName": i.ProviderName, "providerType": string(i.ProviderType), "issuer": i.issuer(),
			"primary": "false", "dateCreated": strconv.FormatInt(i.LinkedAt.UnixMilli(), 10),
		})
	}
	return claim
}

// issuer returns the issuer, or nil if there is none.
func (i *LinkedIdentity) issuer() *string {
	if i.Issuer == "" {
		return nil
	}
	return &i.Issuer
}
