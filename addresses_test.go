package cognate_test

import (
	"strings"
	"testing"

	"cognate"
)

func TestParseRegion(t *testing.T) {
	t.Parallel()
	for text, right := range map[string]bool{
		"us-east-1": true, "us-gov-west-1": true, "us-isob-east-1": true, "ap-southeast-2": true, "eusc-de-east-1": true,
		"": false, "local": false, "US-EAST-1": false, "us-east-1 ": false, "us-east-1\n": false, "us-east": false,
		"@127.0.0.1:80/": false, "x.example.com/": false, "us-east-1.example.com": false, "us-east-1/": false, "us-east-1#": false,
		"us-east-1?": false, "us-east-1@example.com": false, "us-east-1:80": false, "us-east-1\x00": false, "us-east-١": false,
	} {
		region, err := cognate.ParseRegion(text)
		if (err == nil) != right || right && region.String() != text || !right && region != (cognate.Region{}) {
			t.Errorf("ParseRegion(%q) = %v, %v, want valid: %v", text, region, err, right)
		}
	}
}

func TestParseARN(t *testing.T) {
	t.Parallel()
	for kind, right := range map[cognate.ARNKind][]string{
		cognate.FunctionARN: {
			"arn:aws:lambda:us-east-1:123456789012:function:pre-sign-up", "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:$LATEST",
		},
		cognate.RoleARN: {"arn:aws:iam::123456789012:role/sms", "arn:aws-cn:iam::123456789012:role/service-role/a.b@c"},
		cognate.KMSKeyARN: {
			"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:eu-west-1:123456789012:alias/codes",
		},
		cognate.SESIdentityARN: {
			"arn:aws:ses:us-west-2:123456789012:identity/example.com", "arn:aws:ses:us-west-2:123456789012:identity/a+b@example.com",
		},
		cognate.PinpointAppARN: {"arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef0123456789abcdef"},
		cognate.SMSOriginARN:   {"arn:aws:sms-voice:us-east-1:123456789012:phone-number/phone-1a", "arn:aws:sms-voice:us-east-1:123456789012:sender-id/A/DE"},
		cognate.WebACLARN:      {"arn:aws:wafv2:us-east-1:123456789012:regional/webacl/name/1234abcd-12ab-34cd-56ef-1234567890ab"},
	} {
		for _, text := range right {
			arn, err := cognate.ParseARN(kind, text)
			if err != nil || arn.String() != text || arn.Account() != "123456789012" || (arn.Region().String() == "") != (kind == cognate.RoleARN) {
				t.Errorf("ParseARN(%s, %q) = %+v, %v", kind, text, arn, err)
			}
			wantNoARN(t, kind, text)
		}
	}
	for text, want := range map[string]string{
		"arn:aws:lambda:us-east-1:123456789012:function:pre-sign-up": "pre-sign-up", "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST": "f:$LATEST",
	} {
		if arn, err := cognate.ParseARN(cognate.FunctionARN, text); err != nil || arn.FunctionName() != want {
			t.Errorf("FunctionName(%s) = %q, %v, want %q", text, arn.FunctionName(), err, want)
		}
	}
	if arn, err := cognate.ParseARN("", "arn:aws:iam::123456789012:role/sms"); err == nil {
		t.Errorf("ParseARN(no kind) = %v, want an error", arn)
	}
}

// wantNoARN changes one part of a valid ARN at a time.
func wantNoARN(t *testing.T, kind cognate.ARNKind, right string) {
	t.Helper()
	part := func(i int, value string) string {
		parts := strings.SplitN(right, ":", 6)
		parts[i] = value
		return strings.Join(parts, ":")
	}
	for _, text := range []string{
		"", "arn", right + "\n", right + "\r\nX: y", right + " ", right + "?", right + "#", right + "/../..", "x" + right, part(0, "ARN"),
		part(1, "aws.example.com"), part(1, ""), part(2, "s3"), part(2, ""), part(3, "@127.0.0.1"), part(3, "example.com/"),
		part(3, "us-east-1.example.com"), part(4, ""), part(4, "1"), part(4, "12345678901a"), part(5, ""), part(5, "a"), part(5, "*"),
		part(5, "identity/a@b@example.com"), part(5, "identity/a@[127.0.0.1]"), part(5, "identity/a\r\n@example.com"),
		part(5, "role/../x"+strings.Repeat("a", 2048)),
	} {
		if arn, err := cognate.ParseARN(kind, text); err == nil || arn != (cognate.ARN{}) {
			t.Errorf("ParseARN(%s, %q) = %v, %v, want an error", kind, text, arn, err)
		}
	}
}

func TestParseEmailAddress(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text        string
		bare, named bool
	}{
		{"a@example.com", true, true},
		{"a+b@localhost", true, true},
		{"a@bücher.example", true, true},
		{"Anna <a@example.com>", false, true},
		{`"Anna, B." <a@example.com>`, false, true},
		{"<a@example.com>", false, true},
		{"a@b <a", false, false},
		{"", false, false},
		{"a", false, false},
		{"a@example.com\n", false, false},
		{"a@example.com\r\nBcc: b@example.com", false, false},
		{"Anna\r\n <a@example.com>", false, false},
		{"=?utf-8?q?Anna=0D=0ABcc:_b?= <a@example.com>", false, false},
		{"Anna\u2028 <a@example.com>", false, false},
		{"a@example.com, b@example.com", false, false},
		{"a@example.com\x00", false, false},
		{"a@[127.0.0.1]", false, false},
		{"a@-example.com", false, false},
		{"a@example..com", false, false},
		{"a\xff@example.com", false, false},
		{strings.Repeat("a", 1024) + "@example.com", false, false},
	} {
		if a, err := cognate.ParseEmailAddress(tc.text); (err == nil) != tc.bare || tc.bare && a.String() != tc.text {
			t.Errorf("ParseEmailAddress(%q) = %v, %v, want valid: %v", tc.text, a, err, tc.bare)
		}
		if a, err := cognate.ParseNamedEmailAddress(tc.text); (err == nil) != tc.named || tc.named && a.String() != tc.text {
			t.Errorf("ParseNamedEmailAddress(%q) = %v, %v, want valid: %v", tc.text, a, err, tc.named)
		}
	}
}
