package oauth

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
)

// claimsRequest is the value of the parameter claims. Source: OpenID Connect Core 1.0 section 5.5.
type claimsRequest struct {
	UserInfo map[string]*claimWish `json:"userinfo"`
	IDToken  map[string]*claimWish `json:"id_token"`
}

// claimWish is what a request says about a claim. Without a wish, the claim is voluntary.
type claimWish struct {
	Essential bool  `json:"essential"`
	Value     any   `json:"value"`
	Values    []any `json:"values"`
}

var errClaims = errors.New("invalid claims request")

// parseClaims reads the parameter claims. Members that it does not know have no effect. Errors: errClaims.
func parseClaims(text string) (*claimsRequest, error) {
	c := new(claimsRequest)
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return nil, errClaims
	}
	return c, nil
}

// subs returns the users whom the request names; none if every user may sign in. Source: OpenID Connect Core 1.0 section 5.5.1.
func (c *claimsRequest) subs() ([]string, error) {
	var subs []string
	for _, wishes := range []map[string]*claimWish{c.IDToken, c.UserInfo} {
		named, err := wishes["sub"].texts()
		if err != nil {
			return nil, err
		}
		if subs == nil {
			subs = named
		} else if named != nil { // both must be right
			subs = slices.DeleteFunc(subs, func(sub string) bool { return !slices.Contains(named, sub) })
		}
		if subs != nil && len(subs) == 0 {
			return nil, errClaims
		}
	}
	return subs, nil
}

// texts returns the values of which the claim must have one, the preferred one first; nil if the wish names none.
func (w *claimWish) texts() ([]string, error) {
	if w == nil || w.Value == nil && w.Values == nil {
		return nil, nil
	}
	wanted := w.Values
	if w.Value != nil {
		wanted = append([]any{w.Value}, wanted...)
	}
	texts := make([]string, 0, len(wanted))
	for _, value := range wanted {
		text, ok := value.(string)
		if !ok || text == "" {
			return nil, errClaims
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// levels returns the levels of authentication, of which the sign-in must have one, the preferred one first. It returns none if the
// request does not say that the claim acr is essential. Source: OpenID Connect Core 1.0 section 5.5.1.1.
func (c *claimsRequest) levels() ([]string, error) {
	wish := c.IDToken["acr"]
	if wish == nil || !wish.Essential {
		return nil, nil
	}
	return wish.texts()
}
