package main

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"

	"cognate/api"
)

// cognitoLocal is the npm package cognito-local, with its dependencies.
//
//go:embed cognitolocal/package.json cognitolocal/package-lock.json
var cognitoLocal embed.FS

// listed is the number of users of the pool whose users are listed: a whole page.
const listed = 60

// comparePeers sends the same requests to cognate and to cognito-local, which keeps its data in JSON files. npm installs it.
// Errors: errors that prevent measuring; errFailed if a request failed.
func comparePeers(ctx context.Context, o options, out io.Writer) error {
	s, err := build(ctx, o.dir, "")
	if err != nil {
		return err
	}
	defer s.remove()
	if err := s.startOn(ctx, apiData, ""); err != nil {
		return err
	}
	url, stop, err := startCognitoLocal(ctx, s.path("peer"))
	if err != nil {
		return err
	}
	defer stop()

	own, peer := s.client(o.workers), s.client(o.workers)
	peer.Endpoint = url + "/"
	var rates [2][]rate
	for i, c := range []*api.Client{own, peer} {
		if rates[i], err = peerRates(ctx, o.workers, c); err != nil {
			return fmt.Errorf("create users: %w", err)
		}
	}
	t := &ratios{out: out}
	t.header()
	for i, name := range peerRows {
		t.add(ctx, quotient{name: name + ", cognate : cognito-local", a: rates[0][i], b: rates[1][i]}, o.each)
	}
	return t.failed()
}

// peerRows are the names of the rates of peerRates.
var peerRows = []string{"sign-in, password", "AdminGetUser", "ListUsers, page of 60", "AdminCreateUser"}

// peerRates creates a pool with users, and returns the rates of operations on it. Users sign in with an email address, as cognito-local
// wants it.
func peerRates(ctx context.Context, workers int, c *api.Client) ([]rate, error) {
	created, err := c.CreateUserPool(ctx, &api.CreateUserPoolInput{
		PoolName: "bench", UsernameAttributes: []api.UsernameAttributeType{api.UsernameAttributeTypeEmail},
	})
	if err != nil {
		return nil, err
	}
	id := created.UserPool.Id
	client, err := c.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: id, ClientName: "bench",
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		return nil, err
	}
	p := pool{id, client.UserPoolClient.ClientId}
	for i := range listed {
		if err := createUser(ctx, c, p, emailAddress("user", int64(i))); err != nil {
			return nil, err
		}
	}
	var next atomic.Int64
	tasks := []task{
		func(ctx context.Context) error {
			in, err := signIn(ctx, c, p, emailAddress("user", next.Add(1)%listed))
			if err != nil {
				return err
			}
			return mustHaveTokens(in.AuthenticationResult)
		},
		func(ctx context.Context) error {
			out, err := c.AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: id, Username: emailAddress("user", next.Add(1)%listed)})
			if err == nil && out.UserStatus != api.UserStatusTypeConfirmed {
				err = fmt.Errorf("the user is %s", out.UserStatus)
			}
			return err
		},
		func(ctx context.Context) error {
			out, err := c.ListUsers(ctx, &api.ListUsersInput{UserPoolId: id, Limit: new(int(listed))})
			if err == nil && len(out.Users) != listed {
				err = fmt.Errorf("a page has %d users", len(out.Users))
			}
			return err
		},
		func(ctx context.Context) error {
			return createWithoutPassword(ctx, c, p, emailAddress("created", next.Add(1)))
		},
	}
	rates := make([]rate, len(tasks))
	for i, run := range tasks {
		rates[i] = parallel(workers, nil, run)
	}
	return rates, nil
}

func emailAddress(kind string, i int64) string { return fmt.Sprintf("%s-%d@example.com", kind, i) }

// startCognitoLocal installs cognito-local in a folder and starts it.
func startCognitoLocal(ctx context.Context, folder string) (url string, stop func(), err error) {
	if err := os.CopyFS(folder, cognitoLocal); err != nil {
		return "", nil, err
	}
	folder = filepath.Join(folder, "cognitolocal")
	install := exec.CommandContext(ctx, "npm", "ci", "--silent", "--no-audit", "--no-fund")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("npm ci: %w %.200s", err, out)
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return "", nil, err
	}
	server := exec.CommandContext(ctx, "node", filepath.Join("node_modules", "cognito-local", "lib", "bin", "start.js"))
	server.Dir = folder
	server.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT="+portOf(listen))
	stdout, err := server.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "running on") {
			go func() { _, _ = io.Copy(io.Discard, stdout) }() // it logs every request
			return "http://" + listen, stopping(server), nil
		}
	}
	stopping(server)()
	return "", nil, errors.New("cognito-local did not start")
}
