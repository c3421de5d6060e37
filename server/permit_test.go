package server_test

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cognate"
	"cognate/api"
	"cognate/api/apitest"
	"cognate/authn/sigv4"
	"cognate/cognatetest"
	"cognate/iam"
	"cognate/internal/outgoing"
	"cognate/logdelivery"
	"cognate/notify"
	"cognate/server"
	"cognate/tokens"
	"cognate/trigger"
)

// policed is a server that checks signatures and policies, on the store of a test server.
type policed struct {
	*cognatetest.Server
	handler http.Handler
	keys    *iam.Keys
	pool    string // a pool of the account, with the tags team=web and stage=test
	foreign string // a pool of another account, with the same tags
}

func newPoliced(t *testing.T) *policed {
	t.Helper()
	s := cognatetest.Start(t)
	p := &policed{Server: s, keys: &iam.Keys{Now: s.Clock.Now}}
	p.handler = server.New(server.Config{
		Store: s.Store, PublicURL: s.URL, Access: p.keys, SigningKeys: tokens.NewReserve(0), Sender: notify.None{}, Functions: trigger.None{}, CodeSealer: trigger.None{},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Outgoing: (&outgoing.Rules{}).Client(),
		Logs: logdelivery.New(logdelivery.Config{}), Now: s.Clock.Now, Log: slog.New(slog.DiscardHandler),
		AddressLimits: server.AddressLimits{Off: true}, RateLimits: cognate.RateLimits{Off: true},
	})
	create := func(client *api.Client) string {
		out, err := client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{
			PoolName: "people", UserPoolTags: map[string]string{"team": "web", "stage": "test"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.UserPool.Id
	}
	p.pool, p.foreign = create(s.Client), create(&api.Client{Endpoint: s.URL + "/", Sign: cognatetest.SignForeign})
	return p
}

// sent is a request to a policed server. Its zero fields are a request from 203.0.113.7 in cleartext, signed for the Region of the
// pools.
type sent struct {
	policy, operation, body string
	region                  string
	from                    string // address and port
	headers                 map[string]string
}

// send sends a request that is signed with a key with the policy, and returns the type and the message of the error; "" for none.
func (p *policed) send(t *testing.T, s sent) (code, message string) {
	t.Helper()
	policy, err := iam.ParsePolicy(s.policy)
	if err != nil {
		t.Fatal(err)
	}
	p.keys.SetConfigured(map[string]iam.AccessKey{"KEY": {AccountID: cognatetest.AccountID, Name: "ann", Secret: "hush", Policy: policy}})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://id.example.com/", strings.NewReader(s.body))
	r.RemoteAddr = "203.0.113.7:1234"
	if s.from != "" {
		r.RemoteAddr = s.from
	}
	r.Header.Set("X-Amz-Target", api.TargetPrefix+"."+s.operation)
	r.Header.Set("User-Agent", "aws-cli/2.9")
	for name, value := range s.headers {
		r.Header.Set(name, value)
	}
	region := cognatetest.Region
	if s.region != "" {
		region = s.region
	}
	credentials := aws.Credentials{AccessKeyID: "KEY", SecretAccessKey: "hush"}
	if err := sigv4.Sign(r, []byte(s.body), credentials, region, api.SigningName, p.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if w.Code == http.StatusOK {
		return "", ""
	}
	var answer struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s answered %s", s.operation, w.Body)
	}
	return answer.Type, answer.Message
}

func statement(effect, rest string) string {
	return `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "` + effect + `", ` + rest + `}]}`
}

func allow(rest string) string { return `{"Statement": {"Effect": "Allow", ` + rest + `}}` }

func TestPolicies(t *testing.T) {
	t.Parallel()
	p := newPoliced(t)
	arn := "arn:aws:cognito-idp:" + cognatetest.Region + ":" + cognatetest.AccountID + ":userpool/" + p.pool
	describe := func(policy string) sent {
		return sent{policy: policy, operation: "DescribeUserPool", body: `{"UserPoolId":"` + p.pool + `"}`}
	}
	when := func(condition string) string {
		return allow(`"Action": "*", "Resource": "*", "Condition": {` + condition + `}`)
	}
	tagged := func(policy, operation, rest string) sent {
		return sent{policy: policy, operation: operation, body: `{"ResourceArn":"` + arn + `",` + rest + `}`}
	}
	with := func(s sent, edit func(*sent)) sent { edit(&s); return s }
	through := func(s sent, from, forwardedFor, proto string) sent {
		s.from, s.headers = from, map[string]string{"X-Forwarded-For": forwardedFor, "X-Forwarded-Proto": proto}
		return s
	}
	const denied = "AccessDeniedException"
	for what, tt := range map[string]struct {
		request sent
		want    string // type of the error
	}{
		"allowed":                    {describe(allow(`"Action": "cognito-idp:DescribeUserPool", "Resource": "` + arn + `"`)), ""},
		"another operation":          {describe(allow(`"Action": "cognito-idp:ListUsers", "Resource": "*"`)), denied},
		"another pool":               {describe(allow(`"Action": "*", "Resource": "` + arn + `x"`)), denied},
		"denied":                     {describe(statement("Deny", `"Action": "*", "Resource": "`+arn+`"`)), denied},
		"denied, for another Region": {with(describe(statement("Deny", `"Action": "*", "Resource": "`+arn+`"`)), func(s *sent) { s.region = "eu-central-1" }), denied},
		"Region":                     {describe(when(`"StringEquals": {"aws:RequestedRegion": "` + cognatetest.Region + `"}`)), ""},
		"another Region":             {with(describe(when(`"StringEquals": {"aws:RequestedRegion": "`+cognatetest.Region+`"}`)), func(s *sent) { s.region = "eu-central-1" }), denied},
		"name and account":           {describe(when(`"StringEquals": {"aws:username": "ann", "aws:PrincipalAccount": "` + cognatetest.AccountID + `"}`)), ""},
		"another name":               {describe(when(`"StringEquals": {"aws:username": "bob"}`)), denied},
		"program":                    {describe(when(`"StringLike": {"aws:UserAgent": "aws-cli/*"}`)), ""},
		"time":                       {describe(when(`"DateLessThan": {"aws:CurrentTime": "` + p.Clock.Now().UTC().Format("2006-01-02T15:04:05Z") + `"}`)), denied},

		"address":                           {describe(when(`"IpAddress": {"aws:SourceIp": "203.0.113.7"}`)), ""},
		"another address":                   {describe(when(`"IpAddress": {"aws:SourceIp": "203.0.114.0/24"}`)), denied},
		"address behind a proxy":            {through(describe(when(`"IpAddress": {"aws:SourceIp": "203.0.114.0/24"}`)), "10.0.0.1:99", "203.0.114.9", "http"), ""},
		"address from a client":             {through(describe(when(`"IpAddress": {"aws:SourceIp": "203.0.114.0/24"}`)), "", "203.0.114.9", "http"), denied},
		"forged address before the proxy":   {through(describe(when(`"IpAddress": {"aws:SourceIp": "203.0.114.0/24"}`)), "10.0.0.1:99", "203.0.114.9, 198.51.100.1", "http"), denied},
		"address of a proxy":                {through(describe(when(`"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}`)), "10.0.0.1:99", "unknown", "http"), denied},
		"cleartext":                         {describe(when(`"Bool": {"aws:SecureTransport": "true"}`)), denied},
		"TLS before a proxy":                {through(describe(when(`"Bool": {"aws:SecureTransport": "true"}`)), "10.0.0.1:99", "203.0.113.7", "https"), ""},
		"a client that only claims TLS":     {through(describe(when(`"Bool": {"aws:SecureTransport": "true"}`)), "", "203.0.113.7", "https"), denied},
		"cleartext before a proxy with TLS": {through(describe(statement("Deny", `"Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}`)), "10.0.0.1:99", "203.0.113.7", "http"), denied},

		"tag of the pool":         {describe(when(`"StringEquals": {"aws:ResourceTag/team": "web"}`)), ""},
		"another tag of the pool": {describe(when(`"StringEquals": {"aws:ResourceTag/team": "api"}`)), denied},
		"tag of the ARN's pool":   {tagged(when(`"StringEquals": {"aws:ResourceTag/team": "web"}`), "ListTagsForResource", `"x":0`), ""},
		"no resource, no tag":     {sent{policy: when(`"StringEquals": {"aws:ResourceTag/team": "web"}`), operation: "ListUserPools", body: `{"MaxResults":1}`}, denied},

		"tag in TagResource":           {tagged(when(`"StringEquals": {"aws:RequestTag/cost": "12"}`), "TagResource", `"Tags":{"cost":"12"}`), ""},
		"another tag in TagResource":   {tagged(when(`"StringEquals": {"aws:RequestTag/cost": "12"}`), "TagResource", `"Tags":{"cost":"13"}`), denied},
		"keys in TagResource":          {tagged(when(`"ForAllValues:StringEquals": {"aws:TagKeys": "cost"}`), "TagResource", `"Tags":{"cost":"1","team":"x"}`), denied},
		"keys in UntagResource":        {tagged(when(`"ForAllValues:StringEquals": {"aws:TagKeys": "cost"}`), "UntagResource", `"TagKeys":["team"]`), denied},
		"allowed key in UntagResource": {tagged(when(`"ForAllValues:StringEquals": {"aws:TagKeys": "cost"}`), "UntagResource", `"TagKeys":["cost"]`), ""},
		"tag in CreateUserPool":        {sent{policy: when(`"StringEquals": {"aws:RequestTag/team": "web"}`), operation: "CreateUserPool", body: `{"PoolName":"a","UserPoolTags":{"team":"api"}}`}, denied},
		"tag in UpdateUserPool": {with(describe(statement("Deny", `"Action": "*", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "stage"}}`)), func(s *sent) {
			s.operation, s.body = "UpdateUserPool", `{"UserPoolId":"`+p.pool+`","UserPoolTags":{"stage":"x"}}`
		}), denied},
		"ARN of the pool": {tagged(allow(`"Action": "*", "Resource": "`+arn+`"`), "ListTagsForResource", `"x":0`), ""},
		"denied ARN":      {tagged(statement("Deny", `"Action": "*", "Resource": "`+arn+`"`), "TagResource", `"Tags":{"a":"b"}`), denied},
		"no ARN":          {sent{policy: allow(`"Action": "*", "Resource": "` + arn + `"`), operation: "ListTagsForResource", body: `{"ResourceArn":"not an ARN, twenty chars"}`}, "InvalidParameterException"},

		// A pool that does not exist and one of another account look alike, whatever the policy says.
		"unknown pool":              {sent{policy: when(`"Bool": {"aws:SecureTransport": "false"}`), operation: "DescribeUserPool", body: `{"UserPoolId":"us-east-1_None00000"}`}, "ResourceNotFoundException"},
		"foreign pool":              {sent{policy: when(`"Bool": {"aws:SecureTransport": "false"}`), operation: "DescribeUserPool", body: `{"UserPoolId":"` + p.foreign + `"}`}, "ResourceNotFoundException"},
		"tag of an unknown pool":    {sent{policy: when(`"StringEquals": {"aws:ResourceTag/team": "web"}`), operation: "DescribeUserPool", body: `{"UserPoolId":"us-east-1_None00000"}`}, denied},
		"tag of a foreign pool":     {sent{policy: when(`"StringEquals": {"aws:ResourceTag/team": "web"}`), operation: "DescribeUserPool", body: `{"UserPoolId":"` + p.foreign + `"}`}, denied},
		"no tag of an unknown pool": {sent{policy: when(`"Null": {"aws:ResourceTag/team": "true"}`), operation: "DescribeUserPool", body: `{"UserPoolId":"us-east-1_None00000"}`}, "ResourceNotFoundException"},
		"no tag of a foreign pool":  {sent{policy: when(`"Null": {"aws:ResourceTag/team": "true"}`), operation: "DescribeUserPool", body: `{"UserPoolId":"` + p.foreign + `"}`}, "ResourceNotFoundException"},

		// The shape is checked before the policy. Operations without a signature have no policy.
		"invalid shape":     {sent{policy: allow(`"Action": "cognito-idp:ListUsers", "Resource": "*"`), operation: "DescribeUserPool", body: `{}`}, "InvalidParameterException"},
		"without signature": {sent{policy: statement("Deny", `"Action": "*", "Resource": "*"`), operation: "GetUser", body: `{"AccessToken":"a"}`}, "NotAuthorizedException"},
	} {
		if code, message := p.send(t, tt.request); code != tt.want {
			t.Errorf("%s: %s with %s = %s %s, want %q", what, tt.request.operation, tt.request.policy, code, message, tt.want)
		}
	}
}

// A refusal names the caller, the operation and the resource, as at AWS.
func TestRefusal(t *testing.T) {
	t.Parallel()
	p := newPoliced(t)
	const user = "User: arn:aws:iam::" + cognatetest.AccountID + ":user/ann is not authorized to perform: cognito-idp:"
	arn := "arn:aws:cognito-idp:" + cognatetest.Region + ":" + cognatetest.AccountID + ":userpool/"
	for _, tt := range []struct{ policy, operation, body, want string }{
		{allow(`"Action": "cognito-idp:ListUsers", "Resource": "*"`), "CreateUserPool", `{"PoolName":"a"}`, user + "CreateUserPool on resource: * because no identity-based policy allows the cognito-idp:CreateUserPool action"},
		{allow(`"Action": "cognito-idp:ListUsers", "Resource": "*"`), "DescribeUserPool", `{"UserPoolId":"` + p.pool + `"}`, user + "DescribeUserPool on resource: " + arn + p.pool + " because no identity-based policy allows the cognito-idp:DescribeUserPool action"},
		{statement("Deny", `"Action": "*", "Resource": "*"`), "DescribeUserPool", `{"UserPoolId":"` + p.foreign + `"}`, user + "DescribeUserPool on resource: " + arn + p.foreign + " with an explicit deny in an identity-based policy"},
	} {
		code, message := p.send(t, sent{policy: tt.policy, operation: tt.operation, body: tt.body})
		if code != api.CodeAccessDeniedException || message != tt.want {
			t.Errorf("%s = %s %q, want %q", tt.operation, code, message, tt.want)
		}
	}
}

// Every signed operation under each ready policy is allowed or refused as the table in docs/access-keys.md says.
func TestReadyPolicies(t *testing.T) {
	t.Parallel()
	p := newPoliced(t)
	text, err := os.ReadFile("../docs/access-keys.md")
	if err != nil {
		t.Fatal(err)
	}
	names := iam.ReadyNames()
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(line, "| \n"), "|")
		op, ok := api.Lookup(strings.Trim(cells[0], "` "))
		if !ok || len(cells) != len(names)+1 {
			continue
		}
		rows++
		values := map[string]string{"UserPoolId": `"us-east-1_None00000"`, "ResourceArn": `"arn:aws:cognito-idp:us-east-1:` + cognatetest.AccountID + `:userpool/us-east-1_None00000"`}
		for member := range values {
			if op.Input.Member(member) == nil {
				delete(values, member)
			}
		}
		maps.Copy(values, valid[op.Name])
		for i, name := range names {
			policy, _ := iam.Ready(name)
			code, message := p.send(t, sent{policy: policy.Text(), operation: op.Name, body: apitest.Object(op.Input, values)})
			if want := strings.TrimSpace(cells[i+1]) == "yes"; (code != api.CodeAccessDeniedException) != want {
				t.Errorf("%s under %s = %s %s, but docs/access-keys.md says %s", op.Name, name, code, message, cells[i+1])
			}
		}
	}
	if want := len(signedOperations()); rows != want {
		t.Errorf("the table in docs/access-keys.md has %d operations, want %d", rows, want)
	}
}

func signedOperations() []*api.Operation {
	var signed []*api.Operation
	for _, op := range api.Operations() {
		if op.Auth == api.AuthSigV4 {
			signed = append(signed, op)
		}
	}
	return signed
}
