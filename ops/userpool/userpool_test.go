package userpool_test

import (
	"net/http"
	"strings"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/ops/userpool"
)

const (
	smsRole     = "arn:aws:iam::123456789012:role/sms"
	sesIdentity = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
)

func mustCreate(t *testing.T, s *cognatetest.Server, in api.CreateUserPoolInput) *api.UserPoolType {
	t.Helper()
	if in.PoolName == "" {
		in.PoolName = "people"
	}
	return s.Must(t).CreateUserPool(&in).UserPool
}

func mustDescribe(t *testing.T, s *cognatetest.Server, id string) *api.UserPoolType {
	t.Helper()
	return s.Must(t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: id}).UserPool
}

func update(t *testing.T, s *cognatetest.Server, in api.UpdateUserPoolInput) error {
	t.Helper()
	_, err := s.Client.UpdateUserPool(t.Context(), &in)
	return err
}

func setMFA(t *testing.T, s *cognatetest.Server, in api.SetUserPoolMfaConfigInput) error {
	t.Helper()
	_, err := s.Client.SetUserPoolMfaConfig(t.Context(), &in)
	return err
}

func softwareToken(enabled bool) *api.SoftwareTokenMfaConfigType {
	return &api.SoftwareTokenMfaConfigType{Enabled: &enabled}
}

func sms() *api.SmsConfigurationType {
	return &api.SmsConfigurationType{SnsCallerArn: smsRole, ExternalId: "people", SnsRegion: "us-east-1"}
}

func developerEmail() *api.EmailConfigurationType {
	return &api.EmailConfigurationType{EmailSendingAccount: api.EmailSendingAccountTypeDeveloper, SourceArn: sesIdentity}
}

// in returns a client of the server that signs requests for another region.
func in(s *cognatetest.Server, region string) *api.Client {
	return &api.Client{Endpoint: s.Client.Endpoint, Sign: func(r *http.Request, body []byte) error {
		if err := cognatetest.Sign(r, body); err != nil {
			return err
		}
		scope := strings.Replace(r.Header.Get("Authorization"), "/"+cognatetest.Region+"/", "/"+region+"/", 1)
		r.Header.Set("Authorization", scope)
		return nil
	}}
}

// For every operation, a pool of another account does not exist.
func TestPoolsOfAnotherAccount(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := mustCreate(t, s, api.CreateUserPoolInput{})
	stranger := cognate.WithCaller(t.Context(), cognate.Caller{AccountID: "999999999999", Region: cognatetest.Region})
	service := &userpool.Service{Store: s.Store, Now: s.Clock.Now}

	calls := map[string]func() error{
		"DescribeUserPool": func() error {
			_, err := service.DescribeUserPool(stranger, &api.DescribeUserPoolInput{UserPoolId: pool.Id})
			return err
		},
		"UpdateUserPool": func() error {
			_, err := service.UpdateUserPool(stranger, &api.UpdateUserPoolInput{UserPoolId: pool.Id})
			return err
		},
		"DeleteUserPool": func() error {
			_, err := service.DeleteUserPool(stranger, &api.DeleteUserPoolInput{UserPoolId: pool.Id})
			return err
		},
		"GetUserPoolMfaConfig": func() error {
			_, err := service.GetUserPoolMfaConfig(stranger, &api.GetUserPoolMfaConfigInput{UserPoolId: pool.Id})
			return err
		},
		"SetUserPoolMfaConfig": func() error {
			_, err := service.SetUserPoolMfaConfig(stranger, &api.SetUserPoolMfaConfigInput{UserPoolId: pool.Id})
			return err
		},
		"AddCustomAttributes": func() error {
			_, err := service.AddCustomAttributes(stranger, &api.AddCustomAttributesInput{UserPoolId: pool.Id})
			return err
		},
		"TagResource": func() error {
			_, err := service.TagResource(stranger, &api.TagResourceInput{ResourceArn: pool.Arn})
			return err
		},
		"UntagResource": func() error {
			_, err := service.UntagResource(stranger, &api.UntagResourceInput{ResourceArn: pool.Arn})
			return err
		},
		"ListTagsForResource": func() error {
			_, err := service.ListTagsForResource(stranger, &api.ListTagsForResourceInput{ResourceArn: pool.Arn})
			return err
		},
	}
	for name, call := range calls {
		cognatetest.WantRefusal(t, name, call(), api.ErrPoolNotFound(pool.Id))
	}
	out := cognatetest.Try(service.ListUserPools(stranger, &api.ListUserPoolsInput{MaxResults: new(60)})).Of(t)
	if len(out.UserPools) != 0 {
		t.Errorf("ListUserPools() of another account = %v, want none", out.UserPools)
	}
	if got := mustDescribe(t, s, pool.Id); got.LastModifiedDate != pool.LastModifiedDate {
		t.Error("a refused call changed the pool")
	}
}
