package iam

import (
	"strings"
	"unicode/utf8"
)

// AnyResource is the resource of an operation without one. Only the Resource "*" matches it.
const AnyResource = "*"

// arnParts is the number of parts of an ARN: arn:partition:service:region:account:resource.
const arnParts = 6

// resourcePattern is an entry of Resource or NotResource: "*", or an ARN whose parts are patterns.
//
// Assumed: a "*" or "?" in a Resource does not match a colon of the parts before the name of the resource.
type resourcePattern struct {
	every bool // "*"
	parts [arnParts]pattern
}

// parseResource parses an entry of Resource. It returns what is wrong with one that no user pool can match.
func parseResource(text string) (r resourcePattern, problem string) {
	if text == AnyResource {
		return resourcePattern{every: true}, ""
	}
	parts := strings.SplitN(text, ":", arnParts)
	if len(parts) != arnParts || parts[0] != "arn" {
		return r, `is neither "*" nor an ARN; the ARN of a user pool is arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID, where * and ? match any text and any character`
	}
	literal := parts[5]
	if i := strings.IndexAny(literal, "*?"); i >= 0 {
		literal = literal[:i]
	}
	if !glob(parts[1], "aws") || !glob(parts[2], "cognito-idp") || !strings.HasPrefix(poolPrefix, literal) && !strings.HasPrefix(literal, poolPrefix) {
		return r, "matches no user pool; the ARN of a user pool is arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID"
	}
	for i, part := range parts {
		r.parts[i] = compile(part)
	}
	return r, ""
}

// poolPrefix is the start of the last part of the ARN of a user pool.
const poolPrefix = "userpool/"

// matches reports whether the pattern matches a resource. parts are those of its ARN; nil if it has none, as AnyResource.
func (r *resourcePattern) matches(parts *[arnParts]string) bool {
	return r.every || parts != nil && matchARN(&r.parts, parts)
}

// matchARN reports whether each part of an ARN matches its pattern.
func matchARN(patterns *[arnParts]pattern, parts *[arnParts]string) bool {
	for i := arnParts - 1; i >= 0; i-- { // the last part differs most often
		if !patterns[i].matches(parts[i]) {
			return false
		}
	}
	return true
}

// splitARN returns the parts of an ARN, and whether the text is one.
func splitARN(text string) (parts [arnParts]string, ok bool) {
	for i := range arnParts - 1 {
		if parts[i], text, ok = strings.Cut(text, ":"); !ok {
			return parts, false
		}
	}
	parts[arnParts-1] = text
	return parts, parts[0] == "arn"
}

// pattern is a pattern of glob, with the text before its first * or ?.
type pattern struct {
	literal string
	rest    string // from the first * or ?; empty if there is none
}

func compile(text string) pattern {
	if i := strings.IndexAny(text, "*?"); i >= 0 {
		return pattern{text[:i], text[i:]}
	}
	return pattern{literal: text}
}

// matches reports whether text matches the pattern, as glob does.
func (p *pattern) matches(text string) bool {
	switch rest, ok := strings.CutPrefix(text, p.literal); {
	case !ok:
		return false
	case p.rest == "":
		return rest == ""
	case p.rest == "*":
		return true
	default:
		return glob(p.rest, rest)
	}
}

// glob reports whether text matches a pattern, in which * stands for any text and ? for one character. Its time is proportional to the
// product of both lengths.
func glob(pattern, text string) bool {
	p, t := 0, 0
	star, resume := -1, 0 // the last * in the pattern, and where the text after it starts
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && pattern[p] == '?':
			_, size := utf8.DecodeRuneInString(text[t:])
			p++
			t += size
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			_, size := utf8.DecodeRuneInString(text[resume:])
			resume += size
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
