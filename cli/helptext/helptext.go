// Package meaning says in a sentence each what the operations of the API do and what their members are, for help texts,
// skeletons and prompts. Types and limits are not told here: the description has them. No sentence is taken from another
// manual.
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

// Operation says what an operation does, "" of one that nobody wrote about.
func Operation(op *api.Operation) string { return find(operations, op.Name) }

// Member says what a member of a structure is, "" of one that nobody wrote about.
func Member(structure *api.Shape, name string) string {
	if text := find(members, structure.Name+"."+name); text != "" {
		return text
	}
	return find(members, name)
}

// Names lists what operations and members were written about, for those who look after the texts.
func Names() (ofOperations, ofMembers []string) { return names(operations), names(members) }

// find looks for the line of a name: the tables are read where they lie, which costs nothing to who needs no help.
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
