package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"cognate"
	"cognate/config"
	"cognate/devapi"
	"cognate/notify"
	"cognate/sealing"
)

func newDev(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a server for development: any access key, data in memory",
		Long: `Run a server for development and tests. It accepts any access key, so it listens on loopback only. Its data is in memory,
unless --data names a folder to store it in; the first start creates a master key in that folder.

The log shows the codes that it sends. Open its address in a browser to see pools, users, messages and codes.

Each flag can also be set in the YAML file that --config names, or in the environment: --public-url is public_url in the
file and COGNATE_PUBLIC_URL in the environment. Flags override the environment, and the environment overrides the file.`,
		Example: `  cognate dev
  aws --endpoint-url http://127.0.0.1:8229 cognito-idp create-user-pool --pool-name people`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			hangups := catchHangups()
			c, err := loadSettings(cmd, config.Dev)
			if err != nil {
				return err
			}
			clock, log := devapi.NewClock(now), newLog(cmd.ErrOrStderr(), c)
			n := &node{
				config: c, masterKeys: func() ([]sealing.MasterKey, error) { return devMasterKeys(c) }, access: devapi.AnyKey{AccountID: c.Account, Region: c.Region},
				dev: &devapi.Options{
					Clock: clock, Mailbox: new(notify.Mailbox), Caller: cognate.Caller{AccountID: c.Account, Region: c.Region},
					LogSecrets: true,
				},
				reloads: newReloader(c, log), hangups: hangups, now: clock.Now, log: log, ready: announce(cmd.OutOrStdout()),
			}
			if out := cmd.OutOrStdout(); isTerminal(out) {
				n.welcome = (&startScreen{out: newConsole(out), data: storedIn(c)}).print
			}
			ctx := cmd.Context()
			if c.ExitWithParent {
				var stop context.CancelFunc
				if ctx, stop, err = untilParentEnds(ctx, cmd.InOrStdin(), n.log); err != nil {
					return err
				}
				defer stop()
			}
			return profiled(cmd, func() error { return n.run(ctx) })
		},
	}
	addSettings(cmd.Flags(), config.Dev)
	completeSettings(cmd, config.Dev)
	addProfile(cmd)
	return cmd
}
