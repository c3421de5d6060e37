package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"cognate/api"
	"cognate/cli/document"
)

// The features of this file do not exist in the AWS CLI.

// dryRun prints the settings that have a value now and that the update would reset because params omits them.
func (s *session) dryRun(ctx context.Context, params *document.Object) error {
	name := strings.Replace(s.op.Name, "Update", "Describe", 1)
	describe, ok := api.Lookup(name)
	if !ok || describe.Output == nil || len(describe.Output.Members) != 1 {
		return fmt.Errorf("no operation describes what %s changes", s.op.Name)
	}
	keys := &document.Object{}
	for _, m := range describe.Input.Members {
		if value, given := params.Get(m.Name); given {
			keys.Set(m.Name, value)
		}
	}
	describing := *s
	call := *s.call
	call.op = describe
	describing.call = &call
	response, err := describing.request(ctx, keys)
	if err != nil {
		return err
	}
	value, _ := response.Get(describe.Output.Members[0].Name)
	current, _ := value.(*document.Object)
	if current == nil {
		return fmt.Errorf("%s returned nothing to compare with", name)
	}
	return s.writeResets(params, current)
}

func (s *session) writeResets(params, current *document.Object) error {
	var lines []string
	for _, m := range s.op.Input.Members {
		value, set := current.Get(m.Name)
		if _, given := params.Get(m.Name); given || !set || isUnset(value) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s would be reset; it is %s", m.Name, document.AppendJSON(nil, value, "")))
	}
	slices.Sort(lines)
	if len(lines) == 0 {
		lines = []string{"Nothing would be reset."}
	}
	_, err := io.WriteString(s.Stdout, strings.Join(lines, "\n")+"\n")
	return err
}

func isUnset(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case *document.Object:
		return v.Len() == 0
	}
	return false
}
