package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cognate/config"
)

const serviceName = "cognito-idp"

// signer returns the Sign of an api.Client that signs with an access key, for a region, as the SDKs do.
func signer(key config.AccessKey, region string, now func() time.Time) func(*http.Request, []byte) error {
	s := v4.NewSigner()
	credentials := aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: string(key.Secret)}
	return func(r *http.Request, body []byte) error {
		sum := sha256.Sum256(body)
		return s.SignHTTP(r.Context(), credentials, r, hex.EncodeToString(sum[:]), serviceName, region, now())
	}
}
