// The whole life of an application's user with Amplify in Chromium, against the `cognate dev` at COGNATE_ENDPOINT: sign-up
// by a code that is sent, SRP, a software token, a remembered device, a forgotten password; then without passwords.
//
// Prints a line for each step that went as it should, and ends with an error at the first that did not.

import assert from "node:assert/strict";
import { Authenticator } from "./authenticator.mjs";
import { admin } from "./connection.mjs";
import { User, done, withPool } from "./user.mjs";

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

  const signedUp = await ines.does("signUp", {
    username: ines.username,
    password: PASSWORD,
    options: { userAttributes: { email: ines.email } },
  });
  assert.equal(signedUp.nextStep.signUpStep, "CONFIRM_SIGN_UP");
  assert.equal(await ines.signsIn(PASSWORD), "CONFIRM_SIGN_UP");
  const code = await ines.reads();
  await ines.fails("CodeMismatchException", "confirmSignUp", { username: ines.username, confirmationCode: different(code) });
  await ines.does("confirmSignUp", { username: ines.username, confirmationCode: code });
  done("signs up and confirms");

  await ines.fails("NotAuthorizedException", "signIn", { username: ines.username, password: "Wrong-horse-7" });
  assert.equal(await ines.signsIn(PASSWORD), "DONE");
  assert.equal((await ines.does("getCurrentUser")).username, ines.username);
  assert.equal((await ines.does("fetchUserAttributes")).email_verified, "true");
  done("signs in by SRP");

  const { sharedSecret } = await ines.does("setUpTOTP");
  app.secret = sharedSecret;
  await ines.fails("EnableSoftwareTokenMFAException", "verifyTOTPSetup", { code: app.wrong() });
  await ines.does("verifyTOTPSetup", { code: await app.next() });
  await ines.does("updateMFAPreference", { totp: "PREFERRED" });
  assert.deepEqual(await ines.does("fetchMFAPreference"), { enabled: ["TOTP"], preferred: "TOTP" });
  await ines.does("signOut");
  done("sets a software token up");

  assert.equal(await ines.signsIn(PASSWORD), "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
  await ines.fails("CodeMismatchException", "confirmSignIn", { challengeResponse: app.wrong() });
  const { nextStep } = await ines.does("confirmSignIn", { challengeResponse: await app.next() });
  assert.equal(nextStep.signInStep, "DONE");
  done("signs in with it");

  await ines.does("rememberDevice");
  assert.equal((await ines.does("fetchDevices")).length, 1);
  await ines.does("signOut");
  assert.equal(await ines.signsIn(PASSWORD), "DONE");
  const before = await ines.does("fetchAuthSession");
  const after = await ines.does("fetchAuthSession", { forceRefresh: true });
  assert.notEqual(after.tokens.accessToken.payload.jti, before.tokens.accessToken.payload.jti);
  assert.equal(after.tokens.accessToken.payload.device_key, before.tokens.accessToken.payload.device_key);
  done("is not asked for a code on the remembered device, whose tokens renew");

  await ines.does("forgetDevice");
  await ines.does("signOut");
  assert.equal(await ines.signsIn(PASSWORD), "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
  await ines.does("confirmSignIn", { challengeResponse: await app.next() });
  await ines.does("signOut", { global: true });
  await ines.fails("UserUnAuthenticatedException", "getCurrentUser");
  done("is asked again once the device is forgotten");

  await ines.does("resetPassword", { username: ines.username });
  const confirmation = { username: ines.username, confirmationCode: await ines.reads(), newPassword: NEW_PASSWORD };
  await ines.does("confirmResetPassword", confirmation);
  await ines.fails("NotAuthorizedException", "signIn", { username: ines.username, password: PASSWORD });
  assert.equal(await ines.signsIn(NEW_PASSWORD), "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
  done("resets a forgotten password");
}

async function withoutPasswords(_pool, page) {
  const otto = new User(page, "otto");
  const options = { userAttributes: { email: otto.email }, autoSignIn: { authFlowType: "USER_AUTH" } };
  await otto.does("signUp", { username: otto.username, options });
  const confirmed = await otto.does("confirmSignUp", { username: otto.username, confirmationCode: await otto.reads() });
  assert.equal(confirmed.nextStep.signUpStep, "COMPLETE_AUTO_SIGN_IN");
  assert.equal((await otto.does("autoSignIn")).nextStep.signInStep, "DONE");
  await otto.does("signOut");
  done("signs up without a password and goes on to sign in");

  const chosen = { authFlowType: "USER_AUTH", preferredChallenge: "EMAIL_OTP" };
  assert.equal(await otto.signsIn(undefined, chosen), "CONFIRM_SIGN_IN_WITH_EMAIL_CODE");
  const code = await otto.reads();
  await otto.fails("CodeMismatchException", "confirmSignIn", { challengeResponse: different(code) });
  assert.equal((await otto.does("confirmSignIn", { challengeResponse: code })).nextStep.signInStep, "DONE");
  await otto.does("signOut");
  done("signs in with a code that is sent");
}

// different returns another code of the same length.
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
