package server_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

// quotaCase is a quota whose resources can be created.
type quotaCase struct {
	quota cognate.Quota
	code  string // of the error beyond the quota; "" means LimitExceededException
	have  int    // resources of the new pool
	// fill, if not nil, adds the resource number i to the database. Without it, create adds all.
	fill   func(tx *store.Tx, i int) error
	create func(i int) error
}

// quotaCases returns the cases by the name of their variable in quotas.go. Each has a new pool of its own.
var quotaCases = map[string]func(t *testing.T, s *cognatetest.Server) quotaCase{
	"QuotaUserPools": func(t *testing.T, s *cognatetest.Server) quotaCase {
		return quotaCase{
			quota: cognate.QuotaUserPools,
			fill: func(tx *store.Tx, i int) error {
				return tx.CreateUserPool(t.Context(), fillerPool(i), nil)
			},
			create: func(int) error {
				_, err := s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"})
				return err
			},
		}
	},
	"QuotaAppClients": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := s.Pool(t)
		return quotaCase{
			quota: cognate.QuotaAppClients, have: 1,
			fill: func(tx *store.Tx, i int) error { return tx.CreateAppClient(t.Context(), fillerClient(p, i)) },
			create: func(int) error {
				_, err := s.Client.CreateUserPoolClient(t.Context(), &api.CreateUserPoolClientInput{UserPoolId: p.PoolID, ClientName: "app"})
				return err
			},
		}
	},
	"QuotaGroups": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := s.Pool(t)
		return quotaCase{
			quota: cognate.QuotaGroups,
			fill: func(tx *store.Tx, i int) error {
				return tx.CreateGroup(t.Context(), &cognate.Group{PoolID: p.PoolID, Name: fmt.Sprint("filler", i)})
			},
			create: func(i int) error {
				_, err := s.Client.CreateGroup(t.Context(), &api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: fmt.Sprint("new", i)})
				return err
			},
		}
	},
	"QuotaGroupsOfUser": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := s.Pool(t)
		p.MustUser("ann")
		mustWrite(t, s.Store, func(tx *store.Tx) error {
			for i := range cognate.QuotaGroupsOfUser.Max + quotaRacers {
				if err := tx.CreateGroup(t.Context(), &cognate.Group{PoolID: p.PoolID, Name: fmt.Sprint("group", i)}); err != nil {
					return err
				}
			}
			return nil
		})
		return quotaCase{
			quota: cognate.QuotaGroupsOfUser, code: api.CodeInvalidParameterException,
			create: func(i int) error {
				_, err := s.Client.AdminAddUserToGroup(t.Context(), &api.AdminAddUserToGroupInput{
					UserPoolId: p.PoolID, Username: "ann", GroupName: fmt.Sprint("group", i),
				})
				return err
			},
		}
	},
	"QuotaResourceServers": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := s.Pool(t)
		return quotaCase{quota: cognate.QuotaResourceServers, create: func(i int) error {
			_, err := s.Client.CreateResourceServer(t.Context(), &api.CreateResourceServerInput{
				UserPoolId: p.PoolID, Identifier: fmt.Sprint("server", i), Name: "n",
			})
			return err
		}}
	},
	"QuotaLoginStyles": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := poolWithClients(t, s, cognate.QuotaLoginStyles)
		return quotaCase{quota: cognate.QuotaLoginStyles, create: func(i int) error {
			_, err := s.Client.CreateManagedLoginBranding(t.Context(), &api.CreateManagedLoginBrandingInput{
				UserPoolId: p.PoolID, ClientId: fillerClient(p, i).ID, UseCognitoProvidedValues: new(true),
			})
			return err
		}}
	},
	"QuotaTerms": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := poolWithClients(t, s, cognate.QuotaTerms)
		return quotaCase{quota: cognate.QuotaTerms, create: func(i int) error {
			_, err := s.Client.CreateTerms(t.Context(), &api.CreateTermsInput{
				UserPoolId: p.PoolID, ClientId: fillerClient(p, i).ID, TermsName: "terms-of-use", TermsSource: api.TermsSourceTypeLink,
				Enforcement: api.TermsEnforcementTypeNone, Links: map[string]string{cognate.DefaultLanguage: "https://example.com"},
			})
			return err
		}}
	},
	"QuotaCustomDomains": func(t *testing.T, s *cognatetest.Server) quotaCase {
		mustWrite(t, s.Store, func(tx *store.Tx) error {
			for i := range cognate.QuotaCustomDomains.Max + quotaRacers {
				if err := tx.CreateUserPool(t.Context(), fillerPool(i), nil); err != nil {
					return err
				}
			}
			return nil
		})
		return quotaCase{quota: cognate.QuotaCustomDomains, create: func(i int) error {
			_, err := s.Client.CreateUserPoolDomain(t.Context(), &api.CreateUserPoolDomainInput{
				UserPoolId: fillerPool(i).ID, Domain: fmt.Sprintf("login%d.example.com", i), CustomDomainConfig: &api.CustomDomainConfigType{
					CertificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1f2e3d4c-0000-4000-8000-000000000000",
				},
			})
			return err
		}}
	},
	"QuotaProviders": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := s.Pool(t)
		return quotaCase{
			quota: cognate.QuotaProviders,
			fill: func(tx *store.Tx, i int) error {
				return tx.CreateIdentityProvider(t.Context(), &cognate.IdentityProvider{
					PoolID: p.PoolID, Name: fmt.Sprint("filler", i), Type: api.IdentityProviderTypeTypeGoogle,
				})
			},
			create: func(i int) error { return createGoogle(t, p, fmt.Sprint("new", i)) },
		}
	},
	"QuotaLinks": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := s.Pool(t)
		p.MustUser("ann")
		cognatetest.WantRefusal(t, "CreateIdentityProvider", createGoogle(t, p, "Google"), nil)
		return quotaCase{quota: cognate.QuotaLinks, create: func(i int) error {
			_, err := s.Client.AdminLinkProviderForUser(t.Context(), &api.AdminLinkProviderForUserInput{
				UserPoolId: p.PoolID, DestinationUser: &api.ProviderUserIdentifierType{ProviderName: "Cognito", ProviderAttributeValue: "ann"},
				SourceUser: &api.ProviderUserIdentifierType{
					ProviderName: "Google", ProviderAttributeName: "Cognito_Subject", ProviderAttributeValue: fmt.Sprint(i),
				},
			})
			return err
		}}
	},
	"QuotaUserImportJobs": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := s.Pool(t)
		return quotaCase{
			quota: cognate.QuotaUserImportJobs,
			fill: func(tx *store.Tx, i int) error {
				return tx.CreateImportJob(t.Context(), &cognate.UserImportJob{
					PoolID: p.PoolID, ID: fmt.Sprintf("import-%010d", i), AccountID: cognatetest.AccountID, Status: api.UserImportJobStatusTypeCreated,
				})
			},
			create: func(i int) error {
				_, err := s.Client.CreateUserImportJob(t.Context(), &api.CreateUserImportJobInput{
					UserPoolId: p.PoolID, JobName: fmt.Sprint("new", i), CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs",
				})
				return err
			},
		}
	},
	// This quota is a constant of its operation.
	"client secrets": func(t *testing.T, s *cognatetest.Server) quotaCase {
		p := s.Pool(t, cognatetest.ClientSecret())
		return quotaCase{
			quota: cognate.Quota{Max: 2}, have: 1,
			create: func(int) error {
				_, err := s.Client.AddUserPoolClientSecret(t.Context(), &api.AddUserPoolClientSecretInput{UserPoolId: p.PoolID, ClientId: p.ClientID})
				return err
			},
		}
	},
}

// quotaRacers is the number of concurrent requests for the last resource of a quota.
const quotaRacers = 50

// Of 50 concurrent requests for the last resource that a quota allows, exactly one succeeds.
func TestQuotaRaces(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../quotas.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^\t(Quota\w+) += Quota\{`).FindAllSubmatch(source, -1)
	if len(declared) < 11 {
		t.Errorf("quotas.go has %d quotas, want all", len(declared))
	}
	for _, name := range declared {
		if quotaCases[string(name[1])] == nil {
			t.Errorf("%s has no case", name[1])
		}
	}
	for name, newCase := range quotaCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
				c := newCase(t, s)
				if c.code == "" {
					c.code = api.CodeLimitExceededException
				}
				before := c.quota.Max - 1 - c.have
				mustWrite(t, s.Store, func(tx *store.Tx) error {
					for i := range before {
						if c.fill == nil {
							break
						}
						if err := c.fill(tx, i); err != nil {
							return err
						}
					}
					return nil
				})
				for i := 0; c.fill == nil && i < before; i++ {
					cognatetest.WantRefusal(t, fmt.Sprint("resource ", i), c.create(i), nil)
				}
				if n := cognatetest.RaceOf(t, quotaRacers, c.code, func(i int) error { return c.create(before + i) }); n != 1 {
					t.Errorf("%d of the concurrent requests succeeded, want 1", n)
				}
				cognatetest.WantCode(t, "the next request", c.create(before+quotaRacers), c.code)
			})
		})
	}
}

// fillerPool returns the pool number i of the account.
func fillerPool(i int) *cognate.UserPool {
	return &cognate.UserPool{ID: fmt.Sprintf("%s_filler%09d", cognatetest.Region, i), AccountID: cognatetest.AccountID, Name: "filler"}
}

// fillerClient returns the app client number i of a pool.
func fillerClient(p *cognatetest.UserPool, i int) *cognate.AppClient {
	return &cognate.AppClient{PoolID: p.PoolID, ID: fmt.Sprintf("client%020d", i), Name: "filler"}
}

// poolWithClients returns a pool with a client for each resource of the quota, and for each of the concurrent requests.
func poolWithClients(t *testing.T, s *cognatetest.Server, quota cognate.Quota) *cognatetest.UserPool {
	t.Helper()
	p := s.Pool(t)
	mustWrite(t, s.Store, func(tx *store.Tx) error {
		for i := range quota.Max + quotaRacers {
			if err := tx.CreateAppClient(t.Context(), fillerClient(p, i)); err != nil {
				return err
			}
		}
		return nil
	})
	return p
}

func createGoogle(t *testing.T, p *cognatetest.UserPool, name string) error {
	t.Helper()
	_, err := p.Client.CreateIdentityProvider(t.Context(), &api.CreateIdentityProviderInput{
		UserPoolId: p.PoolID, ProviderName: name, ProviderType: api.IdentityProviderTypeTypeGoogle,
		ProviderDetails: map[string]string{"client_id": "id", "client_secret": "the secret", "authorize_scopes": "openid email"},
	})
	return err
}
