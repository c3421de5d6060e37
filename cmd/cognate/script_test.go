package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cognate"
	"cognate/api"
	"cognate/config"
	"cognate/risk/geoip/geoiptest"
)

// TestScripts runs testdata/*.txtar, one topic in each file. The scripts have these commands besides testscript's own:
//
//	start NAME ARGS...                          run cognate ARGS until it is ready; set $NAME to its URL and $NAME_listen to host:port
//	shutdown NAME                               send SIGTERM; the server must shut down properly; its log is in NAME.log
//	get URL                                     print the status and the body
//	call [-key ID:SECRET] URL OPERATION JSON    print the answer, or after ! the error
//	mode FILE PERMISSIONS                       check a file's permissions, in octal
//	status N COMMAND...                         like exec; the exit status must be N
//	eventually N COMMAND...                     like status, repeated until the exit status is N, for at most five minutes
//	places FILE CIDR CODE COUNTRY CITY LATITUDE LONGITUDE    write a database of places with one network
//	keep NAME                                   set $NAME to the standard output without its last line end
//	interrupt COMMAND...                        run it with an $AWS_ENDPOINT_URL that never answers, and interrupt it after its request; the exit status must be 130
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": scriptStart, "shutdown": scriptShutdown, "get": scriptGet, "call": scriptCall, "mode": scriptMode,
			"status": scriptStatus, "keep": scriptKeep, "interrupt": scriptInterrupt, "eventually": scriptEventually,
			"places": scriptPlaces,
		},
		Setup: func(e *testscript.Env) error {
			e.Values[serversKey] = make(map[string]*process)
			tmp := filepath.Join(e.WorkDir, "tmp")
			e.Setenv("TMPDIR", tmp)
			for name, value := range map[string]string{ // variables that the command line reads from the environment
				"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
				"AWS_CONFIG_FILE":             filepath.Join(e.WorkDir, "config"),
				"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(e.WorkDir, "credentials"),
				"AWS_EC2_METADATA_DISABLED":   "true",
				envRace:                       os.Getenv(envRace),
				"COGNATE_METRICS_LISTEN":      "127.0.0.1:0", // scripts run at the same time
			} {
				e.Setenv(name, value)
			}
			return os.Mkdir(tmp, 0o700)
		},
	})
}

// envRace holds the settings of the race detector. The programs of a script get the same as the test.
const envRace = "GORACE"

// serversKey is the key of a script's map of running servers by name.
const serversKey = "servers"

func scriptStart(ts *testscript.TestScript, _ bool, args []string) {
	// A script's environment can be read only by name.
	env := []string{"TMPDIR=" + ts.Getenv("TMPDIR"), envRace + "=" + os.Getenv(envRace)}
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
	ts.Setenv(args[0]+"_listen", strings.TrimPrefix(p.url, "http://"))
}

func scriptShutdown(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value(serversKey).(map[string]*process)[args[0]]
	err := p.stop()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".log"), []byte(p.stderr.String()), 0o600))
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
	apiError, isAPIError := errors.AsType[*api.Error](err)
	switch {
	case err != nil && !isAPIError:
		ts.Fatalf("%v", err)
	case isAPIError != neg:
		ts.Fatalf("answered %s %v", answer, err)
	case isAPIError:
		fmt.Fprintln(ts.Stdout(), apiError)
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

func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND...")
	}
	if got := strconv.Itoa(exitStatus(ts.Exec(args[1], args[2:]...))); got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// exitStatus returns the exit status of a process that ended with err, or -1 if it has none.
func exitStatus(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	} else if err != nil {
		return -1
	}
	return 0
}

func scriptEventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: eventually N COMMAND...")
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		got := strconv.Itoa(exitStatus(ts.Exec(args[1], args[2:]...)))
		if got == args[0] {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("exit status %s after %v, want %s", got, patience, args[0])
		}
	}
}

func scriptKeep(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSuffix(ts.ReadFile("stdout"), "\n"))
}

func scriptPlaces(ts *testscript.TestScript, _ bool, args []string) {
	latitude, err := strconv.ParseFloat(args[5], 64)
	ts.Check(err)
	longitude, err := strconv.ParseFloat(args[6], 64)
	ts.Check(err)
	ts.Check(geoiptest.Write(ts.MkAbs(args[0]), map[string]cognate.Place{
		args[1]: {CountryCode: args[2], Country: args[3], City: args[4], Latitude: latitude, Longitude: longitude},
	}))
}

func scriptInterrupt(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL=http://"+listener.Addr().String())
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(cmd.Start())
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill(); _ = listener.Close() })
	defer late.Stop()
	conn, err := listener.Accept()
	ts.Check(err)
	ts.Defer(func() { _ = conn.Close() })
	ts.Check(cmd.Process.Signal(os.Interrupt))
	if got := exitStatus(cmd.Wait()); got != 130 {
		ts.Fatalf("exit status %d, want 130", got)
	}
}
