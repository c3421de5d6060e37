package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Sign signs a request with its body as the SDKs do: the client's side of Verify. It only adds headers.
// Source: AWS General Reference, Signature Version 4.
func Sign(r *http.Request, body []byte, key aws.Credentials, region, service string, now time.Time) error {
	digest := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(r.Context(), key, r, hex.EncodeToString(digest[:]), service, region, now)
}
