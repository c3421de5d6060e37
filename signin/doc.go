// Package signin is the challenge engine: a flow begins a sign-in, a Session and an answer continue it, and each time the
// outcome is the next challenge or tokens. The API, the login pages and OAuth all ask it; nothing else decides who is
// signed in. It knows no JSON and no HTML.
//
// In words:
//
//	Start: password or SRP proof, a choice among first factors, custom challenges, or a refresh token
//	SELECT_CHALLENGE                               -> the chosen first factor's challenge
//	  password right, status FORCE_CHANGE_PASSWORD -> NEW_PASSWORD_REQUIRED
//	  first factor right, or new password set      -> the second factor, by nextFactor
//	CUSTOM_CHALLENGE -> what the pool's functions say; their yes -> as a right first factor
//	nextFactor: none -> tokens; one -> its challenge; several -> SELECT_MFA_TYPE; none but required -> MFA_SETUP
//	  a passkey that stands for both factors       -> tokens
//	SELECT_MFA_TYPE                                -> the chosen factor's challenge
//	MFA_SETUP, after AssociateSoftwareToken and VerifySoftwareToken -> tokens
//	a factor's right code                          -> tokens
//	instead of a second factor, on a remembered device: DEVICE_SRP_AUTH -> DEVICE_PASSWORD_VERIFIER -> tokens
//
// Every step is settled in one transaction that re-reads the user, counts a failure or spends the Session and the code,
// and stores the grant. Signatures and password arithmetic stay outside of it.
package signin
