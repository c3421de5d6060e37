package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxAnswer bounds what a Client reads of an answer, in bytes.
const maxAnswer = 64 << 20

// Client calls the API over the network. It is a Service, retries nothing, and may be used by many goroutines.
type Client struct {
	// Endpoint is the URL to post to, as "http://127.0.0.1:8229/".
	Endpoint string

	// HTTP sends the requests; nil is http.DefaultClient.
	HTTP *http.Client

	// Sign signs a request for an operation of AuthSigV4; nil leaves it unsigned. It may only add headers.
	Sign func(req *http.Request, body []byte) error

	// UserAgent is sent when it isn't empty.
	UserAgent string
}

var _ Service = (*Client)(nil)

// Send posts body to an operation and returns the body of the answer. It is what every method does, for callers that
// have JSON instead of Go types.
// Errors: *Error when the server answered one; *AnswerError when its answer is none of this API; any other when there
// was no answer.
func (c *Client) Send(ctx context.Context, op *Operation, body []byte) ([]byte, error) {
	req, err := c.request(ctx, op, body)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", op.Name, err)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", op.Name, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("call %s: read answer: %w", op.Name, err)
	}
	if len(answer) > maxAnswer {
		return nil, fmt.Errorf("call %s: answer is longer than %d bytes", op.Name, maxAnswer)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, answeredError(op, resp, answer)
	}
	return answer, nil
}

func (c *Client) request(ctx context.Context, op *Operation, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", ContentType)
	req.Header.Set("X-Amz-Target", TargetPrefix+"."+op.Name)
	if c.UserAgent != "" {
		req.Header.Set("User-Agent", c.UserAgent)
	}
	if op.Auth != AuthSigV4 || c.Sign == nil {
		return req, nil
	}
	if err := c.Sign(req, body); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return req, nil
}

// call sends a typed request and reads the typed answer; no body at all is an empty answer.
func call[O any](ctx context.Context, c *Client, op *Operation, in any) (*O, error) {
	body, err := Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", op.Name, err)
	}
	answer, err := c.Send(ctx, op, body)
	if err != nil {
		return nil, err
	}
	out := new(O)
	if len(bytes.TrimSpace(answer)) == 0 {
		return out, nil
	}
	if err := Unmarshal(answer, out); err != nil {
		return nil, fmt.Errorf("call %s: read answer: %w", op.Name, err)
	}
	return out, nil
}

// answeredError reads an error answer. The code may carry a namespace before "#" and a URL after ":".
// Source: AWS JSON 1.1 protocol, "Operation error serialization".
func answeredError(op *Operation, resp *http.Response, answer []byte) error {
	var body struct {
		errorBody
		Capital string `json:"Message"` // as some services behind the endpoint write it
	}
	_ = Unmarshal(answer, &body) // what is no JSON names no error
	code := body.Type
	if code == "" {
		code = resp.Header.Get("X-Amzn-Errortype")
	}
	code = code[strings.LastIndexByte(code, '#')+1:]
	code, _, _ = strings.Cut(code, ":")
	if code == "" {
		return &AnswerError{Operation: op.Name, Status: resp.StatusCode, Body: answer}
	}
	return &Error{
		Code:       code,
		Message:    cmp.Or(body.Message, body.Capital),
		Status:     resp.StatusCode,
		ReasonCode: body.ReasonCode,
		RequestID:  resp.Header.Get("X-Amzn-Requestid"),
	}
}

// AnswerError is an answer that names no error of the API: one of a proxy, or of something else that listens there.
type AnswerError struct {
	Operation string
	Status    int // HTTP
	Body      []byte
}

// Error returns the operation and the status, and nothing of the body.
func (e *AnswerError) Error() string {
	return fmt.Sprintf("call %s: HTTP status %d: answer names no error of the API", e.Operation, e.Status)
}
