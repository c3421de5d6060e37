package cognate

import (
	"strings"

	"cognate/api"
)

// What stands behind the "_" of a pool's id, which has 55 characters at most, and what a client's id can be. Source: API
// reference, UserPoolIdType and ClientIdType.
var (
	poolNamePattern = lazily(`^[0-9a-zA-Z]+$`)
	clientIDPattern = lazily(`^[\w+]{1,128}$`)
)

const maxPoolID = 55

// CheckPoolID checks an id that somebody has chosen for a pool in region, in `cognate dev`. Errors:
// InvalidParameterException.
func CheckPoolID(id, region string) error {
	name, ok := strings.CutPrefix(id, region+"_")
	if !ok || len(id) > maxPoolID || !poolNamePattern().MatchString(name) {
		return api.InvalidParameterException("Invalid user pool id for region " + region + ": " + id)
	}
	return nil
}

// CheckClientID checks an id that somebody has chosen for an app client, in `cognate dev`. Errors:
// InvalidParameterException.
func CheckClientID(id string) error {
	if !clientIDPattern().MatchString(id) {
		return api.InvalidParameterException("Invalid app client id: " + id)
	}
	return nil
}
