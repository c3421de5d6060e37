package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"cognate/api"
	"cognate/config"
	"cognate/iam"
	"cognate/sealing"
)

const demoRegion = "us-east-1"

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show how a software token is set up and used, on a temporary server",
		Long: `Start a server on a free port of loopback, with a database in a temporary folder. Show how a user sets up an
authenticator app and signs in with it. Every answer is checked; the exit status is 0 if all answers are the expected
ones. The demo deletes its folder at the end.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), newConsole(cmd.OutOrStdout()))
		},
	}
}

func runDemo(ctx context.Context, out *console) (err error) {
	dir, err := os.MkdirTemp("", "cognate-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	// The demo's clock is frozen, so the codes of three time steps stay valid and the demo does not wait.
	at := time.Now()
	now := func() time.Time { return at }
	key := config.AccessKey{ID: "DEMO", Secret: config.Secret(rand.Text()), Account: "000000000000"}
	var steps sync.WaitGroup
	var failed error
	n, err := demoNode(dir, key, now, func(url string) {
		steps.Go(func() {
			defer stop()
			client := &api.Client{Endpoint: url + "/", Sign: signer(key, demoRegion, now)}
			failed = (&demo{out: out, client: client, url: url, at: at}).run(ctx)
		})
	})
	if err != nil {
		return err
	}
	served := n.run(ctx)
	steps.Wait()
	return errors.Join(failed, served)
}

func demoNode(dir string, key config.AccessKey, now func() time.Time, ready func(url string)) (*node, error) {
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	c, err := config.Load(config.Source{Mode: config.Dev, File: os.DevNull, Flags: map[string]any{"listen": "127.0.0.1:0", "data": dir}})
	if err != nil {
		return nil, fmt.Errorf("settings of the demo: %w", err)
	}
	c.MasterKey = config.Secret(text)
	keys := &iam.Keys{Now: now}
	keys.SetConfigured(map[string]iam.AccessKey{
		key.ID: {AccountID: key.Account, Name: key.ID, Secret: string(key.Secret), Policy: iam.Everything()},
	})
	return &node{
		config: c, masterKeys: func() ([]sealing.MasterKey, error) { return parseMasterKeys(c) }, access: keys, now: now,
		log: slog.New(slog.DiscardHandler), ready: ready,
	}, nil
}
