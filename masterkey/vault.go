package masterkey

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"cognate/internal/outgoing"
	"cognate/sealing"
)

// vault is a key in the transit engine of Vault or OpenBao. Its URL is hashivault://KEY, with the parameter engine for the path of the
// engine. The address and the token are in the environment: VAULT_SERVER_URL or VAULT_ADDR, and VAULT_SERVER_TOKEN or VAULT_TOKEN. Source: Go
// CDK, package hashivault. VAULT_NAMESPACE names a namespace.
type vault struct {
	name, key, engine         string
	address, token, namespace string
	client                    *http.Client
	limit                     time.Duration
}

func newVault(u *url.URL, environ Environ) (*vault, error) {
	key, err := keyOf(u)
	if err != nil {
		return nil, err
	}
	v := &vault{
		key: key, name: vaultScheme + "://" + key, engine: "transit",
		address:   strings.TrimRight(cmp.Or(environ("VAULT_SERVER_URL"), environ("VAULT_ADDR")), "/"),
		token:     cmp.Or(environ("VAULT_SERVER_TOKEN"), environ("VAULT_TOKEN")),
		namespace: environ("VAULT_NAMESPACE"), client: outgoing.Operator(), limit: Limit,
	}
	for name, values := range u.Query() {
		if name != "engine" || len(values) != 1 || values[0] == "" {
			return nil, fmt.Errorf("%s: the only parameter is engine, once", v.name)
		}
		v.engine = strings.Trim(values[0], "/")
	}
	if v.address == "" {
		return nil, fmt.Errorf("%s: set VAULT_ADDR to the URL of Vault", v.name)
	}
	if a, err := url.Parse(v.address); err != nil || !isPrivate(a) {
		return nil, fmt.Errorf("%s: VAULT_ADDR must be an https URL (http is allowed on loopback only)", v.name)
	}
	if v.token == "" {
		return nil, fmt.Errorf("%s: set VAULT_TOKEN to a token that may encrypt and decrypt with the key", v.name)
	}
	return v, nil
}

// Name returns the URL without its parameters.
func (v *vault) Name() string { return v.name }

// Location returns the name, the address, the namespace and the engine.
func (v *vault) Location() string {
	return fmt.Sprintf("%s %q %q %q", v.name, v.address, v.namespace, v.engine)
}

// vaultData is the input and the output of the transit engine. Source: Vault, transit secrets engine (API).
type vaultData struct {
	Plaintext  string `json:"plaintext,omitempty"` // base64
	Ciphertext string `json:"ciphertext,omitempty"`
}

// Wrap encrypts a key with the newest version of the key in Vault.
func (v *vault) Wrap(ctx context.Context, key []byte) ([]byte, error) {
	in := vaultData{Plaintext: base64.StdEncoding.EncodeToString(key)}
	return attempt(ctx, v.limit, func(ctx context.Context) ([]byte, error) {
		out, err := v.call(ctx, "encrypt", in)
		if err == nil && out.Ciphertext == "" {
			err = errInvalidAnswer
		}
		return []byte(out.Ciphertext), err
	})
}

// Unwrap decrypts a key with the version of the key that encrypted it.
func (v *vault) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	return attempt(ctx, v.limit, func(ctx context.Context) ([]byte, error) {
		out, err := v.call(ctx, "decrypt", vaultData{Ciphertext: string(wrapped)})
		if err != nil {
			return nil, err
		}
		key, err := base64.StdEncoding.DecodeString(out.Plaintext)
		if err != nil || len(key) == 0 {
			return nil, errInvalidAnswer
		}
		return key, nil
	})
}

var errInvalidAnswer = errors.New("the answer of Vault is invalid")

// maxAnswer limits what is read of an answer, in bytes.
const maxAnswer = 64 << 10

func (v *vault) call(ctx context.Context, operation string, in vaultData) (out vaultData, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	at, err := url.JoinPath(v.address, "v1", v.engine, operation, v.key)
	if err != nil {
		return out, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Vault-Token", v.token)
	request.Header.Set("X-Vault-Request", "true")
	if v.namespace != "" {
		request.Header.Set("X-Vault-Namespace", v.namespace)
	}
	response, err := v.client.Do(request)
	if err != nil {
		return out, fmt.Errorf("%w: %w", errTemporary, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return out, fmt.Errorf("%w: %w", errTemporary, err)
	}
	var answer struct {
		Data   vaultData `json:"data"`
		Errors []string  `json:"errors"`
	}
	unread := json.Unmarshal(text, &answer)
	reasons := strings.Join(answer.Errors, "; ")
	switch {
	case response.StatusCode >= http.StatusInternalServerError || response.StatusCode == http.StatusTooManyRequests:
		return out, fmt.Errorf("%w: %s: %s %s", errTemporary, operation, response.Status, reasons) // also while Vault is sealed
	case operation == "decrypt" && response.StatusCode == http.StatusBadRequest:
		return out, fmt.Errorf("%w (%s: %s)", sealing.ErrWrongMasterKey, operation, reasons)
	case response.StatusCode != http.StatusOK:
		return out, fmt.Errorf("%s: %s %s", operation, response.Status, reasons)
	case unread != nil:
		return out, errInvalidAnswer
	}
	return answer.Data, nil
}
