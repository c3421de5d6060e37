package cognate

import (
	"errors"
	"fmt"
	"strings"

	"cognate/internal/lazyregexp"
)

// ARNKind is the kind of resource that a setting names by its ARN.
type ARNKind string

// The kinds. ParseARN rejects every other kind.
const (
	FunctionARN    ARNKind = "Lambda function"
	RoleARN        ARNKind = "IAM role"
	KMSKeyARN      ARNKind = "KMS key"
	SESIdentityARN ARNKind = "SES identity"
	PinpointAppARN ARNKind = "Pinpoint application"
	SMSOriginARN   ARNKind = "origination identity" // of AWS End User Messaging SMS
	WebACLARN      ARNKind = "web ACL"
	CertificateARN ARNKind = "certificate" // of AWS Certificate Manager
	LogGroupARN    ARNKind = "log group"
	FirehoseARN    ARNKind = "Firehose stream"
	BucketARN      ARNKind = "S3 bucket" // with an optional prefix of keys
)

// ARN is an Amazon Resource Name of a known kind. Only ParseARN makes one; the zero ARN names nothing.
type ARN struct {
	kind     ARNKind
	text     string
	region   Region
	account  string
	resource string
}

// arnForm says how the ARNs of a kind look.
type arnForm struct {
	service  string
	global   bool // the ARN has no region
	unowned  bool // the ARN has no account
	resource *lazyregexp.Regexp
}

// arnForms has the form of each kind. Source: AWS service authorization reference, resource types of each service.
var arnForms = map[ARNKind]arnForm{
	FunctionARN:    {service: "lambda", resource: lazyregexp.New(`^function:[\w-]{1,140}(:[\w$-]{1,128})?$`)},
	RoleARN:        {service: "iam", global: true, resource: lazyregexp.New(`^role/([\w+=,.@-]{1,128}/)*[\w+=,.@-]{1,64}$`)},
	KMSKeyARN:      {service: "kms", resource: lazyregexp.New(`^(key/[\w-]{1,64}|alias/[\w/-]{1,250})$`)},
	SESIdentityARN: {service: "ses", resource: lazyregexp.New(`^identity/[^/]{1,320}$`)},
	PinpointAppARN: {service: "mobiletargeting", resource: lazyregexp.New(`^apps/[\w-]{1,64}$`)},
	SMSOriginARN:   {service: "sms-voice", resource: lazyregexp.New(`^(phone-number|sender-id|pool)/[\w/-]{1,128}$`)},
	CertificateARN: {service: "acm", resource: lazyregexp.New(`^certificate/[\w-]{1,64}$`)},
	WebACLARN:      {service: "wafv2", resource: lazyregexp.New(`^regional/webacl/[\w-]{1,128}/[0-9a-f-]{1,36}$`)},
	LogGroupARN:    {service: "logs", resource: lazyregexp.New(`^log-group:[\w./#-]{1,512}$`)},
	FirehoseARN:    {service: "firehose", resource: lazyregexp.New(`^deliverystream/[\w.-]{1,64}$`)},
	BucketARN:      {service: "s3", global: true, unowned: true, resource: lazyregexp.New(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w.-]{1,100}){0,5}$`)},
}

var (
	arnPartition = lazyregexp.New(`^aws(-[a-z]{1,8}){0,2}$`)
	arnAccount   = lazyregexp.New(`^[0-9]{12}$`)
)

const (
	arnParts  = 6 // arn:partition:service:region:account:resource
	maxARN    = 2048
	sesPrefix = "identity/"
)

var errNoARN = errors.New("not the ARN of the right kind")

// ParseARN parses the ARN of a resource of that kind. It checks every part. It does not check that the resource exists.
func ParseARN(kind ARNKind, text string) (ARN, error) {
	form, known := arnForms[kind]
	parts := strings.SplitN(text, ":", arnParts)
	if !known || len(text) > maxARN || len(parts) != arnParts {
		return ARN{}, fmt.Errorf("%s: %w", kind, errNoARN)
	}
	region, err := ParseRegion(parts[3])
	if form.global {
		err = nil
		if parts[3] != "" {
			err = errNoRegion
		}
	}
	owned := arnAccount.MatchString(parts[4])
	if form.unowned {
		owned = parts[4] == ""
	}
	right := parts[0] == "arn" && arnPartition.MatchString(parts[1]) && parts[2] == form.service && owned &&
		form.resource.MatchString(parts[5])
	if err != nil || !right || strings.Contains(parts[5]+"/", "/../") || kind == SESIdentityARN && !isSESIdentity(strings.TrimPrefix(parts[5], sesPrefix)) {
		return ARN{}, fmt.Errorf("%s: %w", kind, errNoARN)
	}
	return ARN{kind: kind, text: text, region: region, account: parts[4], resource: parts[5]}, nil
}

// isSESIdentity reports whether name is an email address or a domain.
func isSESIdentity(name string) bool {
	if strings.Contains(name, "@") {
		_, err := ParseEmailAddress(name)
		return err == nil
	}
	return isDomain(name)
}

// String returns the ARN as it was parsed; "" for the zero ARN.
func (a ARN) String() string { return a.text }

// Kind returns the kind of the resource; "" for the zero ARN.
func (a ARN) Kind() ARNKind { return a.kind }

// Region returns the region; the zero Region for resources that belong to none.
func (a ARN) Region() Region { return a.region }

// Account returns the AWS account ID, 12 digits; "" for a bucket.
func (a ARN) Account() string { return a.account }

// FunctionName returns the name of a Lambda function, with its version or alias after a colon if it has one. It returns "" for
// other resources.
func (a ARN) FunctionName() string {
	name, ok := strings.CutPrefix(a.resource, "function:")
	if !ok {
		return ""
	}
	return name
}

// LogGroup returns the name of a log group; "" for other resources.
func (a ARN) LogGroup() string { return a.name(LogGroupARN, "log-group:") }

// FirehoseStream returns the name of a Firehose stream; "" for other resources.
func (a ARN) FirehoseStream() string { return a.name(FirehoseARN, "deliverystream/") }

// Bucket returns the name of a bucket, with a slash and the prefix of keys after it if it has one; "" for other resources.
func (a ARN) Bucket() string { return a.name(BucketARN, "") }

// name returns what follows the prefix of a resource of that kind.
func (a ARN) name(kind ARNKind, prefix string) string {
	if a.kind != kind {
		return ""
	}
	return strings.TrimPrefix(a.resource, prefix)
}

// SESAddress returns the email address that an SES identity is. It returns false if the identity is a domain.
func (a ARN) SESAddress() (EmailAddress, bool) {
	name, ok := strings.CutPrefix(a.resource, sesPrefix)
	if !ok {
		return EmailAddress{}, false
	}
	address, err := ParseEmailAddress(name)
	return address, err == nil
}
