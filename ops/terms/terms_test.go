package terms_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

const (
	use     = "terms-of-use"
	privacy = "privacy-policy"
	unknown = "0f1e2d3c-0000-4000-8000-000000000001"
)

func links(link string, more ...string) map[string]string {
	all := map[string]string{"cognito:default": link}
	for i := 0; i < len(more); i += 2 {
		all["cognito:"+more[i]] = more[i+1]
	}
	return all
}

func request(pool, client, name string, links map[string]string) *api.CreateTermsInput {
	return &api.CreateTermsInput{
		UserPoolId: pool, ClientId: client, TermsName: name, TermsSource: api.TermsSourceTypeLink,
		Enforcement: api.TermsEnforcementTypeNone, Links: links,
	}
}

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	other := p.Pool(t)
	now := api.EpochOf(p.Clock.Now())
	made := p.Must(t).CreateTerms(request(p.PoolID, p.ClientID, use, links("https://example.com/terms", "german", "https://example.com/agb"))).Terms
	want := &api.TermsType{
		TermsId: made.TermsId, UserPoolId: p.PoolID, ClientId: p.ClientID, TermsName: use, TermsSource: api.TermsSourceTypeLink,
		Enforcement: api.TermsEnforcementTypeNone, Links: links("https://example.com/terms", "german", "https://example.com/agb"),
		CreationDate: now, LastModifiedDate: now,
	}
	wantSame(t, "CreateTerms", want, made)
	describe := func(pool, id string) (*api.DescribeTermsOutput, error) {
		return p.Client.DescribeTerms(t.Context(), &api.DescribeTermsInput{UserPoolId: pool, TermsId: id})
	}
	byClient := func(pool, client, name string) (*api.DescribeTermsByClientOutput, error) {
		return p.Client.DescribeTermsByClient(t.Context(), &api.DescribeTermsByClientInput{UserPoolId: pool, ClientId: client, TermsName: name})
	}
	update := func(in api.UpdateTermsInput) (*api.UpdateTermsOutput, error) {
		return p.Client.UpdateTerms(t.Context(), &in)
	}
	wantSame(t, "DescribeTerms", want, cognatetest.Try(describe(p.PoolID, made.TermsId)).Of(t).Terms)
	wantSame(t, "DescribeTerms(in capitals)", want, cognatetest.Try(describe(p.PoolID, strings.ToUpper(made.TermsId))).Of(t).Terms)
	wantSame(t, "DescribeTermsByClient", want, cognatetest.Try(byClient(p.PoolID, p.ClientID, use)).Of(t).Terms)

	p.Clock.Advance(time.Hour)
	want.LastModifiedDate = api.EpochOf(p.Clock.Now())
	wantSame(t, "UpdateTerms(nothing)", want, cognatetest.Try(update(api.UpdateTermsInput{UserPoolId: p.PoolID, TermsId: made.TermsId})).Of(t).Terms)
	want.Links = links("https://example.com/new")
	wantSame(t, "UpdateTerms(links)", want, cognatetest.Try(update(api.UpdateTermsInput{UserPoolId: p.PoolID, TermsId: made.TermsId, Links: want.Links})).Of(t).Terms)
	want.TermsName = privacy
	wantSame(t, "UpdateTerms(name)", want, cognatetest.Try(update(api.UpdateTermsInput{UserPoolId: p.PoolID, TermsId: made.TermsId, TermsName: privacy})).Of(t).Terms)
	second := p.Must(t).CreateTerms(request(p.PoolID, p.ClientID, use, links("https://example.com/terms"))).Terms

	// Each refusal leaves the terms as they are.
	exists := api.TermsExistsException("Terms with this name already exist for the client.")
	_, err := p.Client.CreateTerms(t.Context(), request(p.PoolID, p.ClientID, use, links("https://example.com")))
	cognatetest.WantError(t, "CreateTerms(again)", err, exists)
	_, err = update(api.UpdateTermsInput{UserPoolId: p.PoolID, TermsId: made.TermsId, TermsName: use})
	cognatetest.WantError(t, "UpdateTerms(name of the other)", err, exists)
	for what, bad := range map[string]struct {
		links map[string]string
		want  string
	}{
		"no default":  {map[string]string{"cognito:german": "https://example.com"}, "Links must contain cognito:default"},
		"HTTP":        {links("http://example.com/terms"), "The link for cognito:default must be an HTTPS URL: http://example.com/terms"},
		"script":      {links("https://example.com", "dutch", "javascript:alert(1)"), "The link for cognito:dutch must be an HTTPS URL: javascript:alert(1)"},
		"no host":     {links("https:///terms"), "The link for cognito:default must be an HTTPS URL: https:///terms"},
		"a username":  {links("https://idp.example.com@evil.example"), "The link for cognito:default must be an HTTPS URL: https://idp.example.com@evil.example"},
		"no address":  {links("terms"), "The link for cognito:default must be an HTTPS URL: terms"},
		"broken host": {links("https://[::1/terms"), "The link for cognito:default must be an HTTPS URL: https://[::1/terms"},
	} {
		_, err := p.Client.CreateTerms(t.Context(), request(p.PoolID, p.ClientID, "privacy-policy", bad.links))
		cognatetest.WantError(t, "CreateTerms("+what+")", err, api.InvalidParameterException(bad.want))
		_, err = update(api.UpdateTermsInput{UserPoolId: p.PoolID, TermsId: made.TermsId, Links: bad.links})
		cognatetest.WantError(t, "UpdateTerms("+what+")", err, api.InvalidParameterException(bad.want))
	}
	_, err = p.Client.CreateTerms(t.Context(), request(p.PoolID, p.ClientID, use, nil))
	cognatetest.WantError(t, "CreateTerms(no links)", err, api.InvalidParameterException("Links must contain cognito:default"))
	for what, bad := range map[string]map[string]string{"empty": {}, "unknown language": {"cognito:klingon": "https://example.com"}} {
		_, err := update(api.UpdateTermsInput{UserPoolId: p.PoolID, TermsId: made.TermsId, Links: bad})
		cognatetest.WantCode(t, "UpdateTerms("+what+" links)", err, api.CodeInvalidParameterException)
	}
	wantSame(t, "after refused requests", want, cognatetest.Try(describe(p.PoolID, made.TermsId)).Of(t).Terms)

	// Terms, clients and pools that do not exist, or that are others', are not found.
	none, noPool := api.ResourceNotFoundException("Terms do not exist."), api.ResourceNotFoundException("User pool us-east-1_none does not exist.")
	noClient := api.ResourceNotFoundException("User pool client " + other.ClientID + " does not exist.")
	for what, tt := range map[string]struct {
		pool, id string
		want     *api.Error
	}{"unknown": {p.PoolID, unknown, none}, "another pool": {other.PoolID, made.TermsId, none}, "unknown pool": {"us-east-1_none", made.TermsId, noPool}} {
		_, err := describe(tt.pool, tt.id)
		cognatetest.WantError(t, "DescribeTerms("+what+")", err, tt.want)
		_, err = update(api.UpdateTermsInput{UserPoolId: tt.pool, TermsId: tt.id, Links: map[string]string{"cognito:german": "x"}})
		cognatetest.WantError(t, "UpdateTerms("+what+")", err, tt.want)
		_, err = p.Client.DeleteTerms(t.Context(), &api.DeleteTermsInput{UserPoolId: tt.pool, TermsId: tt.id})
		cognatetest.WantError(t, "DeleteTerms("+what+")", err, tt.want)
	}
	_, err = p.Client.CreateTerms(t.Context(), request(p.PoolID, other.ClientID, use, nil))
	cognatetest.WantError(t, "CreateTerms(client of another pool)", err, noClient)
	_, err = byClient(p.PoolID, other.ClientID, use)
	cognatetest.WantError(t, "DescribeTermsByClient(client of another pool)", err, noClient)
	_, err = byClient(other.PoolID, other.ClientID, use)
	cognatetest.WantError(t, "DescribeTermsByClient(none)", err, none)
	_, err = byClient("us-east-1_none", p.ClientID, use)
	cognatetest.WantError(t, "DescribeTermsByClient(unknown pool)", err, noPool)
	_, err = p.Client.ListTerms(t.Context(), &api.ListTermsInput{UserPoolId: "us-east-1_none"})
	cognatetest.WantError(t, "ListTerms(unknown pool)", err, noPool)

	p.Must(t).DeleteTerms(&api.DeleteTermsInput{UserPoolId: p.PoolID, TermsId: made.TermsId})
	_, err = describe(p.PoolID, made.TermsId)
	cognatetest.WantError(t, "DescribeTerms(deleted)", err, none)
	p.Must(t).DeleteUserPoolClient(&api.DeleteUserPoolClientInput{UserPoolId: p.PoolID, ClientId: p.ClientID})
	_, err = describe(p.PoolID, second.TermsId)
	cognatetest.WantError(t, "DescribeTerms(of a deleted client)", err, none)
}

func TestListTerms(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, other := s.Pool(t), s.Pool(t)
		s.Must(t).CreateTerms(request(other.PoolID, other.ClientID, use, links("https://example.com")))
		var want []string
		for _, client := range []string{p.ClientID, p.MustClient().ClientId} {
			for _, name := range []string{use, privacy} {
				want = append(want, s.Must(t).CreateTerms(request(p.PoolID, client, name, links("https://example.com"))).Terms.TermsId)
			}
		}
		slices.Sort(want)
		var got []string
		for page, token := 0, ""; page == 0 || token != ""; page++ {
			out := s.Must(t).ListTerms(&api.ListTermsInput{UserPoolId: p.PoolID, MaxResults: new(3), NextToken: token})
			for _, terms := range out.Terms {
				got = append(got, terms.TermsId)
			}
			token = out.NextToken
			if token == "" {
				continue
			}
			_, err := s.Client.ListTerms(t.Context(), &api.ListTermsInput{UserPoolId: other.PoolID, NextToken: token})
			cognatetest.WantError(t, "ListTerms(token of another pool)", err, api.InvalidParameterException("Invalid pagination token"))
		}
		wantSame(t, "ListTerms by 3", want, got)
		_, err := s.Client.ListTerms(t.Context(), &api.ListTermsInput{UserPoolId: p.PoolID, MaxResults: new(61)})
		cognatetest.WantCode(t, "ListTerms(61)", err, api.CodeInvalidParameterException)
	})
}

// Of concurrent requests, only as many succeed as the quota allows, and one for each name of a client.
func TestTermsQuota(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		const room = 5
		p := s.Pool(t)
		clients := make([]string, 20)
		for i := range clients {
			clients[i] = p.MustClient().ClientId
			s.Must(t).CreateTerms(request(p.PoolID, clients[i], use, links("https://example.com")))
		}
		one := cognatetest.Race(t, api.CodeTermsExistsException, func(int) error {
			_, err := s.Client.CreateTerms(t.Context(), request(p.PoolID, clients[0], privacy, links("https://example.com")))
			return err
		})
		if one != 1 {
			t.Errorf("%d documents have the same name, want 1", one)
		}
		for i := 1; i < cognate.QuotaTerms.Max-len(clients)-room; i++ {
			s.Must(t).CreateTerms(request(p.PoolID, clients[i], privacy, links(fmt.Sprint("https://example.com/", i))))
		}
		more := make([]string, 20)
		for i := range more {
			more[i] = p.MustClient().ClientId
		}
		succeeded := cognatetest.Race(t, api.CodeLimitExceededException, func(i int) error {
			_, err := s.Client.CreateTerms(t.Context(), request(p.PoolID, more[i], use, links("https://example.com")))
			return err
		})
		if succeeded != room {
			t.Errorf("%d of the concurrent requests created terms, want %d", succeeded, room)
		}
	})
}
