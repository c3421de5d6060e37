package iam

import (
	"fmt"

	"cognate"
	"cognate/api"
)

// Request is what a policy decides about.
type Request struct {
	Operation string // "AdminGetUser"
	// Resource is the ARN of a user pool, or AnyResource.
	Resource   string
	Conditions Conditions
}

// Effect is the result of a decision. The zero Effect denies.
type Effect int

const (
	// ImplicitDeny means that no statement allows the request.
	ImplicitDeny Effect = iota
	// ExplicitDeny means that a statement denies the request.
	ExplicitDeny
	// Allow means that a statement allows the request, and none denies it.
	Allow
)

// Decision is the decision of a policy about a request.
type Decision struct {
	Effect Effect
	// Statement is the position of the statement that decided, from 0, and Sid its Sid. With ImplicitDeny there is none.
	Statement int
	Sid       string
}

// Decide decides about a request: a statement that denies overrides all that allow, and what no statement allows is denied.
func (p *Policy) Decide(r *Request) Decision {
	decision := Decision{Effect: ImplicitDeny}
	if p == nil {
		return decision
	}
	var parts *[arnParts]string
	if arn, ok := splitARN(r.Resource); ok {
		parts = &arn
	}
	for _, i := range p.byOperation[r.Operation] {
		s := &p.statements[i]
		if decision.Effect == Allow && !s.deny || !s.applies(r, parts) {
			continue
		}
		if s.deny {
			return Decision{ExplicitDeny, i, s.sid}
		}
		decision = Decision{Allow, i, s.sid}
	}
	return decision
}

// applies reports whether the statement, which names the operation of the request, is about the request.
func (s *statement) applies(r *Request, parts *[arnParts]string) bool {
	matches := false
	for i := range s.resources {
		if matches = s.resources[i].matches(parts); matches {
			break
		}
	}
	if matches == s.not {
		return false
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(r, s.deny) {
			return false
		}
	}
	return true
}

// ReadsTags reports whether a decision depends on the tags of the user pool.
func (p *Policy) ReadsTags() bool { return p != nil && p.readsTags }

// Authorize returns an error if the policy does not allow the request of a caller. Errors: AccessDeniedException.
// Source: docs/behaviour.md §8.2.
func (p *Policy) Authorize(caller cognate.Caller, r *Request) error {
	var because string
	switch p.Decide(r).Effect {
	case Allow:
		return nil
	case ExplicitDeny:
		because = "with an explicit deny in an identity-based policy"
	default:
		because = "because no identity-based policy allows the " + actionPrefix + r.Operation + " action"
	}
	return api.AccessDeniedException(fmt.Sprintf("User: %s is not authorized to perform: %s%s on resource: %s %s",
		caller.ARN(), actionPrefix, r.Operation, r.Resource, because))
}
