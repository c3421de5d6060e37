package cognate

import (
	"maps"
	"slices"
	"strings"
)

// TokenChanges is what a pool's owner changes in the tokens of a user that are about to be signed. Nil changes nothing.
type TokenChanges struct {
	ID, Access ClaimChanges
	// Groups takes the place of the user's groups and roles in both tokens; nil leaves them as they are.
	Groups *GroupConfiguration
}

// ClaimChanges is what changes in the claims of one token. What is both set and suppressed is suppressed.
type ClaimChanges struct {
	Set      map[string]any // of JSON's types
	Suppress []string
	// Scopes to add to an access token, and to take from it.
	AddScopes, SuppressScopes []string
}

// GroupConfiguration is the groups that tokens name, and the roles that come with them.
type GroupConfiguration struct {
	Groups        []string
	Roles         []string // ARNs
	PreferredRole string   // one of Roles, or empty
}

// Claims that tokens say of groups (docs/behaviour.md §3.2).
const (
	ClaimGroups        = "cognito:groups"
	ClaimRoles         = "cognito:roles"
	ClaimPreferredRole = "cognito:preferred_role"

	claimAudience = "aud"
	claimClientID = "client_id"
	claimScope    = "scope"
)

// protectedClaims are what nobody changes: who made the token, for whom, of what kind and until when; what revocation and
// replay stand on; and names under which applications find the user. Source: Cognito developer guide, Pre token generation
// Lambda trigger; docs/behaviour.md §6.3.
var protectedClaims = map[string]bool{
	"acr": true, "amr": true, "at_hash": true, "auth_time": true, "azp": true, "client_id": true, "cognito:username": true,
	"device_key": true, "event_id": true, "exp": true, "iat": true, "identities": true, "iss": true, "jti": true,
	"nbf": true, "nonce": true, "origin_jti": true, "sub": true, "token_use": true, "username": true, "version": true,
}

// Apply changes the claims of a token of that kind. What may not be changed stays as it is: nobody is told, as with the
// service.
func (c *TokenChanges) Apply(use TokenUse, claims map[string]any) {
	if c == nil {
		return
	}
	c.Groups.apply(use, claims)
	if use == TokenUseID {
		c.ID.apply(use, claims)
		return
	}
	c.Access.apply(use, claims)
	c.Access.applyScopes(claims)
}

func (c *ClaimChanges) apply(use TokenUse, claims map[string]any) {
	for name, value := range c.Set {
		if mayChange(use, name) || mayNameAudience(use, name, value, claims) {
			claims[name] = value
		}
	}
	for _, name := range c.Suppress {
		if mayChange(use, name) || use == TokenUseAccess && name == claimAudience {
			delete(claims, name)
		}
	}
}

// mayChange reports whether a claim may be set or suppressed. Scopes have their own members, and groups theirs.
//
// Assumed: the claims of groups can be set and suppressed by name. No other claim with the prefix "cognito:" can.
func mayChange(use TokenUse, name string) bool {
	switch {
	case protectedClaims[name], name == claimAudience, name == "":
		return false
	case use == TokenUseAccess && name == claimScope:
		return false
	case name == ClaimGroups, name == ClaimRoles, name == ClaimPreferredRole:
		return true
	default:
		return !strings.HasPrefix(name, "cognito:")
	}
}

// mayNameAudience lets an access token name an audience: its own client and nobody else.
func mayNameAudience(use TokenUse, name string, value any, claims map[string]any) bool {
	return use == TokenUseAccess && name == claimAudience && value == claims[claimClientID]
}

// applyScopes rewrites the scope claim. A scope with a space would be several, and is left out.
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

// apply puts these groups in the place of the user's own. Access tokens name groups only.
func (g *GroupConfiguration) apply(use TokenUse, claims map[string]any) {
	if g == nil {
		return
	}
	for _, name := range []string{ClaimGroups, ClaimRoles, ClaimPreferredRole} {
		delete(claims, name)
	}
	maps.Copy(claims, g.Claims(use))
}

// Claims returns what tokens of that kind say of the groups; nothing of none.
func (g *GroupConfiguration) Claims(use TokenUse) map[string]any {
	claims := make(map[string]any)
	if len(g.Groups) > 0 {
		claims[ClaimGroups] = g.Groups
	}
	if use == TokenUseAccess {
		return claims
	}
	if len(g.Roles) > 0 {
		claims[ClaimRoles] = g.Roles
	}
	if g.PreferredRole != "" {
		claims[ClaimPreferredRole] = g.PreferredRole
	}
	return claims
}
