package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"cognate/store"
)

// Records is an audit.Target that posts records as AWS CloudTrail writes them to a file: {"Records": [...]}. It signs them as
// messages. The ID is that of the last record. Any other status than 2xx means that the server tries again later. From is not used.
type Records struct{ *Transport }

// Copy posts records.
func (r Records) Copy(ctx context.Context, events []store.AuditEvent) error {
	var body bytes.Buffer
	body.WriteString(`{"Records":[`)
	for i, e := range events {
		if i > 0 {
			body.WriteByte(',')
		}
		body.WriteString(e.Record)
	}
	body.WriteString("]}")
	request, err := r.signed(ctx, events[len(events)-1].ID, body.Bytes())
	if err != nil {
		return err
	}
	response, err := r.client.Do(request)
	if err != nil {
		return fmt.Errorf("post records: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	_ = response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("post records: HTTP status %d", response.StatusCode)
	}
	return nil
}

// signed returns a request with a signed body.
func (t *Transport) signed(ctx context.Context, id string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.config.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("post: %w", err)
	}
	timestamp := strconv.FormatInt(t.config.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(HeaderID, id)
	request.Header.Set(HeaderTimestamp, timestamp)
	request.Header.Set(HeaderSignature, Sign(t.config.Secret, timestamp, body))
	return request, nil
}
