package notify

import (
	"context"
	"html"
	"net/url"

	"cognate"
	"cognate/api"
	"cognate/internal/lazyregexp"
	"cognate/store"
)

// Links finds the pages to which links in messages lead.
type Links struct {
	Store *store.Store
	// PublicURL is the URL at which browsers reach the server, without a slash at the end.
	PublicURL string
}

// Link says where the link of a message leads. The zero value leads nowhere.
type Link struct {
	Page     string // URL of the page, without a query
	ClientID string
}

// Confirmation returns the link to the page that confirms users of a client, which is nil for an administrator. It is zero if the
// pool's emails have codes instead of links, or if the pool has no domain.
func (l Links) Confirmation(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient) (Link, error) {
	if !confirmsByLink(pool) {
		return Link{}, nil
	}
	domain, err := l.Domain(ctx, pool)
	if err != nil || domain == "" {
		return Link{}, err
	}
	var clientID string
	if client != nil {
		clientID = client.ID
	}
	return Link{Page: domain + "/confirmUser", ClientID: clientID}, nil
}

// Domain returns the address of the pages of a pool, without a slash at the end; empty if the pool has no domain. A custom domain
// comes before a prefix.
func (l Links) Domain(ctx context.Context, pool *cognate.UserPool) (string, error) {
	domains, err := l.Store.Domains(ctx, pool.ID)
	if err != nil {
		return "", err
	}
	for _, kind := range []cognate.DomainKind{cognate.CustomDomain, cognate.PrefixDomain} {
		if d := domains[kind]; d != nil {
			return d.URL(l.PublicURL), nil
		}
	}
	return "", nil
}

// confirmsByLink reports whether the emails that confirm users have links.
func confirmsByLink(pool *cognate.UserPool) bool {
	t := pool.VerificationMessageTemplate
	return t != nil && t.DefaultEmailOption == api.DefaultEmailOptionTypeConfirmWithLink
}

// to returns the URL of the link for a user and a code.
// Source: docs/behaviour.md §4.1.
func (l Link) to(username, code string) string {
	return l.Page + "?" + url.Values{
		"client_id": {l.ClientID}, "user_name": {username}, "confirmation_code": {code},
	}.Encode()
}

// linkPlaceholder matches the place of the link in a text: {##Text of the link##}.
var linkPlaceholder = lazyregexp.New(`\{##([^{}]*[^{}#][^{}]*)##\}`)

// fillLink replaces the places of the link in the text of an email, which is HTML. The text of the link is part of the template.
func fillLink(body, address string) string {
	if address == "" {
		return body
	}
	return linkPlaceholder.ReplaceAllStringFunc(body, func(place string) string {
		text := linkPlaceholder.FindStringSubmatch(place)[1]
		return `<a href="` + html.EscapeString(address) + `">` + text + `</a>`
	})
}
