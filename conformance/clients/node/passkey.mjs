// Tests passkeys with Amplify in Chromium, on the `cognate dev` at COGNATE_ENDPOINT: instead of a password, and as both
// factors if MFA is required. The authenticator is Chromium's virtual authenticator.
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.

import assert from "node:assert/strict";
import { admin } from "./connection.mjs";
import { User, passed, withPool } from "./user.mjs";
import { addAuthenticator } from "./virtual_authenticator.mjs";

const PASSWORD = "Correct-horse-1";
const BY_PASSKEY = { authFlowType: "USER_AUTH", preferredChallenge: "WEB_AUTHN" };

// Authenticator is a virtual authenticator of a page. It does not ask the user.
class Authenticator {
  static async of(page) {
    const authenticator = new Authenticator();
    ({ chromium: authenticator.chromium, authenticatorId: authenticator.id } = await addAuthenticator(page));
    return authenticator;
  }

  send(command, parameters) {
    return this.chromium.send(`WebAuthn.${command}`, { authenticatorId: this.id, ...parameters });
  }

  async passkeys() {
    return (await this.send("getCredentials")).credentials;
  }

  // restore replaces all passkeys by an earlier result of passkeys, counters included.
  async restore(credentials) {
    await this.send("clearCredentials");
    for (const credential of credentials) await this.send("addCredential", { credential });
  }
}

// setMFA sets the pool's MFA configuration and the factor configuration of passkeys.
function setMFA(pool, mfa, factor) {
  return admin.setUserPoolMfaConfig({
    UserPoolId: pool.Id,
    MfaConfiguration: mfa,
    ...(mfa !== "OFF" && { SoftwareTokenMfaConfiguration: { Enabled: true } }),
    WebAuthnConfiguration: { RelyingPartyId: "localhost", FactorConfiguration: factor },
  });
}

async function withPasskeys(pool, page) {
  const named = { UserPoolId: pool.Id, Username: "pia" };
  await admin.adminCreateUser({ ...named, MessageAction: "SUPPRESS" });
  await admin.adminSetUserPassword({ ...named, Password: PASSWORD, Permanent: true });
  await setMFA(pool, "OFF", "SINGLE_FACTOR");
  const pia = new User(page, "pia");
  const authenticator = await Authenticator.of(page);

  assert.equal(await pia.signIn(PASSWORD), "DONE");
  await pia.call("associateWebAuthnCredential");
  const { credentials } = await pia.call("listWebAuthnCredentials");
  assert.equal(credentials.length, 1);
  assert.equal(credentials[0].relyingPartyId, "localhost");
  assert.equal((await authenticator.passkeys()).length, 1);
  passed("registers a passkey");

  await pia.callFails("PasskeyAlreadyExists", "associateWebAuthnCredential");
  assert.equal((await authenticator.passkeys()).length, 1);
  passed("can't register a second passkey on the same authenticator");

  await pia.call("signOut");
  const before = await authenticator.passkeys();
  assert.equal(await pia.signIn(undefined, BY_PASSKEY), "DONE");
  assert.equal((await pia.call("getCurrentUser")).username, pia.username);
  await pia.call("signOut");
  passed("signs in with the passkey");

  const choice = await pia.call("signIn", { username: pia.username, options: { authFlowType: "USER_AUTH" } });
  assert.equal(choice.nextStep.signInStep, "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION");
  assert.ok(choice.nextStep.availableChallenges.includes("WEB_AUTHN"));
  assert.equal((await pia.call("confirmSignIn", { challengeResponse: "WEB_AUTHN" })).nextStep.signInStep, "DONE");
  await pia.call("signOut");
  passed("selects the passkey in a choice-based sign-in");

  const after = await authenticator.passkeys();
  await authenticator.restore(before);
  await pia.callFails("NotAuthorizedException", "signIn", { username: pia.username, options: BY_PASSKEY });
  await authenticator.restore(after);
  assert.equal(await pia.signIn(undefined, BY_PASSKEY), "DONE");
  await pia.call("signOut");
  passed("is rejected with a copy whose counter is lower");

  await setMFA(pool, "ON", "MULTI_FACTOR_WITH_USER_VERIFICATION");
  assert.equal(await pia.signIn(undefined, BY_PASSKEY), "DONE");
  passed("needs no other factor if MFA is required");

  await pia.call("deleteWebAuthnCredential", { credentialId: credentials[0].credentialId });
  assert.deepEqual((await pia.call("listWebAuthnCredentials")).credentials, []);
  await pia.call("signOut");
  assert.equal(await pia.signIn(undefined, BY_PASSKEY), "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION");
  passed("can't use the passkey after it is deleted");
}

await withPool(
  { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ["PASSWORD", "WEB_AUTHN"] } } },
  { ExplicitAuthFlows: ["ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] },
  withPasskeys,
);
