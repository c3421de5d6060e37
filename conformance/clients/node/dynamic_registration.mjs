// Registers a client with openid-client, as an application that nobody set up does, and signs a user in with it at the login pages in
// Chromium: the user does not allow the access, and then allows it. The application reads, changes and deletes its registration.
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.

import assert from "node:assert/strict";
import * as openid from "openid-client";
import { admin, connection } from "./connection.mjs";
import { PASSWORD, withLogin } from "./login_browser.mjs";
import { passed } from "./user.mjs";

const DcrConfiguration = { EnableStatus: "Enabled", OpenDcrEnabled: true, OpenDcrGrantTypes: ["code"] };
const CONSENT = "Allow access?";

async function registered(visitor) {
  const { page, pool } = visitor;
  // An application on a computer uses any free port.
  const callback = visitor.callback.replace("localhost", "127.0.0.1");
  const issuer = new URL(`${connection.endpoint}/${pool.Id}`);
  const metadata = {
    client_name: "Photo Frame",
    redirect_uris: ["http://127.0.0.1/callback"],
    token_endpoint_auth_method: "none",
    scope: "openid email",
  };
  const config = await openid.dynamicClientRegistration(issuer, metadata, openid.None());
  const made = config.clientMetadata();
  assert.deepEqual(made.redirect_uris, metadata.redirect_uris);
  assert.equal(made.client_secret, undefined);
  passed("an application registers itself");

  // ask opens an authorization request and returns its secrets.
  async function ask(parameters = {}) {
    const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()];
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: "openid email",
      state: expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
      ...parameters,
    });
    await page.goto(url.href);
    return { pkceCodeVerifier, expectedState };
  }
  async function answer(checks) {
    await page.waitForURL((url) => url.href.startsWith(callback));
    return openid.authorizationCodeGrant(config, new URL(page.url()), checks);
  }

  let checks = await ask({ prompt: "none" });
  await visitor.sees("You are leaving this site");
  await visitor.check();
  await page.getByRole("link", { name: "Continue" }).click();
  await assert.rejects(answer(checks), { error: "login_required" });
  passed("the user agrees before the browser leaves for an address of the application");

  checks = await ask();
  await visitor.send("Sign in", { Username: "ann", Password: PASSWORD });
  await visitor.sees(CONSENT);
  const text = await page.locator("main").innerText();
  assert.match(text, /Photo Frame/);
  assert.match(text, /unverified/);
  assert.match(text, /127\.0\.0\.1/);
  await visitor.check();
  await visitor.send("Do not allow");
  await assert.rejects(answer(checks), { error: "access_denied" });
  passed("a user does not allow the access");

  checks = await ask();
  await visitor.sees(CONSENT);
  await visitor.send("Allow");
  const tokens = await answer(checks);
  const info = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  assert.equal(info.email, "ann@example.com");
  assert.ok((await openid.refreshTokenGrant(config, tokens.refresh_token)).access_token);
  await answer(await ask({ prompt: "none" }));
  passed("a user allows the access once");

  const manage = async (method, body) =>
    openid.fetchProtectedResource(
      config,
      made.registration_access_token,
      new URL(made.registration_client_uri),
      method,
      body && JSON.stringify(body),
      new Headers({ "Content-Type": "application/json" }),
    );
  const read = await (await manage("GET")).json();
  assert.equal(read.client_id, made.client_id);
  assert.equal(read.client_name, "Photo Frame");
  const changed = { ...metadata, client_id: made.client_id, client_name: "Photo Wall", redirect_uris: ["https://frame.example/callback"] };
  const after = await (await manage("PUT", changed)).json();
  assert.deepEqual([after.client_name, after.redirect_uris], ["Photo Wall", changed.redirect_uris]);
  await ask();
  await page.waitForURL((url) => url.pathname.endsWith("/error"));
  passed("the application changes its registration, and the old redirect URI is not valid");

  assert.equal((await manage("DELETE")).status, 204);
  await assert.rejects(openid.refreshTokenGrant(config, tokens.refresh_token), { error: "invalid_client" });
  await assert.rejects(manage("GET"), (error) => error.status === 401);
  await assert.rejects(admin.describeUserPoolClient({ UserPoolId: pool.Id, ClientId: made.client_id }), { name: "ResourceNotFoundException" });
  passed("the application deletes its registration");
}

async function scenario(visitor) {
  const ann = { UserPoolId: visitor.pool.Id, Username: "ann" };
  const UserAttributes = [
    { Name: "email", Value: "ann@example.com" },
    { Name: "email_verified", Value: "true" },
  ];
  await admin.adminCreateUser({ ...ann, MessageAction: "SUPPRESS", UserAttributes });
  await admin.adminSetUserPassword({ ...ann, Password: PASSWORD, Permanent: true });
  await registered(visitor);
}

await withLogin({ DcrConfiguration }, {}, scenario, { ignoreHTTPSErrors: true });
