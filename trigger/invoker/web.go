package invoker

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"cognate/trigger"
)

// Headers of a posted event. docs/triggers.md describes how a receiver checks them.
const (
	headerFunction  = "Cognate-Function"
	headerTimestamp = "Cognate-Timestamp" // Unix seconds
	headerSignature = "Cognate-Signature" // see Sign
)

// Web posts signed events to a URL.
type Web struct {
	// URL is the address; http is for loopback only.
	URL string
	// Secret is shared with the receiver.
	Secret []byte
	Client *http.Client // follows no redirects, because they could send the event to another server
	Now    func() time.Time
}

// Sign returns the signature of an event that is posted at timestamp (Unix seconds): "v1=" and HMAC-SHA256(secret,
// timestamp + "." + function + "." + event) in hex.
func Sign(secret []byte, timestamp, function string, event []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.", timestamp, function)
	mac.Write(event)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Invoke posts the event. Status 200 comes with the answer. Any other status below 500 comes with an error in the form of
// Lambda's runtimes.
func (w *Web) Invoke(ctx context.Context, function string, event []byte) ([]byte, error) {
	response, err := w.post(ctx, function, event)
	if err != nil {
		return nil, unreachableError(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := readAnswer(response.Body)
	if err != nil {
		return nil, unreachableError(err)
	}
	if response.StatusCode == http.StatusOK {
		return answer, nil
	}
	return nil, statusError(response.StatusCode, answer)
}

// Start posts the event. It accepts any 2xx status and does not read the answer.
func (w *Web) Start(ctx context.Context, function string, event []byte) error {
	response, err := w.post(ctx, function, event)
	if err != nil {
		return unreachableError(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode/100 == 2 {
		return nil
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxFailure))
	if err != nil {
		return unreachableError(err)
	}
	return statusError(response.StatusCode, answer)
}

// maxFailure limits what Start reads of a failure, in bytes.
const maxFailure = 64 << 10

// statusError returns the error for an answer with another status.
func statusError(status int, answer []byte) error {
	if status >= 400 && status < 500 {
		if failure := functionError(answer); failure != nil {
			return failure
		}
	}
	return &trigger.InvocationError{Message: "Status " + strconv.Itoa(status)}
}

func (w *Web) post(ctx context.Context, function string, event []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(event))
	if err != nil {
		return nil, err
	}
	timestamp := strconv.FormatInt(w.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(headerFunction, function)
	request.Header.Set(headerTimestamp, timestamp)
	request.Header.Set(headerSignature, Sign(w.Secret, timestamp, function, event))
	return w.Client.Do(request)
}
