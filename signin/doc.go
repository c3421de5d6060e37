// Package signin is the challenge engine. It decides who is signed in, and nothing else does: the API, the login pages and
// OAuth use it. Engine.Start begins a sign-in and Engine.Answer continues it. Each returns an Outcome: tokens, or the next
// challenge with the sealed AuthSession to answer it.
//
// All values are typed. Start, Response and Challenge are closed sets with one struct for each flow and each challenge, in
// a file of its own: password.go has PasswordStart, PasswordChallenge and PasswordResponse. What every request has is in
// Attempt. The package knows no wire keys, no JSON and no HTML: package ops/auth reads and writes AuthParameters,
// ChallengeResponses and ChallengeParameters. The engine refuses an empty required field, whatever its caller checks.
//
// The package also has the other rules about tokens: sign-out, revocation, refresh and client credentials.
//
// The order of challenges:
//
//	Start: password or SRP proof, a choice among first factors, custom challenges, or a refresh token
//	SELECT_CHALLENGE                               -> the chosen first factor's challenge
//	  password right, status FORCE_CHANGE_PASSWORD -> NEW_PASSWORD_REQUIRED
//	  first factor right, or new password set      -> the second factor, by nextFactor
//	CUSTOM_CHALLENGE -> what the pool's functions define
//	  tokens from them, no password proven         -> tokens, or the second factor by UserPool.HasMFAAfterCustom
//	  their PASSWORD_VERIFIER right                -> NEW_PASSWORD_REQUIRED, the second factor, then what the functions define
//	nextFactor: none -> tokens; one -> its challenge; several -> SELECT_MFA_TYPE; none but required -> MFA_SETUP
//	  a passkey that stands for both factors       -> tokens
//	SELECT_MFA_TYPE                                -> the chosen factor's challenge
//	MFA_SETUP, after AssociateSoftwareToken and VerifySoftwareToken -> tokens
//	a factor's right code                          -> tokens
//	a remembered device that the request names, instead of a second factor or of tokens:
//	  DEVICE_SRP_AUTH -> DEVICE_PASSWORD_VERIFIER  -> tokens
//
// settle stores every step in one transaction. It reads the user again, counts a failure or spends the AuthSession and the
// code, and stores the grant. Signatures and password arithmetic stay outside of it. A step without a decision, or without a
// proof, cannot end in tokens.
package signin
