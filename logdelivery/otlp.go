package logdelivery

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate/api"
)

// OTLP is the sink that posts records to an OpenTelemetry collector, as OTLP over HTTP with JSON.
type OTLP struct {
	// Endpoint is the URL of the collector, without the path /v1/logs and without a slash at the end.
	Endpoint string
	Client   *http.Client
}

// Lane returns the same lane for all records.
func (s *OTLP) Lane(*Record) Lane { return Lane{} }

// The body of the request. Source: OpenTelemetry protocol 1.5, opentelemetry/proto/logs/v1/logs.proto.
type (
	exportLogs struct {
		ResourceLogs []resourceLogs `json:"resourceLogs"`
	}
	resourceLogs struct {
		Resource  resource    `json:"resource"`
		ScopeLogs []scopeLogs `json:"scopeLogs"`
	}
	resource struct {
		Attributes []attribute `json:"attributes"`
	}
	scopeLogs struct {
		Scope      scope       `json:"scope"`
		LogRecords []logRecord `json:"logRecords"`
	}
	scope struct {
		Name string `json:"name"`
	}
	logRecord struct {
		TimeUnixNano   string      `json:"timeUnixNano"`
		SeverityNumber int         `json:"severityNumber"`
		SeverityText   string      `json:"severityText"`
		Body           text        `json:"body"`
		Attributes     []attribute `json:"attributes"`
	}
	attribute struct {
		Key   string `json:"key"`
		Value text   `json:"value"`
	}
	text struct {
		StringValue string `json:"stringValue"`
	}
)

// The severities. Source: OpenTelemetry logs data model, SeverityNumber.
const (
	severityInfo  = 9
	severityError = 17
)

func otlpRecord(r *Record) logRecord {
	severity, level := severityInfo, api.LogLevelInfo
	if r.Level == api.LogLevelError {
		severity, level = severityError, r.Level
	}
	attributes := []attribute{
		{"cognate.destination", text{r.Destination.String()}}, {"cognate.user_pool.id", text{r.PoolID}},
	}
	if r.isLine() {
		attributes = append(attributes, attribute{"aws.log.group.names", text{r.Destination.LogGroup()}}, attribute{"aws.log.stream.names", text{r.Stream}})
	} else {
		attributes = append(attributes, attribute{"event.name", text{string(r.Source)}})
	}
	return logRecord{
		TimeUnixNano: strconv.FormatInt(r.Time.UnixNano(), 10), SeverityNumber: severity, SeverityText: string(level),
		Body: text{r.Text}, Attributes: attributes,
	}
}

// Deliver posts the records. The collector must accept all of them. Source: OpenTelemetry protocol 1.5, OTLP/HTTP.
func (s *OTLP) Deliver(ctx context.Context, batch []Record) ([]Record, error) {
	var records []logRecord
	for i := range batch {
		records = append(records, otlpRecord(&batch[i]))
	}
	body, err := json.Marshal(exportLogs{[]resourceLogs{{
		Resource:  resource{[]attribute{{"service.name", text{"cognate"}}}},
		ScopeLogs: []scopeLogs{{Scope: scope{"cognate/logdelivery"}, LogRecords: records}},
	}}})
	if err != nil {
		return batch, Refused(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint+"/v1/logs", bytes.NewReader(body))
	if err != nil {
		return batch, Refused(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.Client.Do(request)
	if err != nil {
		return batch, err
	}
	const maxAnswer = 64 << 10
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	_ = response.Body.Close()
	if err != nil {
		return batch, err
	}
	return s.result(response.StatusCode, answer, batch)
}

// retryable has the statuses after which a client may try again. Source: OpenTelemetry protocol 1.5, OTLP/HTTP, Retryable
// Response Codes.
var retryable = []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

func (s *OTLP) result(status int, answer []byte, batch []Record) ([]Record, error) {
	if status/100 != 2 {
		err := fmt.Errorf("the collector answered with HTTP status %d", status)
		if !slices.Contains(retryable, status) {
			err = Refused(err)
		}
		return batch, err
	}
	var result struct {
		PartialSuccess struct {
			RejectedLogRecords jsontext.Value `json:"rejectedLogRecords"` // a number, or a text with a number
			ErrorMessage       string         `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	_ = json.Unmarshal(answer, &result) // an answer in another format is still a success
	n, _ := strconv.Atoi(strings.Trim(string(result.PartialSuccess.RejectedLogRecords), `"`))
	if n <= 0 {
		return nil, nil
	}
	n = min(n, len(batch)) // the answer does not say which
	return batch[len(batch)-n:], Refused(fmt.Errorf("the collector rejected %d records: %s", n, result.PartialSuccess.ErrorMessage))
}
