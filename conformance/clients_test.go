package conformance_test

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Variables with the paths of the clients, which scripts/test.sh sets. The defaults are Debian's paths. PATH is not
// searched for the AWS CLI and Python, because version managers put shims there.
const (
	envAWS    = "COGNATE_TEST_AWS"
	envAWSv1  = "COGNATE_TEST_AWS_V1"
	envPython = "COGNATE_TEST_PYTHON"
	// envChromium is the path of Chromium or Chrome.
	envChromium = "COGNATE_TEST_CHROMIUM"
	// envRequire is a variable. If it is 1, a missing client fails the test. AWS CLI version 1 is an exception, because
	// Debian does not have it.
	envRequire = "COGNATE_TEST_REQUIRE"
)

func TestPython(t *testing.T) {
	t.Parallel()
	python := mustFindPython(t, "boto3")
	for _, name := range []string{"software_token.py", "paginators.py"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustRun(t, command(t.Context(), "clients", python, "-B", name))
		})
	}
}

// TestSigningKeys replaces the signing keys of a pool on a server of its own, whose database another process opens.
func TestSigningKeys(t *testing.T) {
	t.Parallel()
	needBinary(t)
	python, data := mustFindPython(t, "boto3, jwt, cryptography"), t.TempDir()
	endpoint := mustStartServer(t, "--data", data)
	mustRun(t, command(t.Context(), "clients", python, "-B", "signing_keys.py"), envEndpoint+"="+endpoint, "COGNATE_DATA="+data)
}

func TestAWSCLI(t *testing.T) {
	t.Parallel()
	mustFind(t, "oathtool", "oathtool")
	aws := mustFind(t, cmp.Or(os.Getenv(envAWS), "/usr/bin/aws"), "the AWS CLI version 2")
	mustRun(t, command(t.Context(), "clients", "./software_token.sh"), "AWS="+aws)
}

func TestAWSCLIVersion1(t *testing.T) {
	t.Parallel()
	mustFind(t, "oathtool", "oathtool")
	aws := os.Getenv(envAWSv1)
	if aws == "" {
		t.Skipf("%s is not set: no aws version 1", envAWSv1)
	}
	mustRun(t, command(t.Context(), "clients", "./software_token.sh"), "AWS="+aws)
}

// TestNewestOperations runs clients/newest_operations.sh with each AWS CLI that is installed.
func TestNewestOperations(t *testing.T) {
	t.Parallel()
	long(t)
	needBinary(t)
	python := mustFindPython(t, "boto3")
	clis := map[string]string{"2": mustFind(t, cmp.Or(os.Getenv(envAWS), "/usr/bin/aws"), "the AWS CLI version 2")}
	if v1 := os.Getenv(envAWSv1); v1 != "" {
		clis["1"] = v1
	}
	for version, aws := range clis {
		t.Run("AWS CLI "+version, func(t *testing.T) {
			t.Parallel()
			endpoint := mustStartServer(t, "--replica-regions", "eu-west-1", "--limit-maximum", "500")
			mustRun(t, command(t.Context(), "clients", "./newest_operations.sh"), "AWS="+aws, "PYTHON="+python, envEndpoint+"="+endpoint)
		})
	}
}

// TestNode runs the scripts of clients/node. They share one npm installation.
func TestNode(t *testing.T) {
	t.Parallel()
	clients, chromium := mustInstallClients(t, "node")
	dir := filepath.Join(clients, "node")
	t.Run("application.test.mjs", func(t *testing.T) {
		t.Parallel()
		needBinary(t)
		mustRun(t, command(t.Context(), dir, "node", "--test", "application.test.mjs"))
	})
	t.Run("custom_sender.mjs", func(t *testing.T) {
		t.Parallel()
		needBinary(t)
		testCustomSender(t, dir)
	})
	t.Run("resources.mjs", func(t *testing.T) {
		t.Parallel()
		needBinary(t)
		endpoint := mustStartServer(t, "--replica-regions", "eu-west-1", "--limit-maximum", "500")
		mustRun(t, command(t.Context(), dir, "node", "resources.mjs"), envEndpoint+"="+endpoint)
	})
	withHTTPS := []string{"openid_client.mjs"}
	if os.Getenv(envLong) == "1" {
		withHTTPS = append(withHTTPS, "dynamic_registration.mjs", "openid_client_secured.mjs")
	}
	for _, name := range withHTTPS {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needBinary(t)
			mustRun(t, command(t.Context(), dir, "node", name), append(mustStartHTTPS(t), envChromium+"="+chromium)...)
		})
	}
	names := []string{"software_token.mjs", "remembered_device.mjs", "log_delivery.mjs", "amplify.mjs", "passkey.mjs", "managed_login.mjs"}
	if os.Getenv(envLong) == "1" {
		names = append(names, "managed_login_states.mjs", "login_pages_checks.mjs", "account_page.mjs", "device_grant.mjs")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustRun(t, command(t.Context(), dir, "node", name), envChromium+"="+chromium)
		})
	}
}

// mustInstallClients copies folders of clients/ and installs their npm packages. It returns the folder that has the copies, and the
// path of Chromium.
func mustInstallClients(t *testing.T, names ...string) (dir, chromium string) {
	t.Helper()
	mustFind(t, "node", "Node.js")
	npm := mustFind(t, "npm", "npm")
	chromium = mustFind(t, cmp.Or(os.Getenv(envChromium), "/usr/bin/chromium"), "Chromium")
	// npm writes next to package.json, which names clients/js by its relative path.
	root := t.TempDir()
	dir = filepath.Join(root, "conformance", "clients")
	mustCopy(t, filepath.Join(root, "clients", "js"), "../clients/js")
	for _, name := range names {
		mustCopy(t, filepath.Join(dir, name), filepath.Join("clients", name))
		mustRun(t, command(t.Context(), filepath.Join(dir, name), npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"))
	}
	return dir, chromium
}

// mustStartHTTPS starts a server with HTTPS and more arguments, which stops when t ends. It returns the variables of the clients,
// which trust the server's certificate.
func mustStartHTTPS(t *testing.T, args ...string) []string {
	t.Helper()
	data := t.TempDir()
	endpoint := mustStartServer(t, append([]string{"--tls-self-signed", "--data", data}, args...)...)
	certificate := filepath.Join(data, "self-signed.crt")
	return []string{envEndpoint + "=" + endpoint, "NODE_EXTRA_CA_CERTS=" + certificate, "SSL_CERT_FILE=" + certificate}
}

// command returns a command that runs a script of clients/. The script finds the server by COGNATE_ENDPOINT.
func command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	return cmd
}

// mustRun runs a script with additional environment variables. If the script fails, it fails t with the output.
func mustRun(t *testing.T, cmd *exec.Cmd, env ...string) {
	t.Helper()
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	t.Logf("%s", out)
}

// mustFindPython returns the path of a Python 3 with the modules.
func mustFindPython(t *testing.T, modules string) string {
	t.Helper()
	python := mustFind(t, cmp.Or(os.Getenv(envPython), "/usr/bin/python3"), "Python 3")
	if err := exec.CommandContext(t.Context(), python, "-c", "import "+modules).Run(); err != nil {
		missing(t, modules+" for "+python)
	}
	return python
}

// mustFind returns the path of a program. If it is not installed, it skips or fails t.
func mustFind(t *testing.T, program, name string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		missing(t, name)
	}
	return path
}

func missing(t *testing.T, name string) {
	t.Helper()
	if os.Getenv(envRequire) == "1" {
		t.Fatalf("%s is not installed, and %s=1", name, envRequire)
	}
	t.Skipf("%s is not installed", name)
}
