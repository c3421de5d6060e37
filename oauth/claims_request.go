package oauth

import (
	"errors"

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

// sub returns the user whom the request names; "" if it names none. Source: OpenID Connect Core 1.0 section 5.5.1.
func (c *claimsRequest) sub() (string, error) {
	var subs []string
	for _, wishes := range []map[string]*claimWish{c.IDToken, c.UserInfo} {
		if wish := wishes["sub"]; wish != nil && wish.Value != nil {
			sub, ok := wish.Value.(string)
			if !ok || sub == "" || len(subs) > 0 && subs[0] != sub {
				return "", errClaims
			}
			subs = append(subs, sub)
		}
	}
	if len(subs) == 0 {
		return "", nil
	}
	return subs[0], nil
}

// levels returns the levels of authentication, of which the sign-in must have one, the preferred one first. It returns none if the
// request does not say that the claim acr is essential. Source: OpenID Connect Core 1.0 section 5.5.1.1.
func (c *claimsRequest) levels() ([]string, error) {
	wish := c.IDToken["acr"]
	if wish == nil || !wish.Essential {
		return nil, nil
	}
	wanted := wish.Values
	if wish.Value != nil {
		wanted = append([]any{wish.Value}, wanted...)
	}
	var names []string
	for _, value := range wanted {
		name, ok := value.(string)
		if !ok {
			return nil, errClaims
		}
		names = append(names, name)
	}
	return names, nil
}
