package managedlogin_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/branding"
	"cognate/cognatetest"
)

// radius is the path of the setting in settings.
const radius = "components.form.borderRadius"

const settings = `{"components":{"form":{"borderRadius":4}}}`

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func logo(mode api.ColorSchemeModeType, content []byte) api.AssetType {
	return api.AssetType{Category: api.AssetCategoryTypeFormLogo, ColorMode: mode, Extension: api.AssetExtensionTypePng, Bytes: content}
}

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestManagedLoginBranding(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	second := p.MustClient()
	now := api.EpochOf(p.Clock.Now())
	light, dark := logo(api.ColorSchemeModeTypeLight, pngOf(t, 2, 1)), logo(api.ColorSchemeModeTypeDark, pngOf(t, 3, 1))
	made := p.Must(t).CreateManagedLoginBranding(&api.CreateManagedLoginBrandingInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, UseCognitoProvidedValues: new(false), Settings: jsontext.Value(settings),
		Assets: []api.AssetType{light},
	}).ManagedLoginBranding
	want := &api.ManagedLoginBrandingType{
		ManagedLoginBrandingId: made.ManagedLoginBrandingId, UserPoolId: p.PoolID, UseCognitoProvidedValues: new(false),
		Settings: jsontext.Value(settings), Assets: []api.AssetType{light}, CreationDate: now, LastModifiedDate: now,
	}
	wantSame(t, "CreateManagedLoginBranding", want, made)
	describe := func(id string, merged bool) *api.ManagedLoginBrandingType {
		return p.Must(t).DescribeManagedLoginBranding(&api.DescribeManagedLoginBrandingInput{
			UserPoolId: p.PoolID, ManagedLoginBrandingId: id, ReturnMergedResources: &merged,
		}).ManagedLoginBranding
	}
	byClient := func(client string) *api.ManagedLoginBrandingType {
		return p.Must(t).DescribeManagedLoginBrandingByClient(&api.DescribeManagedLoginBrandingByClientInput{
			UserPoolId: p.PoolID, ClientId: client,
		}).ManagedLoginBranding
	}
	update := func(in api.UpdateManagedLoginBrandingInput) *api.ManagedLoginBrandingType {
		in.UserPoolId, in.ManagedLoginBrandingId = p.PoolID, made.ManagedLoginBrandingId
		return p.Must(t).UpdateManagedLoginBranding(&in).ManagedLoginBranding
	}
	wantSame(t, "DescribeManagedLoginBranding", want, describe(made.ManagedLoginBrandingId, false))
	wantSame(t, "DescribeManagedLoginBranding(in capitals)", want, describe(strings.ToUpper(made.ManagedLoginBrandingId), false))
	wantSame(t, "DescribeManagedLoginBrandingByClient", want, byClient(p.ClientID))
	merged := describe(made.ManagedLoginBrandingId, true)
	if len(merged.Assets) != 1+len(branding.DefaultAssets()) || !strings.Contains(string(merged.Settings), `"borderRadius":4`) ||
		!strings.Contains(string(merged.Settings), `"displayGraphics":true`) || branding.CheckSettings(merged.Settings) != nil {
		t.Errorf("merged: %d assets, %s", len(merged.Assets), merged.Settings)
	}

	p.Clock.Advance(time.Hour)
	want.LastModifiedDate = api.EpochOf(p.Clock.Now())
	wantSame(t, "UpdateManagedLoginBranding(nothing)", want, update(api.UpdateManagedLoginBrandingInput{}))
	want.Assets = []api.AssetType{light, dark}
	wantSame(t, "UpdateManagedLoginBranding(another asset)", want, update(api.UpdateManagedLoginBrandingInput{Assets: []api.AssetType{dark}}))
	replaced := logo(api.ColorSchemeModeTypeLight, pngOf(t, 4, 1))
	want.Assets, want.Settings = []api.AssetType{dark, replaced}, jsontext.Value(`{}`)
	wantSame(t, "UpdateManagedLoginBranding(the same asset)", want, update(api.UpdateManagedLoginBrandingInput{
		Settings: jsontext.Value(`{}`), Assets: []api.AssetType{replaced},
	}))
	want.Settings, want.Assets, want.UseCognitoProvidedValues = nil, []api.AssetType{}, new(true)
	wantSame(t, "UpdateManagedLoginBranding(provided values)", want, update(api.UpdateManagedLoginBrandingInput{UseCognitoProvidedValues: new(true)}))
	want.Settings, want.UseCognitoProvidedValues = jsontext.Value(settings), new(false)
	wantSame(t, "UpdateManagedLoginBranding(settings)", want, update(api.UpdateManagedLoginBrandingInput{Settings: jsontext.Value(settings)}))

	provided := p.Must(t).CreateManagedLoginBranding(&api.CreateManagedLoginBrandingInput{
		UserPoolId: p.PoolID, ClientId: second.ClientId, UseCognitoProvidedValues: new(true),
	}).ManagedLoginBranding
	if provided.Settings != nil || provided.Assets == nil || len(provided.Assets) != 0 {
		t.Errorf("CreateManagedLoginBranding(provided values) = %+v", provided)
	}

	p.Must(t).DeleteManagedLoginBranding(&api.DeleteManagedLoginBrandingInput{UserPoolId: p.PoolID, ManagedLoginBrandingId: made.ManagedLoginBrandingId})
	p.Must(t).DeleteUserPoolClient(&api.DeleteUserPoolClientInput{UserPoolId: p.PoolID, ClientId: second.ClientId})
	for what, id := range map[string]string{"deleted": made.ManagedLoginBrandingId, "of a deleted client": provided.ManagedLoginBrandingId} {
		_, err := p.Client.DescribeManagedLoginBranding(t.Context(), &api.DescribeManagedLoginBrandingInput{UserPoolId: p.PoolID, ManagedLoginBrandingId: id})
		cognatetest.WantError(t, "DescribeManagedLoginBranding("+what+")", err, api.ResourceNotFoundException("Managed login branding does not exist."))
	}
}

func TestManagedLoginBrandingRejects(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	other := p.Pool(t)
	create := func(in api.CreateManagedLoginBrandingInput) (*api.CreateManagedLoginBrandingOutput, error) {
		if in.UserPoolId == "" {
			in.UserPoolId, in.ClientId = p.PoolID, p.ClientID
		}
		return p.Client.CreateManagedLoginBranding(t.Context(), &in)
	}
	invalid := api.InvalidParameterException
	choice := invalid("You must provide either UseCognitoProvidedValues or Settings (but not both).")
	noPool := api.ResourceNotFoundException("User pool us-east-1_none does not exist.")
	noClient := api.ResourceNotFoundException("User pool client " + other.ClientID + " does not exist.")
	some, good := jsontext.Value(settings), []api.AssetType{logo(api.ColorSchemeModeTypeLight, pngOf(t, 2, 1))}
	wrong := invalid("Invalid settings provided. Validation errors: [{property: $.b, errorType: UnknownProperty}]")
	ratio := invalid("Invalid asset FORM_LOGO LIGHT: the ratio of width to height must be between 1:1 and 4:1")
	tall := []api.AssetType{logo(api.ColorSchemeModeTypeLight, pngOf(t, 1, 2))}
	for what, tt := range map[string]struct {
		in   api.CreateManagedLoginBrandingInput
		want *api.Error
	}{
		"nothing":                  {api.CreateManagedLoginBrandingInput{}, choice},
		"false":                    {api.CreateManagedLoginBrandingInput{UseCognitoProvidedValues: new(false)}, choice},
		"null":                     {api.CreateManagedLoginBrandingInput{Settings: jsontext.Value("null")}, choice},
		"only assets":              {api.CreateManagedLoginBrandingInput{Assets: good}, choice},
		"true with settings":       {api.CreateManagedLoginBrandingInput{UseCognitoProvidedValues: new(true), Settings: some}, choice},
		"true with assets":         {api.CreateManagedLoginBrandingInput{UseCognitoProvidedValues: new(true), Assets: good}, choice},
		"unknown setting":          {api.CreateManagedLoginBrandingInput{Settings: jsontext.Value(`{"b":1}`)}, wrong},
		"tall logo":                {api.CreateManagedLoginBrandingInput{Settings: some, Assets: tall}, ratio},
		"an asset twice":           {api.CreateManagedLoginBrandingInput{Settings: some, Assets: append(slices.Clone(good), good...)}, invalid("Assets contains an asset twice.")},
		"unknown pool":             {api.CreateManagedLoginBrandingInput{UserPoolId: "us-east-1_none", ClientId: p.ClientID}, noPool},
		"a client of another pool": {api.CreateManagedLoginBrandingInput{UserPoolId: p.PoolID, ClientId: other.ClientID}, noClient},
	} {
		_, err := create(tt.in)
		cognatetest.WantError(t, "CreateManagedLoginBranding("+what+")", err, tt.want)
	}
	_, err := create(api.CreateManagedLoginBrandingInput{Settings: some, Assets: make([]api.AssetType, 41)})
	cognatetest.WantCode(t, "CreateManagedLoginBranding(41 assets)", err, api.CodeInvalidParameterException)

	made := cognatetest.Try(create(api.CreateManagedLoginBrandingInput{Settings: some, Assets: good})).Of(t).ManagedLoginBranding
	_, err = create(api.CreateManagedLoginBrandingInput{UseCognitoProvidedValues: new(true)})
	cognatetest.WantError(t, "CreateManagedLoginBranding(again)", err, api.ManagedLoginBrandingExistsException("Managed login branding already exists for the client."))
	none := api.ResourceNotFoundException("Managed login branding does not exist.")
	id := made.ManagedLoginBrandingId
	for what, tt := range map[string]struct {
		in   api.UpdateManagedLoginBrandingInput
		want *api.Error
	}{
		"unknown setting":      {api.UpdateManagedLoginBrandingInput{UserPoolId: p.PoolID, ManagedLoginBrandingId: id, Settings: jsontext.Value(`{"b":1}`)}, wrong},
		"true with settings":   {api.UpdateManagedLoginBrandingInput{UserPoolId: p.PoolID, ManagedLoginBrandingId: id, UseCognitoProvidedValues: new(true), Settings: some}, choice},
		"tall logo":            {api.UpdateManagedLoginBrandingInput{UserPoolId: p.PoolID, ManagedLoginBrandingId: id, Assets: tall}, ratio},
		"style of another one": {api.UpdateManagedLoginBrandingInput{UserPoolId: other.PoolID, ManagedLoginBrandingId: id}, none},
		"unknown pool":         {api.UpdateManagedLoginBrandingInput{UserPoolId: "us-east-1_none", ManagedLoginBrandingId: id}, noPool},
		"no style":             {api.UpdateManagedLoginBrandingInput{UserPoolId: p.PoolID}, invalid("UserPoolId and ManagedLoginBrandingId are required.")},
	} {
		_, err := p.Client.UpdateManagedLoginBranding(t.Context(), &tt.in)
		cognatetest.WantError(t, "UpdateManagedLoginBranding("+what+")", err, tt.want)
	}
	_, err = p.Client.DeleteManagedLoginBranding(t.Context(), &api.DeleteManagedLoginBrandingInput{UserPoolId: other.PoolID, ManagedLoginBrandingId: id})
	cognatetest.WantError(t, "DeleteManagedLoginBranding(of another pool)", err, none)
	_, err = p.Client.DescribeManagedLoginBrandingByClient(t.Context(), &api.DescribeManagedLoginBrandingByClientInput{UserPoolId: other.PoolID, ClientId: other.ClientID})
	cognatetest.WantError(t, "DescribeManagedLoginBrandingByClient(none)", err, none)
	got := p.Must(t).DescribeManagedLoginBranding(&api.DescribeManagedLoginBrandingInput{UserPoolId: p.PoolID, ManagedLoginBrandingId: id}).ManagedLoginBranding
	wantSame(t, "after refused requests", made, got)
	null := api.UpdateManagedLoginBrandingInput{UserPoolId: p.PoolID, ManagedLoginBrandingId: id, Settings: jsontext.Value("null")}
	wantSame(t, "settings after null", made.Settings, p.Must(t).UpdateManagedLoginBranding(&null).ManagedLoginBranding.Settings)
}

// A client gets one style, and a pool as many as the quota allows, also from concurrent requests.
func TestLoginStyleQuota(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		const room = 5
		p := s.Pool(t)
		create := func(client string) error {
			_, err := s.Client.CreateManagedLoginBranding(t.Context(), &api.CreateManagedLoginBrandingInput{
				UserPoolId: p.PoolID, ClientId: client, UseCognitoProvidedValues: new(true),
			})
			return err
		}
		if one := cognatetest.Race(t, api.CodeManagedLoginBrandingExistsException, func(int) error { return create(p.ClientID) }); one != 1 {
			t.Errorf("%d styles of one client, want 1", one)
		}
		for range cognate.QuotaLoginStyles.Max - 1 - room {
			cognatetest.WantRefusal(t, "CreateManagedLoginBranding", create(p.MustClient().ClientId), nil)
		}
		clients := make([]string, 20)
		for i := range clients {
			clients[i] = p.MustClient().ClientId
		}
		if n := cognatetest.Race(t, api.CodeLimitExceededException, func(i int) error { return create(clients[i]) }); n != room {
			t.Errorf("%d of the concurrent requests created a style, want %d", n, room)
		}
	})
}

// The largest asset fits into a request. A page gets everything that it shows from one call.
func TestLooksOfClient(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	p.Must(t).SetUICustomization(&api.SetUICustomizationInput{UserPoolId: p.PoolID, CSS: ".label-customizable { color: red } /* all */"})
	large := append(pngOf(t, 2, 1), make([]byte, 1_000_000-len(pngOf(t, 2, 1)))...)
	p.Must(t).CreateManagedLoginBranding(&api.CreateManagedLoginBrandingInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, Settings: jsontext.Value(settings),
		Assets: []api.AssetType{logo(api.ColorSchemeModeTypeLight, large)},
	})
	service := &branding.Service{Store: p.Store, PublicURL: p.URL}
	terms := func(name string) {
		p.Must(t).CreateTerms(&api.CreateTermsInput{
			UserPoolId: p.PoolID, ClientId: p.ClientID, TermsName: name, TermsSource: "LINK", Enforcement: "NONE",
			Links: map[string]string{"cognito:default": "https://example.com/" + name},
		})
	}
	terms("terms-of-use")
	looks := cognatetest.Try(service.Looks(t.Context(), p.PoolID, p.ClientID)).Of(t)
	if looks.CSS != ".label-customizable{color:red;}\n" || !looks.Styled || len(looks.Assets) != 1 || looks.Terms != nil ||
		looks.Style.Pixels(radius) != 4 {
		t.Errorf("Looks() = %+v", looks)
	}
	res, err := http.Get(looks.Assets[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.ContentLength != int64(len(large)) || res.Header.Get("Content-Type") != "image/png" {
		t.Errorf("GET of the asset = %s, %d bytes, %s", res.Status, res.ContentLength, res.Header.Get("Content-Type"))
	}
	terms("privacy-policy")
	looks = cognatetest.Try(service.Looks(t.Context(), p.PoolID, p.ClientID)).Of(t)
	wantSame(t, "Terms", map[string]map[string]string{
		"terms-of-use":   {"cognito:default": "https://example.com/terms-of-use"},
		"privacy-policy": {"cognito:default": "https://example.com/privacy-policy"},
	}, looks.Terms)
	bare := cognatetest.Try(service.Looks(t.Context(), p.PoolID, p.MustClient().ClientId)).Of(t)
	if bare.Styled || bare.CSS == "" || len(bare.Assets) != 0 || bare.Style.Pixels(radius) != 8 {
		t.Errorf("Looks(a client without a style) = %+v", bare)
	}
}
