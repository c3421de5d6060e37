package cognatetest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cognate/api"
)

// commonErrors may be answered by any operation, so the API description does not list them with each.
var commonErrors = []string{
	"ok", api.CodeSerializationException, api.CodeMissingAuthenticationTokenException, api.CodeUnrecognizedClientException,
	api.CodeInvalidSignatureException, api.CodeIncompleteSignatureException, api.CodeRequestEntityTooLargeException,
	api.CodeInvalidParameterException, api.CodeUnsupportedOperationException, api.CodeAccessDeniedException,
}

// checkDeclared fails the test for each answer of the server that its operation does not declare: clients generated from
// the API's model would not know it.
func checkDeclared(t testing.TB, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		var entry struct{ Msg, Operation, Outcome string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg != "request" {
			continue
		}
		op, known := api.Lookup(entry.Operation)
		if known && !slices.Contains(op.Errors, entry.Outcome) && !slices.Contains(commonErrors, entry.Outcome) {
			t.Errorf("%s answered %s, which it does not declare", entry.Operation, entry.Outcome)
		}
	}
}
