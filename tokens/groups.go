package tokens

import (
	"maps"
	"slices"

	"cognate"
)

// Claims about groups (docs/behaviour.md §3.2).
const (
	ClaimGroups        = "cognito:groups"
	ClaimRoles         = "cognito:roles"
	ClaimPreferredRole = "cognito:preferred_role"
)

// GroupConfiguration lists the groups and roles that tokens name.
type GroupConfiguration struct {
	Groups        []string
	Roles         []string // ARNs
	PreferredRole string   // one of Roles, or empty
}

// ConfigurationOf returns what tokens say about a user's groups, which are in order of precedence. The preferred role is the
// role of the first group. Two groups of the same precedence with different roles leave it open.
// Source: docs/behaviour.md §4.8.
//
// Assumed: the claim cognito:roles has a role once, also if two groups have it. A group without a role has no influence on the
// preferred role, and groups without precedence have the same precedence.
func ConfigurationOf(groups []*cognate.Group) GroupConfiguration {
	var c GroupConfiguration
	var first *cognate.Group // with a role
	for _, g := range groups {
		c.Groups = append(c.Groups, g.Name)
		if g.RoleARN == "" {
			continue
		}
		if !slices.Contains(c.Roles, g.RoleARN) {
			c.Roles = append(c.Roles, g.RoleARN)
		}
		switch {
		case first == nil:
			first, c.PreferredRole = g, g.RoleARN
		case samePrecedence(first, g) && first.RoleARN != g.RoleARN:
			c.PreferredRole = ""
		}
	}
	return c
}

func samePrecedence(a, b *cognate.Group) bool {
	if a.Precedence == nil || b.Precedence == nil {
		return a.Precedence == b.Precedence
	}
	return *a.Precedence == *b.Precedence
}

// apply replaces the user's groups with these. Access tokens name groups only.
func (g *GroupConfiguration) apply(use cognate.TokenUse, claims map[string]any) {
	if g == nil {
		return
	}
	for _, name := range []string{ClaimGroups, ClaimRoles, ClaimPreferredRole} {
		delete(claims, name)
	}
	maps.Copy(claims, g.Claims(use))
}

// Claims returns the claims about the groups in tokens of that kind. It leaves out claims without a value.
func (g *GroupConfiguration) Claims(use cognate.TokenUse) map[string]any {
	claims := make(map[string]any)
	if len(g.Groups) > 0 {
		claims[ClaimGroups] = g.Groups
	}
	if use == cognate.TokenUseAccess {
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
