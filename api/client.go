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

// maxResponse is the largest response body that a Client reads, in bytes.
const maxResponse = 64 << 20

// Client calls the API over HTTP and implements Service. It does not retry. It is safe for concurrent use.
type Client struct {
	// Endpoint is the URL of the server, for example "http://127.0.0.1:8229/".
	Endpoint string

	// HTTP sends the requests. If it is nil, http.DefaultClient does.
	HTTP *http.Client

	// Sign signs a request for an operation of AuthSigV4. It may only add headers. If it is nil, requests are unsigned.
	Sign func(req *http.Request, body []byte) error

	// UserAgent is the User-Agent header. If it is empty, the header is the default of net/http.
	UserAgent string
}

var _ Service = (*Client)(nil)

// Send posts body to an operation and returns the body of the response. It is for callers that have JSON instead of Go
// types.
// Errors: *Error if the response is an error of the API; *ResponseError if the response is an error that the API does
// not have; any other error if there was no complete response.
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
	respBody, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return nil, fmt.Errorf("call %s: read response: %w", op.Name, err)
	}
	if len(respBody) > maxResponse {
		return nil, fmt.Errorf("call %s: response is longer than %d bytes", op.Name, maxResponse)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, responseError(op, resp, respBody)
	}
	return respBody, nil
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

// call sends a typed request and reads the typed response. An empty body is an empty response.
func call[O any](ctx context.Context, c *Client, op *Operation, in any) (*O, error) {
	body, err := Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", op.Name, err)
	}
	respBody, err := c.Send(ctx, op, body)
	if err != nil {
		return nil, err
	}
	out := new(O)
	if len(bytes.TrimSpace(respBody)) == 0 {
		return out, nil
	}
	if err := Unmarshal(respBody, out); err != nil {
		return nil, fmt.Errorf("call %s: read response: %w", op.Name, err)
	}
	return out, nil
}

// responseError reads an error response. The code may have a namespace before "#" and a URL after ":".
// Source: AWS JSON 1.1 protocol, "Operation error serialization".
func responseError(op *Operation, resp *http.Response, respBody []byte) error {
	var body struct {
		errorBody
		Capital string `json:"Message"` // the spelling of some AWS services
	}
	_ = Unmarshal(respBody, &body) // a body that is not JSON leaves the code empty
	code := body.Type
	if code == "" {
		code = resp.Header.Get("X-Amzn-Errortype")
	}
	code = code[strings.LastIndexByte(code, '#')+1:]
	code, _, _ = strings.Cut(code, ":")
	if code == "" {
		return &ResponseError{Operation: op.Name, Status: resp.StatusCode, Body: respBody}
	}
	return &Error{
		Code:       code,
		Message:    cmp.Or(body.Message, body.Capital),
		Status:     resp.StatusCode,
		ReasonCode: body.ReasonCode,
		RequestID:  resp.Header.Get("X-Amzn-Requestid"),
	}
}

// ResponseError is an error response that contains no error code of the API. It may come from a proxy, or from another
// server at the endpoint.
type ResponseError struct {
	Operation string
	Status    int // HTTP
	Body      []byte
}

// Error returns the operation and the status. It does not return the body, which may contain secrets.
func (e *ResponseError) Error() string {
	return fmt.Sprintf("call %s: HTTP status %d: the response contains no error of the API", e.Operation, e.Status)
}
