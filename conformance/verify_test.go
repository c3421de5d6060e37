package conformance_test

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/coreos/go-oidc/v3/oidc"
)

// envJava is a variable with the path of Java 17 or newer.
const envJava = "COGNATE_TEST_JAVA"

const (
	verifySub  = "6b8a7b1e-0000-4000-8000-000000000001"
	verifyPool = "us-east-1_Example1"
	// verifySeed has two pools. The examples accept tokens of the client api.
	verifySeed = `pools:
  - id: us-east-1_Example1
    PoolName: example
    clients:
      - {id: api, ClientName: api, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}
      - {id: another, ClientName: another, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}
    users:
      - {username: ann, sub: 6b8a7b1e-0000-4000-8000-000000000001, password: Correct-horse-7}
  - id: us-east-1_Example2
    PoolName: another
    clients:
      - {id: foreign, ClientName: foreign, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}
    users:
      - {username: ann, password: Correct-horse-7}
`
)

// examples are the programs in clients/verify that docs/verifying-tokens.md shows. Each reads tokens from its standard input.
type examples struct {
	*server
	dir    string // has the npm packages and the programs of Node.js
	client *http.Client
	sdk    *idp.Client
	issuer string
	env    []string // of the examples and of the clients of the API
}

// startExamples starts a server with the seed and more arguments. With a data folder it uses HTTPS, and the certificate is in
// that folder.
func startExamples(t *testing.T, dir, data, issuer string, args ...string) *examples {
	t.Helper()
	seed := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(seed, []byte(verifySeed), 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, "--seed", seed)
	if data != "" {
		args = append(args, "--tls-self-signed", "--data", data)
	}
	s, err := startServer(os.Getenv(envOwnBinary), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("the server ended with %v; its output:\n%s", err, s.log.String())
		}
	})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	e := &examples{
		server: s, dir: dir, issuer: issuer, client: &http.Client{Transport: transport},
		env: []string{
			"POOL_ID=" + verifyPool, "ISSUER=" + issuer, "CLIENT_ID=api",
			"JWKS_URI=" + s.endpoint + "/" + verifyPool + "/.well-known/jwks.json",
			"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_EC2_METADATA_DISABLED=true",
		},
	}
	if data != "" {
		certificate := filepath.Join(data, "self-signed.crt")
		text, err := os.ReadFile(certificate)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(text)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
		for _, name := range []string{"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"} {
			e.env = append(e.env, name+"="+certificate)
		}
	}
	e.sdk = idp.New(idp.Options{Region: "us-east-1", BaseEndpoint: &s.endpoint, HTTPClient: e.client})
	return e
}

func (e *examples) mustSignIn(t *testing.T, clientID string) *types.AuthenticationResultType {
	t.Helper()
	out, err := e.sdk.InitiateAuth(t.Context(), &idp.InitiateAuthInput{
		ClientId: &clientID, AuthFlow: types.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "Correct-horse-7"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.AuthenticationResult
}

// mustCall sends a request and decodes the answer into a T.
func mustCall[T any](t *testing.T, e *examples, method, path, body string) (v T) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, e.endpoint+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s = %s", method, path, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// judged is a token, and whether an API that is called with it may accept it.
type judged struct {
	what, token string
	valid       bool
}

// mustMakeTokens returns one valid access token and many that are not.
func (e *examples) mustMakeTokens(t *testing.T) []judged {
	t.Helper()
	// An access token is valid for an hour. This one was issued two hours ago.
	ago := time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)
	mustCall[struct{}](t, e, http.MethodPut, "/_cognate/clock", fmt.Sprintf(`{"Now":%q}`, ago))
	expired := *e.mustSignIn(t, "api").AccessToken
	mustCall[struct{}](t, e, http.MethodPost, "/_cognate/clock/resume", "{}")

	signedIn := e.mustSignIn(t, "api")
	good := *signedIn.AccessToken
	parts := strings.Split(good, ".")
	header, payload := mustDecode(t, parts[0]), mustDecode(t, parts[1])
	forged := func(algorithm string, signature func(signed []byte) []byte) string {
		text := encode(bytes.Replace(header, []byte("RS256"), []byte(algorithm), 1)) + "." + parts[1]
		return text + "." + encode(signature([]byte(text)))
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public := e.mustReadKey(t, header)
	changed := bytes.Replace(payload, []byte(`"username":"ann"`), []byte(`"username":"bob"`), 1)
	return []judged{
		{"an access token", good, true},
		{"an ID token", *signedIn.IdToken, false},
		{"a refresh token", *signedIn.RefreshToken, false},
		{"an access token of another pool", *e.mustSignIn(t, "foreign").AccessToken, false},
		{"an expired access token", expired, false},
		{"an access token of another client", *e.mustSignIn(t, "another").AccessToken, false},
		{"a changed access token", parts[0] + "." + encode(changed) + "." + parts[2], false},
		{"an access token without a signature", parts[0] + "." + parts[1] + ".", false},
		{"algorithm none", forged("none", func([]byte) []byte { return nil }), false},
		{"HS256 with the public key as its secret", forged("HS256", func(signed []byte) []byte {
			mac := hmac.New(sha256.New, public)
			mac.Write(signed)
			return mac.Sum(nil)
		}), false},
		{"the key of a stranger", forged("RS256", func(signed []byte) []byte {
			digest := sha256.Sum256(signed)
			signature, err := rsa.SignPKCS1v15(nil, stranger, crypto.SHA256, digest[:])
			if err != nil {
				t.Fatal(err)
			}
			return signature
		}), false},
		{"not a token", "abc", false},
		{"the access token again", good, true},
	}
}

// mustReadKey returns the public key that a token's header names, in PEM.
func (e *examples) mustReadKey(t *testing.T, header []byte) []byte {
	t.Helper()
	type key struct {
		ID      string `json:"kid"`
		Modulus string `json:"n"`
	}
	var named key
	if err := json.Unmarshal(header, &named); err != nil {
		t.Fatal(err)
	}
	set := mustCall[struct {
		Keys []key `json:"keys"`
	}](t, e, http.MethodGet, "/"+verifyPool+"/.well-known/jwks.json", "")
	for _, k := range set.Keys {
		if k.ID != named.ID {
			continue
		}
		public := &rsa.PublicKey{N: new(big.Int).SetBytes(mustDecode(t, k.Modulus)), E: 65537}
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	t.Fatalf("no key %s", named.ID)
	return nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func mustDecode(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wantDiscovery checks the discovery document: the keys are at the host of the request.
func (e *examples) wantDiscovery(t *testing.T) {
	t.Helper()
	got := mustCall[struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}](t, e, http.MethodGet, "/"+verifyPool+"/.well-known/openid-configuration", "")
	if want := e.endpoint + "/" + verifyPool + "/.well-known/jwks.json"; got.Issuer != e.issuer || got.JWKSURI != want {
		t.Errorf("openid-configuration = %+v, want issuer %s and jwks_uri %s", got, e.issuer, want)
	}
}

// mustJudge runs an example with the tokens, and compares what it prints.
func (e *examples) mustJudge(t *testing.T, tokens []judged, cmd *exec.Cmd) {
	t.Helper()
	var input strings.Builder
	for _, c := range tokens {
		input.WriteString(c.token + "\n")
	}
	cmd.Stdin = strings.NewReader(input.String())
	cmd.Env = append(os.Environ(), e.env...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, out, &log)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(tokens) {
		t.Fatalf("%d lines for %d tokens:\n%s%s", len(lines), len(tokens), out, &log)
	}
	for i, c := range tokens {
		t.Logf("%s: %s", c.what, lines[i])
		if c.valid && lines[i] != "accepted "+verifySub || !c.valid && !strings.HasPrefix(lines[i], "rejected: ") {
			t.Errorf("%s: %q, want valid: %v", c.what, lines[i], c.valid)
		}
	}
}

// run runs the examples that work with each issuer.
func (e *examples) run(t *testing.T, tokens []judged, javaOptions ...string) {
	t.Run("jose.mjs", func(t *testing.T) {
		e.mustJudge(t, tokens, command(t.Context(), e.dir, mustFind(t, "node", "Node.js"), "jose.mjs"))
	})
	t.Run("verify.py", func(t *testing.T) {
		e.mustJudge(t, tokens, command(t.Context(), e.dir, mustFindPython(t, "jwt, cryptography"), "-B", "verify.py"))
	})
	t.Run("verify.go", func(t *testing.T) {
		binary := filepath.Join(t.TempDir(), "verify")
		mustRun(t, command(t.Context(), ".", "go", "build", "-o", binary, "./clients/verify"))
		e.mustJudge(t, tokens, command(t.Context(), ".", binary))
	})
	t.Run("Verify.java", func(t *testing.T) {
		e.mustJudge(t, tokens, command(t.Context(), e.dir, mustFindJava(t), append(javaOptions, "Verify.java")...))
	})
}

func mustFindJava(t *testing.T) string {
	t.Helper()
	return mustFind(t, cmp.Or(os.Getenv(envJava), "/usr/bin/java"), "Java")
}

const storePassword = "changeit"

// mustTrust writes a trust store for Java with the certificate in the data folder, and returns its path.
func mustTrust(t *testing.T, data string) string {
	t.Helper()
	java, err := filepath.EvalSymlinks(mustFindJava(t))
	if err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(data, "trust.p12")
	mustRun(t, command(t.Context(), data, filepath.Join(filepath.Dir(java), "keytool"), "-importcert", "-noprompt",
		"-alias", "cognate", "-file", "self-signed.crt", "-keystore", "trust.p12", "-storepass", storePassword))
	return store
}

// TestVerifyingTokens runs the examples of docs/verifying-tokens.md on one server for each issuer.
func TestVerifyingTokens(t *testing.T) {
	t.Parallel()
	if os.Getenv(envOwnBinary) == "" {
		t.Skipf("%s is not set: the test starts its own servers", envOwnBinary)
	}
	mustFind(t, "node", "Node.js")
	npm := mustFind(t, "npm", "npm")
	dir := t.TempDir() // npm writes next to package.json
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("clients", "verify"))); err != nil {
		t.Fatal(err)
	}
	mustRun(t, command(t.Context(), dir, npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"))

	// The examples use another host than the issuer's, as in a container. Nothing is at the issuer's host.
	t.Run("public", func(t *testing.T) {
		e := startExamples(t, dir, "", "http://id.example.com/"+verifyPool, "--public-url", "http://id.example.com")
		e.wantDiscovery(t)
		e.run(t, e.mustMakeTokens(t))
	})
	// With HTTPS, the clients trust the certificate by their own variables.
	t.Run("aws", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "data")
		e := startExamples(t, dir, data, "https://cognito-idp.us-east-1.amazonaws.com/"+verifyPool, "--issuer", "aws")
		e.wantDiscovery(t)
		t.Run("clients of the API", func(t *testing.T) {
			// The scripts fail if they do not trust the certificate.
			aws := mustFind(t, cmp.Or(os.Getenv(envAWS), "/usr/bin/aws"), "the AWS CLI version 2")
			mustRun(t, command(t.Context(), dir, aws, "--endpoint-url", e.endpoint, "--region", "us-east-1",
				"cognito-idp", "list-user-pools", "--max-results", "1"), e.env...)
			mustRun(t, command(t.Context(), dir, mustFindPython(t, "boto3"), "-c", "import boto3; boto3.client('cognito-idp', "+
				"'us-east-1', endpoint_url='"+e.endpoint+"').list_user_pools(MaxResults=1)"), e.env...)
			mustRun(t, command(t.Context(), dir, e.cmd.Path, "cognito-idp", "list-user-pools", "--max-results", "1",
				"--endpoint-url", e.endpoint, "--region", "us-east-1"), e.env...)
		})
		tokens := e.mustMakeTokens(t)
		t.Run("cognito.mjs", func(t *testing.T) {
			e.mustJudge(t, tokens, command(t.Context(), dir, "node", "cognito.mjs"))
		})
		e.run(t, tokens, "-Djavax.net.ssl.trustStore="+mustTrust(t, data), "-Djavax.net.ssl.trustStorePassword="+storePassword)
		t.Run("an updated issuer", func(t *testing.T) {
			e.mustUpdateIssuer(t)
			tokens := e.mustMakeTokens(t)
			e.mustJudge(t, tokens, command(t.Context(), dir, "node", "cognito.mjs"))
		})
	})
}

// A library that reads the discovery document at the issuer finds the keys.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	p := mustCreatePool(t, types.UserPoolMfaTypeOff, nil)
	provider, err := oidc.NewProvider(t.Context(), os.Getenv(envEndpoint)+"/"+p.id)
	if err != nil {
		t.Fatal(err)
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: p.clientID}).Verify(t.Context(), *p.mustSignIn(t).AuthenticationResult.IdToken)
	if err != nil || token.Audience[0] != p.clientID {
		t.Errorf("the ID token = %+v, %v, want the client's", token, err)
	}
}

// mustUpdateIssuer switches the pool to the updated issuer.
func (e *examples) mustUpdateIssuer(t *testing.T) {
	t.Helper()
	mustRun(t, command(t.Context(), e.dir, e.cmd.Path, "cognito-idp", "update-user-pool", "--endpoint-url", e.endpoint,
		"--region", "us-east-1", "--user-pool-id", verifyPool, "--issuer-configuration", "Type=UPDATED"), e.env...)
	e.issuer = "https://issuer-cognito-idp.us-east-1.amazonaws.com/" + verifyPool
	e.wantDiscovery(t)
}
