package federation

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"

	"cognate"
	"cognate/api"
)

// The errors of metadata documents. Source of the first three texts: docs/behaviour.md §5.9.
// Assumed: the texts for a metadata document without a signing certificate, and for one that is no longer valid.
var (
	errBadMetadata   = api.InvalidParameterException("Unable to unmarshall metadata")
	errNoRedirect    = api.InvalidParameterException("No SingleSignOn Http redirect binding location found in metadata.")
	errExpired       = api.InvalidParameterException("Signing certificates are expired")
	errNoCertificate = api.InvalidParameterException("No signing certificate found in metadata.")
	errOutdated      = api.InvalidParameterException("The metadata is no longer valid.")
)

// fetchMetadata fetches a metadata document and reads it. Errors: as readMetadata.
// Assumed: the text for a metadata document that cannot be fetched for another reason than its status.
func fetchMetadata(ctx context.Context, client *http.Client, address string, now time.Time) (cognate.SAMLMetadata, error) {
	body, err := fetch(ctx, client, address)
	if status, ok := errors.AsType[statusError](err); ok {
		return cognate.SAMLMetadata{}, api.InvalidParameterException(
			fmt.Sprintf("Non-ok status code %d returned from remote metadata source %s", int(status), address))
	}
	if err != nil {
		return cognate.SAMLMetadata{}, api.InvalidParameterException("Unable to retrieve metadata from " + address)
	}
	metadata, err := readMetadata(string(body), now)
	metadata.Document = string(body)
	return metadata, err
}

// readMetadata reads the metadata document of a SAML identity provider. Errors: InvalidParameterException.
func readMetadata(document string, now time.Time) (cognate.SAMLMetadata, error) {
	var none cognate.SAMLMetadata
	if err := rejectDeclarations(document); err != nil {
		return none, errBadMetadata
	}
	entity, err := samlsp.ParseMetadata([]byte(document))
	if err != nil || entity.EntityID == "" || len(entity.IDPSSODescriptors) == 0 {
		return none, errBadMetadata
	}
	if !entity.ValidUntil.IsZero() && !now.Before(entity.ValidUntil) {
		return none, errOutdated
	}
	idp := &entity.IDPSSODescriptors[0]
	redirect := redirectURL(idp.SingleSignOnServices)
	if redirect == "" {
		return none, errNoRedirect
	}
	if err := checkCertificates(idp, now); err != nil {
		return none, err
	}
	return cognate.SAMLMetadata{
		EntityID: entity.EntityID, SSORedirect: redirect, SLORedirect: redirectURL(idp.SingleLogoutServices),
	}, nil
}

// rejectDeclarations rejects a document with a DOCTYPE or another declaration, so that no entity can expand, a document that is
// not XML in UTF-8, and one with a second root element. The parser does not know entities and reads only the first element, but
// its documentation does not promise that.
func rejectDeclarations(document string) error {
	decoder, depth, roots := xml.NewDecoder(strings.NewReader(document)), 0, 0
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.Directive:
			return errors.New("declaration in the document")
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		}
		if roots > 1 {
			return errors.New("second root element")
		}
	}
}

// redirectURL returns the location of the HTTP-Redirect binding among endpoints; empty if there is none.
// A browser gets the location, so it must be a URL of the web.
func redirectURL(endpoints []saml.Endpoint) string {
	const withoutTLS = true
	i := slices.IndexFunc(endpoints, func(e saml.Endpoint) bool {
		return e.Binding == saml.HTTPRedirectBinding && isURL(e.Location, withoutTLS)
	})
	if i < 0 {
		return ""
	}
	return endpoints[i].Location
}

// checkCertificates checks that the provider has a signing certificate, and that one of them has not expired.
func checkCertificates(idp *saml.IDPSSODescriptor, now time.Time) error {
	refusal := errNoCertificate
	for _, key := range idp.KeyDescriptors {
		if key.Use != "" && key.Use != "signing" {
			continue
		}
		for _, data := range key.KeyInfo.X509Data.X509Certificates {
			der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(data.Data), ""))
			if err != nil {
				return errBadMetadata
			}
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				return errBadMetadata
			}
			if now.Before(certificate.NotAfter) {
				return nil
			}
			refusal = errExpired
		}
	}
	return refusal
}
