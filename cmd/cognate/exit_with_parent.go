package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"
)

// parentCheck is how often the server checks that its parent process still runs.
const parentCheck = 250 * time.Millisecond

// untilParentEnds returns a context that also ends when the parent process ends, even if the parent was killed. The caller
// calls stop at the end of the program.
//
// If standard input is a pipe, it reads the pipe to its end: the operating system closes the other end with the process that
// has it. This also works if a wrapper, such as npx, is between that process and this one. Otherwise it checks the ID of the
// parent process, which changes when the parent ends. On Windows the ID does not change, so a pipe is required there.
func untilParentEnds(ctx context.Context, stdin io.Reader, log *slog.Logger) (_ context.Context, stop context.CancelFunc, err error) {
	piped, err := isPipe(stdin)
	if err != nil {
		return nil, nil, fmt.Errorf("exit_with_parent: %w", err)
	}
	if !piped && runtime.GOOS == "windows" {
		return nil, nil, errors.New("exit_with_parent: on Windows, standard input must be a pipe that the parent process keeps open")
	}
	ctx, stop = context.WithCancel(ctx)
	end := sync.OnceFunc(func() {
		log.Info("the parent process has ended")
		stop()
	})
	if piped {
		go func() {
			_, _ = io.Copy(io.Discard, stdin) // an error also means that the pipe is closed
			end()
		}()
	}
	go func() {
		parent := os.Getppid()
		check := time.NewTicker(parentCheck)
		defer check.Stop()
		for os.Getppid() == parent {
			select {
			case <-check.C:
			case <-ctx.Done():
				return
			}
		}
		end()
	}()
	return ctx, stop, nil
}

// isPipe reports whether a file is a pipe. Node.js uses sockets as pipes.
func isPipe(r io.Reader) (bool, error) {
	file, ok := r.(*os.File)
	if !ok {
		return false, nil
	}
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	return info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0, nil
}
