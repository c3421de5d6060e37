package cognatetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cognate/api"
)

// commonErrors are errors that any operation may return, so the API description does not list them for each operation.
var commonErrors = []string{
	"ok", api.CodeSerializationException, api.CodeMissingAuthenticationTokenException, api.CodeUnrecognizedClientException,
	api.CodeInvalidSignatureException, api.CodeIncompleteSignatureException, api.CodeRequestEntityTooLargeException,
	api.CodeInvalidParameterException, api.CodeUnsupportedOperationException, api.CodeAccessDeniedException,
	api.CodeServiceUnavailableException,
}

// checkDeclared returns an error for each answer of the server that its operation does not declare. Clients that are
// generated from the API's model do not know such answers.
func checkDeclared(log string) error {
	var undeclared []error
	for line := range strings.Lines(log) {
		var entry struct{ Msg, Operation, Outcome string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg != "request" {
			continue
		}
		op, known := api.Lookup(entry.Operation)
		if known && !slices.Contains(op.Errors, entry.Outcome) && !slices.Contains(commonErrors, entry.Outcome) {
			undeclared = append(undeclared, fmt.Errorf("%s answered %s, which it does not declare", entry.Operation, entry.Outcome))
		}
	}
	return errors.Join(undeclared...)
}
