package cognate

// ClientRequest is the common part of requests about users.
type ClientRequest struct {
	Pool     *UserPool
	Client   *AppClient        // nil for a request of an administrator
	Metadata map[string]string // ClientMetadata of the request, for the triggers; may be nil
}
