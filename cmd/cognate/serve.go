package main

import (
	"errors"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"cognate/config"
	"cognate/iam"
	"cognate/sealing"
)

func newServe(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a production server: signed administration, a master key, a database",
		Long: `Run a server with an SQLite or PostgreSQL database that checks the signature of every administrator's request.
It requires a master key, which unseals the secrets in the database, and at least one access key. cognate init makes both, with a
settings file; cognate keys makes further access keys, which may do everything or less.

Each flag can also be set in the YAML file that --config names, or in the environment: --public-url is public_url in the
file and COGNATE_PUBLIC_URL in the environment. Flags override the environment, and the environment overrides the file.
Access keys can also be in the file:

  access_keys:
    - id: ADMIN
      secret_file: /run/secrets/admin   # or secret: the secret itself
      account: "123456789012"           # the account that it administers; default --account
      name: administrator               # default: the id
      policy_file: policy.json          # or the name of a ready policy; default: the key may do everything`,
		Example: `  cognate init /etc/cognate
  cognate serve --config /etc/cognate/cognate.yaml --public-url https://id.example.com`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			hangups := catchHangups()
			if err := requireFileModes(runtime.GOOS); err != nil {
				return err
			}
			c, err := loadSettings(cmd, config.Serve)
			if err != nil {
				return withMissingKey(cmd.Context(), settingsSource(cmd, config.Serve), err)
			}
			log := newLog(cmd.ErrOrStderr(), c)
			keys := &iam.Keys{Now: now, Log: log}
			n := &node{
				config: c, masterKeys: func() ([]sealing.MasterKey, error) { return parseMasterKeys(c) }, access: keys, keys: keys,
				loadKeys: func() (config.ListedKeys, error) { return config.AccessKeysOf(settingsSource(cmd, config.Serve)) },
				reloads:  newReloader(c, log), hangups: hangups, now: now, log: log, ready: announce(cmd.OutOrStdout()),
			}
			return profiled(cmd, func() error { return n.run(cmd.Context()) })
		},
	}
	addSettings(cmd.Flags(), config.Serve)
	completeSettings(cmd, config.Serve)
	addProfile(cmd)
	return cmd
}

// goosWindows is the name of Windows in runtime.GOOS.
const goosWindows = "windows"

// requireFileModes returns an error on an operating system whose file modes do not tell who can read a file. serve depends on
// them to keep its database private and to reject secrets that others can read.
func requireFileModes(goos string) error {
	if goos == goosWindows {
		return usageError{errors.New("serve does not run on Windows, because file modes do not protect its keys there; run it on " +
			"Linux or macOS. For development, use cognate dev")}
	}
	return nil
}
