package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cognate/api"
	"cognate/internal/pgtest"
)

// operatorPages lists the pages of docs for operators, with the situation in which a reader runs the commands of a page. The
// test runs each code block with the language sh, and the commands after "$ " in blocks with the language console. It does not
// run a block after the comment <!-- not run: REASON -->, nor one with a name behind the language, which a test of its own runs.
var operatorPages = map[string]string{
	"access-keys.md":   "",
	"audit.md":         runningServer,
	"export-format.md": runningServer + otherServer,
	"install.md":       "",
	"keys.md":          runningServer,
	"limits.md":        runningServer,
	"master-key.md":    runningServer,
	"operations.md":    runningServer + leakedKey,
	"trash.md":         runningServer + deletedUsers,
	"upgrading.md":     runningServer,
}

// runningServer is the situation of most pages: a server with a user pool and a user, in the current folder.
const runningServer = `
cognate init server --account 123456789012
cd server
export COGNATE_CONFIG=$PWD/cognate.yaml AWS_SHARED_CREDENTIALS_FILE=$PWD/administrator.key AWS_REGION=eu-west-1
export AWS_ENDPOINT_URL=http://$COGNATE_LISTEN
printf '%s\n' 'email_sender: webhook' 'email_from: id@example.com' 'webhook_url: http://127.0.0.1:1/' "webhook_secret_file: $PWD/webhook.secret" >>cognate.yaml
(umask 077; echo correct-horse-battery-staple >webhook.secret)
cognate serve
` + samplePool

// samplePool creates the user pool and the user that the pages name.
const samplePool = `
POOL=$(cognate cognito-idp create-user-pool --pool-name people --query UserPool.Id --output text)
cognate cognito-idp set-user-pool-mfa-config --user-pool-id "$POOL" --mfa-configuration OPTIONAL \
	--software-token-mfa-configuration Enabled=true >/dev/null
cognate cognito-idp admin-create-user --user-pool-id "$POOL" --username ann --message-action SUPPRESS \
	--user-attributes Name=email,Value=ann@example.com Name=email_verified,Value=true >/dev/null
cognate cognito-idp admin-set-user-password --user-pool-id "$POOL" --username ann --password Correct-Horse-1 --permanent
`

// leakedKey creates the access key that leaks.
const leakedKey = `
cognate keys create --name ci --policy terraform --out ci.key >/dev/null
`

// deletedUsers puts two users into the trash, and their entries into the variables that placeholders name.
const deletedUsers = `
for name in bob eve; do
	cognate cognito-idp admin-create-user --user-pool-id "$POOL" --username $name >/dev/null
	cognate cognito-idp admin-delete-user --user-pool-id "$POOL" --username $name
done
read -r RESTORED PURGED < <(cognate trash list | grep -oE '^[0-9a-f-]{36}' | xargs)
`

// otherServer creates the files of a server that does not run, and has other.yaml for its settings.
const otherServer = `
COGNATE_CONFIG= cognate init other --account 123456789012
sed "s|$PWD/other/cognate.yaml|$PWD/other.yaml|" other/cognate.yaml >other.yaml
`

// placeholders are what pages show in place of values that differ between servers.
var placeholders = []string{
	"eu-west-1_AbCdEfGhI", "$POOL",
	"0b4f6a52-4f0e-4a0c-9c9e-0d3f1f6a2b11", "$RESTORED",
	"7d2c1f08-93ab-4d6e-8f51-2c0e9a7b6d34", "$PURGED",
	"age1j2vhysw52l35ag92df0ftqeqe60kwqvu2ej8phap8p2jhrxrwvdscda73e", "$RECIPIENT",
}

// beforeScript defines serve, which takes the place of cognate serve: it replaces the running server, and returns when the new one
// is ready.
const beforeScript = `
set -euo pipefail
server=
stop() { [[ -z $server ]] || { kill "$server"; wait "$server" || true; server=; }; }
trap stop EXIT
serve() {
	stop
	cognate serve "$@" >>"$HOME/server.log" 2>&1 &
	server=$!
	until cognate healthcheck --url "http://$COGNATE_LISTEN" 2>/dev/null; do
		kill -0 "$server" || { cat "$HOME/server.log" >&2; exit 1; } # it has ended
		sleep 0.1
	done
}
`

// TestDocumentedCommands runs the commands of each page as a reader would: in the order of the page, in one shell and an empty folder.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		if os.Getenv(pgtest.EnvRequire) == "1" {
			t.Fatalf("%v: install Debian's jq, as `make test` does", err)
		}
		t.Skip(err)
	}
	for page, situation := range operatorPages {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			text := mustReadPage(t, page)
			blocks := shellBlocks(text)
			if len(blocks) == 0 {
				t.Skip("the page has no commands")
			}
			runDocumented(t, situation, blocks)
		})
	}
}

// runDocumented runs blocks of shell commands in a new folder. If a command fails, the test fails with the block.
func runDocumented(t *testing.T, situation string, blocks []string) {
	t.Helper()
	dir := t.TempDir()
	address := freeAddress(t)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	script := beforeScript + startServers(situation) + "\n(umask 077; echo '" + identity.String() + "' >identity.txt)\n"
	for i, block := range blocks {
		script += fmt.Sprintf("\necho 'BLOCK %d' >&2\n%s", i, startServers(block))
	}
	script = strings.NewReplacer(append(placeholders, "127.0.0.1:8229", address)...).Replace(script)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(mustEnvironment(t, dir), "COGNATE_LISTEN="+address, "RECIPIENT="+identity.Recipient().String(), "COGNATE_METRICS_LISTEN=127.0.0.1:0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		at := strings.LastIndex(string(out), "BLOCK ")
		var failed int
		if at >= 0 {
			_, _ = fmt.Sscanf(string(out[at:]), "BLOCK %d", &failed)
			t.Fatalf("%v in this block:\n%s\nThe output:\n%s", err, blocks[failed], out)
		}
		t.Fatalf("%v before the first block:\n%s", err, out)
	}
}

// mustEnvironment returns the environment of a reader whose home is dir. The AWS CLI is that of COGNATE_TEST_AWS, or else cognate, which
// has the same commands.
func mustEnvironment(t *testing.T, dir string) []string {
	t.Helper()
	searched := os.Getenv("PATH")
	if given := os.Getenv("COGNATE_TEST_AWS"); given != "" {
		bin := t.TempDir()
		if err := os.Symlink(given, filepath.Join(bin, "aws")); err != nil {
			t.Fatal(err)
		}
		searched = bin + string(os.PathListSeparator) + searched
	}
	return []string{
		"HOME=" + dir, "TMPDIR=" + dir, "PATH=" + searched, envRace + "=" + os.Getenv(envRace),
		"AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
}

var serveLine = regexp.MustCompile(`(?m)^cognate serve\b`)

// startServers returns the commands with serve of beforeScript in place of cognate serve, which does not return.
func startServers(commands string) string { return serveLine.ReplaceAllString(commands, "serve") }

var (
	codeBlock = regexp.MustCompile("(?ms)^(?:<!-- ([^\n]*) -->\n+)?```([^\n]*)\n(.*?)^```$")
	notRun    = regexp.MustCompile(`^not run: .+`)
)

// shellBlocks returns the commands of each code block of a page that the test runs.
func shellBlocks(text string) []string {
	var blocks []string
	for _, m := range codeBlock.FindAllStringSubmatch(text, -1) {
		comment, language, content := m[1], m[2], m[3]
		switch {
		case notRun.MatchString(comment):
		case language == "sh":
			blocks = append(blocks, content)
		case language == "console":
			blocks = append(blocks, consoleCommands(content))
		}
	}
	return blocks
}

// consoleCommands returns the commands of a console block without their output. A command goes on after a backslash at the end of a line.
func consoleCommands(content string) string {
	var commands strings.Builder
	inCommand := false
	for line := range strings.Lines(content) {
		command, starts := strings.CutPrefix(line, "$ ")
		if starts || inCommand {
			commands.WriteString(command)
			inCommand = strings.HasSuffix(command, "\\\n")
		}
	}
	return commands.String()
}

var (
	indentedBlock = regexp.MustCompile("(?m)^ +```")
	prompt        = regexp.MustCompile(`(?m)^\$ `)
)

// No page of operators has commands that look tested and are not: in an indented block, or after a prompt in a block of another language.
func TestNoHiddenCommands(t *testing.T) {
	t.Parallel()
	for page := range operatorPages {
		text := mustReadPage(t, page)
		if indentedBlock.MatchString(text) {
			t.Errorf("%s has an indented block, whose commands the test does not find", page)
		}
		for _, m := range codeBlock.FindAllStringSubmatch(text, -1) {
			if language := m[2]; language != "sh" && language != "console" && prompt.MatchString(m[3]) {
				t.Errorf("%s: the test does not run the commands in this block of the language %q:\n%s", page, language, m[3])
			}
		}
	}
}

func TestShellBlocks(t *testing.T) {
	t.Parallel()
	got := shellBlocks("# Page\n\n```sh\none\n```\n\n<!-- not run: needs root -->\n```sh\ntwo\n```\n\n```yaml\nthree: 3\n```\n\n" +
		"```console\n$ four \\\n  --long\noutput\n$ five\n```\n")
	want := []string{"one\n", "four \\\n  --long\nfive\n"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("shellBlocks = %q, want %q", got, want)
	}
}

var pageLink = regexp.MustCompile(`\]\(([a-z-]+\.md)(?:#[^)]*)?\)`)

// notForOperators lists the pages that docs/operations.md links to and whose commands other tests run.
var notForOperators = map[string]string{
	"backup.md":        "a test of its own runs its commands",
	"certificates.md":  "its command needs a public address, which Pebble stands for in the tests of package certificates",
	"configuration.md": "it has no commands",
	"containers.md":    "make test-packages runs its commands",
	"managed-login.md": "it is for administrators of pools",
	"metrics.md":       "it has no commands",
	"performance.md":   "it has no commands of operators",
	"risk.md":          "it is for administrators of pools",
	"scaling.md":       "it has no commands",
	"security.md":      "it has no commands",
}

// The commands of every page that the manual of operators links to are run.
func TestOperatorPagesAreTested(t *testing.T) {
	t.Parallel()
	for _, m := range pageLink.FindAllStringSubmatch(mustReadPage(t, "operations.md"), -1) {
		_, tested := operatorPages[m[1]]
		if !tested && notForOperators[m[1]] == "" {
			t.Errorf("docs/operations.md links to %s, which is neither in operatorPages nor in notForOperators", m[1])
		}
	}
}

func mustReadPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	inlineCommand = regexp.MustCompile("`cognate ([a-z][^`]*)`")
	lowerWord     = regexp.MustCompile(`^[a-z][a-z-]*(?:\|[a-z-]+)*$`)
)

// Each command in a line of a document exists, and has the flags that the line shows.
func TestInlineCommandsExist(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range append(pages, "../../README.md") {
		for _, m := range inlineCommand.FindAllStringSubmatch(mustReadPage(t, "../"+strings.TrimPrefix(file, "../../")), -1) {
			found++
			if err := checkInline(strings.Fields(m[1])); err != nil {
				t.Errorf("%s: `cognate %s`: %v", path.Base(file), m[1], err)
			}
		}
	}
	if found == 0 {
		t.Error("found no command")
	}
}

// checkInline returns an error if the words after cognate name no command, or a flag that the command does not have.
func checkInline(words []string) error {
	if words[0] == "cognito-idp" {
		if len(words) == 1 || words[1] == "help" || !lowerWord.MatchString(words[1]) {
			return nil
		}
		if _, ok := api.LookupCommand(words[1]); !ok {
			return fmt.Errorf("%s is not an operation", words[1])
		}
		return nil
	}
	cmd, rest, err := newRoot(time.Now).Find(words)
	if err != nil {
		return err
	}
	if !cmd.HasParent() {
		return fmt.Errorf("%s is not a command", words[0])
	}
	if cmd.HasSubCommands() && !cmd.Runnable() && len(rest) > 0 && lowerWord.MatchString(rest[0]) {
		for alternative := range strings.SplitSeq(rest[0], "|") {
			if sub, _, err := cmd.Find([]string{alternative}); err != nil || sub == cmd {
				return fmt.Errorf("%s has no command %s", cmd.CommandPath(), alternative)
			}
		}
	}
	return checkFlags(cmd, rest)
}

var flagName = regexp.MustCompile(`^\[?--([a-z0-9-]+)`)

func checkFlags(cmd *cobra.Command, words []string) error {
	var flags []*pflag.FlagSet
	for c := cmd; c != nil; c = c.Parent() {
		flags = append(flags, c.Flags(), c.PersistentFlags())
	}
	for _, word := range words {
		m := flagName.FindStringSubmatch(word)
		if m == nil || m[1] == "help" {
			continue
		}
		known := false
		for _, set := range flags {
			known = known || set.Lookup(m[1]) != nil
		}
		if !known {
			return fmt.Errorf("%s has no flag --%s", cmd.CommandPath(), m[1])
		}
	}
	return nil
}
