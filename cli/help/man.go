package help

import (
	"fmt"
	"strings"

	"cognate/api"
)

// Manual is a manual page in roff.
type Manual struct{ File, Text string }

// Manuals returns the manual pages of section 1: one for `cognate cognito-idp`, and one for each command.
// They mark what builds lacks.
func Manuals(builds Builds) []Manual {
	operations := api.Operations()
	all := make([]Manual, 0, len(operations)+1)
	all = append(all, manual("cognate-cognito-idp", serviceSummary, builds, (*page).service))
	for _, op := range operations {
		all = append(all, manual("cognate-cognito-idp-"+op.CLI, summary(op), builds, func(p *page) { p.operation(op) }))
	}
	return all
}

// manual converts a help text to roff. Headings become sections. Lines keep their layout.
// Source: man(7).
func manual(name, summary string, builds Builds, write func(*page)) Manual {
	p := &page{builds: builds}
	write(p)
	var b strings.Builder
	fmt.Fprintf(&b, ".TH \"%s\" 1 \"\" \"Cognate\"\n.SH NAME\n%s \\- %s\n", strings.ToUpper(name), name, escapeRoff(summary))
	open := false
	for line := range strings.Lines(p.b.String()) {
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
	if open {
		b.WriteString(".fi\n")
	}
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
