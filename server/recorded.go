package server

//go:generate go run ../internal/opsdoc ..

// Recorded returns, by operation, the members that are stored and returned, but that nothing acts on yet.
func Recorded() map[string][]string {
	pool := []string{
		"UserPoolAddOns", "UserPoolTier", "DcrConfiguration", "KeyConfiguration", "AcrConfiguration",
	}
	client := []string{
		"SupportedIdentityProviders", "CallbackURLs", "LogoutURLs", "DefaultRedirectURI", "AllowedOAuthFlows",
		"AnalyticsConfiguration",
		"EnablePropagateAdditionalUserContextData",
	}
	return map[string][]string{
		"CreateUserPool": pool, "UpdateUserPool": pool,
		"CreateUserPoolClient": client, "UpdateUserPoolClient": client,
		"RevokeToken":                           {"RevokeAssociatedSessions"},
		"RevokeUserSession":                     {"RevokeAssociatedSessions"},
		"AdminRevokeUserSession":                {"RevokeAssociatedSessions"},
		"SetUserPoolClientSessionConfiguration": {"SSOSession"},
	}
}
