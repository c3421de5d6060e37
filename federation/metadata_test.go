package federation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/cognatetest"
	"cognate/federation"
)

func TestReadMetadata(t *testing.T) {
	t.Parallel()
	valid := metadata(certificate(t, now.Add(-time.Hour)), certificate(t, now.Add(time.Hour)))
	want := cognate.SAMLMetadata{
		EntityID: "https://idp.example.com/entity", SSORedirect: "https://idp.example.com/sso", SLORedirect: "https://idp.example.com/slo",
	}
	for name, document := range map[string]string{
		"a document":             valid,
		"a list of one provider": "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">" + valid[strings.Index(valid, "\n")+1:] + "</md:EntitiesDescriptor>",
		"a key for both uses":    strings.ReplaceAll(valid, ` use="signing"`, ""),
	} {
		got, err := federation.ReadMetadata(document, now)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: readMetadata() = %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestRefusedMetadata(t *testing.T) {
	t.Parallel()
	valid := metadata(certificate(t, now.Add(time.Hour)))
	const unreadable = "InvalidParameterException: Unable to unmarshall metadata"
	declared := func(declaration, use string) string {
		return strings.Replace(strings.Replace(valid, "?>", "?>"+declaration, 1), "https://idp.example.com/entity", use, 1)
	}
	var laughs strings.Builder
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&laughs, "<!ENTITY l%d %q>", i, strings.Repeat(fmt.Sprintf("&l%d;", i-1), 10))
	}
	for name, tc := range map[string]struct{ document, want string }{
		"nothing":             {"", unreadable},
		"no XML":              {"{}", unreadable},
		"another element":     {"<a/>", unreadable},
		"half a document":     {valid[:len(valid)/2], unreadable},
		"a second document":   {valid + "<a/>", unreadable},
		"no entity ID":        {strings.Replace(valid, `entityID="https://idp.example.com/entity"`, "", 1), unreadable},
		"a service provider":  {strings.ReplaceAll(valid, "IDPSSODescriptor", "SPSSODescriptor"), unreadable},
		"two providers":       {"<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">" + strings.Repeat(valid[strings.Index(valid, "\n")+1:], 2) + "</md:EntitiesDescriptor>", unreadable},
		"a doctype":           {declared("<!DOCTYPE a>", "x"), unreadable},
		"an entity":           {declared(`<!DOCTYPE a [<!ENTITY e "x">]>`, "&e;"), unreadable},
		"an external entity":  {declared(`<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>`, "&e;"), unreadable},
		"a remote DTD":        {declared(`<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">`, "x"), unreadable},
		"parameter entities":  {declared(`<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>`, "x"), unreadable},
		"a billion laughs":    {declared(`<!DOCTYPE a [<!ENTITY l0 "lol">`+laughs.String()+"]>", "&l11;"), unreadable},
		"an undeclared one":   {declared("", "&e;"), unreadable},
		"another encoding":    {strings.Replace(valid, "UTF-8", "UTF-7", 1), unreadable},
		"no certificate":      {metadata(), "InvalidParameterException: No signing certificate found in metadata."},
		"only for encryption": {strings.Replace(valid, `use="signing"`, `use="encryption"`, 1), "InvalidParameterException: No signing certificate found in metadata."},
		"no real certificate": {metadata("AAAA"), unreadable},
		"expired":             {metadata(certificate(t, now.Add(-time.Hour))), "InvalidParameterException: Signing certificates are expired"},
		"no longer valid": {
			strings.Replace(valid, "entityID", `validUntil="2026-11-27T11:59:59Z" entityID`, 1),
			"InvalidParameterException: The metadata is no longer valid.",
		},
		"only POST": {
			strings.ReplaceAll(valid, "HTTP-Redirect", "HTTP-Artifact"),
			"InvalidParameterException: No SingleSignOn Http redirect binding location found in metadata.",
		},
		"a script as location": {
			strings.Replace(valid, "https://idp.example.com/sso", "javascript:alert(1)", 1), unreadable,
		},
	} {
		got, err := federation.ReadMetadata(tc.document, now)
		if err == nil || err.Error() != tc.want {
			t.Errorf("%s: readMetadata() = %+v, %v, want %s", name, got, err, tc.want)
		}
	}
}

// A document of the largest size is refused, however it nests. A reader whose time grows with the square of the depth does not end.
func TestDeepMetadata(t *testing.T) {
	t.Parallel()
	const depth = 1 << 17
	for name, document := range map[string]string{
		"open elements":   strings.Repeat("<a>", depth),
		"closed elements": strings.Repeat("<a>", depth) + strings.Repeat("</a>", depth),
		"many attributes": "<a " + strings.Repeat(`b="c" `, depth) + "/>",
		"a nested entity": metadata(strings.Repeat("<a>", depth) + strings.Repeat("</a>", depth)),
	} {
		if _, err := federation.ReadMetadata(document, now); err == nil {
			t.Errorf("%s: readMetadata() = no error", name)
		}
	}
}

func FuzzReadMetadata(f *testing.F) {
	f.Add("")
	f.Add(metadata("AAAA"))
	f.Add(`<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`)
	f.Fuzz(func(t *testing.T, document string) {
		got, err := federation.ReadMetadata(document, now)
		if err == nil && (got.EntityID == "" || got.SSORedirect == "" || strings.Contains(document, "<!DOCTYPE")) {
			t.Errorf("readMetadata(%q) = %+v", document, got)
		}
		if err != nil {
			cognatetest.WantCode(t, "readMetadata()", err, "InvalidParameterException")
		}
	})
}
