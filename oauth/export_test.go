package oauth

// TokenOnce are the parameters of the token endpoint.
var TokenOnce = tokenOnce

// ParseForm parses the body of a request.
var ParseForm = parseForm

// ParseKeys returns the public keys in a JSON Web Key Set, and SameAddress compares the address of an endpoint with one that was sent.
var (
	ParseKeys   = parseKeys
	SameAddress = sameAddress
)

// ClientCredentials returns the client of a request and its secrets.
var ClientCredentials = clientCredentials
