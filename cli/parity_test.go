package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cli"
	"cognate/cli/document"
	"cognate/cognatetest"
)

// result is the output and the exit status of a command.
type result struct {
	Stdout, Stderr string
	Status         int
}

// runCognate runs a command line in this process.
func runCognate(ctx context.Context, args []string) result {
	var stdout, stderr bytes.Buffer
	command := &cli.Command{Stdout: &stdout, Stderr: &stderr, Version: "test", Now: time.Now, Sleep: noSleep}
	status := command.Run(ctx, args)
	return result{stdout.String(), stderr.String(), status}
}

// noSleep returns immediately.
func noSleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// setEnvironment sets the same empty configuration and access key for both programs.
func setEnvironment(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": filepath.Join(folder, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(folder, "credentials"),
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_REGION": "us-east-1", "AWS_PAGER": "", "TZ": "UTC", "HOME": folder,
	} {
		t.Setenv(name, value)
	}
	return folder
}

// usageText matches the part of a usage error that names the program.
var usageText = regexp.MustCompile(`(?s)^\n(?:usage: .*?\n)?((?:aws|cognate): error: |Unknown options: )`)

// hints matches the lines that only Cognate adds to an error. commands matches what only the AWS CLI adds to the error for an
// unknown command: the list of all commands. lone matches what Cognate says if no command is similar.
var (
	hints    = regexp.MustCompile(`\n(?:\n.cognate cognito-idp help. lists|The user pool is in region|No server listens at this address:|This server does not know the access key:) [^\n]*`)
	commands = regexp.MustCompile(`operation: Invalid choice, valid choices are:\n\n(?:[a-z-]+ +\| [a-z-]+ *\n)+(?:[a-z-]+ +\n)?\n*`)
	lone     = regexp.MustCompile(`(operation: )Invalid choice: '[^']*'\n*$`)
)

func normalize(r result) result {
	r.Stderr = hints.ReplaceAllString(r.Stderr, "")
	r.Stderr = commands.ReplaceAllString(r.Stderr, "operation: ")
	r.Stderr = lone.ReplaceAllString(r.Stderr, "$1")
	r.Stderr = strings.TrimRight(r.Stderr, "\n")
	r.Stdout = strings.ReplaceAll(r.Stdout, "\x1b[0m", "") // the AWS CLI resets colors even without colors
	r.Stderr = usageText.ReplaceAllStringFunc(r.Stderr, func(s string) string {
		if strings.HasSuffix(s, "Unknown options: ") {
			return "Unknown options: "
		}
		return "error: "
	})
	return r
}

// parityTopic is a list of command lines after "cognito-idp". Each is before, one of cases, and after.
type parityTopic struct {
	name          string
	before, after []string
	cases         [][]string
}

// TestParity runs the same arguments with the AWS CLI and with Cognate.
func TestParity(t *testing.T) {
	folder := setEnvironment(t)
	server := cognatetest.Start(t)
	aws := mustFindAWSCLI(t)
	pool := mustFill(t, server)
	for name, text := range map[string]string{
		"filter.txt": `username ^= "user1"`, "pool.txt": pool + "\n", "bin": "\x00\xff\xfe",
		"in.json": `{"UserPoolId": "` + pool + `", "Username": "user01", "Bogus": 1}`,
		"in.yaml": "UserPoolId: " + pool + "\nUsername: user02 # the second\n",
	} {
		mustWrite(t, filepath.Join(folder, name), text)
	}
	words := strings.NewReplacer("$POOL", pool, "$DIR", folder, "$ECHO", startEchoServer(t), "$NESTED", startServer(t, 200, oddPool))
	compare := func(t *testing.T, line []string) {
		t.Helper()
		t.Parallel()
		args := []string{"--endpoint-url", server.URL, "cognito-idp"}
		for _, word := range line {
			args = append(args, words.Replace(word))
		}
		want, got := normalize(aws.run(t, args)), normalize(runCognate(t.Context(), args))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q differs (-aws +cognate):\n%s", line, diff)
		}
	}
	for name, line := range parityCases {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) { compare(t, line) })
	}
	for _, topic := range parityTopics {
		for i, line := range topic.cases {
			line = slices.Concat(topic.before, line, topic.after)
			t.Run(fmt.Sprintf("%s/%d", topic.name, i), func(t *testing.T) { compare(t, line) })
		}
	}
}

// oddPool is a response with a pool whose values are hard to print.
const oddPool = `{"UserPool": {"Id": "us-east-1_x", "Name": "日本 — ü \"q\" 'a' \\ \t tab", "Status": "Enabled",
	"CreationDate": 1700000000.123, "LastModifiedDate": 1e9, "EstimatedNumberOfUsers": 12345678901234567890,
	"Policies": {"PasswordPolicy": {"MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": false}},
	"SchemaAttributes": [
		{"Name": "a", "Mutable": true, "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "10"}},
		{"Name": "b", "Required": false, "NumberAttributeConstraints": {"MinValue": "-1"}},
		{"Name": "", "DeveloperOnlyAttribute": null}],
	"AutoVerifiedAttributes": ["email", "phone_number"], "AliasAttributes": [], "LambdaConfig": {}, "UnknownMember": {"x": 1},
	"UserPoolTags": {"z": "", "a": "1", "b": "true", "c": "null", "d": "multi\nline", "e": " lead", "😀": "👩‍👧", "f": "<b>&amp;"},
	"EmailVerificationMessage": "a long line of words that goes on and on, so that it has to be folded after column eighty: one word, another word, a third",
	"SmsVerificationMessage": "x: y # z", "Arn": "~", "Domain": "0x1F", "MfaConfiguration": "OFF",
	"DeletionProtection": "\u001b[31mred\u0000"}}`

// startEchoServer starts a server that answers every request with an error. The message has the operation, whether the
// request is signed, and its body.
func startEchoServer(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		body, err := document.Parse(text)
		if err != nil {
			t.Error(err)
		}
		said := &document.Object{}
		said.Set("__type", "Echo")
		said.Set("message", fmt.Sprintf("%s signed=%t %s", r.Header.Get("X-Amz-Target"), r.Header.Get("Authorization") != "",
			document.AppendJSON(nil, body, "")))
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(document.AppendJSON(nil, said, ""))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// mustFill creates a pool with users and groups and returns its ID.
func mustFill(t *testing.T, server *cognatetest.Server) string {
	t.Helper()
	out, err := server.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "parity", UserPoolTags: map[string]string{"b": "2", "a": "é ü"}})
	if err != nil {
		t.Fatal(err)
	}
	pool := out.UserPool.Id
	for i := range 12 {
		name := "user" + string(rune('0'+i/10)) + string(rune('0'+i%10))
		_, err := server.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
			UserPoolId: pool, Username: name, MessageAction: api.MessageActionTypeSuppress,
			UserAttributes: []api.AttributeType{{Name: "email", Value: name + "@example.com"}, {Name: "name", Value: "the \"" + name + "\": é 日本 #1, \t'x'"}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"admins", "readers"} {
		_, err := server.Client.CreateUserPoolClient(t.Context(), &api.CreateUserPoolClientInput{UserPoolId: pool, ClientName: name})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pool
}

// parityCases are command lines after "cognito-idp". $POOL is a pool, $DIR a folder with the files of TestParity.
var parityCases = map[string][]string{
	"no command":             nil,
	"missing argument":       {"describe-user-pool"},
	"missing arguments":      {"admin-create-user"},
	"missing value":          {"describe-user-pool", "--user-pool-id"},
	"value is an option":     {"describe-user-pool", "--user-pool-id", "--region"},
	"mistyped command":       {"list-user-pool"},
	"unknown options":        {"describe-user-pool", "--user-pool-id", "x", "--bogus", "a", "b", "c"},
	"ambiguous":              {"admin-create-user", "--user"},
	"abbreviated":            {"describe-user-pool", "--user-pool", "$POOL", "--outp", "text", "--query", "UserPool.Name"},
	"no integer":             {"list-users", "--user-pool-id", "x", "--limit", "x"},
	"no integer page":        {"list-users", "--user-pool-id", "x", "--max-items", "x"},
	"unknown output":         {"list-users", "--user-pool-id", "x", "--cli-binary-format", "x"},
	"two inputs":             {"list-users", "--cli-input-json", "{}", "--cli-input-yaml", "{}"},
	"input is no JSON":       {"list-users", "--cli-input-json", "{"},
	"input is a list":        {"list-users", "--cli-input-json", "[]"},
	"input file missing":     {"list-users", "--cli-input-json", "file://$DIR/none"},
	"input unknown member":   {"admin-get-user", "--cli-input-json", "file://$DIR/in.json"},
	"input yaml":             {"admin-get-user", "--cli-input-yaml", "file://$DIR/in.yaml", "--query", "Username"},
	"arguments win":          {"admin-get-user", "--cli-input-yaml", "file://$DIR/in.yaml", "--username", "user03", "--query", "Username"},
	"all faults":             {"create-user-pool", "--cli-input-json", `{"PoolName": 3, "Policies": {"PasswordPolicy": {"MinimumLength": 2}}, "Schema": [{"Name": "", "X": 1}, 7], "UserPoolTags": {"a": null, "b": [1, "it's"]}}`},
	"short values":           {"admin-create-user", "--user-pool-id", "", "--username", ""},
	"shorthand no equals":    {"admin-create-user", "--user-pool-id", "$POOL", "--username", "z", "--user-attributes", "Name"},
	"shorthand double key":   {"admin-create-user", "--user-pool-id", "$POOL", "--username", "z", "--user-attributes", "Name=a,Value=b,Name=c"},
	"shorthand open quote":   {"admin-create-user", "--user-pool-id", "$POOL", "--username", "z", "--user-attributes", `Name="a,Value=b`},
	"shorthand bad number":   {"create-user-pool", "--pool-name", "z", "--policies", "PasswordPolicy={MinimumLength=x}"},
	"shorthand open hash":    {"create-user-pool", "--pool-name", "z", "--policies", "PasswordPolicy={MinimumLength=8"},
	"bad base64":             {"set-ui-customization", "--user-pool-id", "$POOL", "--image-file", "abc"},
	"bad query":              {"list-users", "--user-pool-id", "$POOL", "--query", "a["},
	"unclosed query":         {"list-users", "--user-pool-id", "$POOL", "--query", "a[?b==`1"},
	"query trailing":         {"list-users", "--user-pool-id", "$POOL", "--query", "a b"},
	"query expecting":        {"list-users", "--user-pool-id", "$POOL", "--query", "a[0}"},
	"query unknown":          {"list-users", "--user-pool-id", "$POOL", "--query", "a ^"},
	"query unknown function": {"list-users", "--user-pool-id", "$POOL", "--query", "foo(@)"},
	"query count":            {"list-users", "--user-pool-id", "$POOL", "--query", "length()"},
	"json is broken":         {"list-users", "--user-pool-id", "$POOL", "--attributes-to-get", "[1,"},
	"json is broken too":     {"create-user-pool", "--pool-name", "z", "--policies", "{a}"},
	"json open text":         {"create-user-pool", "--pool-name", "z", "--policies", `{"a": "b`},
	"json no colon":          {"create-user-pool", "--pool-name", "z", "--policies", "{\"a\" 1,\n}"},
	"json no comma":          {"create-user-pool", "--pool-name", "z", "--policies", "{\"a\": 1\n \"b\"}"},
	"json bad escape":        {"create-user-pool", "--pool-name", "z", "--policies", `{"é": "\x"}`},
	"json control":           {"create-user-pool", "--pool-name", "z", "--policies", "{\"a\": \"\n\"}"},
	"json ends late":         {"create-user-pool", "--pool-name", "z", "--policies", "{} x"},
	"no profile":             {"list-users", "--user-pool-id", "$POOL", "--profile", "none"},
	"negative words":         {"list-users", "--user-pool-id", "$POOL", "--limit", "-1"},
	"equals sign":            {"list-users", "--user-pool-id=$POOL", "--max-items=1", "--query=Users[0].Username"},
	"flag with value":        {"list-users", "--user-pool-id", "$POOL", "--no-paginate=1"},
	"bad endpoint":           {"list-users", "--user-pool-id", "$POOL", "--endpoint-url", "localhost"},
	"bad choice":             {"list-users", "--generate-cli-skeleton", "inptu"},
	"service refuses":        {"describe-user-pool", "--user-pool-id", "us-east-1_nonexist"},
	"service refuses page":   {"list-users", "--user-pool-id", "us-east-1_nonexist"},
	"no page and page":       {"list-users", "--user-pool-id", "$POOL", "--no-paginate", "--max-items", "3", "--page-size", "2"},
	"empty answer":           {"admin-confirm-sign-up", "--user-pool-id", "us-east-1_nonexist", "--username", "x"},
	"json":                   {"list-user-pool-clients", "--user-pool-id", "$POOL"},
	"text":                   {"list-user-pool-clients", "--user-pool-id", "$POOL", "--output", "text"},
	"table":                  {"list-user-pool-clients", "--user-pool-id", "$POOL", "--output", "table"},
	"yaml":                   {"list-user-pool-clients", "--user-pool-id", "$POOL", "--output", "yaml"},
	"yaml-stream":            {"list-user-pool-clients", "--user-pool-id", "$POOL", "--output", "yaml-stream"},
	"nested json":            {"admin-get-user", "--user-pool-id", "$POOL", "--username", "user00"},
	"nested text":            {"list-users", "--user-pool-id", "$POOL", "--output", "text", "--max-items", "2"},
	"nested table":           {"list-users", "--user-pool-id", "$POOL", "--output", "table", "--max-items", "3"},
	"nested yaml":            {"list-users", "--user-pool-id", "$POOL", "--output", "yaml", "--max-items", "3", "--page-size", "2"},
	"nested stream":          {"list-users", "--user-pool-id", "$POOL", "--output", "yaml-stream", "--max-items", "3", "--page-size", "2"},
	"one user table":         {"admin-get-user", "--user-pool-id", "$POOL", "--username", "user00", "--output", "table"},
	"tags table":             {"describe-user-pool", "--user-pool-id", "$POOL", "--query", "UserPool.UserPoolTags", "--output", "table"},
	"tags yaml":              {"describe-user-pool", "--user-pool-id", "$POOL", "--query", "UserPool.[UserPoolTags,Name,SchemaAttributes[0]]", "--output", "yaml"},
	"scalar yaml":            {"describe-user-pool", "--user-pool-id", "$POOL", "--query", "UserPool.Name", "--output", "yaml"},
	"scalar table":           {"describe-user-pool", "--user-pool-id", "$POOL", "--query", "UserPool.Name", "--output", "table"},
	"color table":            {"list-user-pool-clients", "--user-pool-id", "$POOL", "--output", "table", "--color", "on", "--query", "UserPoolClients[].{B:ClientName,A:ClientId}"},
	"query order":            {"list-users", "--user-pool-id", "$POOL", "--query", "Users[?Username>='user09'].{Z:Username,A:Enabled,M:length(Attributes)}"},
	"query functions":        {"list-users", "--user-pool-id", "$POOL", "--query", "[length(Users), sort_by(Users,&Username)[-1].Username, Users[*].Attributes[?Name=='email'].Value | [][] | [0:3], join(', ', Users[::5].Username), to_string(Users[0].Attributes[1]), avg(`[1,2,4]`), sum(`[1,2.5]`), max(`[1,5]`), not_null(a, `\"x\"`), keys(Users[0]), type(@), floor(`1.7`), contains('abc', 'b'), reverse('abc'), !Users, Users[0].Enabled && `1` || `2`]"},
	"query type error":       {"list-users", "--user-pool-id", "$POOL", "--query", "length(Users[0].Enabled)"},
	"query nothing":          {"list-users", "--user-pool-id", "$POOL", "--query", "Nothing"},
	"query nothing as text":  {"list-users", "--user-pool-id", "$POOL", "--query", "Nothing", "--output", "text"},
	"max items":              {"list-users", "--user-pool-id", "$POOL", "--max-items", "5", "--query", "[Users[].Username, NextToken]"},
	"starting token":         {"list-users", "--user-pool-id", "$POOL", "--starting-token", "eyJQYWdpbmF0aW9uVG9rZW4iOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiA1fQ==", "--max-items", "4", "--query", "[Users[].Username, NextToken]"},
	"page size":              {"list-users", "--user-pool-id", "$POOL", "--page-size", "5", "--query", "Users[].Username", "--output", "text"},
	"limit":                  {"list-users", "--user-pool-id", "$POOL", "--limit", "5", "--query", "[length(Users), length(keys(@))]"},
	"no paginate":            {"list-users", "--user-pool-id", "$POOL", "--no-paginate", "--query", "length(Users)"},
	"filter from file":       {"list-users", "--user-pool-id", "$POOL", "--filter", "file://$DIR/filter.txt", "--query", "Users[].Username"},
	"words":                  {"list-users", "--user-pool-id", "$POOL", "--attributes-to-get", "email", "sub", "--max-items", "1", "--query", "length(Users[0].Attributes)"},
	"words in JSON":          {"list-users", "--user-pool-id", "$POOL", "--attributes-to-get", `["email"]`, "--max-items", "1", "--query", "Users[0].Attributes"},
	"sample output":          {"list-users", "--user-pool-id", "$POOL", "--generate-cli-skeleton", "output", "--query", "PaginationToken"},
	"sample output faults":   {"list-users", "--user-pool-id", "", "--generate-cli-skeleton", "output"},
	"word after flag":        {"admin-create-user", "--user-pool-id", "$POOL", "--username", "z", "--force-alias-creation", "true"},
}
