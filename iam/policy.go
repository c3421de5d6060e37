package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate/api"
	"cognate/internal/similar"
)

// MaxPolicy is the largest number of characters of a policy. White space does not count.
// Source: IAM user guide, "IAM and AWS STS quotas", managed policies.
const MaxPolicy = 6144

// maxPolicyText is the largest size of the text of a policy in bytes, with its white space.
const maxPolicyText = 64 << 10

// Policy is what an access key may do. Only ParsePolicy makes one. A nil Policy and the zero Policy allow nothing. A Policy does
// not change, so requests share it.
//
// Source: IAM user guide, "IAM JSON policy elements reference" and "Policy evaluation logic" (docs/behaviour.md §8.2).
type Policy struct {
	text       string
	statements []statement
	// byOperation has the positions of the statements about each operation.
	byOperation map[string][]int
	// readsTags reports that a condition has the key aws:ResourceTag.
	readsTags bool
}

// statement is one Statement of a policy.
type statement struct {
	sid  string
	deny bool
	// operations are the names of the operations of Action, or of those that NotAction leaves.
	operations map[string]bool
	resources  []resourcePattern
	not        bool // resources are those of NotResource
	conditions []condition
}

// PolicyError lists everything that is wrong with a policy, one line for each problem.
type PolicyError []string

// Error returns the problems as one text.
func (e PolicyError) Error() string {
	if len(e) == 1 {
		return "policy: " + e[0]
	}
	return fmt.Sprintf("policy: %d problems:\n  %s", len(e), strings.Join(e, "\n  "))
}

// ParsePolicy parses a policy. It rejects everything that it does not know, because a part of a policy without effect could allow
// more than its author wanted. Errors: PolicyError.
func ParsePolicy(text string) (*Policy, error) {
	size := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			size++
		}
	}
	if size > MaxPolicy {
		return nil, PolicyError{fmt.Sprintf("has %d characters without white space; at most %d are allowed", size, MaxPolicy)}
	}
	if len(text) > maxPolicyText {
		return nil, PolicyError{fmt.Sprintf("has %d bytes with its white space; at most %d are allowed", len(text), maxPolicyText)}
	}
	var p parser
	statements := p.policy(text)
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	byOperation := make(map[string][]int)
	for i, s := range statements {
		for op := range s.operations {
			byOperation[op] = append(byOperation[op], i)
		}
	}
	return &Policy{text: text, statements: statements, byOperation: byOperation, readsTags: p.readsTags}, nil
}

// Text returns the text of the policy.
func (p *Policy) Text() string {
	if p == nil {
		return ""
	}
	return p.text
}

// IsAdministrator reports whether the policy allows every operation on every resource under all conditions.
func (p *Policy) IsAdministrator() bool {
	if p == nil {
		return false
	}
	denies := slices.ContainsFunc(p.statements, func(s statement) bool { return s.deny })
	return !denies && slices.ContainsFunc(p.statements, func(s statement) bool {
		return len(s.operations) == len(operationNames()) && len(s.conditions) == 0 && !s.not &&
			slices.ContainsFunc(s.resources, func(r resourcePattern) bool { return r.every })
	})
}

// versions are the values of Version. Source: IAM user guide, "IAM JSON policy elements: Version".
var versions = []string{"2012-10-17", "2008-10-17"}

// The members of a policy and of a statement.
var (
	policyMembers    = []string{"Version", "Statement"}
	statementMembers = []string{"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)

// operationNames are the names of all operations, in their order. Those without a signature count too: a policy may name them, and
// has no effect on them, as at AWS.
var operationNames = sync.OnceValue(func() []string {
	var names []string
	for _, op := range api.Operations() {
		names = append(names, op.Name)
	}
	return names
})

// actionPrefix is the service in an action.
const actionPrefix = api.SigningName + ":"

// parser collects the problems of a policy.
type parser struct {
	problems  PolicyError
	readsTags bool
}

func (p *parser) problem(at, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if at != "" {
		text = at + ": " + text
	}
	p.problems = append(p.problems, text)
}

func (p *parser) policy(text string) []statement {
	members, ok := p.object("", jsontext.Value(text), "a JSON object with Version and Statement")
	if !ok {
		return nil
	}
	p.known("", members, policyMembers)
	if value, ok := members["Version"]; ok {
		if version, ok := p.text("Version", value); ok && !slices.Contains(versions, version) {
			p.problem("Version", "%q is not %s; use %q", version, strings.Join(versions, " or "), versions[0])
		}
	}
	value, ok := members["Statement"]
	if !ok {
		p.problem("Statement", "missing")
		return nil
	}
	var statements []statement
	sids := make(map[string]bool)
	for at, value := range p.list("Statement", value) {
		s := p.statement(at, value)
		if s.sid != "" && sids[s.sid] {
			p.problem(at+".Sid", "%q appears twice", s.sid)
		}
		sids[s.sid] = true
		statements = append(statements, s)
	}
	return statements
}

func (p *parser) statement(at string, value jsontext.Value) statement {
	var s statement
	members, ok := p.object(at, value, "a JSON object with Effect, Action and Resource")
	if !ok {
		return s
	}
	at += "."
	p.known(at, members, statementMembers)
	if value, ok := members["Sid"]; ok {
		s.sid, _ = p.text(at+"Sid", value)
		if strings.ContainsFunc(s.sid, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			p.problem(at+"Sid", "%q has other characters than letters and digits", s.sid)
		}
	}
	effect := ""
	if value, ok := members["Effect"]; ok {
		effect, _ = p.text(at+"Effect", value)
	}
	switch effect {
	case "Allow":
	case "Deny":
		s.deny = true
	default:
		p.problem(at+"Effect", "must be Allow or Deny")
	}
	s.operations = p.operations(at, members)
	s.resources, s.not = p.resources(at, members)
	if value, ok := members["Condition"]; ok {
		s.conditions = p.conditions(at+"Condition", value)
	}
	return s
}

// operations returns the operations of Action or NotAction.
func (p *parser) operations(at string, members map[string]jsontext.Value) map[string]bool {
	name, value, ok := p.either(at, members, "Action", "NotAction")
	if !ok {
		return nil
	}
	named := make(map[string]bool)
	for at, action := range p.texts(at+name, value) {
		found := matching(action)
		if len(found) == 0 {
			p.problem(at, "%s", unknownAction(action))
		}
		for _, op := range found {
			named[op] = true
		}
	}
	if name == "Action" {
		return named
	}
	others := make(map[string]bool)
	for _, op := range operationNames() {
		if !named[op] {
			others[op] = true
		}
	}
	return others
}

// matching returns the operations that an action matches. Case does not matter.
func matching(action string) []string {
	if action == "*" {
		return operationNames()
	}
	if len(action) < len(actionPrefix) || !strings.EqualFold(action[:len(actionPrefix)], actionPrefix) {
		return nil
	}
	pattern := strings.ToLower(action[len(actionPrefix):])
	var found []string
	for _, op := range operationNames() {
		if glob(pattern, strings.ToLower(op)) {
			found = append(found, op)
		}
	}
	return found
}

// unknownAction returns the problem of an action that matches no operation, with the nearest names.
func unknownAction(action string) string {
	service, name, hasService := strings.Cut(action, ":")
	if hasService && !strings.EqualFold(service+":", actionPrefix) {
		return fmt.Sprintf("%q is an action of another service; this server has the actions of %s* only", action, actionPrefix)
	}
	if !hasService {
		name = action
	}
	text := fmt.Sprintf("%q is not an action of this server", action)
	names := similar.Closest(name, operationNames())
	if len(names) == 0 {
		return text + "; actions are " + actionPrefix + " and the name of an operation, such as " + actionPrefix + "AdminGetUser"
	}
	for i := range names {
		names[i] = actionPrefix + names[i]
	}
	return text + "; maybe you meant " + strings.Join(names, " or ")
}

// UnknownOperation returns the problem of a name that is not that of an operation, with the nearest names.
func UnknownOperation(name string) string {
	text := fmt.Sprintf("%q is not an operation", name)
	if names := similar.Closest(name, operationNames()); len(names) > 0 {
		text += "; maybe you meant " + strings.Join(names, " or ")
	}
	return text
}

// resources returns the patterns of Resource or NotResource.
func (p *parser) resources(at string, members map[string]jsontext.Value) (patterns []resourcePattern, not bool) {
	name, value, ok := p.either(at, members, "Resource", "NotResource")
	if !ok {
		return nil, false
	}
	for at, text := range p.texts(at+name, value) {
		pattern, problem := parseResource(text)
		if problem != "" {
			p.problem(at, "%q %s", text, problem)
		}
		patterns = append(patterns, pattern)
	}
	return patterns, name == "NotResource"
}

// either returns the one of two members that a statement must have.
func (p *parser) either(at string, members map[string]jsontext.Value, one, other string) (string, jsontext.Value, bool) {
	value, hasOne := members[one]
	otherValue, hasOther := members[other]
	switch {
	case hasOne && hasOther:
		p.problem(at+one, "set only one of %s and %s", one, other)
		return "", nil, false
	case hasOne:
		return one, value, true
	case hasOther:
		return other, otherValue, true
	default:
		p.problem(at+one, "missing; set %s or %s", one, other)
		return "", nil, false
	}
}

// known adds a problem for each member that is unknown. prefix is the place of the object, with a dot at its end.
func (p *parser) known(prefix string, members map[string]jsontext.Value, names []string) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch {
		case slices.Contains(names, name):
		case name == "Principal" || name == "NotPrincipal":
			p.problem(prefix+name, "not allowed: the policy of an access key is for this key only; remove it")
		default:
			p.problem(prefix+name, "unknown member%s", suggestion(name, names))
		}
	}
}

// suggestion returns the end of a problem: the names that are similar to a word, or all of them.
func suggestion(word string, names []string) string {
	if found := similar.Closest(word, names); len(found) > 0 {
		return "; maybe you meant " + strings.Join(found, " or ")
	}
	return "; known are " + strings.Join(names, ", ")
}

// object parses a JSON object. Two members with the same name are an error.
func (p *parser) object(at string, value jsontext.Value, want string) (map[string]jsontext.Value, bool) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(value, &members); err != nil || members == nil {
		if at == "" && err != nil {
			p.problem(at, "not %s: %v", want, err)
		} else {
			p.problem(at, "must be %s", want)
		}
		return nil, false
	}
	return members, true
}

// list returns the entries of a list, or a single value, each with its place.
func (p *parser) list(at string, value jsontext.Value) func(yield func(string, jsontext.Value) bool) {
	entries := []jsontext.Value{value}
	if value.Kind() == '[' {
		entries = nil
		if err := json.Unmarshal(value, &entries); err != nil || len(entries) == 0 {
			p.problem(at, "must not be an empty list")
		}
	}
	return func(yield func(string, jsontext.Value) bool) {
		for i, entry := range entries {
			place := at
			if value.Kind() == '[' {
				place = fmt.Sprintf("%s[%d]", at, i)
			}
			if !yield(place, entry) {
				return
			}
		}
	}
}

// text parses a JSON string.
func (p *parser) text(at string, value jsontext.Value) (string, bool) {
	var text string
	if value.Kind() != '"' || json.Unmarshal(value, &text) != nil {
		p.problem(at, "must be a string")
		return "", false
	}
	if strings.Contains(text, "${") {
		p.problem(at, "%q has a policy variable (${…}), which this server does not support; write the value", text)
		return "", false
	}
	return text, true
}

// texts returns the texts of a list, or of a single text, each with its place.
func (p *parser) texts(at string, value jsontext.Value) func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for at, entry := range p.list(at, value) {
			if text, ok := p.text(at, entry); ok && !yield(at, text) {
				return
			}
		}
	}
}
