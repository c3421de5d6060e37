package cognate

import (
	"time"

	"golang.org/x/text/cases"
)

// Group is a named set of users of a pool. Tokens list the groups of their user.
type Group struct {
	PoolID, Name string
	Description  string // empty if there is none
	RoleARN      string // of an IAM role; empty if there is none
	// Precedence says which group of a user goes first: 0 is before 1, and nil is last.
	Precedence *int
	// Ordinal orders the groups of a pool by their creation.
	Ordinal               int64
	CreatedAt, ModifiedAt time.Time
}

// Key returns the group's name in the form that is unique in the pool: names that differ only by case are the same
// (docs/behaviour.md §4.8).
func (g *Group) Key() string { return GroupKey(g.Name) }

// GroupKey returns Group.Key of a group with that name.
func GroupKey(name string) string { return cases.Fold().String(name) }
