package risk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"cognate"
)

func encode(key, version, payload string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(version + payload))
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"payload":%q,"signature":%q,"version":%q}`,
		payload, base64.StdEncoding.EncodeToString(mac.Sum(nil)), version))
}

// EncodedData counts only if it is signed for the client and is about the user, the pool and the present.
func TestEncodedData(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_790_000_000_000)
	pool, client := &cognate.UserPool{ID: "us-east-1_abc"}, &cognate.AppClient{ID: "web"}
	payload := func(user, pool string, at time.Time) string {
		return fmt.Sprintf(`{"contextData":{"UserAgent":"Mozilla","DeviceId":"d1","DeviceLanguage":"en","ClientTimezone":"08:00"},"username":%q,"userPoolId":%q,"timestamp":"%d"}`,
			user, pool, at.UnixMilli())
	}
	right := payload("ann", pool.ID, now)
	for what, tt := range map[string]struct {
		data string
		used bool
	}{
		"right":            {encode("web", "JS20171115", right), true},
		"number":           {encode("web", "JS20171115", strings.ReplaceAll(right, `"`+fmt.Sprint(now.UnixMilli())+`"`, fmt.Sprint(now.UnixMilli()))), true},
		"another client":   {encode("app", "JS20171115", right), false},
		"another user":     {encode("web", "JS20171115", payload("eve", pool.ID, now)), false},
		"another pool":     {encode("web", "JS20171115", payload("ann", "us-east-1_def", now)), false},
		"old":              {encode("web", "JS20171115", payload("ann", pool.ID, now.Add(-maxDataAge-time.Second))), false},
		"from the future":  {encode("web", "JS20171115", payload("ann", pool.ID, now.Add(maxDataAge+time.Second))), false},
		"no JSON":          {base64.StdEncoding.EncodeToString([]byte("{")), false},
		"payload no JSON":  {encode("web", "JS20171115", "{"), false},
		"no base64":        {"%", false},
		"too long":         {encode("web", "JS20171115", right+strings.Repeat(" ", maxEncodedData)), false},
		"long device":      {encode("web", "JS20171115", strings.Replace(right, "d1", strings.Repeat("d", 300), 1)), false},
		"empty":            {"", false},
		"no time":          {encode("web", "JS20171115", `{"username":"ann","userPoolId":"us-east-1_abc"}`), false},
		"nothing, signed":  {encode("web", "JS20171115", ""), false},
		"null, signed":     {encode("web", "JS20171115", "null"), false},
		"timestamp a list": {encode("web", "JS20171115", `{"username":"ann","userPoolId":"us-east-1_abc","timestamp":[]}`), false},
	} {
		claim := Claim{EncodedData: tt.data, Username: "ann", IPAddress: "203.0.113.5"}
		got := claim.origin(cognate.Origin{IPAddress: "127.0.0.1", UserAgent: "curl"}, pool, client, now)
		want := cognate.Origin{IPAddress: "127.0.0.1", UserAgent: "curl", HasContextData: true}
		if tt.used {
			want.UserAgent, want.DeviceID, want.Timezone = "Mozilla", "d1", "08:00"
		}
		if got != want {
			t.Errorf("%s: origin = %+v, want %+v", what, got, want)
		}
	}
}

// EncodedData changes an origin only if it is signed, and never makes it longer than the store takes.
func FuzzEncodedData(f *testing.F) {
	now := time.UnixMilli(1_790_000_000_000)
	pool, client := &cognate.UserPool{ID: "us-east-1_abc"}, &cognate.AppClient{ID: "web"}
	f.Add(`{"contextData":{"UserAgent":"Mozilla","DeviceId":"d1"},"username":"ann","userPoolId":"us-east-1_abc","timestamp":"1790000000000"}`, "JS20171115")
	f.Add(`{"timestamp":1e999}`, "")
	f.Add(`{"timestamp":"\"}`, "\xff")
	f.Fuzz(func(t *testing.T, payload, version string) {
		before := cognate.Origin{IPAddress: "127.0.0.1", UserAgent: "curl", HasContextData: true}
		origin := func(data string) cognate.Origin {
			return (&Claim{EncodedData: data, Username: "ann"}).origin(before, pool, client, now)
		}
		got := origin(encode("web", version, payload))
		if len(got.DeviceID) > 256 || len(got.Timezone) > 256 || got.IPAddress != before.IPAddress {
			t.Errorf("origin(%q) = %+v", payload, got)
		}
		for _, unsigned := range []string{payload, base64.StdEncoding.EncodeToString([]byte(payload)), encode("app", version, payload)} {
			if got := origin(unsigned); unsigned != "" && got != before {
				t.Errorf("origin(unsigned %q) = %+v", payload, got)
			}
		}
	})
}
