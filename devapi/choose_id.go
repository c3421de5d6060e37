package devapi

import (
	"bytes"
	"context"
	"maps"
	"strings"

	"cognate/api"
	"cognate/internal/lazyregexp"
)

// customID is the prefix of app client names, and the tag of user pools, with which a request chooses an ID. Other
// emulators of the service use the same convention.
const customID = "_custom_id_"

// The patterns of the part of a user pool's ID after "_", and of a client's ID. A pool's ID has at most 55 characters.
// Source: API reference, UserPoolIdType and ClientIdType.
var (
	poolNamePattern = lazyregexp.New(`^[0-9a-zA-Z]+$`)
	clientIDPattern = lazyregexp.New(`^[\w+]{1,128}$`)
)

const maxPoolID = 55

type chosenIDKey struct{}

// withChosenID returns a context in which a new user pool or app client gets this ID. Seed files use it.
func withChosenID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, chosenIDKey{}, id)
}

func chosenID(ctx context.Context) string {
	id, _ := ctx.Value(chosenIDKey{}).(string)
	return id
}

// ChoosePoolID is the ChooseID of ops/userpool. A tag may omit the region. Errors: InvalidParameterException.
func ChoosePoolID(ctx context.Context, in *api.CreateUserPoolInput, region string) (string, error) {
	id := chosenID(ctx)
	if tagged := in.UserPoolTags[customID]; tagged != "" {
		id = tagged
		if !strings.Contains(id, "_") {
			id = region + "_" + id
		}
	}
	if id == "" {
		return "", nil
	}
	return id, checkPoolID(id, region)
}

// ChooseClientID is the ChooseID of ops/appclient. Errors: InvalidParameterException.
func ChooseClientID(ctx context.Context, in *api.CreateUserPoolClientInput) (string, error) {
	id, named := strings.CutPrefix(in.ClientName, customID+"=")
	if !named {
		id = chosenID(ctx)
	}
	if id == "" && !named {
		return "", nil
	}
	if !clientIDPattern.MatchString(id) {
		return "", api.InvalidParameterException("Invalid app client id: " + id)
	}
	return id, nil
}

// checkPoolID checks a chosen ID of a user pool in region. Errors: InvalidParameterException.
func checkPoolID(id, region string) error {
	name, ok := strings.CutPrefix(id, region+"_")
	if !ok || len(id) > maxPoolID || !poolNamePattern.MatchString(name) {
		return api.InvalidParameterException("Invalid user pool id for region " + region + ": " + id)
	}
	return nil
}

// WithCustomNames returns endpoints that accept a client name of the form "_custom_id_:myclient". The API allows no colon
// in names, so the decoder replaces it by "=" before the shape check.
func WithCustomNames(endpoints map[string]api.Endpoint) map[string]api.Endpoint {
	const operation = "CreateUserPoolClient"
	changed := maps.Clone(endpoints)
	e := changed[operation]
	strict := e.Decode
	e.Decode = func(body []byte) (any, error) {
		return strict(bytes.Replace(body, []byte(`"`+customID+":"), []byte(`"`+customID+"="), 1))
	}
	changed[operation] = e
	return changed
}
