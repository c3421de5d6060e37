package identityprovider_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

func TestProvider(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	created := api.EpochOf(p.Clock.Now())
	want := &api.IdentityProviderType{
		UserPoolId: p.PoolID, ProviderName: "Google", ProviderType: google,
		ProviderDetails: googleDetails(map[string]string{
			"attributes_url": "https://people.googleapis.com/v1/people/me?personFields=", "attributes_url_add_attributes": "true",
			"authorize_url": "https://accounts.google.com/o/oauth2/v2/auth", "oidc_issuer": "https://accounts.google.com",
			"token_request_method": "POST", "token_url": "https://www.googleapis.com/oauth2/v4/token",
		}),
		AttributeMapping: map[string]string{"username": "sub"}, CreationDate: created, LastModifiedDate: created,
	}
	wantSame(t, "CreateIdentityProvider()", want, mustCreate(t, p, "Google"))
	want.IdpIdentifiers = []string{}
	wantSame(t, "DescribeIdentityProvider()", want, mustDescribe(t, p, "Google"))

	p.Clock.Advance(time.Minute)
	want.LastModifiedDate = api.EpochOf(p.Clock.Now())
	for _, change := range []struct {
		in   api.UpdateIdentityProviderInput
		want func()
	}{
		{api.UpdateIdentityProviderInput{}, func() {}},
		{api.UpdateIdentityProviderInput{ProviderDetails: map[string]string{"client_id": "new"}}, func() { want.ProviderDetails["client_id"] = "new" }},
		{api.UpdateIdentityProviderInput{AttributeMapping: map[string]string{"email": "email"}}, func() { want.AttributeMapping = map[string]string{"email": "email"} }},
		{api.UpdateIdentityProviderInput{IdpIdentifiers: []string{"z.example.com", "a.example.com"}}, func() { want.IdpIdentifiers = []string{"z.example.com", "a.example.com"} }},
		{api.UpdateIdentityProviderInput{ProviderDetails: map[string]string{}}, func() {}},
		{api.UpdateIdentityProviderInput{AttributeMapping: map[string]string{}}, func() { want.AttributeMapping = map[string]string{} }},
		{api.UpdateIdentityProviderInput{IdpIdentifiers: []string{}}, func() { want.IdpIdentifiers = []string{} }},
	} {
		change.in.UserPoolId, change.in.ProviderName = p.PoolID, "Google"
		change.want()
		echoed := *want
		if change.in.IdpIdentifiers == nil {
			echoed.IdpIdentifiers = nil
		}
		wantSame(t, "UpdateIdentityProvider", &echoed, p.Must(t).UpdateIdentityProvider(&change.in).IdentityProvider)
		wantSame(t, "DescribeIdentityProvider", want, mustDescribe(t, p, "Google"))
	}
}

func TestAcrMapping(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	details := map[string]string{
		"client_id": "id", "attributes_request_method": "GET", "authorize_scopes": "openid", "authorize_url": "https://a.example.com/a",
		"token_url": "https://a.example.com/t", "attributes_url": "https://a.example.com/u", "jwks_uri": "https://a.example.com/k",
	}
	levels := map[string]string{"Level2": "urn:two", "Level4": "urn:four"}
	create := func(kind api.IdentityProviderTypeType, acr map[string]string) (*api.CreateIdentityProviderOutput, error) {
		in := &api.CreateIdentityProviderInput{
			UserPoolId: p.PoolID, ProviderName: "idp", ProviderType: kind, ProviderDetails: details, AcrMapping: acr,
		}
		if kind == google {
			in.ProviderDetails = googleDetails(nil)
		}
		return p.Client.CreateIdentityProvider(t.Context(), in)
	}
	for name, tc := range map[string]struct {
		kind api.IdentityProviderTypeType
		acr  map[string]string
		want string
	}{
		"another type":    {google, levels, "AcrMapping is supported only for OIDC identity providers."},
		"an unknown name": {oidc, map[string]string{"Level5": "x"}, "Invalid level in AcrMapping: Level5"},
		"an empty value":  {oidc, map[string]string{"Level1": ""}, "Invalid value of Level1 in AcrMapping."},
		"a space":         {oidc, map[string]string{"Level1": "a b"}, "Invalid value of Level1 in AcrMapping."},
		"a value twice":   {oidc, map[string]string{"Level1": "a", "Level2": "a"}, "a appears more than once in AcrMapping."},
	} {
		_, err := create(tc.kind, tc.acr)
		cognatetest.WantError(t, "CreateIdentityProvider("+name+")", err, api.InvalidParameterException(tc.want))
	}
	out := cognatetest.Try(create(oidc, levels)).Of(t)
	wantSame(t, "AcrMapping", levels, out.IdentityProvider.AcrMapping)
	wantSame(t, "AttributeMapping", map[string]string{"username": "sub"}, out.IdentityProvider.AttributeMapping)
	update := func(acr map[string]string) map[string]string {
		t.Helper()
		p.Must(t).UpdateIdentityProvider(&api.UpdateIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "idp", AcrMapping: acr})
		return mustDescribe(t, p, "idp").AcrMapping
	}
	wantSame(t, "AcrMapping after a change of nothing", levels, update(nil))
	wantSame(t, "AcrMapping after a change", map[string]string{"Level1": "one"}, update(map[string]string{"Level1": "one"}))
	wantSame(t, "AcrMapping after an empty one", map[string]string(nil), update(map[string]string{}))
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	other := p.Pool(t)
	mustCreate(t, p, "taken")
	mustCreate(t, other, "foreign")
	p.Must(t).UpdateIdentityProvider(&api.UpdateIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "taken", IdpIdentifiers: []string{"example.com"}})
	before := p.Must(t).ListIdentityProviders(&api.ListIdentityProvidersInput{UserPoolId: p.PoolID})

	invalid := api.InvalidParameterException
	exists := api.DuplicateProviderException("An identity provider with the name already exists.")
	mapping := func(keys string) *api.Error {
		return invalid("AttributeMapping contains invalid mapping: [" + keys + "]")
	}
	for name, tc := range map[string]struct {
		change func(*api.CreateIdentityProviderInput)
		want   *api.Error
	}{
		"a taken name":               {func(in *api.CreateIdentityProviderInput) { in.ProviderName = "taken" }, exists},
		"a taken name, another case": {func(in *api.CreateIdentityProviderInput) { in.ProviderName = "TAKEN" }, exists},
		"the name of the pool":       {func(in *api.CreateIdentityProviderInput) { in.ProviderName = "Cognito" }, invalid("The name Cognito is reserved for the user pool.")},
		"no details": {
			func(in *api.CreateIdentityProviderInput) { in.ProviderDetails = map[string]string{} },
			invalid("client_id, client_secret and authorize_scopes are all required idp details"),
		},
		"an attribute not in the schema": {func(in *api.CreateIdentityProviderInput) {
			in.AttributeMapping = map[string]string{"custom:b": "x", "custom:a": "y", "email": "email"}
		}, mapping("custom:a, custom:b")},
		"the sub as target":     {func(in *api.CreateIdentityProviderInput) { in.AttributeMapping = map[string]string{"sub": "sub"} }, mapping("sub")},
		"identities as target":  {func(in *api.CreateIdentityProviderInput) { in.AttributeMapping = map[string]string{"identities": "a"} }, mapping("identities")},
		"a mapping of no claim": {func(in *api.CreateIdentityProviderInput) { in.AttributeMapping = map[string]string{"email": ""} }, mapping("email")},
		"an identifier twice":   {func(in *api.CreateIdentityProviderInput) { in.IdpIdentifiers = []string{"a", "b", "a"} }, invalid("a appears more than once in IdpIdentifiers.")},
		"a taken identifier": {func(in *api.CreateIdentityProviderInput) { in.IdpIdentifiers = []string{"example.com"} }, invalid(
			"An identifier in IdpIdentifiers belongs to another identity provider.")},
		"an unknown pool": {func(in *api.CreateIdentityProviderInput) { in.UserPoolId = "us-east-1_none" }, noPool},
	} {
		in := &api.CreateIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "new", ProviderType: google, ProviderDetails: googleDetails(nil)}
		tc.change(in)
		_, err := p.Client.CreateIdentityProvider(t.Context(), in)
		cognatetest.WantError(t, "CreateIdentityProvider("+name+")", err, tc.want)
	}
	for name, tc := range map[string]struct {
		in   api.UpdateIdentityProviderInput
		want *api.Error
	}{
		"an unknown provider":            {api.UpdateIdentityProviderInput{ProviderName: "none"}, noProvider("none")},
		"another case":                   {api.UpdateIdentityProviderInput{ProviderName: "Taken"}, noProvider("Taken")},
		"of another pool":                {api.UpdateIdentityProviderInput{ProviderName: "foreign"}, noProvider("foreign")},
		"no client_id":                   {api.UpdateIdentityProviderInput{ProviderName: "taken", ProviderDetails: map[string]string{"client_id": ""}}, invalid("client_id, client_secret and authorize_scopes are all required idp details")},
		"an attribute not in the schema": {api.UpdateIdentityProviderInput{ProviderName: "taken", AttributeMapping: map[string]string{"custom:a": "x"}}, mapping("custom:a")},
	} {
		tc.in.UserPoolId = p.PoolID
		_, err := p.Client.UpdateIdentityProvider(t.Context(), &tc.in)
		cognatetest.WantError(t, "UpdateIdentityProvider("+name+")", err, tc.want)
	}
	for _, name := range []string{"none", "Taken", "foreign"} {
		_, err := p.Client.DescribeIdentityProvider(t.Context(), &api.DescribeIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: name})
		cognatetest.WantError(t, "DescribeIdentityProvider("+name+")", err, noProvider(name))
		_, err = p.Client.DeleteIdentityProvider(t.Context(), &api.DeleteIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: name})
		cognatetest.WantError(t, "DeleteIdentityProvider("+name+")", err, noProvider(name))
	}
	_, err := p.Client.GetIdentityProviderByIdentifier(t.Context(), &api.GetIdentityProviderByIdentifierInput{UserPoolId: other.PoolID, IdpIdentifier: "example.com"})
	cognatetest.WantError(t, "GetIdentityProviderByIdentifier(of another pool)", err, api.ResourceNotFoundException("No identity provider has the identifier example.com."))
	after := p.Must(t).ListIdentityProviders(&api.ListIdentityProvidersInput{UserPoolId: p.PoolID})
	wantSame(t, "the providers after all refusals", before, after)
	if log := p.Log.String(); strings.Contains(log, "the secret") {
		t.Error("the log contains the client secret")
	}
}

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	find := func(identifier string) string {
		t.Helper()
		return p.Must(t).GetIdentityProviderByIdentifier(&api.GetIdentityProviderByIdentifierInput{
			UserPoolId: p.PoolID, IdpIdentifier: identifier,
		}).IdentityProvider.ProviderName
	}
	set := func(name string, identifiers ...string) {
		t.Helper()
		p.Must(t).UpdateIdentityProvider(&api.UpdateIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: name, IdpIdentifiers: identifiers})
	}
	mustCreate(t, p, "one")
	mustCreate(t, p, "two")
	set("one", "a", "b")
	wantSame(t, "the provider of b", "one", find("b"))
	set("one", "a")
	set("two", "b")
	wantSame(t, "the provider of b", "two", find("b"))
	p.Must(t).DeleteIdentityProvider(&api.DeleteIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "one"})
	set("two", "b", "a")
	wantSame(t, "the provider of a", "two", find("a"))
}

func TestListIdentityProviders(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		names := []string{"Apple", "banana", "Cherry", "date", "Elder"}
		for _, i := range []int{3, 0, 4, 1, 2} {
			mustCreate(t, p, names[i])
		}
		created := api.EpochOf(p.Clock.Now())
		var listed []api.ProviderDescription
		in := &api.ListIdentityProvidersInput{UserPoolId: p.PoolID, MaxResults: new(2)}
		for pages := 1; ; pages++ {
			out := p.Must(t).ListIdentityProviders(in)
			listed = append(listed, out.Providers...)
			if in.NextToken = out.NextToken; in.NextToken == "" {
				wantSame(t, "pages", 3, pages)
				break
			}
		}
		var want []api.ProviderDescription
		for _, name := range names {
			want = append(want, api.ProviderDescription{ProviderName: name, ProviderType: google, CreationDate: created, LastModifiedDate: created})
		}
		wantSame(t, "ListIdentityProviders()", want, listed)
		none := s.Pool(t)
		wantSame(t, "ListIdentityProviders(none)", []api.ProviderDescription{}, s.Must(t).ListIdentityProviders(&api.ListIdentityProvidersInput{UserPoolId: none.PoolID}).Providers)
	})
}

func TestSAML(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	create := func(name string, details map[string]string) (*api.IdentityProviderType, error) {
		out, err := p.Client.CreateIdentityProvider(t.Context(), &api.CreateIdentityProviderInput{
			UserPoolId: p.PoolID, ProviderName: name, ProviderType: saml, ProviderDetails: details,
		})
		if err != nil {
			return nil, err
		}
		return out.IdentityProvider, nil
	}
	_, err := create("bad", map[string]string{"MetadataFile": "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>"})
	cognatetest.WantError(t, "CreateIdentityProvider(external entity)", err, api.InvalidParameterException("Unable to unmarshall metadata"))
	keys, err := p.Store.SAMLKeys(t.Context(), p.PoolID)
	if len(keys) != 0 || err != nil {
		t.Errorf("SAMLKeys() after a refusal = %d keys, %v, want none", len(keys), err)
	}

	made := cognatetest.Try(create("okta", map[string]string{
		"MetadataFile": metadata, "EncryptedResponses": "true", "SSORedirectBindingURI": "https://other.example.com/",
	})).Of(t)
	certificate := p.Must(t).GetSigningCertificate(&api.GetSigningCertificateInput{UserPoolId: p.PoolID}).Certificate
	wantSame(t, "ProviderDetails", map[string]string{
		"MetadataFile": metadata, "EncryptedResponses": "true", "SSORedirectBindingURI": "https://idp.example.com/sso",
		"SLORedirectBindingURI": "https://idp.example.com/slo", "ActiveEncryptionCertificate": certificate,
	}, made.ProviderDetails)
	wantSame(t, "AttributeMapping", map[string]string{}, made.AttributeMapping)
	described := mustDescribe(t, p, "okta")
	described.IdpIdentifiers = nil
	wantSame(t, "DescribeIdentityProvider()", made, described)

	large := strings.Replace(metadata, "</md:EntityDescriptor>", "<!--"+strings.Repeat("x", 100<<10)+"--></md:EntityDescriptor>", 1)
	wantSame(t, "a document of 100 KB", large, cognatetest.Try(create("large", map[string]string{"MetadataFile": large})).Of(t).ProviderDetails["MetadataFile"])
	_, err = p.Client.UpdateIdentityProvider(t.Context(), &api.UpdateIdentityProviderInput{
		UserPoolId: p.PoolID, ProviderName: "okta", ProviderDetails: described.ProviderDetails,
	})
	cognatetest.WantError(t, "UpdateIdentityProvider(as read)", err, api.InvalidParameterException(
		"ActiveEncryptionCertificate is not a valid key for SAML identity provider details."))
}

// The certificate is a real one of a key of the pool, whose private half is sealed in the store.
func TestSigningCertificate(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	get := func(poolID string) *x509.Certificate {
		t.Helper()
		text := p.Must(t).GetSigningCertificate(&api.GetSigningCertificateInput{UserPoolId: poolID}).Certificate
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatalf("GetSigningCertificate() = %q: %v", text, err)
		}
		return cognatetest.Try(x509.ParseCertificate(der)).Of(t)
	}
	first := get(p.PoolID)
	key, ok := first.PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() != 2048 {
		t.Errorf("the key of the certificate is %T, want RSA with 2048 bits", first.PublicKey)
	}
	if err := first.CheckSignature(first.SignatureAlgorithm, first.RawTBSCertificate, first.Signature); err != nil {
		t.Errorf("CheckSignature() = %v", err)
	}
	if want := p.Clock.Now().AddDate(10, 0, 0).Truncate(time.Second); !first.NotAfter.Equal(want) {
		t.Errorf("NotAfter = %s, want %s", first.NotAfter, want)
	}
	stored := cognatetest.Try(p.Store.SAMLKeys(t.Context(), p.PoolID)).Of(t)
	if len(stored) != 1 || !stored[0].Key.PublicKey.Equal(key) {
		t.Error("the stored key is not the key of the certificate")
	}
	if again := get(p.PoolID); !bytes.Equal(first.Raw, again.Raw) {
		t.Error("a second request returned another certificate")
	}
	if other := get(p.Pool(t).PoolID); other.Subject.String() == first.Subject.String() {
		t.Errorf("another pool has a certificate for %s", other.Subject)
	}
	_, err := p.Client.GetSigningCertificate(t.Context(), &api.GetSigningCertificateInput{UserPoolId: "us-east-1_none"})
	cognatetest.WantError(t, "GetSigningCertificate(unknown pool)", err, noPool)
}

func TestConcurrentFirstCertificates(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		cognatetest.Race(t, api.CodeInternalErrorException, func(int) error {
			_, err := s.Client.GetSigningCertificate(t.Context(), &api.GetSigningCertificateInput{UserPoolId: p.PoolID})
			return err
		})
		if keys := cognatetest.Try(s.Store.SAMLKeys(t.Context(), p.PoolID)).Of(t); len(keys) != 1 {
			t.Errorf("concurrent requests made %d keys, want 1", len(keys))
		}
	})
}

func TestMetadataURL(t *testing.T) {
	t.Parallel()
	p, idp := cognatetest.Pool(t), newRemote(t, metadata)
	create := func(name, path string) error {
		_, err := p.Client.CreateIdentityProvider(t.Context(), &api.CreateIdentityProviderInput{
			UserPoolId: p.PoolID, ProviderName: name, ProviderType: saml, ProviderDetails: map[string]string{"MetadataURL": idp.URL + path},
		})
		return err
	}
	if err := create("okta", "/metadata"); err != nil {
		t.Fatalf("CreateIdentityProvider() = %v", err)
	}
	details := mustDescribe(t, p, "okta").ProviderDetails
	wantSame(t, "SSORedirectBindingURI", "https://idp.example.com/sso", details["SSORedirectBindingURI"])
	wantSame(t, "MetadataFile", "", details["MetadataFile"])

	idp.answer(http.StatusNotFound, "")
	cognatetest.WantError(t, "CreateIdentityProvider(404)", create("other", "/none"), api.InvalidParameterException(
		"Non-ok status code 404 returned from remote metadata source "+idp.URL+"/none"))
	idp.answer(http.StatusOK, "<html/>")
	cognatetest.WantError(t, "CreateIdentityProvider(no metadata)", create("other", "/none"), api.InvalidParameterException("Unable to unmarshall metadata"))

	// A change of the mapping does not need the provider. A change of the details does, and a refused one changes nothing.
	p.Must(t).UpdateIdentityProvider(&api.UpdateIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "okta", AttributeMapping: map[string]string{"email": "mail"}})
	wantSame(t, "requests", []string{"/none"}, idp.seen())
	_, err := p.Client.UpdateIdentityProvider(t.Context(), &api.UpdateIdentityProviderInput{
		UserPoolId: p.PoolID, ProviderName: "okta", ProviderDetails: map[string]string{"IDPSignout": "true"},
	})
	cognatetest.WantError(t, "UpdateIdentityProvider(no metadata)", err, api.InvalidParameterException("Unable to unmarshall metadata"))
	wantSame(t, "ProviderDetails", details, mustDescribe(t, p, "okta").ProviderDetails)

	// The file replaces the URL, and the reverse.
	p.Must(t).UpdateIdentityProvider(&api.UpdateIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "okta", ProviderDetails: map[string]string{"MetadataFile": metadata}})
	want := maps.Clone(details)
	delete(want, "MetadataURL")
	want["MetadataFile"] = metadata
	wantSame(t, "ProviderDetails with a file", want, mustDescribe(t, p, "okta").ProviderDetails)
	idp.answer(http.StatusOK, metadata)
	p.Must(t).UpdateIdentityProvider(&api.UpdateIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "okta", ProviderDetails: map[string]string{"MetadataURL": idp.URL + "/metadata"}})
	wantSame(t, "ProviderDetails with a URL", details, mustDescribe(t, p, "okta").ProviderDetails)
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	p, idp := cognatetest.Pool(t), newRemote(t, "")
	document := fmt.Sprintf(`{"issuer":%[1]q,"authorization_endpoint":"%[2]s/a","token_endpoint":"%[2]s/t","userinfo_endpoint":"%[2]s/u","jwks_uri":"%[2]s/k"}`, idp.URL+"/tenant", idp.URL)
	details := map[string]string{
		"client_id": "id", "client_secret": "s", "attributes_request_method": "GET", "oidc_issuer": idp.URL + "/tenant", "authorize_scopes": "openid",
	}
	create := func() error {
		_, err := p.Client.CreateIdentityProvider(t.Context(), &api.CreateIdentityProviderInput{
			UserPoolId: p.PoolID, ProviderName: "idp", ProviderType: oidc, ProviderDetails: details,
		})
		return err
	}
	idp.answer(http.StatusBadGateway, document)
	unreachable := api.InvalidParameterException("Unable to contact well-known endpoint")
	cognatetest.WantError(t, "CreateIdentityProvider(unreachable)", create(), unreachable)
	idp.answer(http.StatusOK, document)
	if err := create(); err != nil {
		t.Fatalf("CreateIdentityProvider() = %v", err)
	}
	wantSame(t, "requests", []string{"/tenant/.well-known/openid-configuration"}, idp.seen())
	want := maps.Clone(details)
	want["attributes_url_add_attributes"] = "false"
	wantSame(t, "ProviderDetails", want, mustDescribe(t, p, "idp").ProviderDetails)

	idp.answer(http.StatusNotFound, "")
	update := func(details map[string]string) error {
		_, err := p.Client.UpdateIdentityProvider(t.Context(), &api.UpdateIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "idp", ProviderDetails: details})
		return err
	}
	cognatetest.WantError(t, "UpdateIdentityProvider(unreachable)", update(map[string]string{"client_id": "new"}), unreachable)
	wantSame(t, "ProviderDetails after a refusal", want, mustDescribe(t, p, "idp").ProviderDetails)
	// With all endpoints, no document is needed.
	if err := update(map[string]string{
		"authorize_url": idp.URL + "/a", "token_url": idp.URL + "/t", "attributes_url": idp.URL + "/u", "jwks_uri": idp.URL + "/k",
	}); err != nil {
		t.Errorf("UpdateIdentityProvider(with endpoints) = %v", err)
	}
}

func TestClientsOfProviders(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	mustCreate(t, p, "Google")
	mustCreate(t, p, "okta")
	client := func(providers ...string) (*api.UserPoolClientType, error) {
		out, err := p.Client.CreateUserPoolClient(t.Context(), &api.CreateUserPoolClientInput{UserPoolId: p.PoolID, ClientName: "app", SupportedIdentityProviders: providers})
		if err != nil {
			return nil, err
		}
		return out.UserPoolClient, nil
	}
	_, err := client("COGNITO", "google")
	cognatetest.WantError(t, "CreateUserPoolClient(another case)", err, api.InvalidParameterException("The provider google does not exist for User Pool "+p.PoolID+"."))
	both, alone, without := cognatetest.Try(client("Google", "okta", "COGNITO")).Of(t), cognatetest.Try(client("Google")).Of(t), cognatetest.Try(client("COGNITO")).Of(t)
	p.Clock.Advance(time.Minute)
	p.Must(t).DeleteIdentityProvider(&api.DeleteIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: "Google"})
	for _, tc := range []struct {
		client *api.UserPoolClientType
		want   []string
	}{{both, []string{"COGNITO", "okta"}}, {alone, nil}, {without, []string{"COGNITO"}}} {
		got := p.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{UserPoolId: p.PoolID, ClientId: tc.client.ClientId}).UserPoolClient
		if fmt.Sprint(got.SupportedIdentityProviders) != fmt.Sprint(tc.want) {
			t.Errorf("SupportedIdentityProviders = %v, want %v", got.SupportedIdentityProviders, tc.want)
		}
	}
	_, err = p.Client.UpdateUserPoolClient(t.Context(), &api.UpdateUserPoolClientInput{UserPoolId: p.PoolID, ClientId: both.ClientId, SupportedIdentityProviders: []string{"Google"}})
	cognatetest.WantError(t, "UpdateUserPoolClient(deleted provider)", err, api.InvalidParameterException("The provider Google does not exist for User Pool "+p.PoolID+"."))
}

func TestQuotaOfProviders(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		const room = 2
		err := s.Store.Write(t.Context(), func(tx *store.Tx) error {
			for i := range cognate.QuotaProviders.Max - room {
				if err := tx.CreateIdentityProvider(t.Context(), &cognate.IdentityProvider{PoolID: p.PoolID, Name: fmt.Sprint("idp", i), Type: google}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		create := func(name string) error {
			_, err := s.Client.CreateIdentityProvider(t.Context(), &api.CreateIdentityProviderInput{UserPoolId: p.PoolID, ProviderName: name, ProviderType: google, ProviderDetails: googleDetails(nil)})
			return err
		}
		if n := cognatetest.Race(t, api.CodeLimitExceededException, func(i int) error { return create(fmt.Sprint("new", i)) }); n != room {
			t.Errorf("%d of the concurrent requests created a provider, want %d", n, room)
		}
		cognatetest.WantCode(t, "CreateIdentityProvider(quota reached, and the name exists)", create("IDP1"), api.CodeDuplicateProviderException)
	})
}

// Of concurrent requests with one name or one identifier, one succeeds.
func TestRacingNames(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		create := func(name string, identifiers ...string) error {
			_, err := s.Client.CreateIdentityProvider(t.Context(), &api.CreateIdentityProviderInput{
				UserPoolId: p.PoolID, ProviderName: name, ProviderType: google, ProviderDetails: googleDetails(nil), IdpIdentifiers: identifiers,
			})
			return err
		}
		if n := cognatetest.Race(t, api.CodeDuplicateProviderException, func(i int) error {
			return create([]string{"same", "SAME"}[i%2])
		}); n != 1 {
			t.Errorf("%d of the concurrent requests created a provider, want 1", n)
		}
		if n := cognatetest.Race(t, api.CodeInvalidParameterException, func(i int) error { return create(fmt.Sprint("idp", i), "example.com") }); n != 1 {
			t.Errorf("%d of the concurrent requests got the identifier, want 1", n)
		}
	})
}

// A fork has the providers and the SAML keys of its pool, with secrets that it can open. A reset keeps both.
func TestCopiesOfProviders(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	want := mustCreate(t, p, "Google")
	certificate := p.Must(t).GetSigningCertificate(&api.GetSigningCertificateInput{UserPoolId: p.PoolID}).Certificate
	fork := p.WithFork(cognatetest.Try(p.ForkPool(t.Context(), p.PoolID, "")).Of(t))
	if err := p.ResetPool(t.Context(), p.PoolID); err != nil {
		t.Fatal(err)
	}
	for _, pool := range []*cognatetest.UserPool{p, fork} {
		got := mustDescribe(t, pool, "Google")
		wantSame(t, "ProviderDetails", want.ProviderDetails, got.ProviderDetails)
		wantSame(t, "certificate", certificate, pool.Must(t).GetSigningCertificate(&api.GetSigningCertificateInput{UserPoolId: pool.PoolID}).Certificate)
	}
}

// A change that another request overtakes is refused, and is never mixed with the other one.
func TestRacingChanges(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		mustCreate(t, p, "Google")
		changed := cognatetest.Race(t, api.CodeConcurrentModificationException, func(i int) error {
			id := fmt.Sprint("id", i)
			_, err := s.Client.UpdateIdentityProvider(t.Context(), &api.UpdateIdentityProviderInput{
				UserPoolId: p.PoolID, ProviderName: "Google", IdpIdentifiers: []string{id}, ProviderDetails: map[string]string{"client_id": id},
			})
			return err
		})
		got := mustDescribe(t, p, "Google")
		if changed == 0 || got.IdpIdentifiers[0] != got.ProviderDetails["client_id"] {
			t.Errorf("after %d changes the provider has %v and %s, want one of the changes", changed, got.IdpIdentifiers, got.ProviderDetails["client_id"])
		}
	})
}
