// Passkeys with Amplify in Chromium, against the `cognate dev` at COGNATE_ENDPOINT: registered, used instead of a password,
// and as both factors where MFA is required. The authenticator is Chromium's own virtual one.
//
// Prints a line for each step that went as it should, and ends with an error at the first that did not.

import assert from "node:assert/strict";
import { admin } from "./connection.mjs";
import { User, done, withPool } from "./user.mjs";

const PASSWORD = "Correct-horse-1";
const BY_PASSKEY = { authFlowType: "USER_AUTH", preferredChallenge: "WEB_AUTHN" };

// Authenticator keeps passkeys for a page, and uses them without asking anybody.
class Authenticator {
  static async of(page) {
    const authenticator = new Authenticator();
    authenticator.chromium = await page.context().newCDPSession(page);
    await authenticator.does("enable", { enableUI: false });
    const options = {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    };
    ({ authenticatorId: authenticator.id } = await authenticator.does("addVirtualAuthenticator", { options }));
    return authenticator;
  }

  does(command, parameters) {
    return this.chromium.send(`WebAuthn.${command}`, { authenticatorId: this.id, ...parameters });
  }

  async passkeys() {
    return (await this.does("getCredentials")).credentials;
  }

  // replaceBy puts back what passkeys returned once, its counters too.
  async replaceBy(credentials) {
    await this.does("clearCredentials");
    for (const credential of credentials) await this.does("addCredential", { credential });
  }
}

// requires sets whether the pool asks for MFA, and how much a passkey counts.
function requires(pool, mfa, factor) {
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
  await requires(pool, "OFF", "SINGLE_FACTOR");
  const pia = new User(page, "pia");
  const authenticator = await Authenticator.of(page);

  assert.equal(await pia.signsIn(PASSWORD), "DONE");
  await pia.does("associateWebAuthnCredential");
  const { credentials } = await pia.does("listWebAuthnCredentials");
  assert.equal(credentials.length, 1);
  assert.equal(credentials[0].relyingPartyId, "localhost");
  assert.equal((await authenticator.passkeys()).length, 1);
  done("registers a passkey");

  await pia.fails("PasskeyAlreadyExists", "associateWebAuthnCredential");
  assert.equal((await authenticator.passkeys()).length, 1);
  done("can't register another on the same authenticator");

  await pia.does("signOut");
  const before = await authenticator.passkeys();
  assert.equal(await pia.signsIn(undefined, BY_PASSKEY), "DONE");
  assert.equal((await pia.does("getCurrentUser")).username, pia.username);
  await pia.does("signOut");
  done("signs in with it");

  const choice = await pia.does("signIn", { username: pia.username, options: { authFlowType: "USER_AUTH" } });
  assert.equal(choice.nextStep.signInStep, "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION");
  assert.ok(choice.nextStep.availableChallenges.includes("WEB_AUTHN"));
  assert.equal((await pia.does("confirmSignIn", { challengeResponse: "WEB_AUTHN" })).nextStep.signInStep, "DONE");
  await pia.does("signOut");
  done("chooses it among the factors that there are");

  const after = await authenticator.passkeys();
  await authenticator.replaceBy(before);
  await pia.fails("NotAuthorizedException", "signIn", { username: pia.username, options: BY_PASSKEY });
  await authenticator.replaceBy(after);
  assert.equal(await pia.signsIn(undefined, BY_PASSKEY), "DONE");
  await pia.does("signOut");
  done("is refused with a copy whose counter is behind");

  await requires(pool, "ON", "MULTI_FACTOR_WITH_USER_VERIFICATION");
  assert.equal(await pia.signsIn(undefined, BY_PASSKEY), "DONE");
  done("needs no other factor where MFA is required");

  await pia.does("deleteWebAuthnCredential", { credentialId: credentials[0].credentialId });
  assert.deepEqual((await pia.does("listWebAuthnCredentials")).credentials, []);
  await pia.does("signOut");
  assert.equal(await pia.signsIn(undefined, BY_PASSKEY), "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION");
  done("is not asked for it once it is deleted");
}

await withPool(
  { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ["PASSWORD", "WEB_AUTHN"] } } },
  { ExplicitAuthFlows: ["ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] },
  withPasskeys,
);
