package cognate

// ClientRequest is the common part of requests about users.
type ClientRequest struct {
	Pool     *UserPool
	Client   *AppClient        // nil for a request of an administrator
	Metadata map[string]string // ClientMetadata of the request, for the triggers; may be nil
	// DPoPKey is the thumbprint of the key that the client has proven in this request (RFC 9449); empty for none. The access tokens
	// of the request are bound to it. Only the OAuth 2.0 endpoints can check a proof.
	DPoPKey string
}
