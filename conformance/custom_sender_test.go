package conformance_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	keyrings "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographymaterialproviderssmithygenerated"
	materials "github.com/aws/aws-cryptographic-material-providers-library/releases/go/mpl/awscryptographymaterialproviderssmithygeneratedtypes"
	messages "github.com/aws/aws-encryption-sdk/releases/go/encryption-sdk/awscryptographyencryptionsdksmithygenerated"
	messagetypes "github.com/aws/aws-encryption-sdk/releases/go/encryption-sdk/awscryptographyencryptionsdksmithygeneratedtypes"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

const (
	senderARN = "arn:aws:lambda:us-east-1:000000000000:function:sender"
	rawKeyARN = "arn:aws:kms:us-east-1:000000000000:key/raw"
	kmsAlias  = "arn:aws:kms:us-east-1:000000000000:alias/codes"
	kmsKeyARN = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	rawKey    = "0123456789abcdef0123456789abcdef"
)

// cloud has the APIs of AWS that the server and functions call. AWS Lambda stores the event of the function instead of
// running it, and AWS KMS has one key with an alias.
type cloud struct {
	aead cipher.AEAD

	mu    sync.Mutex
	event []byte // of the last invocation
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/") {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.event = body
		w.WriteHeader(http.StatusAccepted)
		return
	}
	answer, err := c.kms(r.Header.Get("X-Amz-Target"), body)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"__type": "InvalidCiphertextException", "message": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// kms answers a request to AWS KMS. Source: AWS KMS API reference, GenerateDataKey and Decrypt.
func (c *cloud) kms(target string, body []byte) (map[string]any, error) {
	var in struct {
		KeyId             string //nolint:revive,staticcheck // the name of the API
		CiphertextBlob    []byte
		EncryptionContext map[string]string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	bound, err := json.Marshal(in.EncryptionContext) // with sorted keys
	if err != nil {
		return nil, err
	}
	switch {
	case in.KeyId != kmsKeyARN && in.KeyId != kmsAlias:
		return nil, fmt.Errorf("unknown key %s", in.KeyId)
	case target == "TrentService.GenerateDataKey":
		plain := []byte("abcdef0123456789abcdef0123456789")
		return map[string]any{"KeyId": kmsKeyARN, "Plaintext": plain, "CiphertextBlob": c.aead.Seal(nil, nil, plain, bound)}, nil
	case target == "TrentService.Decrypt":
		plain, err := c.aead.Open(nil, nil, in.CiphertextBlob, bound)
		return map[string]any{"KeyId": kmsKeyARN, "Plaintext": plain}, err
	default:
		return nil, fmt.Errorf("unknown target %s", target)
	}
}

// mustSignUp signs a user up in a new pool with a custom email sender, and returns the event of the sender. confirm confirms
// the user with a code.
func (c *cloud) mustSignUp(t *testing.T, sdk *idp.Client, key string) (event []byte, confirm func(code string) error) {
	t.Helper()
	pool, err := sdk.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{
		PoolName: aws.String("custom sender"), AutoVerifiedAttributes: []types.VerifiedAttributeType{types.VerifiedAttributeTypeEmail},
		LambdaConfig: &types.LambdaConfigType{
			KMSKeyID: &key, CustomEmailSender: &types.CustomEmailLambdaVersionConfigType{
				LambdaVersion: types.CustomEmailSenderLambdaVersionTypeV10, LambdaArn: aws.String(senderARN),
			},
		},
	})
	if err != nil {
		t.Fatalf("CreateUserPool: %v", err)
	}
	app, err := sdk.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{
		UserPoolId: pool.UserPool.Id, ClientName: aws.String("custom sender"),
	})
	if err != nil {
		t.Fatalf("CreateUserPoolClient: %v", err)
	}
	_, err = sdk.SignUp(t.Context(), &idp.SignUpInput{
		ClientId: app.UserPoolClient.ClientId, Username: aws.String(username), Password: aws.String(password),
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String("ines@example.com")}},
	})
	if err != nil {
		t.Fatalf("SignUp: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.event, func(code string) error {
		_, err := sdk.ConfirmSignUp(t.Context(), &idp.ConfirmSignUpInput{
			ClientId: app.UserPoolClient.ClientId, Username: aws.String(username), ConfirmationCode: &code,
		})
		return err
	}
}

// mustStartCloud starts the APIs of AWS, and a server with the keys of codes that uses them.
func mustStartCloud(t *testing.T) (*cloud, string, *idp.Client) {
	t.Helper()
	block, err := aes.NewCipher([]byte(rawKey))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{aead: aead}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	dir := t.TempDir()
	key, file := filepath.Join(dir, "codes.key"), filepath.Join(dir, "cognate.yaml")
	settings := fmt.Sprintf("lambda_endpoint: %[1]s\nkms_endpoint: %[1]s\ncode_keys: [{kms_key_id: '%s', key_file: %q}]\n", s.URL, rawKeyARN, key)
	for path, text := range map[string]string{key: base64.StdEncoding.EncodeToString([]byte(rawKey)), file: settings} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c, s.URL, mustConnectTo(t, mustStartServer(t, "--config", file))
}

// testCustomSender tests that functions decrypt the codes for custom senders with the libraries of AWS. dir has clients/node
// with its packages.
func testCustomSender(t *testing.T, dir string) {
	t.Helper()
	c, url, sdk := mustStartCloud(t)
	inKMS := []string{
		"KEY_ALIAS=" + kmsAlias, "KEY_ARN=" + kmsKeyARN, "AWS_ENDPOINT_URL_KMS=" + url, "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=function", "AWS_SECRET_ACCESS_KEY=function",
	}
	raw := []string{"RAW_KEY_NAME=" + rawKeyARN, "RAW_KEY=" + base64.StdEncoding.EncodeToString([]byte(rawKey))}
	for _, tt := range []struct {
		name, key string
		env       []string // of the function
		keyring   materials.IKeyring
	}{
		{"raw AES", rawKeyARN, raw, mustMakeRawKeyring(t)},
		{"KMS", kmsKeyARN, inKMS, mustMakeKMSKeyring(t, url)},
		{"KMS by an alias", kmsAlias, inKMS, mustMakeKMSKeyring(t, url)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			event, confirm := c.mustSignUp(t, sdk, tt.key)
			code := mustRunFunction(t, dir, event, tt.env...)
			for _, policy := range []string{"REQUIRE_ENCRYPT_ALLOW_DECRYPT"} {
				if again := mustRunFunction(t, dir, event, append(tt.env, "POLICY="+policy)...); again != code {
					t.Errorf("the function decrypted %q with %s, want %q", again, policy, code)
				}
			}
			if byGo := mustDecrypt(t, event, tt.keyring); byGo != code {
				t.Errorf("the SDK for Go decrypted %q, want %q", byGo, code)
			}
			if err := confirm(code); err != nil {
				t.Errorf("ConfirmSignUp(the decrypted code): %v", err)
			}
		})
	}
}

// mustRunFunction runs the function of clients/node with an event, and returns the code that it decrypts.
func mustRunFunction(t *testing.T, dir string, event []byte, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "custom_sender.mjs")
	cmd.Dir, cmd.Env, cmd.Stdin = dir, append(os.Environ(), env...), strings.NewReader(string(event))
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node custom_sender.mjs: %v\n%s", err, problems.String())
	}
	return strings.TrimSpace(string(out))
}

// mustDecrypt decrypts the code of an event with the SDK for Go.
func mustDecrypt(t *testing.T, event []byte, keyring materials.IKeyring) string {
	t.Helper()
	var in struct{ Request struct{ Code []byte } }
	if err := json.Unmarshal(event, &in); err != nil {
		t.Fatal(err)
	}
	sdk, err := messages.NewClient(messagetypes.AwsEncryptionSdkConfig{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := sdk.Decrypt(t.Context(), messagetypes.DecryptInput{Ciphertext: in.Request.Code, Keyring: keyring})
	if err != nil {
		t.Fatalf("Decrypt: %v", err)
	}
	return string(out.Plaintext)
}

func mustMakeKeyring(t *testing.T, make func(ctx context.Context, library *keyrings.Client) (materials.IKeyring, error)) materials.IKeyring {
	t.Helper()
	library, err := keyrings.NewClient(materials.MaterialProvidersConfig{})
	if err != nil {
		t.Fatal(err)
	}
	keyring, err := make(t.Context(), library)
	if err != nil {
		t.Fatal(err)
	}
	return keyring
}

func mustMakeRawKeyring(t *testing.T) materials.IKeyring {
	t.Helper()
	return mustMakeKeyring(t, func(ctx context.Context, library *keyrings.Client) (materials.IKeyring, error) {
		return library.CreateRawAesKeyring(ctx, materials.CreateRawAesKeyringInput{
			KeyNamespace: "cognate", KeyName: rawKeyARN, WrappingKey: []byte(rawKey),
			WrappingAlg: materials.AesWrappingAlgAlgAes256GcmIv12Tag16,
		})
	})
}

func mustMakeKMSKeyring(t *testing.T, endpoint string) materials.IKeyring {
	t.Helper()
	return mustMakeKeyring(t, func(ctx context.Context, library *keyrings.Client) (materials.IKeyring, error) {
		return library.CreateAwsKmsKeyring(ctx, materials.CreateAwsKmsKeyringInput{KmsKeyId: kmsKeyARN, KmsClient: kms.New(kms.Options{
			BaseEndpoint: &endpoint, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("function", "function", ""),
		})})
	})
}
