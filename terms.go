package cognate

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"cognate/api"
)

// Terms is a document that the login pages of an app client link to: its terms of use or its privacy policy.
type Terms struct {
	PoolID, ID            string // the ID is a UUID
	ClientID              string
	Name                  string // "terms-of-use" or "privacy-policy"; unique for the client
	Source                api.TermsSourceType
	Enforcement           api.TermsEnforcementType
	Links                 map[string]string // by language: "cognito:german"
	CreatedAt, ModifiedAt time.Time
}

// DefaultLanguage is the language whose link stands for all languages without one of their own. Source: docs/behaviour.md §5.8.
const DefaultLanguage = "cognito:default"

// Check returns an error if the document has no link for DefaultLanguage, or a link that is not an HTTPS address.
// Errors: InvalidParameterException.
// Assumed: terms need a link for cognito:default, and every link is an HTTPS address without a username. The texts for other
// links.
func (t *Terms) Check() error {
	if t.Links[DefaultLanguage] == "" {
		return api.InvalidParameterException("Links must contain " + DefaultLanguage)
	}
	for _, language := range slices.Sorted(maps.Keys(t.Links)) {
		link := t.Links[language]
		if u, err := url.Parse(link); err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return api.InvalidParameterException(fmt.Sprintf("The link for %s must be an HTTPS URL: %s", language, link))
		}
	}
	return nil
}
