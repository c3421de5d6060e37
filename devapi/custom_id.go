package devapi

import (
	"bytes"
	"maps"

	"cognate/api"
	"cognate/ops"
)

// WithCustomNames returns endpoints that take a client's name of the form "_custom_id_:myclient", by which other doubles of
// the service let an id be chosen. The API's names have no colon, so the shape check would refuse it: it becomes "=".
func WithCustomNames(endpoints map[string]api.Endpoint) map[string]api.Endpoint {
	const operation = "CreateUserPoolClient"
	changed := maps.Clone(endpoints)
	e := changed[operation]
	strict := e.Decode
	e.Decode = func(body []byte) (any, error) {
		return strict(bytes.Replace(body, []byte(`"`+ops.CustomID+":"), []byte(`"`+ops.CustomID+"="), 1))
	}
	changed[operation] = e
	return changed
}
