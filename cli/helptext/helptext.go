// Package helptext owns the sentences that describe operations and members in help texts, skeletons and prompts. It does
// not contain types and limits, which are in the API description, or text of other manuals.
package helptext

import (
	_ "embed"
	"strings"

	"cognate/api"
)

var (
	//go:embed operations.txt
	operations string

	//go:embed members.txt
	members string
)

// Operation returns the text about an operation, or "" if there is none.
func Operation(op *api.Operation) string { return find(operations, op.Name) }

// Member returns the sentence about a member of a structure, or "" if there is none.
func Member(structure *api.Shape, name string) string {
	if text := find(members, structure.Name+"."+name); text != "" {
		return text
	}
	return find(members, name)
}

// Names returns the names of the operations and members that have a text. Tests use it to find outdated texts.
func Names() (ofOperations, ofMembers []string) { return names(operations), names(members) }

// find returns the text of a name. It searches the embedded table, so that commands without help do not pay for parsing.
func find(table, name string) string {
	_, after, found := strings.Cut(table, "\n"+name+": ")
	if !found {
		return ""
	}
	line, _, _ := strings.Cut(after, "\n")
	return line
}

func names(table string) []string {
	var all []string
	for line := range strings.Lines(table) {
		if name, _, found := strings.Cut(line, ": "); found && !strings.HasPrefix(line, "#") {
			all = append(all, name)
		}
	}
	return all
}
