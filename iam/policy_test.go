package iam_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/iam"
)

const poolARN = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI"

// policy returns the text of a policy with the statements.
func policy(statements ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + `]}`
}

func mustParse(t testing.TB, text string) *iam.Policy {
	t.Helper()
	p, err := iam.ParsePolicy(text)
	if err != nil {
		t.Fatalf("ParsePolicy(%s) = %v", text, err)
	}
	return p
}

const allowAll = `{"Effect": "Allow", "Action": "*", "Resource": "*"}`

func TestParsePolicyRejects(t *testing.T) {
	t.Parallel()
	statement := func(members string) string { return policy(`{` + members + `}`) }
	condition := func(members string) string {
		return statement(`"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {` + members + `}`)
	}
	for _, tt := range []struct{ text, want string }{
		{``, "policy: not a JSON object"},
		{`[]`, "policy: not a JSON object"},
		{`null`, "policy: must be a JSON object with Version and Statement"},
		{`{"Version": "2012-10-17"}`, "policy: Statement: missing"},
		{`{"Statement": []}`, "policy: Statement: must not be an empty list"},
		{`{"Version": "2020-01-01", "Statement": ` + allowAll + `}`, `policy: Version: "2020-01-01" is not 2012-10-17 or 2008-10-17; use "2012-10-17"`},
		{`{"Version": 1, "Statement": ` + allowAll + `}`, "policy: Version: must be a string"},
		{`{"Statements": [], "Statement": ` + allowAll + `}`, "policy: Statements: unknown member; maybe you meant Statement"},
		{`{"Statement": ` + allowAll + `, "Statement": ` + allowAll + `}`, "policy: not a JSON object with Version and Statement: "},
		{policy(`{"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}`), "policy: not a JSON object with Version and Statement: "},
		{policy(`"Allow"`), "policy: Statement[0]: must be a JSON object with Effect, Action and Resource"},
		{statement(`"Action": "*", "Resource": "*"`), "policy: Statement[0].Effect: must be Allow or Deny"},
		{statement(`"Effect": "allow", "Action": "*", "Resource": "*"`), "policy: Statement[0].Effect: must be Allow or Deny"},
		{statement(`"Effect": "Allow", "Resource": "*"`), "policy: Statement[0].Action: missing; set Action or NotAction"},
		{statement(`"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"`), "policy: Statement[0].Action: set only one of Action and NotAction"},
		{statement(`"Effect": "Allow", "Action": [], "Resource": "*"`), "policy: Statement[0].Action: must not be an empty list"},
		{statement(`"Effect": "Allow", "Action": ["*", 1], "Resource": "*"`), "policy: Statement[0].Action[1]: must be a string"},
		{statement(`"Effect": "Allow", "Action": "cognito-idp:AdminGetUsr", "Resource": "*"`), `policy: Statement[0].Action: "cognito-idp:AdminGetUsr" is not an action of this server; maybe you meant cognito-idp:AdminGetUser`},
		{statement(`"Effect": "Allow", "Action": "AdminGetUser", "Resource": "*"`), `policy: Statement[0].Action: "AdminGetUser" is not an action of this server; maybe you meant cognito-idp:AdminGetUser`},
		{statement(`"Effect": "Allow", "Action": "cognito-idp:Zebra*", "Resource": "*"`), `policy: Statement[0].Action: "cognito-idp:Zebra*" is not an action of this server; actions are`},
		{statement(`"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"`), `policy: Statement[0].Action: "s3:GetObject" is an action of another service`},
		{statement(`"Effect": "Allow", "Action": "*"`), "policy: Statement[0].Resource: missing; set Resource or NotResource"},
		{statement(`"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"`), "policy: Statement[0].Resource: set only one of Resource and NotResource"},
		{statement(`"Effect": "Allow", "Action": "*", "Resource": "eu-west-1_AbCdEfGhI"`), `policy: Statement[0].Resource: "eu-west-1_AbCdEfGhI" is neither "*" nor an ARN`},
		{statement(`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:cognito-idp:*"`), `is neither "*" nor an ARN`},
		{statement(`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::bucket"`), "matches no user pool"},
		{statement(`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:cognito-idp:*:*:user-pool/*"`), "matches no user pool"},
		{statement(`"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"`), "policy: Statement[0].Principal: not allowed"},
		{statement(`"Effect": "Allow", "Action": "*", "Resource": "*", "NotPrincipal": "*"`), "policy: Statement[0].NotPrincipal: not allowed"},
		{statement(`"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}`), "policy: Statement[0].Conditions: unknown member; maybe you meant Condition"},
		{statement(`"Sid": "a b", "Effect": "Allow", "Action": "*", "Resource": "*"`), `policy: Statement[0].Sid: "a b" has other characters`},
		{policy(`{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}`, `{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}`), `policy: Statement[1].Sid: "A" appears twice`},
		{statement(`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:cognito-idp:*:*:userpool/${aws:username}"`), "has a policy variable (${…})"},
		{condition(``), "policy: Statement[0].Condition: has no operator; remove it"},
		{condition(`"Bool": {}`), "policy: Statement[0].Condition.Bool: has no condition key; remove it"},
		{condition(`"Bool": {"aws:SecureTransport": []}`), "policy: Statement[0].Condition.Bool.aws:SecureTransport: must not be an empty list"},
		{condition(`"Bool": {"aws:SecureTransport": "yes"}`), `"yes" is not true or false`},
		{condition(`"Bool": {"aws:SecureTransport": null}`), "must be a string, a boolean or a number"},
		{condition(`"StringEqual": {"aws:username": "a"}`), "policy: Statement[0].Condition.StringEqual: unknown operator; maybe you meant StringEquals"},
		{condition(`"NullIfExists": {"aws:username": "a"}`), "unknown operator"},
		{condition(`"ForAllValue:StringEquals": {"aws:TagKeys": "a"}`), "unknown operator"},
		{condition(`"StringEquals": {"aws:TagKeys": "a"}`), "aws:TagKeys has several values; write ForAllValues: or ForAnyValue:"},
		{condition(`"StringEquals": {"aws:userid": "a"}`), "unknown condition key"},
		{condition(`"StringEquals": {"aws:UserName2": "a"}`), "unknown condition key; maybe you meant aws:username"},
		{condition(`"StringEquals": {"aws:ResourceTag": "a"}`), "needs the key of a tag, such as aws:ResourceTag/team"},
		{condition(`"StringEquals": {"aws:SourceIp/a": "a"}`), "takes no key of a tag; write aws:SourceIp"},
		{condition(`"StringEquals": {"aws:ResourceTag/${aws:username}": "a"}`), "has a policy variable"},
		{condition(`"StringEquals": {"aws:ResourceTag/a": "${aws:username}"}`), "has a policy variable"},
		{condition(`"IpAddress": {"aws:username": "10.0.0.0/8"}`), "the operator does not apply to aws:username"},
		{condition(`"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}`), `"10.0.0.0/33" is not an address or a range`},
		{condition(`"IpAddress": {"aws:SourceIp": "::ffff:10.0.0.0/120"}`), "is not an address or a range"},
		{condition(`"IpAddress": {"aws:SourceIp": "fe80::1%eth0"}`), "is not an address or a range"},
		{condition(`"Bool": {"aws:SourceIp": "true"}`), "the operator does not apply to aws:SourceIp"},
		{condition(`"DateLessThan": {"aws:SecureTransport": "2026-01-01"}`), "the operator does not apply to aws:SecureTransport"},
		{condition(`"DateLessThan": {"aws:CurrentTime": "tomorrow"}`), `"tomorrow" is not a time`},
		{condition(`"NumericLessThan": {"aws:CurrentTime": 5}`), "the operator does not apply to aws:CurrentTime"},
		{condition(`"NumericLessThan": {"aws:ResourceTag/a": "five"}`), `"five" is not a number`},
		{condition(`"NumericLessThan": {"aws:ResourceTag/a": "inf"}`), `"inf" is not a number`},
		{condition(`"ArnLike": {"aws:ResourceTag/a": "text"}`), `"text" is not an ARN`},
		{condition(`"Null": {"aws:ResourceTag/a": "maybe"}`), `"maybe" is not true`},
		{strings.Repeat(" ", 70_000) + policy(allowAll), "has 70"},
		{policy(strings.Repeat(allowAll+", ", 200) + allowAll), "characters without white space; at most 6144 are allowed"},
	} {
		got, err := iam.ParsePolicy(tt.text)
		if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParsePolicy(%.200s) = %v, want %q", tt.text, err, tt.want)
		}
	}
}

// All problems of a policy are reported together.
func TestParsePolicyReportsAllProblems(t *testing.T) {
	t.Parallel()
	_, err := iam.ParsePolicy(policy(`{"Effect": "allow", "Action": ["cognito-idp:AdminGetUsr", "cognito-idp:ListUser"], "Resource": "x"}`))
	if problems, ok := errors.AsType[iam.PolicyError](err); !ok || len(problems) != 4 {
		t.Errorf("ParsePolicy() = %v, want four problems", err)
	}
}

// The largest policy has 6,144 characters without its white space.
func TestParsePolicyBoundary(t *testing.T) {
	t.Parallel()
	text := policy(`{"Sid": "", "Effect": "Allow", "Action": "*", "Resource": "*"}`)
	size := len(strings.ReplaceAll(text, " ", ""))
	fill := func(n int) string { return strings.Replace(text, `""`, `"`+strings.Repeat("a", n-size)+`"`, 1) }
	if _, err := iam.ParsePolicy(fill(iam.MaxPolicy)); err != nil {
		t.Errorf("ParsePolicy(%d characters) = %v", iam.MaxPolicy, err)
	}
	if _, err := iam.ParsePolicy(fill(iam.MaxPolicy + 1)); err == nil {
		t.Errorf("ParsePolicy(%d characters) = nil", iam.MaxPolicy+1)
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	in := func(change func(*iam.Request)) iam.Request {
		r := iam.Request{Operation: "AdminGetUser", Resource: poolARN, Conditions: iam.Conditions{
			SourceIP: netip.MustParseAddr("203.0.113.7"), Now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
			SecureTransport: true, UserAgent: "aws-cli/2.9", Username: "deploy", Account: "123456789012", Region: "eu-west-1",
			ResourceTags: map[string]string{"team": "web", "level": "7", "until": "2026-06-01T00:00:00Z", "owner": "arn:aws:iam::1:user/ann"},
		}}
		if change != nil {
			change(&r)
		}
		return r
	}
	tagging := in(func(r *iam.Request) {
		r.Operation = "TagResource"
		r.Conditions.RequestTags = map[string]string{"Team": "web", "cost": "12"}
		r.Conditions.TagKeys = []string{"Team", "cost"}
	})
	allow := func(rest string) string { return policy(`{"Effect": "Allow", ` + rest + `}`) }
	when := func(condition string) string {
		return allow(`"Action": "*", "Resource": "*", "Condition": {` + condition + `}`)
	}
	denyWhen := func(condition string) string {
		return policy(allowAll, `{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {`+condition+`}}`)
	}
	list := in(func(r *iam.Request) { r.Operation, r.Resource = "ListUserPools", iam.AnyResource })
	plain := in(nil)
	for _, tt := range []struct {
		policy string
		r      iam.Request
		want   iam.Effect
	}{
		{policy(allowAll), plain, iam.Allow},
		{`{"Statement": ` + allowAll + `}`, plain, iam.Allow},
		{allow(`"Action": "COGNITO-IDP:admingetuser", "Resource": "*"`), plain, iam.Allow},
		{allow(`"Action": "cognito-idp:AdminGet*", "Resource": "*"`), plain, iam.Allow},
		{allow(`"Action": "cognito-idp:Admin???User", "Resource": "*"`), plain, iam.Allow},
		{allow(`"Action": ["cognito-idp:ListUsers", "cognito-idp:SignUp"], "Resource": "*"`), plain, iam.ImplicitDeny},
		{allow(`"NotAction": "cognito-idp:ListUsers", "Resource": "*"`), plain, iam.Allow},
		{allow(`"NotAction": "cognito-idp:Admin*", "Resource": "*"`), plain, iam.ImplicitDeny},
		{policy(allowAll, `{"Effect": "Deny", "Action": "cognito-idp:AdminGetUser", "Resource": "*"}`), plain, iam.ExplicitDeny},
		{policy(`{"Effect": "Deny", "NotAction": "cognito-idp:List*", "Resource": "*"}`, allowAll), plain, iam.ExplicitDeny},

		{allow(`"Action": "*", "Resource": "` + poolARN + `"`), plain, iam.Allow},
		{allow(`"Action": "*", "Resource": "arn:aws:cognito-idp:*:123456789012:userpool/*"`), plain, iam.Allow},
		{allow(`"Action": "*", "Resource": "arn:aws:cognito-idp:eu-*:*:userpool/eu-west-?_*"`), plain, iam.Allow},
		{allow(`"Action": "*", "Resource": "arn:*:*:*:*:*"`), plain, iam.Allow},
		{allow(`"Action": "*", "Resource": "arn:aws:cognito-idp:us-*:*:userpool/*"`), plain, iam.ImplicitDeny},
		{allow(`"Action": "*", "Resource": "arn:aws:cognito-idp:*:*:userpool/eu-west-1_abcdefghi"`), plain, iam.ImplicitDeny},
		{allow(`"Action": "*", "NotResource": "` + poolARN + `"`), plain, iam.ImplicitDeny},
		{allow(`"Action": "*", "NotResource": "arn:aws:cognito-idp:us-*:*:userpool/*"`), plain, iam.Allow},
		{allow(`"Action": "*", "NotResource": "*"`), plain, iam.ImplicitDeny},
		// An operation without a resource matches "*" only.
		{allow(`"Action": "*", "Resource": "*"`), list, iam.Allow},
		{allow(`"Action": "*", "Resource": "arn:*:*:*:*:*"`), list, iam.ImplicitDeny},
		{allow(`"Action": "*", "NotResource": "` + poolARN + `"`), list, iam.Allow},
		{allow(`"Action": "*", "NotResource": "*"`), list, iam.ImplicitDeny},

		{when(`"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}`), plain, iam.Allow},
		{when(`"IpAddress": {"AWS:sourceip": ["10.0.0.0/8", "203.0.113.7"]}`), plain, iam.Allow},
		{when(`"IpAddress": {"aws:SourceIp": "203.0.114.0/24"}`), plain, iam.ImplicitDeny},
		{when(`"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}`), plain, iam.ImplicitDeny},
		{denyWhen(`"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}`), plain, iam.ExplicitDeny},
		{when(`"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}`), in(func(r *iam.Request) { r.Conditions.SourceIP = netip.MustParseAddr("::ffff:203.0.113.9") }), iam.Allow},
		{when(`"IpAddress": {"aws:SourceIp": "2001:db8::/32"}`), in(func(r *iam.Request) { r.Conditions.SourceIP = netip.MustParseAddr("2001:db8::1") }), iam.Allow},
		{when(`"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}`), in(func(r *iam.Request) { r.Conditions.SourceIP = netip.Addr{} }), iam.ImplicitDeny},
		{denyWhen(`"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}`), in(func(r *iam.Request) { r.Conditions.SourceIP = netip.Addr{} }), iam.ExplicitDeny},

		{when(`"DateGreaterThan": {"aws:CurrentTime": "2026-05-01T11:59:59Z"}, "DateLessThan": {"aws:CurrentTime": "2026-05-01T14:00:01+02:00"}`), plain, iam.Allow},
		{when(`"DateLessThan": {"aws:CurrentTime": "2026-05-01T12:00:00Z"}`), plain, iam.ImplicitDeny},
		{when(`"DateLessThanEquals": {"aws:CurrentTime": "2026-05-01T12:00:00Z"}`), plain, iam.Allow},
		{when(`"DateGreaterThanEquals": {"aws:CurrentTime": 1777636800}`), plain, iam.Allow},
		{when(`"DateEquals": {"aws:CurrentTime": "2026-05-01T12:00Z"}`), plain, iam.Allow},
		{when(`"DateNotEquals": {"aws:CurrentTime": ["2026-05-01", "2026-05-01T12:00:00Z"]}`), plain, iam.ImplicitDeny},
		{when(`"DateGreaterThan": {"aws:ResourceTag/until": "2026-05-30"}`), plain, iam.Allow},
		// A value that cannot be compared allows nothing and denies.
		{when(`"DateGreaterThan": {"aws:ResourceTag/team": "2026-05-30"}`), plain, iam.ImplicitDeny},
		{when(`"DateNotEquals": {"aws:ResourceTag/team": "2026-05-30"}`), plain, iam.ImplicitDeny},
		{denyWhen(`"NumericLessThan": {"aws:ResourceTag/team": 5}`), plain, iam.ExplicitDeny},

		{when(`"Bool": {"aws:SecureTransport": true}`), plain, iam.Allow},
		{when(`"Bool": {"aws:SecureTransport": "TRUE"}`), plain, iam.Allow},
		{denyWhen(`"Bool": {"aws:SecureTransport": "false"}`), in(func(r *iam.Request) { r.Conditions.SecureTransport = false }), iam.ExplicitDeny},

		{when(`"StringEquals": {"aws:username": "deploy", "aws:PrincipalAccount": "123456789012", "aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}`), plain, iam.Allow},
		{when(`"StringEquals": {"aws:username": "Deploy"}`), plain, iam.ImplicitDeny},
		{when(`"StringEqualsIgnoreCase": {"aws:username": "Deploy"}`), plain, iam.Allow},
		{when(`"StringNotEqualsIgnoreCase": {"aws:username": "Deploy"}`), plain, iam.ImplicitDeny},
		{when(`"StringLike": {"aws:UserAgent": "aws-cli/*"}`), plain, iam.Allow},
		{when(`"StringNotLike": {"aws:UserAgent": ["curl/*", "aws-???/*"]}`), plain, iam.ImplicitDeny},
		{when(`"StringEquals": {"aws:UserAgent": "aws-cli/*"}`), plain, iam.ImplicitDeny},
		{when(`"StringEquals": {"aws:ResourceTag/TEAM": "web"}`), plain, iam.Allow},
		{when(`"StringEquals": {"aws:ResourceTag/team": "Web"}`), plain, iam.ImplicitDeny},
		{when(`"StringEquals": {"aws:ResourceTag/other": "web"}`), plain, iam.ImplicitDeny},
		{when(`"StringEqualsIfExists": {"aws:ResourceTag/other": "web"}`), plain, iam.Allow},
		{when(`"StringEqualsIfExists": {"aws:ResourceTag/team": "api"}`), plain, iam.ImplicitDeny},
		{when(`"StringNotEquals": {"aws:ResourceTag/other": "web"}`), plain, iam.Allow},
		{denyWhen(`"StringNotEquals": {"aws:ResourceTag/other": "web"}`), plain, iam.ExplicitDeny},
		{when(`"Null": {"aws:ResourceTag/other": "true", "aws:ResourceTag/team": false}`), plain, iam.Allow},
		{when(`"Null": {"aws:ResourceTag/team": "true"}`), plain, iam.ImplicitDeny},
		{when(`"NumericGreaterThanEquals": {"aws:ResourceTag/level": 7}, "NumericLessThan": {"aws:ResourceTag/level": "7.5"}`), plain, iam.Allow},
		{when(`"NumericEquals": {"aws:ResourceTag/level": "07.0"}, "NumericLessThanEquals": {"aws:ResourceTag/level": 7}`), plain, iam.Allow},
		{when(`"NumericNotEquals": {"aws:ResourceTag/level": [6, 7]}`), plain, iam.ImplicitDeny},
		{when(`"NumericGreaterThan": {"aws:ResourceTag/level": 7}`), plain, iam.ImplicitDeny},
		{when(`"ArnLike": {"aws:ResourceTag/owner": "arn:aws:iam::*:user/a*"}`), plain, iam.Allow},
		{when(`"ArnEquals": {"aws:ResourceTag/owner": "arn:aws:iam::*:role/*"}`), plain, iam.ImplicitDeny},
		{when(`"ArnNotLike": {"aws:ResourceTag/owner": "arn:aws:iam::1:user/*"}`), plain, iam.ImplicitDeny},
		{when(`"ArnNotEquals": {"aws:ResourceTag/owner": "arn:aws:iam::2:user/*"}`), plain, iam.Allow},
		{when(`"StringEquals": {"aws:username": "deploy"}, "Bool": {"aws:SecureTransport": "false"}`), plain, iam.ImplicitDeny},

		{when(`"StringEquals": {"aws:RequestTag/team": "web"}`), tagging, iam.Allow},
		{when(`"ForAllValues:StringEquals": {"aws:TagKeys": ["Team", "cost", "x"]}`), tagging, iam.Allow},
		{when(`"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}`), tagging, iam.ImplicitDeny},
		{when(`"ForAllValues:StringEquals": {"aws:TagKeys": "Team"}`), plain, iam.Allow}, // no tags in the request
		{when(`"ForAnyValue:StringEquals": {"aws:TagKeys": ["cost"]}`), tagging, iam.Allow},
		{when(`"ForAnyValue:StringEquals": {"aws:TagKeys": ["x"]}`), tagging, iam.ImplicitDeny},
		{when(`"ForAnyValue:StringLike": {"aws:TagKeys": "*"}`), plain, iam.ImplicitDeny},
		{when(`"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "*"}`), plain, iam.Allow},
		{when(`"ForAllValues:StringNotEquals": {"aws:TagKeys": ["x", "y"]}`), tagging, iam.Allow},
		{when(`"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["cost", "Team"]}`), tagging, iam.ImplicitDeny},
		{when(`"Null": {"aws:TagKeys": "false"}`), tagging, iam.Allow},
		// Two tags of a request that differ only in case: both must match to allow, and one is enough to deny.
		{when(`"StringEquals": {"aws:RequestTag/team": "web"}`), in(func(r *iam.Request) { r.Conditions.RequestTags = map[string]string{"team": "web", "TEAM": "x"} }), iam.ImplicitDeny},
		{denyWhen(`"StringEquals": {"aws:RequestTag/team": "web"}`), in(func(r *iam.Request) { r.Conditions.RequestTags = map[string]string{"team": "web", "TEAM": "x"} }), iam.ExplicitDeny},
	} {
		if got := mustParse(t, tt.policy).Decide(&tt.r).Effect; got != tt.want {
			t.Errorf("Decide(%s %s) with %s = %v, want %v", tt.r.Operation, tt.r.Resource, tt.policy, got, tt.want)
		}
	}
}

func TestDecideNamesTheStatement(t *testing.T) {
	t.Parallel()
	p := mustParse(t, policy(`{"Sid": "Look", "Effect": "Allow", "Action": "cognito-idp:*Get*", "Resource": "*"}`,
		allowAll, `{"Sid": "NoLists", "Effect": "Deny", "Action": "cognito-idp:List*", "Resource": "*"}`))
	for op, want := range map[string]iam.Decision{
		"AdminGetUser": {Effect: iam.Allow, Statement: 0, Sid: "Look"},
		"CreateGroup":  {Effect: iam.Allow, Statement: 1},
		"ListUsers":    {Effect: iam.ExplicitDeny, Statement: 2, Sid: "NoLists"},
		"Zebra":        {Effect: iam.ImplicitDeny},
	} {
		if diff := cmp.Diff(want, p.Decide(&iam.Request{Operation: op, Resource: poolARN})); diff != "" {
			t.Errorf("Decide(%s) (-want +got):\n%s", op, diff)
		}
	}
}

// What is not a parsed policy allows nothing.
func TestNoPolicy(t *testing.T) {
	t.Parallel()
	r := &iam.Request{Operation: "ListUserPools", Resource: iam.AnyResource}
	for what, p := range map[string]*iam.Policy{"nil": nil, "zero": new(iam.Policy)} {
		if got := p.Decide(r); got.Effect != iam.ImplicitDeny || p.IsAdministrator() || p.ReadsTags() {
			t.Errorf("Decide(%s policy) = %v", what, got)
		}
		if err := p.Authorize(cognate.Caller{}, r); err == nil {
			t.Errorf("Authorize(%s policy) = nil", what)
		}
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	caller := cognate.Caller{AccountID: "123456789012", KeyName: "desk"}
	p := mustParse(t, policy(`{"Effect": "Allow", "Action": ["cognito-idp:AdminGetUser", "cognito-idp:ListUserPools"], "Resource": "*"}`,
		`{"Effect": "Deny", "Action": "cognito-idp:ListUserPools", "Resource": "*"}`))
	if err := p.Authorize(caller, &iam.Request{Operation: "AdminGetUser", Resource: poolARN}); err != nil {
		t.Errorf("Authorize(AdminGetUser) = %v", err)
	}
	cognatetest.WantError(t, "Authorize(AdminDeleteUser)", p.Authorize(caller, &iam.Request{Operation: "AdminDeleteUser", Resource: poolARN}),
		api.AccessDeniedException("User: arn:aws:iam::123456789012:user/desk is not authorized to perform: cognito-idp:AdminDeleteUser on resource: "+
			poolARN+" because no identity-based policy allows the cognito-idp:AdminDeleteUser action"))
	cognatetest.WantError(t, "Authorize(ListUserPools)", p.Authorize(caller, &iam.Request{Operation: "ListUserPools", Resource: iam.AnyResource}),
		api.AccessDeniedException("User: arn:aws:iam::123456789012:user/desk is not authorized to perform: cognito-idp:ListUserPools on resource: "+
			"* with an explicit deny in an identity-based policy"))
}

func TestIsAdministrator(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		policy(allowAll): true,
		policy(`{"Effect": "Allow", "Action": "cognito-idp:*", "Resource": ["` + poolARN + `", "*"]}`):                      true,
		policy(`{"Effect": "Allow", "Action": "cognito-idp:A*", "Resource": "*"}`):                                          false,
		policy(`{"Effect": "Allow", "NotAction": "cognito-idp:ListUsers", "Resource": "*"}`):                                false,
		policy(`{"Effect": "Allow", "Action": "*", "NotResource": "*"}`):                                                    false,
		policy(`{"Effect": "Allow", "Action": "*", "Resource": "arn:*:*:*:*:*"}`):                                           false,
		policy(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": true}}}`): false,
		policy(allowAll, `{"Effect": "Deny", "Action": "cognito-idp:ListUsers", "Resource": "*"}`):                          false,
		policy(`{"Effect": "Deny", "Action": "*", "Resource": "*"}`):                                                        false,
	} {
		if got := mustParse(t, text).IsAdministrator(); got != want {
			t.Errorf("IsAdministrator(%s) = %t, want %t", text, got, want)
		}
	}
	for _, name := range iam.ReadyNames() {
		p, _ := iam.Ready(name)
		if got := p.IsAdministrator(); got != (name == iam.Administrator) {
			t.Errorf("IsAdministrator(%s) = %t", name, got)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	var statements []string
	for i := range 20 {
		statements = append(statements, fmt.Sprintf(`{"Effect": "Allow", "Action": "cognito-idp:Admin*", "Resource": "arn:aws:cognito-idp:*:*:userpool/eu-west-1_%d*"}`, i))
	}
	desk, _ := iam.Ready("help-desk")
	for name, p := range map[string]*iam.Policy{
		"ready":      desk,
		"statements": mustParse(b, policy(append(statements, allowAll)...)),
		"conditions": mustParse(b, policy(`{"Effect": "Allow", "Action": "cognito-idp:Admin*", "Resource": "arn:aws:cognito-idp:eu-west-1:*:userpool/*",
			"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}, "Bool": {"aws:SecureTransport": "true"},
			"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}, "StringLike": {"aws:UserAgent": "aws-cli/*"},
			"StringEquals": {"aws:ResourceTag/team": "web"}}}`)),
	} {
		b.Run(name, func(b *testing.B) {
			r := &iam.Request{Operation: "AdminGetUser", Resource: poolARN, Conditions: iam.Conditions{
				SourceIP: netip.MustParseAddr("203.0.113.7"), Now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), SecureTransport: true,
				UserAgent: "aws-cli/2.9", Username: "deploy", Account: "123456789012", Region: "eu-west-1", ResourceTags: map[string]string{"team": "web"},
			}}
			b.ReportAllocs()
			for b.Loop() {
				if p.Decide(r).Effect != iam.Allow {
					b.Fatal("not allowed")
				}
			}
		})
	}
}
