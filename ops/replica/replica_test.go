package replica_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/authn/sigv4"
	"cognate/cognatetest"
	"cognate/ops/replica"
)

const multiRegionKey = "arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef"

func withKey(in *api.CreateUserPoolInput) {
	in.KeyConfiguration = &api.KeyConfigurationType{KeyType: api.EncryptionKeyTypeCustomerManagedKey, KmsKeyArn: multiRegionKey}
}

// signedFor returns a client whose requests are signed for the Region of the replica.
func signedFor(s *cognatetest.Server) *api.Client {
	return &api.Client{Endpoint: s.URL + "/", Sign: func(r *http.Request, body []byte) error {
		key := aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}
		return sigv4.Sign(r, body, key, cognatetest.ReplicaRegion, api.SigningName, time.Now())
	}}
}

// sentTo returns a client whose requests are sent to the host of the replica.
func sentTo(s *cognatetest.Server) *api.Client {
	return &api.Client{Endpoint: s.URL + "/", Sign: func(r *http.Request, body []byte) error {
		r.Host = "ID-EU.example.com:443"
		return cognatetest.Sign(r, body)
	}, HTTP: &http.Client{Transport: hostTransport{}}}
}

// hostTransport also sets the host of requests that are not signed.
type hostTransport struct{}

func (hostTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = cognatetest.ReplicaHost
	return http.DefaultTransport.RoundTrip(r)
}

func TestReplica(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.PoolSettings(withKey))
		m := s.Must(t)
		arn := "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/" + p.PoolID
		entry := func(status api.ReplicaStatusType) *api.UserPoolReplicaType {
			return &api.UserPoolReplicaType{RegionName: "eu-west-1", Status: status, Role: api.ReplicaRoleTypeSecondary, UserPoolArn: arn}
		}
		primary := api.UserPoolReplicaType{
			RegionName: "us-east-1", Status: api.ReplicaStatusTypeActive, Role: api.ReplicaRoleTypePrimary,
			UserPoolArn: "arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + p.PoolID,
		}
		want := func(what string, want, got any) {
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		list := func() []api.UserPoolReplicaType {
			return m.ListUserPoolReplicas(&api.ListUserPoolReplicasInput{UserPoolId: p.PoolID}).UserPoolReplicas
		}
		want("without a replica", []api.UserPoolReplicaType{primary}, list())
		create := &api.CreateUserPoolReplicaInput{UserPoolId: p.PoolID, RegionName: "eu-west-1", UserPoolTags: map[string]string{"stage": "eu"}}
		want("create", entry(api.ReplicaStatusTypeInactive), m.CreateUserPoolReplica(create).UserPoolReplica)
		want("after create", []api.UserPoolReplicaType{primary, *entry(api.ReplicaStatusTypeInactive)}, list())
		_, err := s.Client.CreateUserPoolReplica(t.Context(), create)
		cognatetest.WantError(t, "CreateUserPoolReplica(second)", err, cognate.ErrReplicaExists)
		invalid := *create
		invalid.UserPoolTags = map[string]string{cognate.TagPasswordStorage: "argon2id"}
		_, err = s.Client.CreateUserPoolReplica(t.Context(), &invalid)
		cognatetest.WantCode(t, "CreateUserPoolReplica(second with an invalid tag)", err, api.CodeInvalidParameterException)

		described := cognatetest.Try(signedFor(s).DescribeUserPool(t.Context(), &api.DescribeUserPoolInput{UserPoolId: p.PoolID})).Of(t).UserPool
		want("ARN in the Region of the replica", arn, described.Arn)
		want("tags in the Region of the replica", map[string]string{"stage": "eu"}, described.UserPoolTags)
		m.TagResource(&api.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"team": "id"}})
		want("tags of the replica", map[string]string{"stage": "eu", "team": "id"},
			m.ListTagsForResource(&api.ListTagsForResourceInput{ResourceArn: arn}).Tags)

		update := &api.UpdateUserPoolReplicaInput{UserPoolId: p.PoolID, RegionName: "eu-west-1", Status: api.UpdateReplicaStatusTypeActive}
		want("activate", entry(api.ReplicaStatusTypeActive), m.UpdateUserPoolReplica(update).UserPoolReplica)
		remove := &api.DeleteUserPoolReplicaInput{UserPoolId: p.PoolID, RegionName: "eu-west-1"}
		_, err = s.Client.DeleteUserPoolReplica(t.Context(), remove)
		cognatetest.WantError(t, "DeleteUserPoolReplica(active)", err, cognate.ErrReplicaActive)
		_, err = s.Client.UpdateUserPool(t.Context(), &api.UpdateUserPoolInput{UserPoolId: p.PoolID, UserPoolTier: api.UserPoolTierTypeLite})
		cognatetest.WantCode(t, "UpdateUserPool(LITE)", err, api.CodeFeatureUnavailableInTierException)
		update.Status = api.UpdateReplicaStatusTypeInactive
		want("inactivate", entry(api.ReplicaStatusTypeInactive),
			cognatetest.Try(signedFor(s).UpdateUserPoolReplica(t.Context(), update)).Of(t).UserPoolReplica)
		_, err = signedFor(s).DeleteUserPoolReplica(t.Context(), remove)
		cognatetest.WantError(t, "DeleteUserPoolReplica(in the replica)", err, cognate.ErrReplicaOnly)
		want("delete", entry(api.ReplicaStatusTypeDeleting), m.DeleteUserPoolReplica(remove).UserPoolReplica)
		want("after delete", []api.UserPoolReplicaType{primary}, list())
		_, err = s.Client.DeleteUserPoolReplica(t.Context(), remove)
		cognatetest.WantError(t, "DeleteUserPoolReplica(again)", err, cognate.ErrReplicaNotFound)
		_, err = s.Client.ListTagsForResource(t.Context(), &api.ListTagsForResourceInput{ResourceArn: arn})
		cognatetest.WantCode(t, "ListTagsForResource(deleted replica)", err, api.CodeResourceNotFoundException)
	})
}

func TestReplicaIsRefused(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	keyed := s.Pool(t, cognatetest.PoolSettings(withKey)).PoolID
	in := &api.CreateUserPoolInput{PoolName: "lite", UserPoolTier: api.UserPoolTierTypeLite}
	withKey(in)
	lite := s.Must(t).CreateUserPool(in).UserPool.Id
	for _, c := range []struct {
		what, pool, region string
		want               string
	}{
		{"another Region", keyed, "eu-west-2", api.CodeInvalidParameterException},
		{"the Region of the pool", keyed, "us-east-1", api.CodeInvalidParameterException},
		{"no key", s.Pool(t).PoolID, "eu-west-1", api.CodeInvalidParameterException},
		{"LITE", lite, "eu-west-1", api.CodeFeatureUnavailableInTierException},
		{"an unknown pool", "us-east-1_None00000", "eu-west-1", api.CodeResourceNotFoundException},
	} {
		_, err := s.Client.CreateUserPoolReplica(t.Context(), &api.CreateUserPoolReplicaInput{UserPoolId: c.pool, RegionName: c.region})
		cognatetest.WantCode(t, "CreateUserPoolReplica("+c.what+")", err, c.want)
	}
	_, err := s.Client.CreateUserPoolReplica(t.Context(), &api.CreateUserPoolReplicaInput{
		UserPoolId: keyed, RegionName: "eu-west-1", UserPoolTags: map[string]string{cognate.TagPasswordStorage: "argon2id"},
	})
	cognatetest.WantCode(t, "CreateUserPoolReplica(with a setting)", err, api.CodeInvalidParameterException)
	caller := cognate.WithCaller(t.Context(), cognate.Caller{AccountID: cognatetest.AccountID, Region: cognatetest.Region})
	_, err = (&replica.Service{Store: s.Store, Now: s.Clock.Now}).CreateUserPoolReplica(caller,
		&api.CreateUserPoolReplicaInput{UserPoolId: keyed, RegionName: "eu-west-1"})
	cognatetest.WantError(t, "CreateUserPoolReplica(without the setting)", err, cognate.ErrReplicaRegion)
	_, err = s.Client.ListUserPoolReplicas(t.Context(), &api.ListUserPoolReplicasInput{UserPoolId: keyed, NextToken: "x"})
	cognatetest.WantCode(t, "ListUserPoolReplicas(with a token)", err, api.CodeInvalidParameterException)
}

// A request in the Region of a replica gets the operations of the replica only.
func TestOperationsOfAReplica(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, other := s.Pool(t, cognatetest.PoolSettings(withKey)), s.Pool(t)
	p.MustUser("ann")
	token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	m := s.Must(t)
	m.CreateUserPoolReplica(&api.CreateUserPoolReplicaInput{UserPoolId: p.PoolID, RegionName: cognatetest.ReplicaRegion})
	refused := func(err error) bool {
		return slices.Contains([]string{
			"OperationNotEnabledException: This operation is not enabled in a replica of the user pool.",
			"InvalidParameterException: This operation is not enabled in a replica of the user pool.",
		}, errorText(err))
	}
	for _, active := range []bool{false, true} {
		status := api.UpdateReplicaStatusTypeInactive
		if active {
			status = api.UpdateReplicaStatusTypeActive
		}
		m.UpdateUserPoolReplica(&api.UpdateUserPoolReplicaInput{UserPoolId: p.PoolID, RegionName: cognatetest.ReplicaRegion, Status: status})
		for _, c := range []struct {
			what     string
			call     func(c *api.Client, p *cognatetest.UserPool) error
			inactive bool // an inactive replica has the operation
			active   bool // an active one has it
			unsigned bool
		}{
			{"AdminGetUser", func(c *api.Client, p *cognatetest.UserPool) error {
				_, err := c.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"})
				return err
			}, true, true, false},
			{"AdminDeleteUser", func(c *api.Client, p *cognatetest.UserPool) error {
				_, err := c.AdminDeleteUser(t.Context(), &api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "nobody"})
				return err
			}, false, false, false},
			{"CreateIdentityProvider", func(c *api.Client, p *cognatetest.UserPool) error {
				_, err := c.CreateIdentityProvider(t.Context(), &api.CreateIdentityProviderInput{
					UserPoolId: p.PoolID, ProviderName: "Google", ProviderType: api.IdentityProviderTypeTypeGoogle, ProviderDetails: map[string]string{"client_id": "x"},
				})
				return err
			}, false, false, false},
			{"InitiateAuth", func(c *api.Client, p *cognatetest.UserPool) error {
				_, err := c.InitiateAuth(t.Context(), &api.InitiateAuthInput{
					ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
					AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password},
				})
				return err
			}, false, true, true},
			{"SignUp", func(c *api.Client, p *cognatetest.UserPool) error {
				_, err := c.SignUp(t.Context(), &api.SignUpInput{ClientId: p.ClientID, Username: "ann", Password: cognatetest.Password})
				return err
			}, false, false, true},
			{"GetUser", func(c *api.Client, _ *cognatetest.UserPool) error {
				_, err := c.GetUser(t.Context(), &api.GetUserInput{AccessToken: token})
				return err
			}, false, true, true},
			{"ChangePassword", func(c *api.Client, _ *cognatetest.UserPool) error {
				_, err := c.ChangePassword(t.Context(), &api.ChangePasswordInput{
					AccessToken: token, PreviousPassword: "Wrong-horse-7", ProposedPassword: "Wrong-horse-8",
				})
				return err
			}, false, false, true},
		} {
			enabled := c.inactive || active && c.active
			if got := refused(c.call(sentTo(s), p)); got == enabled {
				t.Errorf("%s at the host of a replica, active: %v, is refused: %v", c.what, active, got)
			}
			if got := refused(c.call(signedFor(s), p)); got == enabled && !c.unsigned {
				t.Errorf("%s signed for the Region of a replica, active: %v, is refused: %v", c.what, active, got)
			}
			if refused(c.call(s.Client, p)) {
				t.Errorf("%s in the primary Region is refused", c.what)
			}
			if !c.unsigned && refused(c.call(sentTo(s), other)) {
				t.Errorf("%s of a pool without a replica is refused", c.what)
			}
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
