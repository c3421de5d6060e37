package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cognate/api"
	"cognate/config"
)

// TestScripts runs testdata/*.txtar, a topic each. Besides testscript's own commands they have these:
//
//	start NAME ARGS...                          run cognate ARGS until it is ready; $NAME is its URL from then on
//	stop NAME                                   SIGTERM; it must leave in order; its log is in NAME.log
//	get URL                                     print the status and the body
//	call [-key ID:SECRET] URL OPERATION JSON    print the answer, or after ! the error
//	mode FILE PERMISSIONS                       check a file's permissions, in octal
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": scriptStart, "stop": scriptStop, "get": scriptGet, "call": scriptCall, "mode": scriptMode,
		},
		Setup: func(e *testscript.Env) error {
			e.Values[serversKey] = make(map[string]*process)
			tmp := filepath.Join(e.WorkDir, "tmp")
			e.Setenv("TMPDIR", tmp)
			return os.Mkdir(tmp, 0o700)
		},
	})
}

// serversKey is under which a script keeps its map of running servers by name.
const serversKey = "servers"

func scriptStart(ts *testscript.TestScript, _ bool, args []string) {
	// A script's environment can only be asked for by name.
	env := []string{"TMPDIR=" + ts.Getenv("TMPDIR")}
	for _, name := range append(config.Names(), "config") {
		variable := config.EnvPrefix + strings.ToUpper(name)
		if value := ts.Getenv(variable); value != "" {
			env = append(env, variable+"="+value)
		}
	}
	p, err := start(ts.MkAbs("."), env, args[1:]...)
	ts.Check(err)
	ts.Defer(p.kill)
	ts.Value(serversKey).(map[string]*process)[args[0]] = p
	ts.Setenv(args[0], p.url)
}

func scriptStop(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value(serversKey).(map[string]*process)[args[0]]
	err := p.stop()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".log"), p.stderr.Bytes(), 0o600))
	ts.Check(err)
}

func scriptGet(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Get(args[0])
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d\n%s", resp.StatusCode, body)
}

func scriptCall(ts *testscript.TestScript, neg bool, args []string) {
	client := new(api.Client)
	if args[0] == "-key" {
		id, secret, _ := strings.Cut(args[1], ":")
		client.Sign = signer(config.AccessKey{ID: id, Secret: config.Secret(secret)}, "us-east-1", time.Now)
		args = args[2:]
	}
	client.Endpoint = args[0] + "/"
	op, ok := api.Lookup(args[1])
	if !ok {
		ts.Fatalf("no operation %s", args[1])
	}
	answer, err := client.Send(context.Background(), op, []byte(args[2]))
	refusal, refused := errors.AsType[*api.Error](err)
	switch {
	case err != nil && !refused:
		ts.Fatalf("%v", err)
	case refused != neg:
		ts.Fatalf("answered %s %v", answer, err)
	case refused:
		fmt.Fprintln(ts.Stdout(), refusal)
	default:
		fmt.Fprintf(ts.Stdout(), "%s\n", answer)
	}
}

func scriptMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has permissions %s, want %s", args[0], got, args[1])
	}
}
