package iam

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cognate/internal/lazyregexp"
)

// condition is one operator with one key of a Condition.
type condition struct {
	set      set
	ifExists bool
	null     bool // the operator is Null
	negated  bool
	key      key
	// values holds a function for each value of the policy.
	values []test
	// wantNull are the values of Null.
	wantNull []bool
}

// test compares a value of a request with one of the policy. comparable is false if the value of the request does not have
// the form that the operator needs.
type test func(v value) (matches, comparable bool)

// value is a value of a request: a text, or a time or an address, which most operators do not need as a text.
type value struct {
	text    string
	at      time.Time
	address netip.Addr
}

func (v value) String() string {
	switch {
	case v.address.IsValid():
		return v.address.String()
	case !v.at.IsZero():
		return v.at.UTC().Format(time.RFC3339)
	default:
		return v.text
	}
}

func (v value) date() (time.Time, bool) {
	if !v.at.IsZero() {
		return v.at.Truncate(time.Second), true
	}
	return parseDate(v.text)
}

func (v value) ip() (netip.Addr, bool) {
	if v.address.IsValid() {
		return v.address, true
	}
	address, err := netip.ParseAddr(v.text)
	return address.Unmap().WithZone(""), err == nil
}

// set is the qualifier of an operator for keys with several values.
type set int

const (
	single set = iota
	forAllValues
	forAnyValue
)

// kind is the form of the values of a key.
type kind int

const (
	textKind kind = iota
	addressKind
	dateKind
	boolKind
)

// operator is a condition operator.
type operator struct {
	negated bool
	// kinds are the kinds of the keys to which the operator applies. The values of tags, which are texts, can have every form.
	kinds []kind
	// want describes the values.
	want string
	// compile returns the test for a value of the policy; nil if the value does not have the right form.
	compile func(value string) test
}

// operators has all operators but Null, without qualifiers and IfExists.
// Source: IAM user guide, "IAM JSON policy elements: Condition operators".
var operators = map[string]operator{
	"StringEquals":              {kinds: every, compile: texts(func(a, b string) bool { return a == b })},
	"StringNotEquals":           {kinds: every, compile: texts(func(a, b string) bool { return a == b }), negated: true},
	"StringEqualsIgnoreCase":    {kinds: every, compile: texts(strings.EqualFold)},
	"StringNotEqualsIgnoreCase": {kinds: every, compile: texts(strings.EqualFold), negated: true},
	"StringLike":                {kinds: every, compile: texts(func(a, b string) bool { return glob(b, a) })},
	"StringNotLike":             {kinds: every, compile: texts(func(a, b string) bool { return glob(b, a) }), negated: true},
	"ArnEquals":                 {kinds: []kind{textKind}, compile: arns, want: arnForm},
	"ArnLike":                   {kinds: []kind{textKind}, compile: arns, want: arnForm},
	"ArnNotEquals":              {kinds: []kind{textKind}, compile: arns, want: arnForm, negated: true},
	"ArnNotLike":                {kinds: []kind{textKind}, compile: arns, want: arnForm, negated: true},
	"IpAddress":                 {kinds: []kind{addressKind}, compile: addresses, want: addressForm},
	"NotIpAddress":              {kinds: []kind{addressKind}, compile: addresses, want: addressForm, negated: true},
	"Bool":                      {kinds: []kind{boolKind}, compile: booleans, want: "true or false"},
	"DateEquals":                dates(func(c int) bool { return c == 0 }),
	"DateNotEquals":             not(dates(func(c int) bool { return c == 0 })),
	"DateLessThan":              dates(func(c int) bool { return c < 0 }),
	"DateLessThanEquals":        dates(func(c int) bool { return c <= 0 }),
	"DateGreaterThan":           dates(func(c int) bool { return c > 0 }),
	"DateGreaterThanEquals":     dates(func(c int) bool { return c >= 0 }),
	"NumericEquals":             numbers(func(a, b float64) bool { return a == b }),
	"NumericNotEquals":          not(numbers(func(a, b float64) bool { return a == b })),
	"NumericLessThan":           numbers(func(a, b float64) bool { return a < b }),
	"NumericLessThanEquals":     numbers(func(a, b float64) bool { return a <= b }),
	"NumericGreaterThan":        numbers(func(a, b float64) bool { return a > b }),
	"NumericGreaterThanEquals":  numbers(func(a, b float64) bool { return a >= b }),
}

// nullOperator reports whether the request has the key.
const nullOperator = "Null"

const (
	arnForm     = "an ARN, such as arn:aws:cognito-idp:*:*:userpool/*"
	addressForm = "an address or a range, such as 203.0.113.0/24"
)

var every = []kind{textKind, addressKind, dateKind, boolKind}

func not(o operator) operator {
	o.negated = true
	return o
}

func texts(equal func(value, want string) bool) func(string) test {
	return func(want string) test {
		return func(v value) (bool, bool) { return equal(v.String(), want), true }
	}
}

func arns(want string) test {
	parts, ok := splitARN(want)
	if !ok {
		return nil
	}
	var patterns [arnParts]pattern
	for i, part := range parts {
		patterns[i] = compile(part)
	}
	return func(v value) (bool, bool) {
		parts, ok := splitARN(v.text)
		return ok && matchARN(&patterns, &parts), ok
	}
}

func addresses(want string) test {
	prefix, err := netip.ParsePrefix(want)
	if err != nil {
		address, err := netip.ParseAddr(want)
		if err != nil || address.Zone() != "" {
			return nil
		}
		prefix = netip.PrefixFrom(address, address.BitLen())
	}
	if prefix.Addr().Is4In6() {
		return nil
	}
	return func(v value) (bool, bool) {
		address, ok := v.ip()
		return ok && prefix.Contains(address), ok
	}
}

func booleans(want string) test {
	isBool := func(value string) bool { return strings.EqualFold(value, "true") || strings.EqualFold(value, "false") }
	if !isBool(want) {
		return nil
	}
	return func(v value) (bool, bool) { return strings.EqualFold(v.text, want), isBool(v.text) }
}

func dates(holds func(comparison int) bool) operator {
	return operator{
		kinds: []kind{dateKind},
		want:  "a time, such as 2026-12-31T23:59:59Z, or the seconds since 1970",
		compile: func(want string) test {
			at, ok := parseDate(want)
			if !ok {
				return nil
			}
			return func(v value) (bool, bool) {
				t, ok := v.date()
				return ok && holds(t.Compare(at)), ok
			}
		},
	}
}

var digits = lazyregexp.New(`^[0-9]{1,12}$`)

func parseDate(text string) (time.Time, bool) {
	if digits.MatchString(text) {
		seconds, err := strconv.ParseInt(text, 10, 64)
		return time.Unix(seconds, 0), err == nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func numbers(holds func(value, want float64) bool) operator {
	return operator{
		want: "a number",
		compile: func(want string) test {
			number, ok := parseNumber(want)
			if !ok {
				return nil
			}
			return func(v value) (bool, bool) {
				n, ok := parseNumber(v.text)
				return ok && holds(n, number), ok
			}
		},
	}
}

var decimal = lazyregexp.New(`^[+-]?[0-9]{1,18}(\.[0-9]{1,18})?$`)

func parseNumber(text string) (float64, bool) {
	if !decimal.MatchString(text) {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// key is a condition key.
type key struct {
	name string
	tag  string // for aws:ResourceTag/TAG and aws:RequestTag/TAG
}

// The condition keys.
const (
	keySourceIP        = "aws:SourceIp"
	keyCurrentTime     = "aws:CurrentTime"
	keySecureTransport = "aws:SecureTransport"
	keyUserAgent       = "aws:UserAgent"
	keyUsername        = "aws:username"
	keyAccount         = "aws:PrincipalAccount"
	keyRegion          = "aws:RequestedRegion"
	keyResourceTag     = "aws:ResourceTag"
	keyRequestTag      = "aws:RequestTag"
	keyTagKeys         = "aws:TagKeys"
)

// keys has the condition keys with the kinds of their values.
// Source: IAM user guide, "AWS global condition context keys".
var keys = map[string]kind{
	keySourceIP: addressKind, keyCurrentTime: dateKind, keySecureTransport: boolKind,
	keyUserAgent: textKind, keyUsername: textKind, keyAccount: textKind, keyRegion: textKind,
	keyResourceTag: textKind, keyRequestTag: textKind, keyTagKeys: textKind,
}

// isTag reports whether the key is that of one tag.
func (k key) isTag() bool { return k.name == keyResourceTag || k.name == keyRequestTag }

// conditions parses a Condition.
func (p *parser) conditions(at string, value jsontext.Value) []condition {
	operators, ok := p.object(at, value, "a JSON object with operators")
	if !ok {
		return nil
	}
	if len(operators) == 0 {
		p.problem(at, "has no operator; remove it")
	}
	var all []condition
	for _, name := range slices.Sorted(maps.Keys(operators)) {
		at := at + "." + name
		c, op, ok := p.operator(at, name)
		byKey, isObject := p.object(at, operators[name], "a JSON object with condition keys")
		if !ok || !isObject {
			continue
		}
		if len(byKey) == 0 {
			p.problem(at, "has no condition key; remove it")
		}
		for _, name := range slices.Sorted(maps.Keys(byKey)) {
			at := at + "." + name
			if c.key, ok = p.key(at, name); !ok {
				continue
			}
			p.applies(at, c, op)
			c.values, c.wantNull = nil, nil
			for at, value := range p.list(at, byKey[name]) {
				p.value(at, value, op, &c)
			}
			all = append(all, c)
		}
	}
	return all
}

// operator parses the name of an operator, with its qualifiers.
func (p *parser) operator(at, name string) (condition, operator, bool) {
	var c condition
	base := name
	if rest, ok := strings.CutPrefix(base, "ForAllValues:"); ok {
		c.set, base = forAllValues, rest
	} else if rest, ok := strings.CutPrefix(base, "ForAnyValue:"); ok {
		c.set, base = forAnyValue, rest
	}
	if base == nullOperator && c.set == single {
		c.null = true
		return c, operator{kinds: every}, true
	}
	base, c.ifExists = strings.CutSuffix(base, "IfExists")
	op, ok := operators[base]
	if !ok {
		names := append(slices.Sorted(maps.Keys(operators)), nullOperator)
		p.problem(at, "unknown operator%s", suggestion(base, names))
		return c, op, false
	}
	c.negated = op.negated
	return c, op, true
}

// key parses the name of a condition key. Case does not matter.
func (p *parser) key(at, name string) (key, bool) {
	base, tag, hasTag := strings.Cut(name, "/")
	for known := range keys {
		k := key{name: known, tag: tag}
		switch {
		case !strings.EqualFold(known, base):
			continue
		case k.isTag() && tag == "":
			p.problem(at, "needs the key of a tag, such as %s/team", known)
			return key{}, false
		case !k.isTag() && hasTag:
			p.problem(at, "takes no key of a tag; write %s", known)
			return key{}, false
		}
		if strings.Contains(tag, "${") {
			p.problem(at, "has a policy variable (${…}), which this server does not support; write the key of the tag")
			return key{}, false
		}
		p.readsTags = p.readsTags || known == keyResourceTag
		return k, true
	}
	p.problem(at, "unknown condition key%s", suggestion(name, slices.Sorted(maps.Keys(keys))))
	return key{}, false
}

// applies adds a problem if the operator does not fit to the key.
func (p *parser) applies(at string, c condition, op operator) {
	if c.key.name == keyTagKeys && c.set == single && !c.null {
		p.problem(at, "%s has several values; write ForAllValues: or ForAnyValue: before the operator", keyTagKeys)
	}
	if !c.key.isTag() && !slices.Contains(op.kinds, keys[c.key.name]) {
		p.problem(at, "the operator does not apply to %s", c.key.name)
	}
}

// value parses a value of a condition: a text, a boolean or a number.
func (p *parser) value(at string, value jsontext.Value, op operator, c *condition) {
	var text string
	switch value.Kind() {
	case '"':
		var ok bool
		if text, ok = p.text(at, value); !ok {
			return
		}
	case 't', 'f', '0':
		text = string(value)
	default:
		p.problem(at, "must be a string, a boolean or a number")
		return
	}
	if c.null {
		absent, err := strconv.ParseBool(text)
		if err != nil || text != "true" && text != "false" {
			p.problem(at, "%q is not true, for a key that the request does not have, or false", text)
		}
		c.wantNull = append(c.wantNull, absent)
		return
	}
	compiled := op.compile(text)
	if compiled == nil {
		p.problem(at, "%q is not %s", text, op.want)
		return
	}
	c.values = append(c.values, compiled)
}

// holds reports whether the condition is true for a request, in a statement that denies or allows.
//
// Assumed: a condition about a value that the operator cannot compare, such as a number in a tag that has a text, is true in a
// statement that denies and false in one that allows. The same is so if the tags of a request, which differ only in case, do
// not all match.
func (c *condition) holds(r *Request, deny bool) bool {
	var buffer [4]value
	values := r.Conditions.values(buffer[:0], c.key)
	if c.null {
		return slices.Contains(c.wantNull, len(values) == 0)
	}
	if len(values) == 0 {
		return c.ifExists || c.set == forAllValues || c.set == single && c.negated
	}
	all := c.set == forAllValues || c.set == single && !deny
	for _, v := range values {
		if c.matches(v, deny) != all {
			return !all
		}
	}
	return all
}

// matches reports whether one value of a request matches.
func (c *condition) matches(v value, deny bool) bool {
	for _, test := range c.values {
		matches, comparable := test(v)
		if !comparable {
			return deny
		}
		if matches {
			return !c.negated
		}
	}
	return c.negated
}

// Conditions are the facts about a request that the conditions of a policy see. A zero field means that the request does not have
// the key.
type Conditions struct {
	SourceIP        netip.Addr // of the client
	Now             time.Time
	SecureTransport bool // the client uses TLS
	UserAgent       string
	Username        string // the name of the access key
	Account         string // of the access key, 12 digits
	Region          string // of the credential scope
	ResourceTags    map[string]string
	RequestTags     map[string]string
	TagKeys         []string // of the tags in the request
}

// values appends the values of a key to those in list; none if the request does not have it.
func (c *Conditions) values(list []value, k key) []value {
	text := ""
	switch k.name {
	case keySourceIP:
		if c.SourceIP.IsValid() {
			list = append(list, value{address: c.SourceIP.Unmap().WithZone("")})
		}
	case keyCurrentTime:
		if !c.Now.IsZero() {
			list = append(list, value{at: c.Now})
		}
	case keySecureTransport:
		text = strconv.FormatBool(c.SecureTransport)
	case keyUserAgent:
		text = c.UserAgent
	case keyUsername:
		text = c.Username
	case keyAccount:
		text = c.Account
	case keyRegion:
		text = c.Region
	case keyResourceTag:
		return tagged(list, c.ResourceTags, k.tag)
	case keyRequestTag:
		return tagged(list, c.RequestTags, k.tag)
	case keyTagKeys:
		for _, name := range c.TagKeys {
			list = append(list, value{text: name})
		}
	}
	if text != "" {
		list = append(list, value{text: text})
	}
	return list
}

// tagged appends the values of a tag. Case does not matter in its key, so there can be several.
// Source: IAM user guide, "Controlling access to AWS resources using tags".
func tagged(list []value, tags map[string]string, name string) []value {
	for key, text := range tags {
		if strings.EqualFold(key, name) {
			list = append(list, value{text: text})
		}
	}
	return list
}
