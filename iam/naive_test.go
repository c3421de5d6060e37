package iam_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cognate/api"
	"cognate/iam"
)

// naive decides like Policy.Decide, but straight from the JSON text, without anything prepared. It shares no code with package iam.
func naive(text string, r *iam.Request) iam.Effect {
	var p struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		panic(err)
	}
	allowed := false
	for _, s := range p.Statement {
		if !naiveApplies(s, r) {
			continue
		}
		if s["Effect"] == "Deny" {
			return iam.ExplicitDeny
		}
		allowed = true
	}
	if allowed {
		return iam.Allow
	}
	return iam.ImplicitDeny
}

func naiveList(v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var texts []string
	for _, entry := range list {
		texts = append(texts, fmt.Sprint(entry))
	}
	return texts
}

func naiveLike(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(`^(?s:` + expression + `)$`).MatchString(text)
}

func naiveARN(pattern, text string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(text, ":", 6)
	if len(patterns) != 6 || len(parts) != 6 {
		return false
	}
	for i := range parts {
		if !naiveLike(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}

func naiveApplies(s map[string]any, r *iam.Request) bool {
	inAction := func(v any) bool {
		return slices.ContainsFunc(naiveList(v), func(action string) bool {
			return naiveLike(strings.ToLower(action), strings.ToLower("cognito-idp:"+r.Operation))
		})
	}
	inResource := func(v any) bool {
		return slices.ContainsFunc(naiveList(v), func(resource string) bool {
			return resource == "*" || r.Resource != "*" && naiveARN(resource, r.Resource)
		})
	}
	if v, ok := s["Action"]; ok && !inAction(v) {
		return false
	}
	if v, ok := s["NotAction"]; ok && inAction(v) {
		return false
	}
	if v, ok := s["Resource"]; ok && !inResource(v) {
		return false
	}
	if v, ok := s["NotResource"]; ok && inResource(v) {
		return false
	}
	conditions, _ := s["Condition"].(map[string]any)
	for operator, byKey := range conditions {
		for key, wanted := range byKey.(map[string]any) {
			if !naiveHolds(operator, key, naiveList(wanted), r, s["Effect"] == "Deny") {
				return false
			}
		}
	}
	return true
}

func naiveValues(key string, c *iam.Conditions) []string {
	name, tag, _ := strings.Cut(strings.ToLower(key), "/")
	var values []string
	add := func(text string) {
		if text != "" {
			values = append(values, text)
		}
	}
	tags := func(tags map[string]string) {
		for k, v := range tags {
			if strings.ToLower(k) == tag {
				values = append(values, v)
			}
		}
	}
	switch name {
	case "aws:sourceip":
		add(c.SourceIP.String())
	case "aws:currenttime":
		add(c.Now.Format(time.RFC3339))
	case "aws:securetransport":
		add(fmt.Sprint(c.SecureTransport))
	case "aws:useragent":
		add(c.UserAgent)
	case "aws:username":
		add(c.Username)
	case "aws:principalaccount":
		add(c.Account)
	case "aws:requestedregion":
		add(c.Region)
	case "aws:resourcetag":
		tags(c.ResourceTags)
	case "aws:requesttag":
		tags(c.RequestTags)
	case "aws:tagkeys":
		values = c.TagKeys
	}
	return values
}

func naiveHolds(operator, key string, wanted []string, r *iam.Request, deny bool) bool {
	values := naiveValues(key, &r.Conditions)
	if operator == "Null" {
		return slices.Contains(wanted, fmt.Sprint(len(values) == 0))
	}
	forAll, forAny := strings.HasPrefix(operator, "ForAllValues:"), strings.HasPrefix(operator, "ForAnyValue:")
	_, name, qualified := strings.Cut(operator, ":")
	if !qualified {
		name = operator
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	negative := strings.Contains(name, "Not")
	positive := strings.Replace(name, "Not", "", 1)
	if len(values) == 0 {
		return ifExists || forAll || !forAny && negative
	}
	count := 0
	for _, value := range values {
		result, comparable := false, true
		for _, want := range wanted {
			matches, ok := naiveCompare(positive, value, want)
			result, comparable = result || matches, comparable && ok
		}
		if comparable && result != negative || !comparable && deny {
			count++
		}
	}
	if forAny || !forAll && deny {
		return count > 0
	}
	return count == len(values)
}

func naiveTime(text string) (time.Time, bool) {
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return time.Unix(int64(seconds), 0), true
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}

func naiveCompare(operator, value, want string) (matches, comparable bool) {
	switch operator {
	case "StringEquals":
		return value == want, true
	case "StringEqualsIgnoreCase":
		return strings.EqualFold(value, want), true
	case "StringLike":
		return naiveLike(want, value), true
	case "ArnEquals", "ArnLike":
		return naiveARN(want, value), strings.HasPrefix(value, "arn:") && strings.Count(value, ":") >= 5
	case "Bool":
		return strings.EqualFold(value, want), true
	case "IpAddress":
		if !strings.Contains(want, "/") {
			return value == want, true
		}
		return netip.MustParsePrefix(want).Contains(netip.MustParseAddr(value)), true
	}
	var order int
	if strings.HasPrefix(operator, "Date") {
		a, okA := naiveTime(value)
		b, okB := naiveTime(want)
		if !okA || !okB {
			return false, false
		}
		order = a.Compare(b)
	} else {
		a, okA := new(big.Rat).SetString(value)
		b, okB := new(big.Rat).SetString(want)
		if !okA || !okB {
			return false, false
		}
		order = a.Cmp(b)
	}
	switch strings.TrimPrefix(strings.TrimPrefix(operator, "Date"), "Numeric") {
	case "Equals":
		return order == 0, true
	case "LessThan":
		return order < 0, true
	case "LessThanEquals":
		return order <= 0, true
	case "GreaterThan":
		return order > 0, true
	case "GreaterThanEquals":
		return order >= 0, true
	}
	panic("unknown operator " + operator)
}

// The values that policies and requests of the property have in common, so that both results occur often.
var (
	anActions   = []string{"*", "cognito-idp:*", "cognito-idp:Admin*", "cognito-idp:admingetuser", "COGNITO-IDP:List*", "cognito-idp:ListUserPool?", "cognito-idp:Tag*", "cognito-idp:*User*", "cognito-idp:?dminGet*"}
	anOperation = []string{"AdminGetUser", "AdminGetDevice", "ListUserPools", "ListUsers", "TagResource", "CreateUserPool"}
	aResource   = []string{"*", "arn:*:*:*:*:*", "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/*", "arn:aws:cognito-idp:*:*:userpool/eu-west-1_A*", "arn:aws:cognito-idp:*:1*2:userpool/*_?b*", "arn:aws:cognito-idp:us-*:*:*"}
	anARN       = []string{"*", "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Ab:x", "not an ARN"}
	aText       = []string{"web", "Web", "api", "7", "7.0", "-3", "2026-05-01T12:00:00Z", "arn:aws:iam::1:user/ann", "true", "ä*"}
	aTagKey     = []string{"team", "Team", "cost"}
	anAddress   = []string{"203.0.113.7", "10.1.2.3", "2001:db8::1"}
	aTime       = []string{"2026-05-01T12:00:00Z", "2026-05-01T13:00:00Z", "2026-05-01T14:00:00+02:00"}
)

// aCondition draws an operator, a key that it applies to, and values.
func aCondition(t *rapid.T) (operator, key string, values []string) {
	pick := func(from ...string) string { return rapid.SampledFrom(from).Draw(t, "pick") }
	tag := func() string {
		return pick("aws:ResourceTag/", "aws:RequestTag/", "AWS:resourcetag/") + rapid.SampledFrom(aTagKey).Draw(t, "tag")
	}
	some := func(from []string) []string { return rapid.SliceOfN(rapid.SampledFrom(from), 1, 3).Draw(t, "values") }
	switch family := pick("String", "String", "Arn", "IpAddress", "Date", "Numeric", "Bool", "Null", "TagKeys"); family {
	case "String":
		operator = pick("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike")
		key = pick(tag(), tag(), "aws:username", "aws:UserAgent", "aws:PrincipalAccount", "aws:RequestedRegion")
		values = some(append(aText, "*", "?eb", "w*b*"))
	case "Arn":
		operator, key = pick("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"), tag()
		values = some([]string{"arn:aws:iam::*:user/*", "arn:aws:iam::2:user/a?n", "arn:*:*:*:*:*"})
	case "IpAddress":
		operator, key = pick("IpAddress", "NotIpAddress"), "aws:SourceIp"
		values = some([]string{"203.0.113.0/24", "10.1.2.3", "::/0", "0.0.0.0/0", "2001:db8::/32"})
	case "Date":
		operator = "Date" + pick("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
		key, values = pick("aws:CurrentTime", tag()), some(aTime)
	case "Numeric":
		operator = "Numeric" + pick("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
		key, values = tag(), some([]string{"7", "7.00", "-3.5", "100"})
	case "Bool":
		operator, key, values = "Bool", "aws:SecureTransport", some([]string{"true", "False"})
	case "Null":
		return "Null", pick(tag(), "aws:TagKeys", "aws:UserAgent"), some([]string{"true", "false"})
	case "TagKeys":
		operator, key = pick("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"), "aws:TagKeys"
		values = some(append(aTagKey, "*", "c?st"))
		return pick("ForAllValues:", "ForAnyValue:") + operator + pick("", "IfExists"), key, values
	}
	return pick("", "", "ForAllValues:", "ForAnyValue:") + operator + pick("", "", "IfExists"), key, values
}

func aStatement(t *rapid.T) map[string]any {
	s := map[string]any{"Effect": rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")}
	s[rapid.SampledFrom([]string{"Action", "Action", "NotAction"}).Draw(t, "action")] = rapid.SliceOfN(rapid.SampledFrom(anActions), 1, 3).Draw(t, "actions")
	s[rapid.SampledFrom([]string{"Resource", "Resource", "NotResource"}).Draw(t, "resource")] = rapid.SliceOfN(rapid.SampledFrom(aResource), 1, 2).Draw(t, "resources")
	conditions := make(map[string]map[string]any)
	for range rapid.IntRange(0, 3).Draw(t, "conditions") {
		operator, key, values := aCondition(t)
		if conditions[operator] == nil {
			conditions[operator] = make(map[string]any)
		}
		conditions[operator][key] = values
	}
	if len(conditions) > 0 {
		s["Condition"] = conditions
	}
	return s
}

func aRequest(t *rapid.T) *iam.Request {
	text := func(from ...string) string { return rapid.SampledFrom(from).Draw(t, "text") }
	tags := rapid.MapOfN(rapid.SampledFrom(aTagKey), rapid.SampledFrom(aText), 0, 3)
	at, err := time.Parse(time.RFC3339, rapid.SampledFrom(aTime).Draw(t, "time"))
	if err != nil {
		panic(err)
	}
	r := &iam.Request{
		Operation: rapid.SampledFrom(anOperation).Draw(t, "operation"), Resource: rapid.SampledFrom(anARN).Draw(t, "arn"),
		Conditions: iam.Conditions{
			SourceIP: netip.MustParseAddr(rapid.SampledFrom(anAddress).Draw(t, "address")), Now: at.UTC(),
			SecureTransport: rapid.Bool().Draw(t, "tls"), UserAgent: text("", "web", "ä*"), Username: text("web", "api"),
			Account: "7", Region: text("Web", "api"), ResourceTags: tags.Draw(t, "resource tags"), RequestTags: tags.Draw(t, "request tags"),
		},
	}
	for key := range r.Conditions.RequestTags {
		r.Conditions.TagKeys = append(r.Conditions.TagKeys, key)
	}
	return r
}

// The policy and the naive evaluator decide alike about any policy and request.
func TestDecideAsTheNaiveEvaluator(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		statements := rapid.SliceOfN(rapid.Custom(aStatement), 1, 4).Draw(t, "statements")
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		if err != nil {
			t.Fatal(err)
		}
		p, err := iam.ParsePolicy(string(text))
		if err != nil {
			t.Fatalf("ParsePolicy(%s) = %v", text, err)
		}
		for range 4 {
			r := aRequest(t)
			if got, want := p.Decide(r).Effect, naive(string(text), r); got != want {
				t.Fatalf("Decide(%+v) with\n%s = %v, naive %v", r, text, got, want)
			}
		}
	})
}

// ParsePolicy accepts or rejects any text without a panic, and what it accepts decides.
func FuzzParsePolicy(f *testing.F) {
	for _, name := range iam.ReadyNames() {
		p, _ := iam.Ready(name)
		f.Add(p.Text())
	}
	f.Add(policy(`{"Effect": "Deny", "NotAction": ["*"], "NotResource": "*", "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", 1, true]}}}`))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := iam.ParsePolicy(text)
		if (p == nil) == (err == nil) {
			t.Fatalf("ParsePolicy(%q) = %v, %v", text, p, err)
		}
		for _, op := range api.Operations() {
			p.Decide(&iam.Request{Operation: op.Name, Resource: poolARN, Conditions: iam.Conditions{TagKeys: []string{"a"}}})
		}
	})
}
