package masterkey

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/internal/amazon"
	"cognate/sealing"
)

// awsKMS is a key in AWS KMS. Its URL is awskms:///ARN or awskms://ID, with the parameters region, endpoint, and context_NAME for an
// encryption context. Source: Go CDK, package awskms. The credentials are those of the AWS SDK's default chain.
type awsKMS struct {
	name, location, key string
	context             map[string]string
	client              *amazon.Client
	limit               time.Duration
}

func newAWS(ctx context.Context, u *url.URL) (*awsKMS, error) {
	key, err := keyOf(u)
	if err != nil {
		return nil, err
	}
	k := &awsKMS{key: key, name: awsScheme + ":///" + key, limit: Limit}
	c := amazon.Config{Service: "kms", Host: "kms", Now: time.Now} //nolint:forbidigo // signatures have the real time
	if arn, err := cognate.ParseARN(cognate.KMSKeyARN, key); err == nil {
		c.Region = arn.Region().String()
	}
	for name, values := range u.Query() {
		bound, isContext := strings.CutPrefix(name, "context_")
		switch {
		case len(values) != 1:
			return nil, fmt.Errorf("%s: the parameter %q appears twice", k.name, name)
		case isContext:
			if k.context == nil {
				k.context = make(map[string]string)
			}
			k.context[bound] = values[0]
		case name == "region":
			c.Region = values[0]
		case name == "endpoint":
			c.Endpoint = values[0]
			if e, err := url.Parse(c.Endpoint); err != nil || !isPrivate(e) {
				return nil, fmt.Errorf("%s: endpoint must be an https URL (http is allowed on loopback only)", k.name)
			}
		default:
			return nil, fmt.Errorf("%s: the parameter %q is not region, endpoint or context_NAME", k.name, name)
		}
	}
	if k.client, err = amazon.New(ctx, c); err != nil {
		return nil, fmt.Errorf("%s: %w", k.name, err)
	}
	if k.client.Region() == "" {
		return nil, fmt.Errorf("%s: no region; name the key by its ARN, or add ?region=REGION", k.name)
	}
	k.location = fmt.Sprintf("%s %q %q %q", k.name, k.client.Region(), c.Endpoint, k.context)
	return k, nil
}

// Name returns the URL without its parameters.
func (k *awsKMS) Name() string { return k.name }

// Location returns the name, the region, the endpoint and the encryption context.
func (k *awsKMS) Location() string { return k.location }

// awsRequest is the input of Encrypt and Decrypt, and awsAnswer their output. Source: AWS KMS API reference.
type awsRequest struct {
	KeyID             string            `json:"KeyId"`
	Plaintext         []byte            `json:"Plaintext,omitempty"`
	CiphertextBlob    []byte            `json:"CiphertextBlob,omitempty"`
	EncryptionContext map[string]string `json:"EncryptionContext,omitempty"`
}

type awsAnswer struct {
	Plaintext      []byte `json:"Plaintext"`
	CiphertextBlob []byte `json:"CiphertextBlob"`
}

// Wrap encrypts a key.
func (k *awsKMS) Wrap(ctx context.Context, key []byte) ([]byte, error) {
	return attempt(ctx, k.limit, func(ctx context.Context) ([]byte, error) {
		answer, err := k.call(ctx, "Encrypt", awsRequest{KeyID: k.key, Plaintext: key, EncryptionContext: k.context})
		return answer.CiphertextBlob, err
	})
}

// Unwrap decrypts a key. Decrypt gets the ID of the key, so that another key of the account does not decrypt.
func (k *awsKMS) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	return attempt(ctx, k.limit, func(ctx context.Context) ([]byte, error) {
		answer, err := k.call(ctx, "Decrypt", awsRequest{KeyID: k.key, CiphertextBlob: wrapped, EncryptionContext: k.context})
		return answer.Plaintext, err
	})
}

func (k *awsKMS) call(ctx context.Context, operation string, in awsRequest) (out awsAnswer, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	answer, err := k.client.Call(ctx, amazon.Request{
		Path: "/", ContentType: "application/x-amz-json-1.1", Target: "TrentService." + operation, Body: body,
	})
	fault, isFault := errors.AsType[*amazon.Fault](err)
	switch {
	case isFault:
		return out, awsError(operation, fault)
	case err != nil:
		return out, fmt.Errorf("%w: %w", errTemporary, err)
	}
	if err := json.Unmarshal(answer, &out); err != nil || len(out.Plaintext)+len(out.CiphertextBlob) == 0 {
		return awsAnswer{}, fmt.Errorf("the answer to kms:%s is invalid", operation)
	}
	return out, nil
}

// awsError returns the error of an error answer. Source: AWS KMS API reference, errors of Encrypt and Decrypt.
func awsError(operation string, fault *amazon.Fault) error {
	var body struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(fault.Body, &body, json.MatchCaseInsensitiveNames(true)) // an answer in another format has no message
	code := fault.Code
	switch {
	case code == "InvalidCiphertextException" || code == "IncorrectKeyException":
		return fmt.Errorf("%w (kms:%s: %s)", sealing.ErrWrongMasterKey, operation, code)
	case fault.Status >= http.StatusInternalServerError || code == "ThrottlingException" || code == "KMSInternalException" || code == "DependencyTimeoutException":
		return fmt.Errorf("%w: kms:%s: %d %s", errTemporary, operation, fault.Status, code)
	default:
		return fmt.Errorf("kms:%s: %d %s %s", operation, fault.Status, code, body.Message)
	}
}
