package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cognate/config"
	"cognate/iam"
	"cognate/sealing"
	"cognate/store"
)

// The files that cognate init creates in its folder.
const (
	initSettings = "cognate.yaml"
	initMaster   = "master.key"
	initKey      = "administrator.key"
	initData     = "data"
)

func newInit() *cobra.Command {
	var account, data string
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Create the settings file, the master key and the first access key of a server",
		Long: `Create what cognate serve needs, in a folder: a settings file (cognate.yaml), a master key (master.key), an SQLite database (in the
folder data, or that of --data), and the first access key, which may do everything. The access key is in administrator.key, which has
the format of an AWS credentials file: AWS_SHARED_CREDENTIALS_FILE can name it. Move this file to the machine from which you administer
the server. Keep a copy of the master key, apart from the database and its backups.

The command changes nothing if one of these files exists.`,
		Example: `  cognate init /etc/cognate
  cognate serve --config /etc/cognate/cognate.yaml --public-url https://id.example.com`,
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			var problems []string
			if err := checkAccount(account); err != nil {
				problems = append(problems, err.Error())
			}
			files := []string{filepath.Join(dir, initSettings), filepath.Join(dir, initMaster), filepath.Join(dir, initKey), filepath.Join(dir, initData)}
			c := &config.Config{Data: files[len(files)-1]}
			if data != "" {
				if c.Data, err = filepath.Abs(data); err != nil {
					return err
				}
				files = append(files, c.StoreURL())
			}
			for _, file := range files {
				if _, err := os.Lstat(file); err == nil {
					problems = append(problems, file+" already exists, and may belong to a server; choose another folder")
				}
			}
			if len(problems) > 0 {
				return usageError{errors.New("nothing was created:\n  " + strings.Join(problems, "\n  "))}
			}
			if err := initialize(cmd.Context(), dir, account, c); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "created %s, %s and %s in %s\n\nStart the server with\n    cognate serve --config %s\nand administer it with\n    AWS_SHARED_CREDENTIALS_FILE=%s cognate cognito-idp list-user-pools --max-results 10\n",
				initSettings, initMaster, initKey, dir, filepath.Join(dir, initSettings), filepath.Join(dir, initKey))
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "`folder` of the database (default data in DIR)")
	cmd.Flags().StringVar(&account, "account", "000000000000", "`account` whose user pools the access key administers, 12 digits")
	return cmd
}

// initialize creates the files. The settings file is the last one, so a folder with it is complete.
func initialize(ctx context.Context, dir, account string, c *config.Config) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		return err
	}
	master, err := sealing.ParseMasterKey(text)
	if err != nil {
		return err
	}
	if err := writeKey(filepath.Join(dir, initMaster), text); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{URL: c.StoreURL(), MasterKeys: []sealing.MasterKey{master}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	manager := &iam.Manager{Store: db, Now: time.Now}
	key, err := createKey(ctx, db, manager, iam.NewKey{
		AccountID: account, Name: iam.Administrator, Policy: iam.Everything().Text(), PolicySource: iam.Administrator,
	})
	if err != nil {
		return err
	}
	if err := writeKey(filepath.Join(dir, initKey), credentialsFile(key)); err != nil {
		return err
	}
	settings := fmt.Sprintf(`# The settings of cognate serve. docs/configuration.md has all of them.
data: %q
master_key_file: %q
account: %q # of access keys that name none

# Where the server listens, and the URL at which clients reach it.
listen: 127.0.0.1:8229
# public_url: https://id.example.com`, c.Data, filepath.Join(dir, initMaster), account)
	return writeKey(filepath.Join(dir, initSettings), settings)
}
