package codekeys

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/authn/sigv4"
	"cognate/internal/pause"
	"cognate/trigger"
)

// KMS encrypts codes as messages of the AWS Encryption SDK, for its KMS keyring. Each message has its own data key, which a
// KMS makes under the pool's KMSKeyID.
//
// It calls the API itself, because the SDK's client would cost every server a megabyte of memory for one operation.
type KMS struct {
	// Endpoint is the URL of AWS KMS or of a server with its API.
	Endpoint string
	// Credentials sign the requests. The region is the key's.
	Credentials aws.CredentialsProvider
	Client      *http.Client // follows no redirects
	Now         func() time.Time
	// Limit is the time limit of each attempt. 0 means trigger.DefaultLimit.
	Limit time.Duration
}

// Seal encrypts a code.
func (k *KMS) Seal(ctx context.Context, pool *cognate.UserPool, code string) ([]byte, error) {
	return message(ctx, k, pool, code)
}

// The attempts to get a data key.
const (
	maxAttempts  = 3
	attemptPause = 100 * time.Millisecond // before the second attempt; then twice as long
)

// kmsProvider is the provider of data keys that a KMS encrypts.
const kmsProvider = "aws-kms"

// generateDataKey is the request. Source: AWS KMS API reference, GenerateDataKey.
type generateDataKey struct {
	KeyID             string            `json:"KeyId"`
	NumberOfBytes     int               `json:"NumberOfBytes"`
	EncryptionContext map[string]string `json:"EncryptionContext"`
}

// generatedDataKey is the answer.
type generatedDataKey struct {
	KeyID          string `json:"KeyId"` // the key's ARN, also if the request names an alias
	Plaintext      []byte `json:"Plaintext"`
	CiphertextBlob []byte `json:"CiphertextBlob"`
}

// newDataKey requests a data key. It tries again if the KMS does not answer in time, is not reachable, is overloaded or fails.
func (k *KMS) newDataKey(ctx context.Context, pool *cognate.UserPool, bound map[string]string) (dataKey, error) {
	arn, err := cognate.ParseARN(cognate.KMSKeyARN, pool.LambdaConfig.KMSKeyID)
	if err != nil {
		return dataKey{}, err
	}
	body, err := json.Marshal(generateDataKey{arn.String(), dataKeySize, bound})
	if err != nil {
		return dataKey{}, err
	}
	for attempt := range maxAttempts {
		if err := pause.For(ctx, attemptPause*time.Duration(attempt)); err != nil {
			return dataKey{}, err
		}
		var answer []byte
		var again bool
		if answer, again, err = k.post(ctx, arn, body); err == nil {
			return dataKeyOf(answer)
		} else if !again {
			break
		}
	}
	return dataKey{}, fmt.Errorf("get a data key from the KMS: %w", err)
}

// dataKeyOf checks the answer of a KMS. An error contains no part of it.
func dataKeyOf(answer []byte) (dataKey, error) {
	var out generatedDataKey
	if err := json.Unmarshal(answer, &out); err != nil {
		return dataKey{}, fmt.Errorf("the answer of the KMS is invalid")
	}
	if len(out.Plaintext) != dataKeySize || len(out.CiphertextBlob) == 0 {
		return dataKey{}, fmt.Errorf("the answer of the KMS has no data key of %d bytes", dataKeySize)
	}
	if _, err := cognate.ParseARN(cognate.KMSKeyARN, out.KeyID); err != nil {
		return dataKey{}, fmt.Errorf("the answer of the KMS does not name its key by an ARN")
	}
	return dataKey{plain: out.Plaintext, provider: []byte(kmsProvider), info: []byte(out.KeyID), wrapped: out.CiphertextBlob}, nil
}

// maxAnswer limits what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// post sends one request. If it fails, again reports whether another attempt may succeed.
func (k *KMS) post(ctx context.Context, key cognate.ARN, body []byte) (answer []byte, again bool, err error) {
	limit := k.Limit
	if limit == 0 {
		limit = trigger.DefaultLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	request, err := k.request(ctx, key, body)
	if err != nil {
		return nil, true, err
	}
	response, err := k.Client.Do(request)
	if err != nil {
		return nil, true, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, true, err
	}
	if response.StatusCode != http.StatusOK {
		code := errorCode(response.Header, answer)
		again = response.StatusCode >= http.StatusInternalServerError || code == "ThrottlingException"
		return nil, again, fmt.Errorf("%s %s", response.Status, code)
	}
	return answer, false, nil
}

// request returns the signed request.
func (k *KMS) request(ctx context.Context, key cognate.ARN, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(k.Endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "TrentService.GenerateDataKey")
	credentials, err := k.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("find AWS credentials: %w", err)
	}
	if err := sigv4.Sign(request, body, credentials, key.Region().String(), "kms", k.Now()); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return request, nil
}

// maxErrorCode limits the part of an error code that is logged, in bytes.
const maxErrorCode = 64

// errorCode returns the code of an error answer, or "".
func errorCode(header http.Header, answer []byte) string {
	var out struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(answer, &out) != nil || out.Type == "" {
		out.Type, _, _ = strings.Cut(header.Get("X-Amzn-Errortype"), ":")
	}
	code := out.Type[strings.LastIndex(out.Type, "#")+1:]
	return code[:min(len(code), maxErrorCode)]
}
