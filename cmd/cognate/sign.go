package main

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cognate/api"
	"cognate/authn/sigv4"
	"cognate/config"
)

// signer returns the Sign function of an api.Client that signs with an access key, for a region.
func signer(key config.AccessKey, region string, now func() time.Time) func(*http.Request, []byte) error {
	credentials := aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: string(key.Secret)}
	return func(r *http.Request, body []byte) error {
		return sigv4.Sign(r, body, credentials, region, api.SigningName, now())
	}
}
