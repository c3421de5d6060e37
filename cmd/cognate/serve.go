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

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a production server: signed administration, a master key, a database",
		Long: `Run a server with an SQLite or PostgreSQL database that checks the signature of every administrator's request.
It requires a master key, which unseals the secrets in the database, and at least one access key.

Each flag can also be set in the YAML file that --config names, or in the environment: --public-url is public_url in the
file and COGNATE_PUBLIC_URL in the environment. Flags override the environment, and the environment overrides the file.
Access keys are in the file only:

  access_keys:
    - id: ADMIN
      secret_file: /run/secrets/admin   # or secret: the secret itself
      account: "123456789012"           # the account that it administers; default --account`,
		Example: `  cognate master-key --out master.key
  cognate serve --config cognate.yaml --master-key-file master.key --public-url https://id.example.com`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			hangups := catchHangups()
			if err := requireFileModes(runtime.GOOS); err != nil {
				return err
			}
			c, err := loadSettings(cmd, config.Serve)
			if err != nil {
				return err
			}
			log := newLog(cmd.ErrOrStderr(), c)
			reloads := newReloader(c, func() ([]config.AccessKey, error) {
				return config.AccessKeysOf(settingsSource(cmd, config.Serve))
			}, log)
			n := &node{
				config: c, masterKeys: func() ([]sealing.MasterKey, error) { return parseMasterKeys(c) }, access: reloads, reloads: reloads, hangups: hangups, now: time.Now, log: log,
				ready: announce(cmd.OutOrStdout()),
			}
			return profiled(cmd, func() error { return n.run(cmd.Context()) })
		},
	}
	addSettings(cmd.Flags(), config.Serve)
	completeSettings(cmd, config.Serve)
	addProfile(cmd)
	return cmd
}

// windows is the name of Windows in runtime.GOOS.
const windows = "windows"

// requireFileModes returns an error on an operating system whose file modes do not tell who can read a file. serve depends on
// them to keep its database private and to reject secrets that others can read.
func requireFileModes(goos string) error {
	if goos == windows {
		return usageError{errors.New("serve does not run on Windows, because file modes do not protect its keys there; run it on " +
			"Linux or macOS. For development, use cognate dev")}
	}
	return nil
}

func accessKeys(keys []config.AccessKey, now func() time.Time) iam.Keys {
	byID := make(map[string]iam.AccessKey)
	for _, k := range keys {
		byID[k.ID] = iam.AccessKey{AccountID: k.Account, Secret: string(k.Secret)}
	}
	return iam.Keys{Keys: byID, Now: now}
}
