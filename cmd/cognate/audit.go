package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cognate/audit"
	"cognate/config"
	"cognate/store"
)

func newAudit() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Print the audit records: who changed what",
		Long: `Print the audit records of a database in the order of their times. Each flag that selects records limits them further. A time is
RFC 3339, such as 2026-05-01T12:00:00Z, a date, or a duration before now, such as 24h or 7d.

The command finds the database by the settings data and database_url of serve, in the same file and the same environment
variables. It needs no other setting: no master key and no access key. It changes nothing.`,
		Example: `  cognate audit --config cognate.yaml --since 24h
  cognate audit --config cognate.yaml --user ann --failed
  cognate audit --config cognate.yaml --follow --output jsonl`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, wrongFlags := o.filter(time.Now())
			c, wrongSettings := config.DatabaseOf(databaseSource(cmd))
			if err := problemsOf(wrongFlags, wrongSettings); err != nil {
				return err
			}
			return withAuditLog(cmd.Context(), c, func(log *store.AuditLog) error { return o.print(cmd.Context(), log, f, cmd.OutOrStdout()) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.pool, "pool", "", "`ID` of a user pool")
	f.StringVar(&o.user, "user", "", "`username` or sub of the user whom a record is about")
	f.StringVar(&o.key, "key", "", "`ID` or name of an access key")
	f.StringVar(&o.operation, "operation", "", "`name` of an event, such as AdminCreateUser or Login_POST")
	f.StringVar(&o.ip, "ip", "", "`address` or CIDR of the client")
	f.StringVar(&o.since, "since", "", "`time` of the first record")
	f.StringVar(&o.until, "until", "", "`time` after the last record")
	f.BoolVar(&o.failed, "failed", false, "only events that failed")
	f.BoolVar(&o.follow, "follow", false, "also print records as they are made, until the command is interrupted")
	f.StringVar(&o.output, "output", outputText, "text, jsonl (a record a line) or cloudtrail (one JSON object)")
	addDatabase(f)
	if err := cmd.RegisterFlagCompletionFunc("output",
		cobra.FixedCompletions([]string{outputText, outputLines, outputCloudTrail}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the command has no such flag
	}
	cmd.AddCommand(newAuditVerify())
	return cmd
}

func newAuditVerify() *cobra.Command {
	var anchor string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that no audit record was changed or removed",
		Long: `Compute the chain of hashes over all audit records again, and name the first record that is missing or was changed. Records join the
chain within three seconds. Records that were deleted because of their age (audit_retention) are not missing.

The output names the last position of the chain and its hash. Keep them outside the database: with --anchor the command also checks
that the chain had this hash at this position, which an attacker who can write to the database cannot forge.`,
		Example: `  cognate audit verify --config cognate.yaml
  cognate audit verify --config cognate.yaml --anchor 1042:4f0a...`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, wrongAnchor := parseAnchor(anchor)
			c, wrongSettings := config.DatabaseOf(databaseSource(cmd))
			if err := problemsOf(wrongAnchor, wrongSettings); err != nil {
				return err
			}
			return withAuditLog(cmd.Context(), c, func(log *store.AuditLog) error { return verify(cmd.Context(), log, at, cmd.OutOrStdout()) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&anchor, "anchor", "", "`POSITION:HASH` of an earlier verification")
	addDatabase(f)
	return cmd
}

// withAuditLog opens the records of a database for reading.
func withAuditLog(ctx context.Context, c *config.Config, fn func(*store.AuditLog) error) (err error) {
	if err := requireMigrated(ctx, c); err != nil {
		return err
	}
	log, err := store.OpenAuditLog(c.StoreURL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	return fn(log)
}

func parseAnchor(text string) (audit.Anchor, error) {
	if text == "" {
		return audit.Anchor{}, nil
	}
	position, hash, _ := strings.Cut(text, ":")
	n, err := strconv.ParseInt(position, 10, 64)
	if err != nil || n < 1 || len(hash) != 64 {
		return audit.Anchor{}, fmt.Errorf("--anchor %q is not POSITION:HASH, as cognate audit verify prints them", text)
	}
	return audit.Anchor{Position: n, Hash: hash}, nil
}

func verify(ctx context.Context, log *store.AuditLog, anchor audit.Anchor, out io.Writer) error {
	found, err := audit.Verify(ctx, log, anchor)
	if err != nil {
		return fmt.Errorf("the audit records do not verify: %w", err)
	}
	if found.First == 0 {
		_, err = fmt.Fprintf(out, "There are no records in the chain. %d were deleted because of their age.\n", found.Deleted)
		return err
	}
	_, err = fmt.Fprintf(out, "Records %d to %d verify. %d were deleted because of their age.\nanchor %d:%s\n",
		found.First, found.Last, found.Deleted, found.Last, found.Hash)
	return err
}

// The values of --output.
const (
	outputText       = "text"
	outputLines      = "jsonl"
	outputCloudTrail = "cloudtrail"
)

// auditOptions are the flags.
type auditOptions struct {
	pool, user, key, operation, ip, since, until, output string
	failed, follow                                       bool
}

// auditFilter selects records.
type auditFilter struct {
	auditOptions
	since, until time.Time // zero means no limit
	network      netip.Prefix
}

// filter checks the flags. It returns all problems.
func (o *auditOptions) filter(now time.Time) (*auditFilter, error) {
	f := &auditFilter{auditOptions: *o}
	var problems []error
	try := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	var err error
	f.since, err = parseMoment("--since", o.since, now)
	try(err)
	f.until, err = parseMoment("--until", o.until, now)
	try(err)
	if o.ip != "" {
		f.network, err = netip.ParsePrefix(o.ip)
		if err != nil {
			var ip netip.Addr
			if ip, err = netip.ParseAddr(o.ip); err == nil {
				f.network, err = ip.Prefix(ip.BitLen())
			}
		}
		if err != nil {
			try(fmt.Errorf("--ip %q is neither an address nor a CIDR such as 192.0.2.0/24", o.ip))
		}
	}
	if !slices.Contains([]string{outputText, outputLines, outputCloudTrail}, o.output) {
		try(fmt.Errorf("--output %q is not text, jsonl or cloudtrail", o.output))
	}
	if o.follow && (o.output == outputCloudTrail || o.until != "") {
		try(errors.New("--follow has no end: use it without --until, and with the output text or jsonl"))
	}
	return f, errors.Join(problems...)
}

// parseMoment returns a time, or the zero time for no text.
func parseMoment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	before, err := config.ParseDuration(text)
	if err != nil || before < 0 {
		return time.Time{}, fmt.Errorf("%s %q is not a time such as 2026-05-01T12:00:00Z, a date, or a duration such as 24h or 7d", flag, text)
	}
	return now.Add(-before), nil
}

// matches reports whether the filter selects a record.
func (f *auditFilter) matches(r *audit.Record) bool {
	a, id := &r.AdditionalEventData, &r.UserIdentity
	pool := a.UserPoolID
	if len(r.Resources) > 0 {
		_, pool, _ = strings.Cut(r.Resources[0].ARN, "userpool/")
	}
	ip, _ := netip.ParseAddr(r.SourceIPAddress)
	return (f.pool == "" || pool == f.pool) &&
		(f.user == "" || a.Sub == f.user || a.Cognate.Username == f.user) &&
		(f.key == "" || id.AccessKeyID == f.key || id.UserName == f.key) &&
		(f.operation == "" || strings.EqualFold(r.EventName, f.operation)) &&
		(!f.network.IsValid() || f.network.Contains(ip.Unmap())) &&
		(!f.failed || r.ErrorCode != "")
}

// print writes the records.
func (o *auditOptions) print(ctx context.Context, log *store.AuditLog, f *auditFilter, out io.Writer) error {
	w := &recordWriter{out: bufio.NewWriter(out), output: o.output}
	chain, err := log.Chain(ctx) // before the first record, so that --follow misses none
	if err != nil {
		return err
	}
	unlinked := make(map[string]bool) // already printed
	err = log.Range(ctx, f.since, f.until, func(e *store.AuditEvent) error {
		if e.Position == 0 || e.Position > chain.EndPosition {
			if o.follow && !e.IsComplete {
				return nil // printed when it has its outcome
			}
			unlinked[e.ID] = true
		}
		return w.writeIf(f, e.Record)
	})
	if err == nil && o.follow {
		err = o.printNew(ctx, log, f, w, chain.EndPosition, unlinked)
	}
	return errors.Join(err, w.end())
}

// followPeriod is how often --follow looks for new records.
const followPeriod = time.Second

// printNew writes records as they are linked, until ctx ends.
func (o *auditOptions) printNew(ctx context.Context, log *store.AuditLog, f *auditFilter, w *recordWriter, position int64, printed map[string]bool) error {
	const page = 500
	tick := time.NewTicker(followPeriod)
	defer tick.Stop()
	for {
		if err := w.out.Flush(); err != nil {
			return err
		}
		events, err := log.Linked(ctx, position, page)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range events {
			position = e.Position
			if printed[e.ID] {
				delete(printed, e.ID)
			} else if err := w.writeIf(f, e.Record); err != nil {
				return err
			}
		}
		if len(events) == page {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// recordWriter writes records in one of the outputs.
type recordWriter struct {
	out    *bufio.Writer
	output string
	began  bool
}

func (w *recordWriter) writeIf(f *auditFilter, text string) error {
	r, err := audit.Decode(text)
	if err != nil {
		return fmt.Errorf("read an audit record: %w", err)
	}
	if !f.matches(r) {
		return nil
	}
	switch w.output {
	case outputLines:
		_, err = w.out.WriteString(text + "\n")
	case outputCloudTrail:
		_, err = w.out.WriteString(w.separator() + text)
	default:
		_, err = w.out.WriteString(textLine(r) + "\n")
	}
	return err
}

func (w *recordWriter) separator() string {
	if !w.began {
		w.began = true
		return `{"Records":[`
	}
	return ","
}

func (w *recordWriter) end() error {
	if w.output == outputCloudTrail {
		begin := ""
		if !w.began {
			begin = w.separator()
		}
		if _, err := w.out.WriteString(begin + "]}\n"); err != nil {
			return err
		}
	}
	return w.out.Flush()
}

// textLine returns the time, the key, the operation, the user, the address and the result of a record.
func textLine(r *audit.Record) string {
	a, id := &r.AdditionalEventData, &r.UserIdentity
	result := "ok"
	switch {
	case a.Cognate.IsIncomplete:
		result = "unknown"
	case r.ErrorCode != "":
		result = r.ErrorCode
	}
	if a.Cognate.Count > 1 {
		result += " (" + strconv.Itoa(a.Cognate.Count) + " times)"
	}
	words := []string{
		r.EventTime, firstOf(id.UserName, id.AccessKeyID, id.InvokedBy), r.EventName, firstOf(a.Cognate.Username, a.Sub),
		firstOf(r.SourceIPAddress), result,
	}
	return strings.Join(words, "  ")
}

// firstOf returns the first text that is not empty, as one word without control characters; "-" if there is none.
func firstOf(texts ...string) string {
	for _, text := range texts {
		if text == "" {
			continue
		}
		if quoted := strconv.Quote(text); quoted != `"`+text+`"` || strings.Contains(text, " ") {
			return quoted
		}
		return text
	}
	return "-"
}
