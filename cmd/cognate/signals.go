package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilSignal returns a context that ends at the first SIGINT or SIGTERM. The second signal kills the process, at any time
// after the first. The caller calls stop at the end of the program.
//
// One goroutine restores the default handlers before it ends the context. With signal.NotifyContext the program would
// already react to the end of the context while a second signal is still caught and lost.
func untilSignal(parent context.Context) (ctx context.Context, stop context.CancelFunc) {
	ctx, stop = context.WithCancel(parent)
	signals := make(chan os.Signal, 2) // a signal is lost if the channel is full
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer stop()
		select {
		case <-signals:
		case <-ctx.Done():
		}
		signal.Stop(signals) // after this, no more signals arrive in the channel
		select {
		case second := <-signals:
			raise(second)
		default:
		}
	}()
	return ctx, stop
}

// raise sends a signal to this process.
func raise(s os.Signal) {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Signal(s) // if this fails, the program shuts down normally
	}
}
