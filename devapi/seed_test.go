package devapi_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/devapi"
)

const seedPool, seedClient = "us-east-1_Example1", "appclient"

func mustSeed(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/seed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func signIn(t *testing.T, s *cognatetest.Server, username, password string) *api.InitiateAuthOutput {
	t.Helper()
	return s.Must(t).InitiateAuth(&api.InitiateAuthInput{
		ClientId: seedClient, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": password},
	})
}

func TestSeed(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	seed := cognatetest.Try(devapi.ParseSeed([]byte(mustSeed(t)))).Of(t)
	if err := s.Reseed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		ann := signIn(t, s, "ann", cognatetest.Password)
		got := s.Must(t).GetUser(&api.GetUserInput{AccessToken: ann.AuthenticationResult.AccessToken})
		want := []api.AttributeType{
			{Name: "sub", Value: "6b8a7b1e-0000-4000-8000-000000000001"},
			{Name: "email", Value: "ann@example.com"},
			{Name: "email_verified", Value: "true"},
		}
		byName := cmp.Transformer("byName", func(list []api.AttributeType) map[string]string {
			m := make(map[string]string)
			for _, a := range list {
				m[a.Name] = a.Value
			}
			return m
		})
		if diff := cmp.Diff(want, got.UserAttributes, byName); diff != "" {
			t.Errorf("%s: attributes differ (-want +got):\n%s", when, diff)
		}
		var groups []string
		for _, g := range s.Must(t).AdminListGroupsForUser(&api.AdminListGroupsForUserInput{UserPoolId: seedPool, Username: "ann"}).Groups {
			groups = append(groups, g.GroupName)
		}
		if diff := cmp.Diff([]string{"admins", "readers"}, groups); diff != "" {
			t.Errorf("%s: groups of ann (-want +got):\n%s", when, diff)
		}
		bob := signIn(t, s, "bob", cognatetest.Password)
		code := cognatetest.Try(s.Authenticator(t.Context(), seedPool, "bob")).Of(t).Active.NextCode
		s.Must(t).RespondToAuthChallenge(&api.RespondToAuthChallengeInput{
			ClientId: seedClient, ChallengeName: bob.ChallengeName, Session: bob.Session,
			ChallengeResponses: map[string]string{"USERNAME": "bob", "SOFTWARE_TOKEN_MFA_CODE": code},
		})
		if cy := signIn(t, s, "cy", "Temporary-7"); cy.ChallengeName != api.ChallengeNameTypeNewPasswordRequired {
			t.Errorf("%s: sign-in of cy leads to %q, want NEW_PASSWORD_REQUIRED", when, cy.ChallengeName)
		}
		dan := s.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: seedPool, Username: "dan"})
		if api.IsTrue(dan.Enabled) {
			t.Errorf("%s: dan is enabled", when)
		}
		web := s.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{
			UserPoolId: seedPool, ClientId: "webclient",
		})
		if web.UserPoolClient.ClientSecret != "a_secret_that_everybody_knows" {
			t.Errorf("%s: secret of the client = %q", when, web.UserPoolClient.ClientSecret)
		}
		provider := s.Must(t).GetIdentityProviderByIdentifier(&api.GetIdentityProviderByIdentifierInput{
			UserPoolId: seedPool, IdpIdentifier: "example.com",
		}).IdentityProvider
		if provider.ProviderName != "Google" || provider.ProviderDetails["client_id"] != "1700" {
			t.Errorf("%s: provider = %+v, want Google with a client", when, provider)
		}
	}
	check("seeded")
	mustCall[any](t, s, "POST", "pools/"+seedPool+"/reset", "")
	check("after the pool's reset")
	mustCall[any](t, s, "POST", "reset", "")
	check("after a reset")
	if err := s.ApplySeed(t.Context(), seed); err != nil {
		t.Errorf("ApplySeed(pools that are there) = %v, want no error", err)
	}
}

// ParseSeed reports every problem, with its line.
func TestSeedProblems(t *testing.T) {
	t.Parallel()
	const text = `pools:
  - id: us-east-1_A
    PoolNmae: misspelt
    users:
      - username: ann
        pasword: x
      - username: bob
        softwareToken: "1"
    clients:
      - ClientName: web
        ExplicitAuthFlows: [ALLOW_NOTHING]
        UserPoolId: us-east-1_B
    mfa: true
  - id: us-east-1_C
    PoolName: groups
    groups: [{GroupName: admins, Precedence: -1}]
    users: [{username: ann, groups: [admins, admin]}]
    identityProviders: [{ProviderName: Google, ProviderType: Gogle, Details: {}}]
  - PoolName: no id
groups: []
`
	_, err := devapi.ParseSeed([]byte(text))
	want := []string{
		"line 3: pools[0].PoolNmae: unknown member of CreateUserPool",
		"line 2: pools[0]: 1 validation error detected: Value null at 'poolName' failed to satisfy constraint: Member must not be null",
		"line 6: pools[0].users[0].pasword: unknown key",
		"line 8: pools[0].users[1].softwareToken: must be base32 of at least 16 bytes",
		"line 12: pools[0].clients[0].UserPoolId: unknown member of CreateUserPoolClient",
		"line 10: pools[0].clients[0]: id is required",
		"line 10: pools[0].clients[0]: 1 validation error detected: Value '[ALLOW_NOTHING]' at 'explicitAuthFlows' failed",
		"line 13: pools[0].mfa: must be a mapping",
		"line 16: pools[1].groups[0]: 1 validation error detected: Value '-1' at 'precedence' failed",
		"line 18: pools[1].identityProviders[0].Details: unknown member of CreateIdentityProvider",
		"line 18: pools[1].identityProviders[0]: 2 validation errors detected: Value 'Gogle' at 'providerType' failed",
		"line 14: pools[1]: user ann is in an unknown group admin",
		"line 19: pools[2]: id is required, like us-east-1_Example1",
		"line 20: groups: unknown key",
	}
	if err == nil {
		t.Fatal("ParseSeed() = no error, want problems")
	}
	got := strings.Split(err.Error(), "\n")
	if len(got) != len(want) {
		t.Fatalf("problems =\n%v\nwant\n%s", err, strings.Join(want, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("problem %d = %s, want %s", i, got[i], want[i])
		}
	}
}

func TestSeedByRequest(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	status, body := call(t, s, "POST", "seed", mustSeed(t), "Content-Type", "application/yaml")
	if status != http.StatusNoContent {
		t.Fatalf("POST seed = %d %s, want 204", status, body)
	}
	signIn(t, s, "ann", cognatetest.Password)
	for _, seed := range []string{"pools: [{id: x}]", "\t", "pools: [{id: us-east-1_B, PoolName: b, clients: [{id: appclient, ClientName: taken}]}]"} {
		if status, body := call(t, s, "POST", "seed", seed, "Content-Type", "application/yaml"); status != http.StatusBadRequest {
			t.Errorf("POST seed %q = %d %s, want 400", seed, status, body)
		}
	}
}

func TestCustomIDs(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := func(tag string) (*api.CreateUserPoolOutput, error) {
		return s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people", UserPoolTags: map[string]string{"_custom_id_": tag}})
	}
	for tag, want := range map[string]string{"us-east-1_Abc123456": "us-east-1_Abc123456", "Bare": "us-east-1_Bare"} {
		if got := cognatetest.Try(pool(tag)).Of(t).UserPool.Id; got != want {
			t.Errorf("CreateUserPool(%s).Id = %s, want %s", tag, got, want)
		}
	}
	for _, tag := range []string{"us-east-1_Abc123456", "eu-west-1_Other", "us-east-1_a-b", "us-east-1_" + strings.Repeat("a", 50)} {
		_, err := pool(tag)
		cognatetest.WantCode(t, "CreateUserPool("+tag+")", err, api.CodeInvalidParameterException)
	}
	client := func(name string) (*api.CreateUserPoolClientOutput, error) {
		return s.Client.CreateUserPoolClient(t.Context(), &api.CreateUserPoolClientInput{UserPoolId: "us-east-1_Bare", ClientName: name})
	}
	if got := cognatetest.Try(client("_custom_id_:myclientid")).Of(t).UserPoolClient; got.ClientId != "myclientid" {
		t.Errorf("CreateUserPoolClient().ClientId = %s, want myclientid", got.ClientId)
	}
	for _, name := range []string{"_custom_id_:myclientid", "_custom_id_:"} {
		_, err := client(name)
		cognatetest.WantCode(t, "CreateUserPoolClient("+name+")", err, api.CodeInvalidParameterException)
	}
}

func FuzzParseSeed(f *testing.F) {
	f.Add(mustSeed(f))
	f.Add("pools: [{id: us-east-1_A, users: [{username: a}]}]")
	f.Add("pools: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		seed, err := devapi.ParseSeed([]byte(text))
		if (seed == nil) == (err == nil) {
			t.Errorf("ParseSeed() = %v, %v, want one of them", seed, err)
		}
	})
}
