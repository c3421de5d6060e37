package cognate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cognate/api"
	"cognate/internal/lazyregexp"
)

// Tags that hold settings for which the API has no member.
const (
	TagSoftwareTokenReplacement = "cognate:software-token-replacement" // "at-once" (default) or "on-verify"
	TagPasswordStorage          = "cognate:password-storage"           // "srp" (default) or "argon2id"
	TagPasskeyApps              = "cognate:passkey-apps"               // origins of apps, separated by spaces
	TagCustomAuthMFA            = "cognate:custom-auth-mfa"            // "never", "when-required" (default) or "always"
	TagRequirePKCE              = "cognate:require-pkce"               // "public" or "all"; without the tag, no client

	TagAccountPage            = "cognate:account-page"             // "on" or "off" (default)
	TagSecurityNotices        = "cognate:security-notices"         // "on" or "off" (default)
	TagSecurityNoticesSubject = "cognate:security-notices-subject" // of the emails; without the tag, the default
	TagSecurityNoticesText    = "cognate:security-notices-text"    // of the emails; without the tag, the default

	tagOn                 = "on"
	tagOff                = "off"
	replaceAtOnce         = "at-once"
	replaceOnVerify       = "on-verify"
	storeSRP              = "srp"
	storeArgon2id         = "argon2id"
	customMFANever        = "never"
	customMFAWhenRequired = "when-required"
	customMFAAlways       = "always"
	requirePKCEPublic     = "public"
	requirePKCEAll        = "all"
)

// The quota of tags (docs/behaviour.md §5.10), and the prefixes of reserved keys.
const (
	maxTags          = 50
	awsTagPrefix     = "aws:"
	cognateTagPrefix = "cognate:"
)

// checkTags checks the number of tags, and the values of the tags that this server reads. It rejects an unknown one: if the
// server ignored a misspelled setting, the pool would be less secure than its owner believes.
// Tags that this server reads do not count toward the quota, so that a pool with all its tags can have settings.
// Assumed: the texts about the number of tags and about tags with the prefix of Cognate.
func (p *UserPool) checkTags() error { return checkTags(p.Tags) }

func checkTags(tags map[string]string) error {
	counted := 0
	for key := range tags {
		if !strings.HasPrefix(key, cognateTagPrefix) {
			counted++
		}
	}
	if counted > maxTags {
		return api.InvalidParameterException(fmt.Sprintf("A user pool can have at most %d tags.", maxTags))
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		switch {
		case strings.HasPrefix(strings.ToLower(key), awsTagPrefix):
			return api.InvalidParameterException("Tag keys that begin with aws: are reserved: " + key)
		case strings.HasPrefix(key, cognateTagPrefix):
			if err := checkCognateTag(key, tags[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkCognateTag(key, value string) error {
	if key == TagPasskeyApps {
		return checkPasskeyApps(value)
	}
	if key == TagSecurityNoticesSubject || key == TagSecurityNoticesText {
		return nil // any text
	}
	if strings.HasPrefix(key, clientTagPrefix) {
		return checkClientTag(key, value)
	}
	known, ok := map[string][]string{
		TagSecurityNotices:          {tagOn, tagOff},
		TagAccountPage:              {tagOn, tagOff},
		TagSoftwareTokenReplacement: {replaceAtOnce, replaceOnVerify},
		TagPasswordStorage:          {storeSRP, storeArgon2id},
		TagCustomAuthMFA:            {customMFANever, customMFAWhenRequired, customMFAAlways},
		TagRequirePKCE:              {requirePKCEPublic, requirePKCEAll},
	}[key]
	if !ok {
		return api.InvalidParameterException("Unknown tag " + key + ": tags that begin with " + cognateTagPrefix + " are settings.")
	}
	if !slices.Contains(known, value) {
		return api.InvalidParameterException(
			fmt.Sprintf("Tag %s must be one of %s.", key, strings.Join(known, ", ")))
	}
	return nil
}

// RequiresPKCE reports whether an app client must use PKCE. A client that registered itself always must. A value that the tag cannot
// have requires it.
func (p *UserPool) RequiresPKCE(c *AppClient) bool {
	if c.IsRegistered() {
		return true
	}
	switch p.Tags[TagRequirePKCE] {
	case "":
		return false
	case requirePKCEPublic:
		return !p.IsConfidential(c)
	default:
		return true
	}
}

// appOrigin is the origin that clients on Android send instead of that of a page: the SHA-256 of the certificate that signed
// the app.
var appOrigin = lazyregexp.New(`^android:apk-key-hash:[A-Za-z0-9_-]{43}$`)

func checkPasskeyApps(value string) error {
	for app := range strings.FieldsSeq(value) {
		if !appOrigin.MatchString(app) {
			return api.InvalidParameterException(
				"Tag " + TagPasskeyApps + " must be a list of android:apk-key-hash:..., with spaces between them.")
		}
	}
	return nil
}

// SendsSecurityNotices reports whether the pool sends its users emails about changes of what protects their accounts.
func (p *UserPool) SendsSecurityNotices() bool { return p.Tags[TagSecurityNotices] == tagOn }

// HasAccountPage reports whether users can change their accounts on the pages of the pool.
func (p *UserPool) HasAccountPage() bool { return p.Tags[TagAccountPage] == tagOn }
