package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cognate/config"
	"cognate/store"
)

const migrateHelp = `The command finds the database by the settings data and database_url of serve, in the same file and the same environment
variables. It needs no other setting: no master key and no access key.`

func newMigrate() *cobra.Command {
	cmd := newMigrateUp()
	cmd.Use = "migrate"
	cmd.Long = `Run the migrations that the database does not have yet, and print their names, as cognate migrate up does. cognate migrate status
lists all migrations.

` + cmd.Long
	cmd.Example = `  cognate migrate status --config cognate.yaml
  cognate migrate --config cognate.yaml --dry-run
  cognate migrate up --config cognate.yaml`
	cmd.AddCommand(newMigrateStatus(), newMigrateUp())
	return cmd
}

func newMigrateUp() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run the pending migrations of a database",
		Long: `A server runs pending migrations when it starts, unless its setting migrate is manual. With --dry-run the command only prints
them, and changes nothing.

After an additive migration, servers of the previous release still work with the database. Make a backup before a migration
that is not additive, and stop the servers of the previous release.

` + migrateHelp,
		Example: `  cognate migrate up --config cognate.yaml --dry-run
  cognate migrate up --config cognate.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.DatabaseOf(databaseSource(cmd))
			if err != nil {
				return err
			}
			if dryRun {
				pending, err := store.PendingMigrations(cmd.Context(), c.StoreURL())
				if err != nil {
					return err
				}
				return printChanges(cmd.OutOrStdout(), pending)
			}
			if c.Data != "" {
				if err := os.MkdirAll(c.Data, 0o700); err != nil {
					return fmt.Errorf("make data folder: %w", err)
				}
			}
			ran, err := store.Migrate(cmd.Context(), c.StoreURL())
			if err != nil {
				return err
			}
			return printChanges(cmd.OutOrStdout(), ran)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&dryRun, "dry-run", false, "print the pending migrations, and change nothing")
	addDatabase(f)
	return cmd
}

func newMigrateStatus() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "List the migrations of a database",
		Long: `List all migrations: the applied ones, those that are pending, and unknown ones, which the database has from a newer version. The
command changes nothing. It ends with status 1 if this version refuses the database, because an unknown migration is not additive.

` + migrateHelp,
		Example: `  cognate migrate status --config cognate.yaml`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.DatabaseOf(databaseSource(cmd))
			if err != nil {
				return err
			}
			all, refused := store.Migrations(cmd.Context(), c.StoreURL())
			return errors.Join(printMigrations(cmd.OutOrStdout(), all), refused)
		},
	}
	cmd.Flags().SortFlags = false
	addDatabase(cmd.Flags())
	return cmd
}

// databaseSource returns the settings that the flags of a command name, if they are settings of a database.
func databaseSource(cmd *cobra.Command) config.Source {
	s := config.Source{Environ: os.Environ(), Flags: make(map[string]any), File: cmd.Flag(flagConfig).Value.String()}
	for _, flag := range []string{"data", "database-url", "master-key-file", "old-master-keys-file"} {
		if f := cmd.Flag(flag); f != nil && f.Changed {
			s.Flags[strings.ReplaceAll(flag, "-", "_")] = f.Value.String()
		}
	}
	return s
}

// addDatabase declares the flags that name a database.
func addDatabase(f *pflag.FlagSet) {
	f.String(flagConfig, "", "YAML `file` with the settings of the server (COGNATE_CONFIG)")
	f.String("data", "", "`folder` of the database (default \"cognate-data\")")
	f.String("database-url", "", "postgres:// `URL` of the database, instead of a folder")
}

// printChanges is printMigrations, and says if there are none.
func printChanges(w io.Writer, migrations []store.Migration) error {
	if len(migrations) == 0 {
		_, err := fmt.Fprintln(w, "no pending migrations")
		return err
	}
	return printMigrations(w, migrations)
}

// printMigrations prints a line for each migration: its state, whether it is additive, and its name.
func printMigrations(w io.Writer, migrations []store.Migration) error {
	for _, m := range migrations {
		kind := "not additive"
		if m.Additive {
			kind = "additive"
		}
		if _, err := fmt.Fprintf(w, "%s  %-12s  %s\n", m.State, kind, m.Name); err != nil {
			return err
		}
	}
	return nil
}
