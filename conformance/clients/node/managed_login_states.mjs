// Checks the states of the login pages in Chromium that managed_login.mjs does not reach: choice of a factor, passkeys, a temporary
// password, consent, errors. Each page is checked for accessibility in light and dark, and in a window of 320 pixels.
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.

import assert from "node:assert/strict";
import { admin } from "./connection.mjs";
import { PASSWORD, withLogin } from "./login_browser.mjs";
import { passed } from "./user.mjs";
import { addAuthenticator } from "./virtual_authenticator.mjs";

const PHONE = { viewport: { width: 320, height: 640 }, colorScheme: "dark", forcedColors: "none", reducedMotion: "reduce" };
const NAME = "cat@example.com";

async function createUser(pool, Username, permanent) {
  const UserAttributes = [
    { Name: "email", Value: Username },
    { Name: "email_verified", Value: "true" },
  ];
  const named = { UserPoolId: pool.Id, Username };
  await admin.adminCreateUser({ ...named, UserAttributes, MessageAction: "SUPPRESS", TemporaryPassword: PASSWORD });
  if (permanent) await admin.adminSetUserPassword({ ...named, Password: PASSWORD, Permanent: true });
}

async function choice(visitor) {
  const { page, pool } = visitor;
  await admin.setUserPoolMfaConfig({
    UserPoolId: pool.Id,
    MfaConfiguration: "OFF",
    WebAuthnConfiguration: { RelyingPartyId: "localhost" },
  });
  await createUser(pool, NAME, true);
  await visitor.open("/login");
  await visitor.check();
  await visitor.send("Next", { "Email address": NAME });
  await visitor.sees("Choose how to sign in");
  await visitor.check();
  await visitor.send("Code by email");
  await visitor.sees("Enter your code");
  await visitor.check();
  await visitor.send("Send a new code");
  await visitor.sees("Enter your code", "We sent a new code.");
  await visitor.check();
  await page.getByRole("link", { name: "Sign in another way" }).click();
  await visitor.send("Password");
  await visitor.sees("Enter your password");
  await visitor.check();
  await visitor.send("Sign in", { Password: PASSWORD });
  await visitor.arrives();
  passed("chooses the first factor, and another one");

  await visitor.open("/passkeys/add");
  await visitor.check();
  await visitor.send("Not now");
  await visitor.arrives();
  await visitor.open("/passkeys/add");
  await page.evaluate(() => {
    navigator.credentials.create = () => Promise.reject(new DOMException("cancelled", "NotAllowedError"));
  });
  await visitor.send("Add a passkey");
  await visitor.seesAlert("Add a passkey", "No passkey was added. You can try again.");
  await visitor.check();
  await addAuthenticator(page);
  await page.reload();
  await visitor.send("Add a passkey");
  await visitor.arrives();
  await visitor.open("/passkeys/add");
  await visitor.send("Add a passkey");
  await visitor.seesAlert("Add a passkey", "This device already has a passkey for your account.");
  await visitor.check();
  passed("adds a passkey, once");

  await visitor.open("/login", { prompt: "select_account" });
  await visitor.check();
  await visitor.send(`Continue as ${NAME}`);
  await visitor.arrives();
  await visitor.open("/login", { prompt: "consent" });
  await visitor.check();
  await visitor.send("Do not allow");
  assert.equal((await visitor.arrives()).error, "access_denied");
  await visitor.open("/login", { response_mode: "form_post" });
  await page.waitForURL((url) => url.href === visitor.callback);
  passed("chooses the account, refuses, and returns by form_post");

  await page.context().clearCookies();
  await visitor.open("/login"); // the browser offers the passkey by itself
  await visitor.arrives();
  passed("signs in with the passkey, without a name");
}

async function password(visitor) {
  await createUser(visitor.pool, "dan@example.com", false);
  await visitor.open("/login");
  await visitor.send("Sign in", { "Email address": "dan@example.com", Password: PASSWORD });
  await visitor.sees("Choose a new password");
  await visitor.check();
  await visitor.send("Save and sign in", {
    "New password": "Another-horse-2",
    "Repeat the password": "Another-horse-2",
    "Given name": "Dan",
    "Date of birth": "1990-01-31",
  });
  await visitor.arrives();
  passed("replaces a temporary password, with the attributes that the pool requires");

  await visitor.open("/signup");
  await visitor.check();
  await visitor.open("/resendcode");
  await visitor.check();
  await visitor.open("/login", { redirect_uri: "https://other.example.com/" });
  await visitor.sees("An error was encountered with the requested page.");
  await visitor.check();
  passed("sees the pages of sign-up and errors");
}

const byEmail = { UsernameAttributes: ["email"] };
for (const look of [undefined, PHONE]) {
  await withLogin(
    { ...byEmail, Policies: { SignInPolicy: { AllowedFirstAuthFactors: ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"] } } },
    { ExplicitAuthFlows: ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] },
    choice,
    look,
  );
  const Schema = ["given_name", "birthdate"].map((Name) => ({ Name, Required: true, Mutable: true }));
  await withLogin({ ...byEmail, Schema }, {}, password, look);
}
