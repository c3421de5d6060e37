package domain_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/ops/domain"
)

const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1f2e3d4c-0000-4000-8000-000000000000"

func custom(arn string) *api.CustomDomainConfigType {
	return &api.CustomDomainConfigType{CertificateArn: arn}
}

func create(t *testing.T, p *cognatetest.UserPool, in api.CreateUserPoolDomainInput) (*api.CreateUserPoolDomainOutput, error) {
	t.Helper()
	in.UserPoolId = p.PoolID
	return p.Client.CreateUserPoolDomain(t.Context(), &in)
}

func describe(t *testing.T, p *cognatetest.UserPool, name string) *api.DomainDescriptionType {
	t.Helper()
	return p.Must(t).DescribeUserPoolDomain(&api.DescribeUserPoolDomainInput{Domain: name}).DomainDescription
}

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestDomain(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	other := p.Pool(t)
	pool := func() *api.UserPoolType {
		return p.Must(t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: p.PoolID}).UserPool
	}
	wantSame(t, "CreateUserPoolDomain(prefix)", &api.CreateUserPoolDomainOutput{},
		cognatetest.Try(create(t, p, api.CreateUserPoolDomainInput{Domain: "login"})).Of(t))
	failover := &api.RoutingType{Failover: &api.FailoverType{SecondaryRegion: "us-west-2", PrimaryRoute53HealthCheckId: "check"}}
	made := cognatetest.Try(create(t, p, api.CreateUserPoolDomainInput{
		Domain: "login.example.com", CustomDomainConfig: custom(certificate), ManagedLoginVersion: new(2), Routing: failover,
	})).Of(t)
	if !strings.HasSuffix(made.CloudFrontDomain, ".cloudfront.net") {
		t.Errorf("CloudFrontDomain = %q", made.CloudFrontDomain)
	}
	wantSame(t, "CreateUserPoolDomain(custom)", &api.CreateUserPoolDomainOutput{
		CloudFrontDomain: made.CloudFrontDomain, ManagedLoginVersion: new(2), Routing: failover,
	}, made)
	prefix := describe(t, p, "login")
	if len(prefix.Version) != 14 || prefix.CloudFrontDistribution == "" {
		t.Errorf("DescribeUserPoolDomain(prefix) = %+v", prefix)
	}
	want := &api.DomainDescriptionType{
		UserPoolId: p.PoolID, AWSAccountId: prefix.AWSAccountId, Domain: "login", S3Bucket: "aws-cognito-prod-iad-assets",
		CloudFrontDistribution: prefix.CloudFrontDistribution, Version: prefix.Version, Status: api.DomainStatusTypeActive,
		CustomDomainConfig: &api.CustomDomainConfigType{}, ManagedLoginVersion: new(1),
	}
	wantSame(t, "DescribeUserPoolDomain(prefix)", want, prefix)
	wantSame(t, "DescribeUserPoolDomain(unknown)", &api.DomainDescriptionType{}, describe(t, p, "unknown.example.com"))
	if d, c := pool().Domain, pool().CustomDomain; d != "login" || c != "login.example.com" {
		t.Errorf("DescribeUserPool: Domain %q, CustomDomain %q", d, c)
	}

	update := func(in api.UpdateUserPoolDomainInput) (*api.UpdateUserPoolDomainOutput, error) {
		in.UserPoolId = p.PoolID
		return p.Client.UpdateUserPoolDomain(t.Context(), &in)
	}
	wantSame(t, "UpdateUserPoolDomain(prefix)", &api.UpdateUserPoolDomainOutput{ManagedLoginVersion: new(2)},
		cognatetest.Try(update(api.UpdateUserPoolDomainInput{Domain: "login", ManagedLoginVersion: new(2)})).Of(t))
	want.ManagedLoginVersion = new(2)
	wantSame(t, "DescribeUserPoolDomain(updated prefix)", want, describe(t, p, "login"))
	renewed := strings.Replace(certificate, "/1", "/2", 1)
	wantSame(t, "UpdateUserPoolDomain(custom)", &api.UpdateUserPoolDomainOutput{CloudFrontDomain: made.CloudFrontDomain, Routing: failover},
		cognatetest.Try(update(api.UpdateUserPoolDomainInput{Domain: "login.example.com", CustomDomainConfig: custom(renewed)})).Of(t))
	updated := describe(t, p, "login.example.com")
	wantSame(t, "certificate after an update", custom(renewed), updated.CustomDomainConfig)
	wantSame(t, "Routing after an update without it", failover, updated.Routing)

	for what, tt := range map[string]struct {
		in   api.UpdateUserPoolDomainInput
		want *api.Error
	}{
		"custom without its configuration": {
			api.UpdateUserPoolDomainInput{Domain: "login.example.com", ManagedLoginVersion: new(1)},
			api.InvalidParameterException("Cannot convert custom domain to prefix domain."),
		},
		"prefix with a certificate": {
			api.UpdateUserPoolDomainInput{Domain: "login", CustomDomainConfig: custom(certificate)},
			api.InvalidParameterException("Cannot convert prefix domain to custom domain."),
		},
		"unknown version": {
			api.UpdateUserPoolDomainInput{Domain: "login", ManagedLoginVersion: new(3)},
			api.InvalidParameterException("Invalid ManagedLoginVersion: 3"),
		},
		"routing of a prefix": {
			api.UpdateUserPoolDomainInput{Domain: "login", Routing: failover},
			api.InvalidParameterException("Routing is only supported for custom domains"),
		},
		"unknown domain": {
			api.UpdateUserPoolDomainInput{Domain: "none"}, api.InvalidParameterException("No such domain or user pool exists."),
		},
	} {
		_, err := update(tt.in)
		cognatetest.WantError(t, "UpdateUserPoolDomain("+what+")", err, tt.want)
	}
	wantSame(t, "after refused updates", updated, describe(t, p, "login.example.com"))
	wantSame(t, "after refused updates", want, describe(t, p, "login"))

	// A domain of another pool does not exist.
	_, err := p.Client.UpdateUserPoolDomain(t.Context(), &api.UpdateUserPoolDomainInput{UserPoolId: other.PoolID, Domain: "login"})
	cognatetest.WantError(t, "UpdateUserPoolDomain(of another pool)", err, cognate.ErrDomainNotFound)
	_, err = p.Client.DeleteUserPoolDomain(t.Context(), &api.DeleteUserPoolDomainInput{UserPoolId: other.PoolID, Domain: "login"})
	cognatetest.WantError(t, "DeleteUserPoolDomain(of another pool)", err, cognate.ErrDomainNotFound)
	_, err = create(t, other, api.CreateUserPoolDomainInput{Domain: "login"})
	cognatetest.WantError(t, "CreateUserPoolDomain(taken)", err, api.InvalidParameterException("Domain already associated with another user pool."))
	_, err = create(t, other, api.CreateUserPoolDomainInput{Domain: "login.example.com", CustomDomainConfig: custom(certificate)})
	cognatetest.WantError(t, "CreateUserPoolDomain(taken custom)", err, api.InvalidParameterException("Domain already exists."))
	_, err = create(t, p, api.CreateUserPoolDomainInput{Domain: "second"})
	cognatetest.WantError(t, "CreateUserPoolDomain(second prefix)", err, api.InvalidParameterException("User pool already has a domain configured."))

	// The pool cannot be deleted or lose its feature plan before its domains.
	_, err = p.Client.UpdateUserPool(t.Context(), &api.UpdateUserPoolInput{UserPoolId: p.PoolID, UserPoolTier: api.UserPoolTierTypeLite})
	cognatetest.WantError(t, "UpdateUserPool(LITE)", err, api.FeatureUnavailableInTierException(
		"The following features need to be disabled for the LITE pricing tier configured: Managed Login"))
	for _, name := range []string{"login", "login.example.com"} {
		_, err = p.Client.DeleteUserPool(t.Context(), &api.DeleteUserPoolInput{UserPoolId: p.PoolID})
		cognatetest.WantError(t, "DeleteUserPool(with a domain)", err, api.InvalidParameterException(
			"User pool cannot be deleted. It has a domain configured that should be deleted first."))
		p.Must(t).DeleteUserPoolDomain(&api.DeleteUserPoolDomainInput{UserPoolId: p.PoolID, Domain: name})
	}
	if d, c := pool().Domain, pool().CustomDomain; d+c != "" {
		t.Errorf("DescribeUserPool: Domain %q, CustomDomain %q, want none", d, c)
	}
	cognatetest.Try(create(t, other, api.CreateUserPoolDomainInput{Domain: "login"})).Of(t)
	p.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: p.PoolID})
}

func TestCreateUserPoolDomainRejects(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	lite := p.Pool(t)
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: lite.PoolID, UserPoolTier: api.UserPoolTierTypeLite})
	const character = "The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. " +
		`Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`
	const subdomain = "Custom domain is not a valid subdomain: Was not able to resolve a DNS A record for the parent domain or domain parent is a top-level domain."
	invalid := api.InvalidParameterException
	for _, tt := range []struct {
		name    string
		config  *api.CustomDomainConfigType
		version *int
		want    *api.Error
	}{
		{"mycognitologin", nil, nil, invalid("Domain cannot contain reserved word: cognito")},
		{"aws-login", nil, nil, invalid("Domain cannot contain reserved word: aws")},
		{"amazon", nil, nil, invalid("Domain cannot contain reserved word: amazon")},
		{"Login", nil, nil, invalid(character)},
		{"-login", nil, nil, invalid(character)},
		{"login-", nil, nil, invalid(character)},
		{"login.example.com", nil, nil, invalid(character)},
		{"log_in", nil, nil, invalid(character)},
		{"login\n", nil, nil, invalid(character)},
		{"login..example.com", custom(certificate), nil, invalid(character)},
		{"Login.example.com", custom(certificate), nil, invalid(character)},
		{"login.example.com.", custom(certificate), nil, invalid(character)},
		{"login.example.com:443", custom(certificate), nil, invalid(character)},
		{"login", custom(certificate), nil, invalid(subdomain)},
		{"example.com", custom(certificate), nil, invalid(subdomain)},
		{"192.168.0.1", custom(certificate), nil, invalid(subdomain)},
		{"login.example.com", custom("arn:aws:iam::123456789012:server-certificate/a"), nil, invalid("Invalid CertificateArn: arn:aws:iam::123456789012:server-certificate/a")},
		{"login.example.com", custom(strings.Replace(certificate, "us-east-1", "eu-west-1", 1)), nil, invalid("Invalid CertificateArn: " + strings.Replace(certificate, "us-east-1", "eu-west-1", 1))},
		{"login", nil, new(0), invalid("Invalid ManagedLoginVersion: 0")},
	} {
		_, err := create(t, p, api.CreateUserPoolDomainInput{Domain: tt.name, CustomDomainConfig: tt.config, ManagedLoginVersion: tt.version})
		cognatetest.WantError(t, fmt.Sprintf("CreateUserPoolDomain(%q)", tt.name), err, tt.want)
		wantSame(t, "DescribeUserPoolDomain after a refusal", &api.DomainDescriptionType{}, describe(t, p, tt.name))
	}
	for name, config := range map[string]*api.CustomDomainConfigType{"": nil, strings.Repeat("a", 64): nil, strings.Repeat("a.", 31) + "bc": custom(certificate)} {
		_, err := create(t, p, api.CreateUserPoolDomainInput{Domain: name, CustomDomainConfig: config})
		if !errors.Is(err, api.InvalidParameterException("")) {
			t.Errorf("CreateUserPoolDomain(%q) = %v, want a refusal of its length", name, err)
		}
	}
	_, err := create(t, lite, api.CreateUserPoolDomainInput{Domain: "login", ManagedLoginVersion: new(2)})
	cognatetest.WantError(t, "CreateUserPoolDomain(LITE)", err, api.FeatureUnavailableInTierException(
		"The following features need to be disabled for the LITE pricing tier configured: Managed Login"))
	_, err = p.Client.CreateUserPoolDomain(t.Context(), &api.CreateUserPoolDomainInput{UserPoolId: "us-east-1_none", Domain: "Login"})
	cognatetest.WantError(t, "CreateUserPoolDomain(unknown pool)", err, api.ResourceNotFoundException("User pool us-east-1_none does not exist."))
}

// A custom domain cannot be an address of the server itself, or of a prefix domain below it.
func TestCustomDomainIsNotTheServer(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	service := &domain.Service{Store: p.Store, PublicURL: "https://idp.example.com:8443", HostNames: []string{"idp.example.net"}, Now: p.Clock.Now}
	ctx := cognate.WithCaller(t.Context(), cognate.Caller{AccountID: cognatetest.AccountID, Region: cognatetest.Region})
	for _, name := range []string{"idp.example.com", "idp.example.net", "login.auth.idp.example.com"} {
		_, err := service.CreateUserPoolDomain(ctx, &api.CreateUserPoolDomainInput{
			UserPoolId: p.PoolID, Domain: name, CustomDomainConfig: custom(certificate),
		})
		cognatetest.WantError(t, "CreateUserPoolDomain("+name+")", err, api.InvalidParameterException("Domain already exists."))
	}
}

// A domain of another account cannot be seen or changed, but its name is taken.
func TestDomainOfAnotherAccount(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	cognatetest.Try(create(t, p, api.CreateUserPoolDomainInput{Domain: "login"})).Of(t)
	service := &domain.Service{Store: p.Store, Now: p.Clock.Now}
	ctx := cognate.WithCaller(t.Context(), cognate.Caller{AccountID: "999999999999", Region: cognatetest.Region})
	got := cognatetest.Try(service.DescribeUserPoolDomain(ctx, &api.DescribeUserPoolDomainInput{Domain: "login"})).Of(t)
	wantSame(t, "DescribeUserPoolDomain(another account)", &api.DomainDescriptionType{}, got.DomainDescription)
	unknown := api.ResourceNotFoundException("User pool " + p.PoolID + " does not exist.")
	_, err := service.CreateUserPoolDomain(ctx, &api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "other"})
	cognatetest.WantError(t, "CreateUserPoolDomain(another account)", err, unknown)
	_, err = service.UpdateUserPoolDomain(ctx, &api.UpdateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	cognatetest.WantError(t, "UpdateUserPoolDomain(another account)", err, unknown)
	_, err = service.DeleteUserPoolDomain(ctx, &api.DeleteUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	cognatetest.WantError(t, "DeleteUserPoolDomain(another account)", err, unknown)
}

// Of concurrent requests for one name, one succeeds. Of concurrent custom domains, as many succeed as the quota allows.
func TestConcurrentDomains(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		pools := make([]*cognatetest.UserPool, 20)
		for i := range pools {
			pools[i] = s.Pool(t)
		}
		one := cognatetest.Race(t, api.CodeInvalidParameterException, func(i int) error {
			_, err := create(t, pools[i], api.CreateUserPoolDomainInput{Domain: "login"})
			return err
		})
		if one != 1 {
			t.Errorf("%d pools have the prefix, want 1", one)
		}
		four := cognatetest.Race(t, api.CodeLimitExceededException, func(i int) error {
			_, err := create(t, pools[i], api.CreateUserPoolDomainInput{
				Domain: fmt.Sprintf("login%d.example.com", i), CustomDomainConfig: custom(certificate),
			})
			return err
		})
		if four != cognate.QuotaCustomDomains.Max {
			t.Errorf("%d custom domains, want %d", four, cognate.QuotaCustomDomains.Max)
		}
	})
}

// A fork of a pool does not have the domain of the pool, because a domain is unique. A reset keeps it.
func TestDomainOfForkAndReset(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	cognatetest.Try(create(t, p, api.CreateUserPoolDomainInput{Domain: "login"})).Of(t)
	fork := cognatetest.Try(p.Server.ForkPool(t.Context(), p.PoolID, "")).Of(t)
	if d := p.Must(t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: fork.PoolID}).UserPool.Domain; d != "" {
		t.Errorf("domain of the fork = %q, want none", d)
	}
	if err := p.ResetPool(t.Context(), p.PoolID); err != nil {
		t.Fatalf("ResetPool() = %v", err)
	}
	if got := describe(t, p, "login").UserPoolId; got != p.PoolID {
		t.Errorf("pool of the domain after a reset = %q, want %q", got, p.PoolID)
	}
}
