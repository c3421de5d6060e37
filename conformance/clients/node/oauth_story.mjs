// Tells the story of a user of an application that signs users in at the login pages, in Chromium: sign up, confirm with the code of
// the message, set up an authenticator app from the QR code, refresh, sign out, sign in with the app, forget the password.
//
// The story is the same for every client of OAuth 2.0. An application has what differs:
//
//   client(origin)    the settings of its app client. origin is the address of the application.
//   open(visitor)     starts it for visitor.client; visitor.issuer, visitor.site and visitor.origin are addresses. It returns
//     handler           answers the requests at the origin (optional)
//     close()           ends what open started (optional)
//     signIn()          asks the application to sign the user in: the browser shows a login page, or is signed in
//     signedIn()        waits until the application has signed the user in; returns the claims of the user
//     refresh()         asks the application for new tokens (optional, if the client has no refresh)
//     signOut()         asks the application to sign the user out, also at the login pages
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { admin, connection } from "./connection.mjs";
import { PASSWORD, totp, withLogin } from "./login_browser.mjs";
import { passed } from "./user.mjs";

const TOKEN = "Enter the code from your authenticator app";
const NEXT = "Another-horse-2";
const EMAIL = "ann@example.com";

export async function tell(name, application, poolSettings = {}) {
  let handler = (_request, response) => response.end("<!doctype html><title>Application</title>");
  const server = createServer((request, response) => handler(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://localhost:${server.address().port}`;
  const scenario = async (visitor) => {
    await admin.setUserPoolMfaConfig({
      UserPoolId: visitor.pool.Id,
      MfaConfiguration: "ON",
      SoftwareTokenMfaConfiguration: { Enabled: true },
    });
    visitor.origin = origin;
    visitor.issuer = `${connection.endpoint}/${visitor.pool.Id}`;
    // The discovery document names the site at this host, and a host has cookies of its own.
    visitor.site = connection.endpoint + new URL(visitor.site).pathname;
    const app = await application.open(visitor);
    handler = app.handler ?? handler;
    try {
      await story(name, visitor, app);
    } catch (error) {
      console.log(`${name}: the browser shows ${visitor.page.url()}:\n${await visitor.page.locator("body").innerText()}`);
      throw error;
    } finally {
      await app.close?.();
    }
  };
  try {
    await withLogin(poolSettings, application.client(origin), scenario, { ignoreHTTPSErrors: true });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function story(name, visitor, app) {
  const done = (step) => passed(`${name}: ${step}`);
  const credentials = { Username: "ann", Password: PASSWORD };

  await app.signIn();
  await visitor.page.getByRole("link", { name: "Create an account" }).click();
  await visitor.send("Create the account", {
    Username: "ann",
    "Email address": EMAIL,
    "New password": PASSWORD,
    "Repeat the password": PASSWORD,
  });
  await visitor.sees("Confirm your account");
  await visitor.send("Confirm", { Code: await visitor.code(EMAIL) });
  await visitor.sees("Set up your authenticator app");
  const secret = await visitor.scan();
  const first = totp(secret);
  await visitor.send("Continue", { Code: first });
  const claims = await app.signedIn();
  assert.equal(claims.email, EMAIL);
  assert.match(claims.sub, /^[-0-9a-f]{36}$/);
  done("signs up, confirms, sets up an authenticator app, and is signed in");

  if (app.refresh) {
    await app.refresh();
    done("refreshes the tokens");
  }

  await app.signOut();
  done("signs out");

  await app.signIn();
  await visitor.send("Sign in", { ...credentials, Password: "Wrong-horse-3" });
  await visitor.seesAlert("Sign in", "The username or the password is not correct.");
  await visitor.send("Sign in", credentials);
  await visitor.sees(TOKEN);
  await visitor.send("Continue", { Code: "000000" });
  await visitor.seesAlert(TOKEN, "The code is not correct. Try again.");
  await visitor.send("Continue", { Code: first });
  await visitor.seesAlert(TOKEN, "This code was already used. Wait for the next one.");
  await visitor.send("Continue", { Code: totp(secret, Date.now() + 30_000) });
  assert.equal((await app.signedIn()).sub, claims.sub);
  await app.signOut();
  done("signs in with the app, whose codes work once, and signs out");

  await app.signIn();
  await visitor.page.getByRole("link", { name: "Forgot your password?" }).click();
  await visitor.send("Send a code", { Username: "ann" });
  await visitor.sees("Choose a new password");
  await visitor.send("Save the password", {
    Code: await visitor.code(EMAIL),
    "New password": NEXT,
    "Repeat the password": NEXT,
  });
  await visitor.sees("Sign in", "Your password is changed. Sign in with the new one.");
  await visitor.send("Sign in", { Password: NEXT });
  await visitor.sees(TOKEN);
  done("sets a new password");
}
