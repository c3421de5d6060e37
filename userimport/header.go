package userimport

import (
	"errors"
	"fmt"
	"slices"

	"cognate"
	"cognate/account"
)

// Header returns the columns that a CSV file of the pool must have, in any order. A file with password hashes has the column
// password_hash too. Source: docs/behaviour.md §5.7.
//
// Assumed: the header has no column password_hash: the samples have none, and a file needs it only for a job with password
// hashes. The header has the developer-only attributes.
func Header(pool *cognate.UserPool) []string {
	var columns []string
	for i := range pool.Schema {
		if name := pool.Schema[i].Name; name != cognate.AttributeSub {
			columns = append(columns, name)
		}
	}
	return append(columns, account.ColumnMFA, account.ColumnUsername)
}

// parseHeader returns the columns of a file, from its first row.
//
// Assumed: a file with a missing, an unknown or a repeated column does not match the pool. The texts say which column it is.
func parseHeader(job *cognate.UserImportJob, pool *cognate.UserPool, first *row) ([]string, error) {
	columns, err := first.values()
	if err != nil {
		return nil, fmt.Errorf("The header is not valid: %w", err) //nolint:staticcheck // a message of the API
	}
	required := Header(pool)
	if job.Hashing != "" {
		required = append(required, account.ColumnPasswordHash)
	}
	for _, name := range required {
		if !slices.Contains(columns, name) {
			return nil, errHeader("The header has no column %s.", name)
		}
	}
	for i, name := range columns {
		switch known := slices.Contains(required, name) || name == account.ColumnPasswordHash; {
		case !known:
			return nil, errHeader("The header has an unknown column %s.", name)
		case slices.Contains(columns[:i], name):
			return nil, errHeader("The header has the column %s twice.", name)
		}
	}
	return columns, nil
}

// maxMessage is the length of the CompletionMessage of a job.
const maxMessage = 128

// errHeader returns an error whose text is the message of a job. The name is from the file.
func errHeader(format, name string) error {
	text := []rune(fmt.Sprintf(format, name))
	return errors.New(string(text[:min(len(text), maxMessage)]))
}
