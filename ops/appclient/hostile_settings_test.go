package appclient_test

import (
	"errors"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// Every operation that writes a setting rejects values that would lead the server or a browser elsewhere.
func TestHostileSettings(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := s.Must(t).CreateUserPool(&api.CreateUserPoolInput{PoolName: "people"}).UserPool
	client := s.Must(t).CreateUserPoolClient(&api.CreateUserPoolClientInput{UserPoolId: pool.Id, ClientName: "app"}).UserPoolClient
	const role, header = "arn:aws:iam::123456789012:role/a", "https://example.com/\r\nX: y"
	byRole := func(role, external string) *api.AnalyticsConfigurationType {
		return &api.AnalyticsConfigurationType{ApplicationId: "a", RoleArn: role, ExternalId: external}
	}
	for name, h := range map[string]struct {
		callback, logout string
		analytics        *api.AnalyticsConfigurationType
		want             string // "" for any message
	}{
		"CallbackURLs, header":     {callback: header},
		"CallbackURLs, script":     {callback: "javascript:alert(1)", want: "javascript:alert(1) is not a valid URL"},
		"CallbackURLs, data":       {callback: "DATA:text/html,x", want: "DATA:text/html,x is not a valid URL"},
		"CallbackURLs, user":       {callback: "https://example.com@evil.example.com/", want: "https://example.com@evil.example.com/ is not a valid URL"},
		"CallbackURLs, no host":    {callback: "https:///a", want: "https:///a is not a valid URL"},
		"CallbackURLs, backslash":  {callback: `https://evil.example.com\.example.com/`},
		"CallbackURLs, backslash2": {callback: `https://example.com/\evil.example.com`},
		"LogoutURLs, script":       {logout: "javascript:alert(1)", want: "javascript:alert(1) is not a valid URL"},
		"LogoutURLs, header":       {logout: header},
		"ApplicationArn": {
			analytics: &api.AnalyticsConfigurationType{ApplicationArn: "arn:aws:mobiletargeting:evil.example.com/:123456789012:apps/1"},
			want:      "Invalid ApplicationArn in AnalyticsConfiguration",
		},
		"RoleArn":    {analytics: byRole("arn:aws:iam::123456789012:user/a", "external"), want: "Invalid RoleArn in AnalyticsConfiguration"},
		"ExternalId": {analytics: byRole(role, "a&RoleArn=b"), want: "Invalid ExternalId in AnalyticsConfiguration"},
	} {
		var callbacks, logouts []string
		if h.callback != "" {
			callbacks = []string{h.callback}
		}
		if h.logout != "" {
			logouts = []string{h.logout}
		}
		_, err := s.Client.CreateUserPoolClient(t.Context(), &api.CreateUserPoolClientInput{
			UserPoolId: pool.Id, ClientName: "hostile", CallbackURLs: callbacks, LogoutURLs: logouts, AnalyticsConfiguration: h.analytics,
		})
		wantInvalid(t, "CreateUserPoolClient("+name+")", err, h.want)
		_, err = s.Client.UpdateUserPoolClient(t.Context(), &api.UpdateUserPoolClientInput{
			UserPoolId: pool.Id, ClientId: client.ClientId, CallbackURLs: callbacks, LogoutURLs: logouts, AnalyticsConfiguration: h.analytics,
		})
		wantInvalid(t, "UpdateUserPoolClient("+name+")", err, h.want)
	}
	s.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: pool.Id, ClientId: client.ClientId, AnalyticsConfiguration: byRole(role, "external"),
		CallbackURLs: []string{"https://example.com/a?b=c", "http://localhost:3000/", "myapp://example", "com.example.app:/callback"},
	})
}

func wantInvalid(t *testing.T, what string, err error, message string) {
	t.Helper()
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || failure.Code != api.InvalidParameterException("").Code || message != "" && failure.Message != message {
		t.Errorf("%s = %v, want InvalidParameterException %q", what, err, message)
	}
}
