// Tests an application with Amplify in Chromium, on the `cognate dev` at COGNATE_ENDPOINT: sign-up with a code, SRP, a
// software token, a remembered device, a forgotten password; then without passwords.
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.

import assert from "node:assert/strict";
import { Authenticator } from "./authenticator.mjs";
import { admin } from "./connection.mjs";
import { User, passed, withPool } from "./user.mjs";

const PASSWORD = "Correct-horse-1";
const NEW_PASSWORD = "Correct-horse-2";

async function withPasswords(pool, page) {
  await admin.setUserPoolMfaConfig({
    UserPoolId: pool.Id,
    MfaConfiguration: "OPTIONAL",
    SoftwareTokenMfaConfiguration: { Enabled: true },
  });
  const ines = new User(page, "ines");
  const app = new Authenticator();

  const signedUp = await ines.call("signUp", {
    username: ines.username,
    password: PASSWORD,
    options: { userAttributes: { email: ines.email } },
  });
  assert.equal(signedUp.nextStep.signUpStep, "CONFIRM_SIGN_UP");
  assert.equal(await ines.signIn(PASSWORD), "CONFIRM_SIGN_UP");
  const code = await ines.readCode();
  await ines.callFails("CodeMismatchException", "confirmSignUp", { username: ines.username, confirmationCode: different(code) });
  await ines.call("confirmSignUp", { username: ines.username, confirmationCode: code });
  passed("signs up and confirms");

  await ines.callFails("NotAuthorizedException", "signIn", { username: ines.username, password: "Wrong-horse-7" });
  assert.equal(await ines.signIn(PASSWORD), "DONE");
  assert.equal((await ines.call("getCurrentUser")).username, ines.username);
  assert.equal((await ines.call("fetchUserAttributes")).email_verified, "true");
  passed("signs in by SRP");

  const { sharedSecret } = await ines.call("setUpTOTP");
  app.secret = sharedSecret;
  await ines.callFails("EnableSoftwareTokenMFAException", "verifyTOTPSetup", { code: app.wrong() });
  await ines.call("verifyTOTPSetup", { code: await app.next() });
  await ines.call("updateMFAPreference", { totp: "PREFERRED" });
  assert.deepEqual(await ines.call("fetchMFAPreference"), { enabled: ["TOTP"], preferred: "TOTP" });
  await ines.call("signOut");
  passed("sets up a software token");

  assert.equal(await ines.signIn(PASSWORD), "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
  await ines.callFails("CodeMismatchException", "confirmSignIn", { challengeResponse: app.wrong() });
  const { nextStep } = await ines.call("confirmSignIn", { challengeResponse: await app.next() });
  assert.equal(nextStep.signInStep, "DONE");
  passed("signs in with the software token");

  await ines.call("rememberDevice");
  // Amplify names no device in the answer with the code, so that sign-in was made on a new one.
  assert.equal((await ines.call("fetchDevices")).length, 2);
  await ines.call("signOut");
  assert.equal(await ines.signIn(PASSWORD), "DONE");
  const before = await ines.call("fetchAuthSession");
  const after = await ines.call("fetchAuthSession", { forceRefresh: true });
  assert.notEqual(after.tokens.accessToken.payload.jti, before.tokens.accessToken.payload.jti);
  assert.equal(after.tokens.accessToken.payload.device_key, before.tokens.accessToken.payload.device_key);
  passed("needs no code on a remembered device, and refreshes its tokens");

  await ines.call("forgetDevice");
  await ines.call("signOut");
  assert.equal(await ines.signIn(PASSWORD), "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
  await ines.call("confirmSignIn", { challengeResponse: await app.next() });
  await ines.call("signOut", { global: true });
  await ines.callFails("UserUnAuthenticatedException", "getCurrentUser");
  passed("needs a code after the device is forgotten");

  await ines.call("resetPassword", { username: ines.username });
  const confirmation = { username: ines.username, confirmationCode: await ines.readCode(), newPassword: NEW_PASSWORD };
  await ines.call("confirmResetPassword", confirmation);
  await ines.callFails("NotAuthorizedException", "signIn", { username: ines.username, password: PASSWORD });
  assert.equal(await ines.signIn(NEW_PASSWORD), "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
  passed("resets a forgotten password");
}

async function withoutPasswords(_pool, page) {
  const otto = new User(page, "otto");
  const options = { userAttributes: { email: otto.email }, autoSignIn: { authFlowType: "USER_AUTH" } };
  await otto.call("signUp", { username: otto.username, options });
  const confirmed = await otto.call("confirmSignUp", { username: otto.username, confirmationCode: await otto.readCode() });
  assert.equal(confirmed.nextStep.signUpStep, "COMPLETE_AUTO_SIGN_IN");
  assert.equal((await otto.call("autoSignIn")).nextStep.signInStep, "DONE");
  await otto.call("signOut");
  passed("signs up without a password and signs in automatically");

  const chosen = { authFlowType: "USER_AUTH", preferredChallenge: "EMAIL_OTP" };
  assert.equal(await otto.signIn(undefined, chosen), "CONFIRM_SIGN_IN_WITH_EMAIL_CODE");
  const code = await otto.readCode();
  await otto.callFails("CodeMismatchException", "confirmSignIn", { challengeResponse: different(code) });
  assert.equal((await otto.call("confirmSignIn", { challengeResponse: code })).nextStep.signInStep, "DONE");
  await otto.call("signOut");
  passed("signs in with an emailed code");
}

// different returns a different code of the same length.
function different(code) {
  return code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10);
}

await withPool(
  { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true } },
  { ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] },
  withPasswords,
);
await withPool(
  { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ["PASSWORD", "EMAIL_OTP"] } } },
  { ExplicitAuthFlows: ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] },
  withoutPasswords,
);
