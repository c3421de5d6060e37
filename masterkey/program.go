package masterkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// program is a program of the operator that has the key. It is run with the argument wrap or unwrap, reads bytes from standard input, and
// writes the result to standard output.
type program struct {
	path  string
	limit time.Duration
}

func newProgram(path string) (*program, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("%s must be followed by the absolute path of a program, without arguments", execPrefix)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s%w", execPrefix, err)
	case !info.Mode().IsRegular() || runtime.GOOS != "windows" && info.Mode().Perm()&0o111 == 0:
		return nil, fmt.Errorf("%s%s is not a program; make it executable with chmod +x", execPrefix, path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o002 != 0:
		return nil, fmt.Errorf("%s%s: every user of this machine can change the program; repair it with chmod o-w", execPrefix, path)
	}
	return &program{path: path, limit: Limit}, nil
}

// Name returns the text in the settings.
func (p *program) Name() string { return execPrefix + p.path }

// Location returns the name, because the path selects the program.
func (p *program) Location() string { return p.Name() }

// Wrap runs the program with the argument wrap.
func (p *program) Wrap(ctx context.Context, key []byte) ([]byte, error) {
	return p.run(ctx, "wrap", key)
}

// Unwrap runs the program with the argument unwrap.
func (p *program) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	return p.run(ctx, "unwrap", wrapped)
}

const (
	// waitDelay is how long to wait for a program's output after its end, if a child process holds the output open.
	waitDelay = time.Second
	// maxWrapped is the length of what a program may write. Package sealing stores no longer keys.
	maxWrapped = 4096
	// maxComplaint is the length of the standard error that an error shows.
	maxComplaint = 500
)

func (p *program) run(ctx context.Context, how string, in []byte) ([]byte, error) {
	ctx, stop := context.WithTimeoutCause(ctx, p.limit, fmt.Errorf("%s: no end within %v", how, p.limit))
	defer stop()
	out, complaint := &bounded{most: maxWrapped}, &bounded{most: maxComplaint, drop: true}
	cmd := exec.CommandContext(ctx, p.path, how)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = bytes.NewReader(in), out, complaint, waitDelay
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "COGNATE_") { // which can be secrets of the server
			cmd.Env = append(cmd.Env, variable)
		}
	}
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case out.overflow:
		return nil, fmt.Errorf("%s: %w", how, errTooLong)
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %s", how, err, strings.TrimSpace(complaint.kept.String()))
	case out.kept.Len() == 0:
		return nil, fmt.Errorf("%s: the program wrote nothing", how)
	}
	return out.kept.Bytes(), nil
}

// bounded stores up to most bytes. It drops the rest, or refuses it.
type bounded struct {
	kept     bytes.Buffer
	most     int
	drop     bool
	overflow bool
}

var errTooLong = errors.New("the program writes too much")

func (b *bounded) Write(p []byte) (int, error) {
	room := max(0, b.most-b.kept.Len())
	if len(p) > room && !b.drop {
		b.overflow = true
		return 0, errTooLong
	}
	b.kept.Write(p[:min(len(p), room)])
	return len(p), nil
}
