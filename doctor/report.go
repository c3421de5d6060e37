// Package doctor checks the installation of a server: its settings, files, keys and certificates, its database with schema,
// replication and backups, the clocks, the sending of messages, and the issuer that clients see. It changes nothing.
//
// It does not read settings: cmd/cognate passes what each check needs.
package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Status is the result of a check.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Skipped Status = "skipped" // the check does not apply, or could not be made
	Warning Status = "warning"
	Failed  Status = "failed"
)

// Finding is one result of a check.
type Finding struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	// Text says what was found, and Remedy what to do. Remedy is empty if there is nothing to do.
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

// Report has the findings in the order of the checks.
type Report struct {
	Findings []Finding
}

// on is the part of a report that one check writes.
type on struct {
	report *Report
	check  string
}

// on returns the part of the report for a check.
func (r *Report) on(check string) *on { return &on{r, check} }

func (o *on) add(s Status, remedy, format string, args ...any) {
	o.report.Findings = append(o.report.Findings, Finding{o.check, s, fmt.Sprintf(format, args...), remedy})
}

func (o *on) ok(format string, args ...any)           { o.add(OK, "", format, args...) }
func (o *on) skip(format string, args ...any)         { o.add(Skipped, "", format, args...) }
func (o *on) warn(remedy, format string, args ...any) { o.add(Warning, remedy, format, args...) }
func (o *on) fail(remedy, format string, args ...any) { o.add(Failed, remedy, format, args...) }

// found reports whether the check has a finding already.
func (o *on) found() bool {
	all := o.report.Findings
	return len(all) > 0 && all[len(all)-1].Check == o.check
}

// Status returns Failed if a check has failed, otherwise Warning if there is a warning, otherwise OK.
func (r *Report) Status() Status {
	worst := OK
	for _, f := range r.Findings {
		switch f.Status {
		case Failed:
			return Failed
		case Warning:
			worst = Warning
		}
	}
	return worst
}

// ExitStatus returns the exit status of a command with this report: 0, 1 for warnings, or 2 if a check has failed.
func (r *Report) ExitStatus() int {
	return map[Status]int{OK: 0, Warning: 1, Failed: 2}[r.Status()]
}

// WriteText writes a line for each finding, and its remedy below it.
func (r *Report) WriteText(w io.Writer) error {
	for _, f := range r.Findings {
		if _, err := fmt.Fprintf(w, "%-7s  %-12s  %s\n", f.Status, f.Check, indent(f.Text)); err != nil {
			return err
		}
		if f.Remedy == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%23s-> %s\n", "", indent(f.Remedy)); err != nil {
			return err
		}
	}
	return nil
}

// indent lets the further lines of a text begin below its first one.
func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 23)) }

// WriteJSON writes one object with the status of the report and the findings.
func (r *Report) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(struct {
		Status   Status    `json:"status"`
		Findings []Finding `json:"findings"`
	}{r.Status(), r.Findings})
}
