package compose_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// envRoot names a folder with the files of the image. Its /cognate also runs outside the container here.
	envRoot = "COGNATE_TEST_ROOT"
	// envRequire makes the test fail, instead of skip, without that folder.
	envRequire = "COGNATE_TEST_REQUIRE"
	// envSigner is how the name of the library begins that signs tokens in the image.
	envSigner = "COGNATE_TEST_SIGNER"

	uid = 65532
	// patience limits every wait. Only a failing test waits so long.
	patience = 5 * time.Minute
)

// container runs the service of compose.yaml in its root folder, with the same mounts, user, rights and environment as Docker.
// Only the network is the host's, so the ports are free ones.
type container struct {
	root, volume string
	binary       string
	port         string
	command      []string
	env          []string
	// files are the mounted files: the path in the container and the path outside.
	files map[string]string
}

// mustPrepare copies the image and the Compose files, and makes the secrets with the commands of docs/containers.md.
func mustPrepare(t *testing.T) *container {
	t.Helper()
	image := os.Getenv(envRoot)
	if image == "" || os.Getuid() != 0 {
		if os.Getenv(envRequire) != "" && image != "" {
			t.Fatal("a container needs root")
		}
		t.Skip(envRoot + " is not set, or not root: make test-packages sets it")
	}
	dir := t.TempDir()
	c := &container{
		root: filepath.Join(dir, "root"), volume: filepath.Join(dir, "volume"), binary: filepath.Join(image, "cognate"),
		files: make(map[string]string),
	}
	mustRun(t, "", nil, "cp", "-a", image, c.root)
	mustRun(t, "", nil, "cp", "-a", filepath.Join(c.root, "data"), c.volume) // Docker fills a new volume like this
	mustRun(t, "", nil, "cp", "-r", "../../"+withSQLite, "../../deploy", dir)
	mustRunDocumented(t, dir, c.binary)

	project := mustLoad(t, dir, withSQLite)
	service := mustGetService(t, project, "cognate")
	c.port = mustFindPort(t)
	c.command = append([]string{"/cognate"}, service.Command...)
	c.env = []string{"PATH=" + os.Getenv("PATH"), "COGNATE_LISTEN=:" + c.port, "COGNATE_METRICS_LISTEN=127.0.0.1:0"} // the first two as in the image
	for name, value := range service.Environment {
		c.env = append(c.env, name+"="+*value)
	}
	for _, secret := range service.Secrets {
		c.files[secret.Target] = project.Secrets[secret.Source].File
	}
	for _, config := range service.Configs {
		c.files[config.Target] = project.Configs[config.Source].File
	}
	return c
}

var block = regexp.MustCompile("(?s)<!-- the secrets of compose.yaml -->\n+```sh\n(.*?)```")

// mustRunDocumented runs the commands that docs/containers.md gives for the secrets. docker and sudo are replaced.
func mustRunDocumented(t *testing.T, dir, binary string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/containers.md")
	if err != nil {
		t.Fatal(err)
	}
	match := block.FindSubmatch(text)
	if match == nil {
		t.Fatal("docs/containers.md does not have the commands")
	}
	bin := t.TempDir()
	for name, script := range map[string]string{
		"docker": "#!/bin/sh\n[ \"$1 $2 $3\" = 'run --rm cognate' ] && shift 3 && exec " + binary + " \"$@\"\n",
		"sudo":   "#!/bin/sh\nexec \"$@\"\n",
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	mustRun(t, dir, []string{"PATH=" + bin + ":" + os.Getenv("PATH")}, "sh", "-eu", "-c", string(match[1]))
}

func mustRun(t *testing.T, dir string, env []string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, env
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, output)
	}
	return string(output)
}

func mustFindPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// start starts the service. Its process is the server itself.
func (c *container) start(t *testing.T) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	script := "set -eu\nmount --bind '" + c.root + "' '" + c.root + "'\n"
	for inside, outside := range c.files {
		target := c.root + inside
		script += fmt.Sprintf("mkdir -p \"$(dirname '%[1]s')\"; : >>'%[1]s'; mount --bind '%[2]s' '%[1]s'; mount -o remount,bind,ro '%[1]s'\n",
			target, outside)
	}
	script += fmt.Sprintf("mount --bind '%s' '%s/data'\nmount -o remount,bind,ro '%[2]s'\n", c.volume, c.root)
	script += fmt.Sprintf("exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid chroot --userspec=%d:%[1]d --groups='' '%s' %s\n",
		uid, c.root, strings.Join(c.command, " "))
	cmd = exec.Command("unshare", "--mount", "sh", "-c", script)
	stderr = new(bytes.Buffer)
	cmd.Env, cmd.Stderr = c.env, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() { late.Stop(); _ = cmd.Process.Kill() })
	return cmd, stderr
}

// exec runs a program in the running container, as `docker exec` and the health check do.
func (c *container) exec(cmd *exec.Cmd, command ...string) (string, error) {
	enter := exec.Command("nsenter", append([]string{
		fmt.Sprintf("--target=%d", cmd.Process.Pid), "--mount", "--root", "--wd", fmt.Sprintf("--setuid=%d", uid), fmt.Sprintf("--setgid=%d", uid),
	}, command...)...)
	enter.Env = c.env
	output, err := enter.CombinedOutput()
	return string(output), err
}

// mustWaitReady runs the health check of the image until the server is ready. It prints nothing then.
func (c *container) mustWaitReady(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	var output string
	err := errors.New("no attempt")
	// The first attempts can run before the process has entered the container.
	for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline) && cmd.ProcessState == nil; {
		output, err = c.exec(cmd, "/cognate", "healthcheck", "--wait", "1s")
	}
	if err != nil || output != "" {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("healthcheck: %v, %q\n%s", err, output, stderr)
	}
}

// mustSignIn calls the server from outside the container: it creates a pool, whose first user signs in, and calls an operation with
// the access token.
func (c *container) mustSignIn(t *testing.T, keyID, secret string) {
	t.Helper()
	call := func(query string, command ...string) string {
		t.Helper()
		env := []string{"AWS_ACCESS_KEY_ID=" + keyID, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_REGION=us-east-1"}
		command = append([]string{c.binary, "cognito-idp"}, command...)
		command = append(command, "--endpoint-url", "http://127.0.0.1:"+c.port, "--query", query, "--output", "text")
		return strings.TrimSpace(mustRun(t, "", env, command...))
	}
	const username, password = "ann", "Correct-horse-1"
	pool := call("UserPool.Id", "create-user-pool", "--pool-name", "people")
	client := call("UserPoolClient.ClientId", "create-user-pool-client", "--user-pool-id", pool, "--client-name", "app",
		"--explicit-auth-flows", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
	call("User.Username", "admin-create-user", "--user-pool-id", pool, "--username", username, "--message-action", "SUPPRESS")
	call("@", "admin-set-user-password", "--user-pool-id", pool, "--username", username, "--password", password, "--permanent")
	token := call("AuthenticationResult.AccessToken", "initiate-auth", "--client-id", client, "--auth-flow", "USER_PASSWORD_AUTH",
		"--auth-parameters", "USERNAME="+username+",PASSWORD="+password)
	if got := call("Username", "get-user", "--access-token", token); got != username {
		t.Errorf("get-user with the token of %s: %q", username, got)
	}
}

func mustStop(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, stderr)
	}
}

// The image runs as compose.yaml says: as user 65532, on a read-only root, with secrets that only this user can read.
func TestContainer(t *testing.T) {
	t.Parallel()
	c := mustPrepare(t)
	cmd, stderr := c.start(t)
	c.mustWaitReady(t, cmd, stderr)

	secret, err := os.ReadFile(c.files["/run/secrets/admin.secret"])
	if err != nil {
		t.Fatal(err)
	}
	c.mustSignIn(t, "ADMIN", strings.TrimSpace(string(secret)))
	mustStop(t, cmd, stderr)
	if want := `"signer":"` + os.Getenv(envSigner); !strings.Contains(stderr.String(), want) {
		t.Errorf("the log does not have %s:\n%s", want, stderr)
	}
	files := 0
	err = filepath.WalkDir(c.volume, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files++
		if owner := info.Sys().(*syscall.Stat_t).Uid; owner != uid || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s belongs to %d with mode %v, want %d and no rights of others", path, owner, info.Mode(), uid)
		}
		return nil
	})
	if err != nil || files < 2 {
		t.Errorf("the volume has %d files: %v", files, err)
	}
}

// The image also runs the server for development, with no settings but those of the image.
func TestDevelopment(t *testing.T) {
	t.Parallel()
	c := mustPrepare(t)
	c.command, c.env, c.files = []string{"/cognate", "dev", "--expose"}, c.env[:2], nil
	cmd, stderr := c.start(t)
	c.mustWaitReady(t, cmd, stderr)
	c.mustSignIn(t, "any", "any")
	mustStop(t, cmd, stderr)
}

// A secret with the mode that Docker's documentation names as the default, 0444, is refused.
func TestReadableSecret(t *testing.T) {
	t.Parallel()
	c := mustPrepare(t)
	if err := os.Chmod(c.files["/run/secrets/master.key"], 0o444); err != nil {
		t.Fatal(err)
	}
	cmd, stderr := c.start(t)
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(stderr.String(), "chmod o-r /run/secrets/master.key") {
		t.Errorf("serve with a readable master key: %v, want exit status 2\n%s", err, stderr)
	}
}
