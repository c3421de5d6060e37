package oauth

// TokenOnce are the parameters of the token endpoint.
var TokenOnce = tokenOnce

// ParseForm parses the body of a request.
var ParseForm = parseForm

// ClientCredentials returns the client of a request and its secrets.
var ClientCredentials = clientCredentials
