package invoker

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"strings"
	"time"
)

// Limits of what the log takes of one run of a program, in bytes. Longer lines are logged in parts.
const (
	maxLine  = 4 << 10
	maxLines = 64 << 10
)

// LogStandardError is the message of the log line for each line of standard error. Its attributes are "function", the name of
// the function, and "text", the line.
const LogStandardError = "function wrote to standard error"

// logDelay is how long to wait, after a program has ended, until all its lines are logged. Only a child process that holds
// the file open makes it wait so long.
const logDelay = 100 * time.Millisecond

// lineLog logs each line that is written to a file.
type lineLog struct {
	file   *os.File // one end of a pipe
	logged chan struct{}
}

// logLines returns a lineLog. The caller closes it. A child process of the program may outlive it and still write: the file
// is read until it ends too, because a closed pipe would kill it.
func logLines(ctx context.Context, log *slog.Logger) (*lineLog, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	l := &lineLog{file: write, logged: make(chan struct{})}
	go func() {
		defer close(l.logged)
		defer func() { _ = read.Close() }() // nothing to lose: all was read
		copyLines(context.WithoutCancel(ctx), log, read)
	}()
	return l, nil
}

func copyLines(ctx context.Context, log *slog.Logger, from *os.File) {
	lines, left := bufio.NewReaderSize(from, maxLine), maxLines
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return
		}
		if left <= 0 || len(line) == 0 {
			continue
		}
		log.InfoContext(ctx, LogStandardError, "text", strings.ToValidUTF8(string(line), "\uFFFD"))
		if left -= len(line); left <= 0 {
			log.WarnContext(ctx, "function wrote more to standard error than is logged", "limit", maxLines)
		}
	}
}

// close closes the file and waits until the lines of the program are logged.
func (l *lineLog) close() {
	_ = l.file.Close() // the program has its own copy
	late := time.NewTimer(logDelay)
	defer late.Stop()
	select {
	case <-l.logged:
	case <-late.C:
	}
}
