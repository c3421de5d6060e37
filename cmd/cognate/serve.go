package main

import (
	"time"

	"github.com/spf13/cobra"

	"cognate/config"
	"cognate/iam"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a server for real: signed administration, a master key, data kept",
		Long: `Run a server that keeps its data, in SQLite or PostgreSQL, and checks the signature of every administrator's request.
It starts with a master key, which unseals the secrets in the database, and with at least one access key.

Each flag is also a line of the YAML file that --config names, and a variable: --public-url is public_url there, and
COGNATE_PUBLIC_URL. Flags win over variables, variables over the file. Access keys are in the file only:

  access_keys:
    - id: ADMIN
      secret_file: /run/secrets/admin   # or secret: the secret itself
      account: "123456789012"           # the account that it administers; --account unless set`,
		Example: `  cognate master-key --out master.key
  cognate serve --config cognate.yaml --master-key-file master.key --public-url https://id.example.com`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadSettings(cmd, config.Serve)
			if err != nil {
				return err
			}
			masterKeys, err := parseMasterKeys(c)
			if err != nil {
				return err
			}
			n := &node{
				config: c, masterKeys: masterKeys, access: accessKeys(c.AccessKeys, time.Now), now: time.Now,
				log: newLog(cmd.ErrOrStderr(), c), ready: announce(cmd.OutOrStdout()),
			}
			return profiled(cmd, func() error { return n.run(cmd.Context()) })
		},
	}
	addSettings(cmd.Flags(), config.Serve)
	addProfile(cmd)
	return cmd
}

func accessKeys(keys []config.AccessKey, now func() time.Time) iam.Keys {
	byID := make(map[string]iam.AccessKey)
	for _, k := range keys {
		byID[k.ID] = iam.AccessKey{AccountID: k.Account, Secret: string(k.Secret)}
	}
	return iam.Keys{Keys: byID, Now: now}
}
