package logdelivery

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"cognate"
	"cognate/internal/amazon"
	"cognate/internal/outgoing"
)

// AWSConfig has the settings of the sink for AWS. Credentials come from the AWS SDK's default chain: environment, profile, role of
// the machine.
type AWSConfig struct {
	// Endpoint and STSEndpoint, if set, replace the URLs of CloudWatch Logs, Firehose and S3, and of STS.
	Endpoint, STSEndpoint string
	// AssumeRoles writes the log of an import with the role that the job names. Without it, the role has no effect.
	AssumeRoles bool
	// SameAccountOnly refuses destinations and roles of other accounts than the pool's.
	SameAccountOnly bool
	// Gather is how long an object in a bucket waits for more records.
	Gather   time.Duration
	Outgoing *outgoing.Rules
	Now      func() time.Time
}

// AWS is the sink that writes records to the destinations that their ARNs name. Make it with NewAWS.
type AWS struct {
	config             AWSConfig
	logs, firehose, s3 *amazon.Client
}

// NewAWS returns the sink. It does not connect yet. Errors: of the AWS configuration in the environment.
func NewAWS(ctx context.Context, c AWSConfig) (*AWS, error) {
	s := &AWS{config: c}
	for service, client := range map[string]**amazon.Client{"logs": &s.logs, "firehose": &s.firehose, "s3": &s.s3} {
		made, err := amazon.New(ctx, amazon.Config{
			Service: service, Host: service, Endpoint: c.Endpoint, STSEndpoint: c.STSEndpoint, AssumeRoles: c.AssumeRoles,
			Outgoing: c.Outgoing, Now: c.Now,
		})
		if err != nil {
			return nil, fmt.Errorf("reach %s: %w", service, err)
		}
		*client = made
	}
	return s, nil
}

// Lane returns a lane for each destination of a pool.
func (s *AWS) Lane(r *Record) Lane {
	l := Lane{Name: strings.Join([]string{r.Destination.String(), r.PoolID, r.Stream, r.Role.String()}, "\n")}
	if r.Destination.Kind() == cognate.BucketARN {
		l.Gather = s.config.Gather
	}
	return l
}

// errAccount refuses a destination of another account, because all pools use the credentials of the server.
var errAccount = errors.New("the destination or the role belongs to another account than the user pool")

// Deliver writes the records of one lane.
func (s *AWS) Deliver(ctx context.Context, batch []Record) ([]Record, error) {
	first := &batch[0]
	if s.config.SameAccountOnly {
		for _, account := range []string{first.Destination.Account(), first.Role.Account()} {
			if account != "" && account != first.Account {
				return batch, Refused(errAccount)
			}
		}
	}
	switch first.Destination.Kind() {
	case cognate.LogGroupARN:
		return s.putEvents(ctx, batch)
	case cognate.FirehoseARN:
		return s.putRecords(ctx, batch)
	case cognate.BucketARN:
		return s.putObject(ctx, batch)
	default:
		return batch, Refused(fmt.Errorf("no service for %q", first.Destination.String()))
	}
}

// contentType is that of the services with the AWS JSON protocol.
const contentType = "application/x-amz-json-1.1"

// The request of PutLogEvents. Source: CloudWatch Logs API reference.
type (
	logStream struct {
		LogGroupName  string `json:"logGroupName"`
		LogStreamName string `json:"logStreamName,omitzero"`
	}
	putLogEvents struct {
		LogGroupName  string     `json:"logGroupName"`
		LogStreamName string     `json:"logStreamName"`
		LogEvents     []logEvent `json:"logEvents"`
	}
	logEvent struct {
		Timestamp int64  `json:"timestamp"` // unix milliseconds
		Message   string `json:"message"`
	}
)

// putEvents writes events to a log group. It creates the stream if the stream does not exist, and the group if it is the
// group of an import.
// Source: CloudWatch Logs API reference, PutLogEvents; docs/behaviour.md §5.7.
func (s *AWS) putEvents(ctx context.Context, batch []Record) ([]Record, error) {
	to := logStream{batch[0].Destination.LogGroup(), batch[0].Stream}
	in := putLogEvents{LogGroupName: to.LogGroupName, LogStreamName: to.LogStreamName}
	for _, r := range batch {
		in.LogEvents = append(in.LogEvents, logEvent{r.Time.UnixMilli(), r.Text})
	}
	slices.SortStableFunc(in.LogEvents, func(a, b logEvent) int { return int(a.Timestamp - b.Timestamp) })
	err := s.callLogs(ctx, batch, "PutLogEvents", in)
	if hasCode(err, "ResourceNotFoundException") {
		if err = s.createStream(ctx, batch, to); err == nil {
			err = s.callLogs(ctx, batch, "PutLogEvents", in)
		}
	}
	return unless(err, batch)
}

func (s *AWS) createStream(ctx context.Context, batch []Record, to logStream) error {
	err := s.callLogs(ctx, batch, "CreateLogStream", to)
	if hasCode(err, "ResourceNotFoundException") && batch[0].isLine() {
		err = s.callLogs(ctx, batch, "CreateLogGroup", logStream{LogGroupName: to.LogGroupName})
		if err == nil || hasCode(err, "ResourceAlreadyExistsException") {
			err = s.callLogs(ctx, batch, "CreateLogStream", to)
		}
	}
	if hasCode(err, "ResourceAlreadyExistsException") { // another server has created it
		return nil
	}
	return err
}

func (s *AWS) callLogs(ctx context.Context, batch []Record, operation string, in any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return Refused(err)
	}
	return s.logs.Send(ctx, amazon.Request{
		Path: "/", ContentType: contentType, Target: "Logs_20140328." + operation, Body: body,
		Region: batch[0].Destination.Region(), Role: batch[0].Role,
	})
}

// The request of PutRecordBatch, and its answer. Source: Firehose API reference.
type (
	putRecordBatch struct {
		DeliveryStreamName string
		Records            []streamRecord
	}
	streamRecord         struct{ Data []byte } // base64 in JSON
	putRecordBatchAnswer struct {
		FailedPutCount   int
		RequestResponses []struct{ ErrorCode string }
	}
)

// putRecords writes records to a Firehose stream, with a line feed after each. Source: Firehose API reference, PutRecordBatch.
func (s *AWS) putRecords(ctx context.Context, batch []Record) ([]Record, error) {
	in := putRecordBatch{DeliveryStreamName: batch[0].Destination.FirehoseStream()}
	for _, r := range batch {
		in.Records = append(in.Records, streamRecord{[]byte(r.Text + "\n")})
	}
	body, err := json.Marshal(in)
	if err != nil {
		return batch, Refused(err)
	}
	text, err := s.firehose.Call(ctx, amazon.Request{
		Path: "/", ContentType: contentType, Target: "Firehose_20150804.PutRecordBatch", Body: body, Region: batch[0].Destination.Region(),
	})
	if err != nil {
		return unless(err, batch)
	}
	var answer putRecordBatchAnswer
	_ = json.Unmarshal(text, &answer) // the stream has accepted the batch, even if its answer is unreadable
	if answer.FailedPutCount == 0 || len(answer.RequestResponses) != len(batch) {
		return nil, nil
	}
	var left []Record
	code := ""
	for i, r := range answer.RequestResponses {
		if r.ErrorCode != "" {
			left, code = append(left, batch[i]), r.ErrorCode
		}
	}
	return left, fmt.Errorf("Firehose rejected %d records: %s", len(left), code) //nolint:staticcheck // a name
}

// putObject writes records to an object of a bucket, one in each line. The key begins with the prefix in the ARN.
// Source: S3 API reference, PutObject; Signature Version 4, x-amz-content-sha256.
// Assumed: the names of the objects in a bucket.
func (s *AWS) putObject(ctx context.Context, batch []Record) ([]Record, error) {
	var body bytes.Buffer
	for _, r := range batch {
		body.WriteString(r.Text + "\n")
	}
	first := batch[0]
	digest := sha256.Sum256(body.Bytes())
	header := map[string]string{"X-Amz-Content-Sha256": hex.EncodeToString(digest[:])}
	if s.config.SameAccountOnly {
		header["X-Amz-Expected-Bucket-Owner"] = first.Account
	}
	key := strings.Join([]string{
		"AWSLogs", first.Account, "cognito-idp", first.Region.String(), first.PoolID, first.Time.UTC().Format("2006/01/02"),
		first.Time.UTC().Format("20060102T150405Z") + "_" + uuid.NewString() + ".log",
	}, "/")
	err := s.s3.Send(ctx, amazon.Request{
		Method: http.MethodPut, Path: "/" + first.Destination.Bucket() + "/" + key, ContentType: "application/x-ndjson",
		Header: header, Body: body.Bytes(), Region: first.Region,
	})
	return unless(err, batch)
}

// unless returns the whole batch if err is not nil.
func unless(err error, batch []Record) ([]Record, error) {
	if err != nil {
		return batch, err
	}
	return nil, nil
}

func hasCode(err error, code string) bool {
	fault, ok := errors.AsType[*amazon.Fault](err)
	return ok && fault.Code == code
}
