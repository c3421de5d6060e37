// Tells the story of a user at the login pages in Chromium: sign up, confirm with the code of the message, set up an authenticator
// app from the QR code, sign in with it, forget the password. Checks the accessibility of each page on the way.
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.

import assert from "node:assert/strict";
import { admin } from "./connection.mjs";
import { PASSWORD, totp, withLogin } from "./login_browser.mjs";
import { passed } from "./user.mjs";

const TOKEN = "Enter the code from your authenticator app";
const NEXT = "Another-horse-2";
const CREDENTIALS = { Username: "ann", Password: PASSWORD };

await withLogin({}, {}, async (visitor) => {
  await admin.setUserPoolMfaConfig({
    UserPoolId: visitor.pool.Id,
    MfaConfiguration: "ON",
    SoftwareTokenMfaConfiguration: { Enabled: true },
  });
  await visitor.open("/oauth2/authorize");
  await visitor.check();
  await visitor.page.getByRole("link", { name: "Create an account" }).click();
  await visitor.check();
  await visitor.send("Create the account", {
    Username: "ann",
    "Email address": "ann@example.com",
    "New password": PASSWORD,
    "Repeat the password": PASSWORD,
  });
  await visitor.sees("Confirm your account", "We sent a code by email to a***@e***.");
  await visitor.check();
  await visitor.send("Confirm", { Code: "000 000" });
  await visitor.seesAlert("Confirm your account", "The code is not correct. Try again.");
  await visitor.check();
  await visitor.send("Confirm", { Code: await visitor.code("ann@example.com") });
  passed("signs up and confirms the account");

  await visitor.sees("Set up your authenticator app");
  await visitor.check();
  const secret = await visitor.scan();
  await visitor.send("Continue", { Code: "000000" });
  await visitor.seesAlert("Set up your authenticator app", "The code is not correct. Try again.");
  assert.equal(await visitor.scan(), secret);
  const first = totp(secret);
  await visitor.send("Continue", { Code: `${first.slice(0, 3)} ${first.slice(3)}` });
  assert.equal((await visitor.arrives()).state, "before");
  passed("sets up an authenticator app from the QR code");

  await visitor.open("/login");
  assert.match((await visitor.arrives()).code, /^[-0-9a-f]{36}$/);
  passed("is signed in without a page");

  await visitor.page.context().clearCookies();
  await visitor.open("/login");
  await visitor.send("Sign in", { ...CREDENTIALS, Password: "wrong" });
  await visitor.seesAlert("Sign in", "The username or the password is not correct.");
  await visitor.check();
  await visitor.send("Sign in", CREDENTIALS);
  await visitor.sees(TOKEN);
  await visitor.check();
  await visitor.send("Continue", { Code: first });
  await visitor.seesAlert(TOKEN, "This code was already used. Wait for the next one.");
  await visitor.send("Continue", { Code: totp(secret, Date.now() + 30_000) });
  await visitor.arrives();
  passed("signs in with the app, whose codes work once");

  await visitor.page.context().clearCookies();
  await visitor.open("/login");
  await visitor.page.getByRole("link", { name: "Forgot your password?" }).click();
  await visitor.check();
  await visitor.send("Send a code", { Username: "ann" });
  await visitor.sees("Choose a new password");
  await visitor.check();
  await visitor.send("Save the password", {
    Code: await visitor.code("ann@example.com"),
    "New password": NEXT,
    "Repeat the password": NEXT,
  });
  await visitor.sees("Sign in", "Your password is changed. Sign in with the new one.");
  await visitor.check();
  await visitor.send("Sign in", { Password: NEXT });
  await visitor.sees(TOKEN);
  passed("sets a new password");
});
