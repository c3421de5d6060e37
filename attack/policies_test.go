package attack_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cognate/api"
	"cognate/authn/sigv4"
	"cognate/cognatetest"
	"cognate/iam"
	"cognate/server"
)

// keyed is a server that checks signatures and policies, with a key that may do everything, and one that may only read the users of one
// of two pools.
type keyed struct {
	*cognatetest.Server
	t           *testing.T
	own, other  string // the pools
	administers *api.Client
}

var secrets = map[string]string{"ADMIN": "correct-horse-battery", "LIMITED": "staple-horse-battery"}

func mustKeyed(t *testing.T) *keyed {
	t.Helper()
	keys := new(iam.Keys)
	k := &keyed{t: t}
	k.Server = cognatetest.Start(t, func(c *server.Config) { keys.Now = c.Now; c.Access = keys })
	k.administers = &api.Client{Endpoint: k.URL + "/", Sign: func(r *http.Request, body []byte) error {
		return sigv4.Sign(r, body, aws.Credentials{AccessKeyID: "ADMIN", SecretAccessKey: secrets["ADMIN"]}, cognatetest.Region, api.SigningName, k.Clock.Now())
	}}
	all := cognatetest.Try(iam.ParsePolicy(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)).Of(t)
	limited := func(pool string) *iam.Policy {
		return cognatetest.Try(iam.ParsePolicy(`{"Statement": [
			{"Effect": "Allow", "Action": "cognito-idp:AdminGetUser", "Resource": "arn:aws:cognito-idp:` + cognatetest.Region + `:` + cognatetest.AccountID + `:userpool/` + pool + `"},
			{"Effect": "Allow", "NotAction": ["cognito-idp:*User*", "cognito-idp:*Pool*", "cognito-idp:Admin*"], "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.9.9.9"}}},
			{"Effect": "Allow", "Action": "cognito-idp:List*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
		]}`)).Of(t)
	}
	set := func(pool string) {
		keys.SetConfigured(map[string]iam.AccessKey{
			"ADMIN":   {AccountID: cognatetest.AccountID, Name: "admin", Secret: secrets["ADMIN"], Policy: all},
			"LIMITED": {AccountID: cognatetest.AccountID, Name: "limited", Secret: secrets["LIMITED"], Policy: limited(pool)},
		})
	}
	set("us-east-1_None00000")
	for _, pool := range []*string{&k.own, &k.other} {
		out := cognatetest.Try(k.administers.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"})).Of(t)
		*pool = out.UserPool.Id
		for _, name := range []string{"ann", "eve"} {
			cognatetest.Try(k.administers.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{UserPoolId: *pool, Username: name, MessageAction: api.MessageActionTypeSuppress})).Of(t)
		}
	}
	set(k.own)
	return k
}

// request is a request of the limited key.
func (k *keyed) request(operation, body string) *http.Request {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, k.URL+"/", strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", api.TargetPrefix+"."+operation)
	return r
}

func (k *keyed) sign(r *http.Request, body, key, region, service string, at time.Time) {
	k.t.Helper()
	if err := sigv4.Sign(r, []byte(body), aws.Credentials{AccessKeyID: key, SecretAccessKey: secrets["LIMITED"]}, region, service, at); err != nil {
		k.t.Fatal(err)
	}
}

// A key with a small policy does nothing that the policy does not name, however its requests spell it.
func TestBeyondThePolicy(t *testing.T) {
	t.Parallel()
	k := mustKeyed(t)
	body := sprintf(`{"UserPoolId":%q,"Username":"ann"}`, k.own)
	now := k.Clock.Now()
	get := func(edit func(r *http.Request)) reply {
		r := k.request("AdminGetUser", body)
		if edit != nil {
			edit(r)
		}
		k.sign(r, body, "LIMITED", cognatetest.Region, api.SigningName, now)
		return do(t, r)
	}
	if got := get(nil); got.status != http.StatusOK {
		t.Fatalf("the operation that the policy allows = %s", got.body)
	}
	unchanged(t, k.Server, "a key with a small policy", func() {
		for what, send := range map[string]func(operation, body string) reply{
			"as it is": func(operation, body string) reply {
				r := k.request(operation, body)
				k.sign(r, body, "LIMITED", cognatetest.Region, api.SigningName, now)
				return do(t, r)
			},
			"from a false address": func(operation, body string) reply {
				r := k.request(operation, body)
				for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip", "Client-Ip"} {
					r.Header.Set(name, "10.9.9.9")
				}
				r.Header.Set("Forwarded", "for=10.9.9.9;proto=https")
				r.Header.Set("X-Forwarded-Proto", "https")
				k.sign(r, body, "LIMITED", cognatetest.Region, api.SigningName, now)
				return do(t, r)
			},
			"for another Region": func(operation, body string) reply {
				r := k.request(operation, body)
				k.sign(r, body, "LIMITED", "eu-central-1", api.SigningName, now)
				return do(t, r)
			},
			"with the allowed operation as a second target": func(operation, body string) reply {
				r := k.request(operation, body)
				r.Header.Add("X-Amz-Target", api.TargetPrefix+".AdminGetUser")
				k.sign(r, body, "LIMITED", cognatetest.Region, api.SigningName, now)
				return do(t, r)
			},
		} {
			for operation, body := range map[string]string{
				"AdminDeleteUser": body, "AdminGetUser": sprintf(`{"UserPoolId":%q,"Username":"ann"}`, k.other), "DeleteUserPool": sprintf(`{"UserPoolId":%q}`, k.own),
				"CreateUserPool": `{"PoolName":"mine"}`, "ListUsers": sprintf(`{"UserPoolId":%q}`, k.own), "ListUserPools": `{"MaxResults":10}`,
				"AdminSetUserPassword": sprintf(`{"UserPoolId":%q,"Username":"ann","Password":"Mallory-horse-7","Permanent":true}`, k.own),
				"CreateGroup":          sprintf(`{"UserPoolId":%q,"GroupName":"admins"}`, k.own),
			} {
				if got := send(operation, body); got.code != api.CodeAccessDeniedException {
					t.Errorf("%s, %s = %d %s, want AccessDeniedException", operation, what, got.status, got.body)
				}
			}
		}
		for what, other := range map[string]string{
			"both pools":         sprintf(`{"UserPoolId":%q,"UserPoolId":%q,"Username":"ann"}`, k.own, k.other),
			"an escaped name":    sprintf(`{"UserPoolId":%q,"UserPoolI\u0064":%q,"Username":"ann"}`, k.own, k.other),
			"a space behind":     sprintf(`{"UserPoolId":%q,"Username":"ann"}`, k.other+" "),
			"a path":             sprintf(`{"UserPoolId":%q,"Username":"ann"}`, k.own+"/../"+k.other),
			"a wildcard":         `{"UserPoolId":"us-east-1_*","Username":"ann"}`,
			"another case":       sprintf(`{"UserPoolId":%q,"Username":"ann"}`, strings.ToUpper(k.own)),
			"the ARN":            sprintf(`{"UserPoolId":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/%s","Username":"ann"}`, k.other),
			"a list":             sprintf(`{"UserPoolId":[%q,%q],"Username":"ann"}`, k.own, k.other),
			"another name first": sprintf(`{"userPoolId":%q,"UserPoolId":%q,"Username":"ann"}`, k.own, k.other),
		} {
			r := k.request("AdminGetUser", other)
			k.sign(r, other, "LIMITED", cognatetest.Region, api.SigningName, now)
			if got := do(t, r); got.status == http.StatusOK || strings.Contains(got.body, `"sub"`) {
				t.Errorf("AdminGetUser with %s = %d %s, want a refusal", what, got.status, got.body)
			}
		}
		for _, target := range []string{"admindeleteuser", "AdminGetUser ", " AdminDeleteUser", "AdminGetUser.AdminDeleteUser", "AdminDeleteUser\u200b", "*", ""} {
			r := k.request(target, body)
			k.sign(r, body, "LIMITED", cognatetest.Region, api.SigningName, now)
			if got := do(t, r); got.status == http.StatusOK && strings.TrimSpace(target) != "AdminGetUser" {
				t.Errorf("target %q = %s, want a refusal", target, got.body)
			}
		}
	})
}

// Without the secret of a key, an attacker can neither send a request, nor change one on its way, nor send one again later.
func TestForgedSignatures(t *testing.T) {
	t.Parallel()
	k := mustKeyed(t)
	body := sprintf(`{"UserPoolId":%q,"Username":"ann"}`, k.own)
	now := k.Clock.Now()
	unchanged(t, k.Server, "a forged signature", func() {
		for what, c := range map[string]struct {
			key, region, service string
			at                   time.Time
			edit                 func(r *http.Request)
		}{
			"another key's ID":  {key: "ADMIN"},
			"an unknown key":    {key: "NOBODY"},
			"another case":      {key: "limited"},
			"another service":   {service: "cognito-identity"},
			"ten minutes ago":   {at: now.Add(-10 * time.Minute)},
			"in ten minutes":    {at: now.Add(10 * time.Minute)},
			"another body":      {edit: func(r *http.Request) { setBody(r, sprintf(`{"UserPoolId":%q,"Username":"eve"}`, k.own)) }},
			"another operation": {edit: func(r *http.Request) { r.Header.Set("X-Amz-Target", api.TargetPrefix+".AdminDeleteUser") }},
			"another date": {edit: func(r *http.Request) {
				r.Header.Set("X-Amz-Date", now.Add(time.Minute).UTC().Format("20060102T150405Z"))
			}},
			"another host":         {edit: func(r *http.Request) { r.Host = "other.example" }},
			"another path":         {edit: func(r *http.Request) { r.URL.Path = "//" }},
			"a query":              {edit: func(r *http.Request) { r.URL.RawQuery = "a=b" }},
			"a token":              {edit: func(r *http.Request) { r.Header.Set("Authorization", "Bearer abc") }},
			"two signatures":       {edit: func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }},
			"no headers signed":    {edit: replaceIn("SignedHeaders=[^,]*", "SignedHeaders=")},
			"fewer headers":        {edit: replaceIn(";x-amz-target", "")},
			"an empty signature":   {edit: replaceIn("Signature=.*", "Signature=")},
			"a shorter signature":  {edit: replaceIn("Signature=(.{63}).*", "Signature=$1")},
			"another Region later": {edit: replaceIn("/us-east-1/", "/eu-west-1/")},
			"no algorithm":         {edit: replaceIn("AWS4-HMAC-SHA256", "AWS4-HMAC-NONE")},
			"an unsigned payload": {edit: func(r *http.Request) {
				r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
				setBody(r, sprintf(`{"UserPoolId":%q,"Username":"eve"}`, k.own))
			}},
			"a query as signature": {edit: func(r *http.Request) {
				r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00&X-Amz-Credential=ADMIN"
				r.Header.Del("Authorization")
			}},
		} {
			if c.key == "" {
				c.key = "LIMITED"
			}
			if c.service == "" {
				c.service = api.SigningName
			}
			if c.at.IsZero() {
				c.at = now
			}
			r := k.request("AdminGetUser", body)
			k.sign(r, body, c.key, cognatetest.Region, c.service, c.at)
			if c.edit != nil {
				c.edit(r)
			}
			if got := do(t, r); got.status == http.StatusOK || strings.Contains(got.body, `"sub"`) {
				t.Errorf("%s = %d %s, want a refusal", what, got.status, got.body)
			}
		}
	})
}
