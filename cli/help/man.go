package help

import (
	"fmt"
	"strings"

	"cognate/api"
)

// Manual is a manual page in roff.
type Manual struct{ File, Text string }

// manualOfService is the name of the manual page of `cognate cognito-idp`.
const manualOfService = "cognate-cognito-idp"

// Manuals returns the manual pages of section 1: one for `cognate cognito-idp`, and one for each command of it.
func Manuals() []Manual {
	operations := api.Operations()
	all := make([]Manual, 0, len(operations)+1)
	service := &page{}
	service.service()
	all = append(all, NewManual(manualOfService, serviceSummary, service.b.String(), "cognate"))
	for _, op := range operations {
		p := &page{}
		p.operation(op)
		all = append(all, NewManual(manualOfService+"-"+op.CLI, summary(op), p.b.String(), manualOfService))
	}
	return all
}

// NewManual returns a manual page of section 1. text consists of lines: a line without indent is the heading of a section,
// all other lines keep their layout. seeAlso are the names of other pages. The page has no date, so that each build of a
// version writes the same.
// Source: man(7).
func NewManual(name, summary, text string, seeAlso ...string) Manual {
	var b strings.Builder
	// The last argument is the middle of the header, where a long name leaves no room for the usual text.
	fmt.Fprintf(&b, ".TH \"%s\" 1 \"\" \"Cognate\" \"\\&\"\n.SH NAME\n%s \\- %s\n", strings.ToUpper(name), escapeRoff(name), escapeRoff(summary))
	open := false
	for line := range strings.Lines(strings.TrimLeft(text, "\n")) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, " ") {
			b.WriteString(escapeRoff(strings.TrimPrefix(line, indent)) + "\n")
			continue
		}
		if open {
			b.WriteString(".fi\n")
		}
		b.WriteString(".SH " + escapeRoff(line) + "\n.nf\n")
		open = true
	}
	b.WriteString(".fi\n.SH SEE ALSO\n" + escapeRoff(strings.Join(seeAlso, "(1), ")) + "(1)\n")
	return Manual{File: name + ".1", Text: b.String()}
}

// escapeRoff escapes a line so that roff prints it unchanged.
func escapeRoff(line string) string {
	line = strings.ReplaceAll(line, `\`, `\e`)
	line = strings.ReplaceAll(line, "-", `\-`)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}
