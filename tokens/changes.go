package tokens

import (
	"slices"
	"strings"

	"cognate"
)

// Changes are the changes that the trigger PreTokenGeneration makes to the tokens of a sign-in. Nil changes nothing.
type Changes struct {
	ID, Access ClaimChanges
	// Groups replaces the user's groups and roles in both tokens; nil leaves them as they are.
	Groups *GroupConfiguration
}

// ClaimChanges are the changes to the claims of one token. A claim that is both set and suppressed is suppressed.
type ClaimChanges struct {
	Set      map[string]any // values of JSON types
	Suppress []string
	// Scopes to add to an access token, and to remove from it.
	AddScopes, SuppressScopes []string
}

const (
	claimAudience = "aud"
	claimClientID = "client_id"
	claimScope    = "scope"
)

// protectedClaims cannot be changed: the issuer, audience, kind and lifetime of the token, and the claims that revocation and replay
// checks need. Also protected are the key that the token is bound to, the session that logout tokens name, and the names by which
// applications identify the user. Source: Cognito developer guide, Pre token generation Lambda trigger; docs/behaviour.md §6.3.
//
// Assumed: the claim sid is protected as the other claims about sessions are.
var protectedClaims = map[string]bool{
	"acr": true, "amr": true, "at_hash": true, "auth_time": true, "azp": true, "client_id": true, "cnf": true, "cognito:username": true,
	"device_key": true, "event_id": true, "exp": true, "iat": true, "identities": true, "iss": true, "jti": true,
	"nbf": true, "nonce": true, "origin_jti": true, "sid": true, "sub": true, "token_use": true, "username": true, "version": true,
}

// Apply changes the claims of a token of that kind. It ignores changes that are not allowed, without an error, as AWS does.
func (c *Changes) Apply(use cognate.TokenUse, claims map[string]any) {
	if c == nil {
		return
	}
	c.Groups.apply(use, claims)
	if use == cognate.TokenUseID {
		c.ID.apply(use, claims)
		return
	}
	c.Access.apply(use, claims)
	c.Access.applyScopes(claims)
}

func (c *ClaimChanges) apply(use cognate.TokenUse, claims map[string]any) {
	for name, value := range c.Set {
		if mayChange(use, name) || mayNameAudience(use, name, value, claims) {
			claims[name] = value
		}
	}
	for _, name := range c.Suppress {
		if mayChange(use, name) || use == cognate.TokenUseAccess && name == claimAudience {
			delete(claims, name)
		}
	}
}

// mayChange reports whether a claim may be set or suppressed. Scopes and groups have their own members.
//
// Assumed: the claims of groups can be set and suppressed by name. No other claim with the prefix "cognito:" can.
func mayChange(use cognate.TokenUse, name string) bool {
	switch {
	case protectedClaims[name], name == claimAudience, name == "":
		return false
	case use == cognate.TokenUseAccess && name == claimScope:
		return false
	case name == ClaimGroups, name == ClaimRoles, name == ClaimPreferredRole:
		return true
	default:
		return !strings.HasPrefix(name, "cognito:")
	}
}

// mayNameAudience reports whether an access token may have this audience: its own client only.
func mayNameAudience(use cognate.TokenUse, name string, value any, claims map[string]any) bool {
	return use == cognate.TokenUseAccess && name == claimAudience && value == claims[claimClientID]
}

// applyScopes rewrites the scope claim. It leaves out a scope with a space, which would become several scopes.
func (c *ClaimChanges) applyScopes(claims map[string]any) {
	had, _ := claims[claimScope].(string)
	scopes := strings.Fields(had)
	for _, s := range c.AddScopes {
		if s != "" && !strings.ContainsFunc(s, isSpaceOrControl) && !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	scopes = slices.DeleteFunc(scopes, func(s string) bool { return slices.Contains(c.SuppressScopes, s) })
	if len(scopes) == 0 {
		delete(claims, claimScope)
		return
	}
	claims[claimScope] = strings.Join(scopes, " ")
}

func isSpaceOrControl(r rune) bool { return r <= ' ' || r == 0x7f }
