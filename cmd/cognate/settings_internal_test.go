package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"

	"cognate/config"
)

// The defaults in the help are those of the settings.
func TestDefaultsOfFlags(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]config.Mode{"dev": config.Dev, "serve": config.Serve} {
		f := pflag.NewFlagSet(name, pflag.ContinueOnError)
		addSettings(f, mode)
		asInHelp := config.Source{Mode: mode, Flags: make(map[string]any)}
		f.VisitAll(func(flag *pflag.Flag) {
			switch flag.Name {
			case flagConfig, "smtp-tls", "log-delivery": // the last two are empty without the flag, which means the default in the help
				return
			}
			if flag.DefValue != "" {
				asInHelp.Flags[strings.ReplaceAll(flag.Name, "-", "_")] = flag.DefValue
			}
		})
		got, _ := config.Inspect(asInHelp) // serve needs other settings too
		want, _ := config.Inspect(config.Source{Mode: mode})
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
			t.Errorf("%s: the defaults of the flags differ (-settings +help):\n%s", name, diff)
		}
	}
}
