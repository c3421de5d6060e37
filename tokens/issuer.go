package tokens

import (
	"strings"

	"cognate"
	"cognate/api"
)

// Issuer decides the issuer of user pools: the iss claim of tokens, and the issuer of discovery documents. Requests have no
// influence on it.
type Issuer struct {
	// PublicURL is the URL at which clients reach the server, without a slash at the end.
	PublicURL string
	// AWS selects the issuer that the pool has in the service. Otherwise the issuer is PublicURL + "/" + pool ID.
	AWS bool
}

// Of returns the issuer of a pool.
func (i Issuer) Of(pool *cognate.UserPool) string {
	if !i.AWS {
		return i.public(pool.ID)
	}
	if c := pool.IssuerConfiguration; c != nil && c.Type == api.IssuerTypeUpdated {
		return updatedIssuer(pool.ID)
	}
	return originalIssuer(pool.ID)
}

// Possible returns the issuers that a pool with that ID can have with this setting.
func (i Issuer) Possible(poolID string) []string {
	if !i.AWS {
		return []string{i.public(poolID)}
	}
	return []string{originalIssuer(poolID), updatedIssuer(poolID)}
}

// poolOf returns the ID of the pool that an iss claim names. It accepts all three issuers of a pool, so that tokens remain
// valid after the setting or the pool's IssuerConfiguration changes. This lets no other token in: the pool's own key must
// have signed the token, and only one pool has each of these issuers.
//
// Assumed: access tokens remain valid after a change of IssuerConfiguration.
func (i Issuer) poolOf(iss string) (poolID string, ok bool) {
	poolID = iss[strings.LastIndexByte(iss, '/')+1:]
	if poolID == "" {
		return "", false
	}
	switch iss {
	case i.public(poolID), originalIssuer(poolID), updatedIssuer(poolID):
		return poolID, true
	default:
		return "", false
	}
}

func (i Issuer) public(poolID string) string { return i.PublicURL + "/" + poolID }

// originalIssuer and updatedIssuer return the issuers for the two types of IssuerConfiguration. Source: docs/behaviour.md
// §3.1.
func originalIssuer(poolID string) string { return "https://cognito-idp." + awsHost(poolID) }

func updatedIssuer(poolID string) string { return "https://issuer-cognito-idp." + awsHost(poolID) }

// awsHost returns the end of an issuer in the service.
func awsHost(poolID string) string {
	region, _, _ := strings.Cut(poolID, "_")
	return region + ".amazonaws.com/" + poolID
}
