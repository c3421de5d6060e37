package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cognate/config"
	"cognate/store"
)

func newImportLog() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import-log JOB",
		Short: "Print the result of each row of a user import job",
		Long: `Print the log of a user import job: a line for each row of its file, with the number of the line and the reason if the
user was not imported. JOB is the JobId, such as import-9sHxosU7BP. The log of a running job ends at its last write. It is kept
for 90 days after the end of the job.

The command finds the database by the settings data and database_url of serve, in the same file and the same environment
variables. It needs no other setting: no master key and no access key. It changes nothing.`,
		Example: `  cognate import-log --config cognate.yaml import-9sHxosU7BP
  cognate import-log --data cognate-data import-9sHxosU7BP | grep FAILED`,
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.DatabaseOf(databaseSource(cmd))
			if err != nil {
				return err
			}
			err = store.ImportLog(cmd.Context(), c.StoreURL(), args[0], func(entries string) error {
				_, err := io.WriteString(cmd.OutOrStdout(), entries)
				return err
			})
			if errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("the database has no user import job %s", args[0])
			}
			return err
		},
	}
	cmd.Flags().SortFlags = false
	addDatabase(cmd.Flags())
	return cmd
}
