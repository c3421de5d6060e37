package main

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"cognate/audit"
	"cognate/devapi"
	"cognate/trigger/invoker"
)

const yellow = "\x1b[33m"

// textLog is a slog.Handler that writes one short line for each record, for people:
//
//	10:41:26 SignUp web bob → CodeMismatchException 0.8 ms
//	10:41:26 email to ann@example.com: SignUp code 123456 pool=us-east-1_Example1
//
// Requests, sent messages and the standard error of functions have forms of their own. Other records have their message and
// attributes. Text from clients may contain control characters, which must not reach the terminal, so they are escaped.
type textLog struct {
	out *textOutput
	// attrs writes the attributes of a record to out.attrs.
	attrs slog.Handler
	// function is the name of the function that all records are about; "" if there is none.
	function string
}

// textOutput is the state that a handler shares with those that WithAttrs and WithGroup make of it.
type textOutput struct {
	mu      sync.Mutex
	console *console
	attrs   bytes.Buffer
}

func newTextLog(w io.Writer, options *slog.HandlerOptions) *textLog {
	out := &textOutput{console: newConsole(w)}
	return &textLog{out: out, attrs: slog.NewTextHandler(&out.attrs, &slog.HandlerOptions{
		Level: options.Level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if isBuiltIn(groups, a.Key) {
				return slog.Attr{} // the line starts with it
			}
			return options.ReplaceAttr(groups, a)
		},
	})}
}

// Enabled reports whether records of that level are written.
func (l *textLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.attrs.Enabled(ctx, level)
}

// WithAttrs returns a handler that adds attributes to each record.
func (l *textLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	more := *l
	more.attrs = l.attrs.WithAttrs(attrs)
	for _, a := range attrs {
		if a.Key == "function" {
			more.function = a.Value.String()
		}
	}
	return &more
}

// WithGroup returns a handler that adds a group's name to the names of attributes.
func (l *textLog) WithGroup(name string) slog.Handler {
	more := *l
	more.attrs = l.attrs.WithGroup(name)
	return &more
}

// Handle writes the line of a record.
func (l *textLog) Handle(ctx context.Context, r slog.Record) error {
	l.out.mu.Lock()
	defer l.out.mu.Unlock()
	text, err := l.text(ctx, r)
	if err != nil {
		return err
	}
	_, err = io.WriteString(l.out.console.w, l.out.console.in(dim, r.Time.Format(time.TimeOnly))+" "+text+"\n")
	return err
}

func (l *textLog) text(ctx context.Context, r slog.Record) (string, error) {
	values := make(map[string]slog.Value)
	r.Attrs(func(a slog.Attr) bool {
		values[a.Key] = a.Value.Resolve()
		return true
	})
	text := func(key string) string {
		if v, ok := values[key]; ok {
			return v.String()
		}
		return ""
	}
	c := l.out.console
	switch r.Message {
	case audit.LogMessage:
		took, _ := values["took"].Any().(time.Duration)
		return requestLine(c, took, text), nil
	case invoker.LogStandardError:
		return c.in(cyan, printable(l.function)+":") + " " + printable(text("text")), nil
	case devapi.LogSentMessage:
		return c.in(bold, printable(text("text"))) + c.in(dim, " pool="+printable(text("pool"))), nil
	}
	l.out.attrs.Reset()
	if err := l.attrs.Handle(ctx, r); err != nil {
		return "", err
	}
	line := severity(c, r.Level) + printable(r.Message)
	if attrs := strings.TrimSuffix(l.out.attrs.String(), "\n"); attrs != "" {
		line += c.in(dim, " "+attrs)
	}
	return line, nil
}

// requestLine returns the line of an audit event: operation, client or pool, user, outcome and duration. The cause of an
// internal error follows on more lines.
func requestLine(c *console, took time.Duration, text func(key string) string) string {
	operation, outcome := text("operation"), text("outcome")
	if operation == "" {
		operation = "unknown operation"
	}
	words := []string{c.in(bold, operation)}
	for _, name := range []string{cmp.Or(text(devapi.AttrClientName), text("client"), text("pool")), text(devapi.AttrUsername)} {
		if name != "" {
			words = append(words, word(name))
		}
	}
	cause := text("error")
	colour := yellow
	switch {
	case outcome == audit.OK:
		colour = green
	case cause != "":
		colour = red
	}
	lines := []string{strings.Join(append(words, "→", c.in(colour, outcome), c.in(dim, milliseconds(took))), " ")}
	if cause != "" {
		lines = append(lines, "request "+text("request"))
		for part := range strings.Lines(cause) {
			lines = append(lines, printable(strings.TrimRight(part, "\n")))
		}
	}
	return strings.Join(lines, "\n  ")
}

// milliseconds returns a duration with one decimal: "0.8 ms".
func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
}

func severity(c *console, level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return c.in(red, "error:") + " "
	case level >= slog.LevelWarn:
		return c.in(yellow, "warning:") + " "
	default:
		return ""
	}
}

// printable returns text with escapes for the characters that do not print, so that it cannot control the terminal.
func printable(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return text
	}
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

// word returns a name as one word: in quotes, with escapes, if it has spaces, quotes or characters that do not print.
func word(name string) string {
	if name != printable(name) || strings.ContainsAny(name, ` "→`) {
		return strconv.Quote(name)
	}
	return name
}
