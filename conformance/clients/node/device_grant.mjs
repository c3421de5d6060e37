// Tells the story of a device with openid-client: it shows a code, and a user enters the code in Chromium, signs in with an authenticator
// app and allows the access. The user denies another device. Checks the accessibility of each page on the way. With SCREENSHOTS it writes
// a picture of each page to that folder.
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.

import assert from "node:assert/strict";
import * as openid from "openid-client";
import { admin, connection } from "./connection.mjs";
import { PASSWORD, totp, withLogin } from "./login_browser.mjs";
import { passed } from "./user.mjs";

const WRONG = "The code is not correct, or it is no longer valid. Check it, or start again on your device.";
const LOOKS = [
  undefined,
  { viewport: { width: 320, height: 640 }, colorScheme: "dark" },
  { viewport: { width: 320, height: 640 }, locale: "ar" },
];

let pictures = 0;

async function picture(visitor) {
  await visitor.check();
  if (process.env.SCREENSHOTS) {
    pictures += 1;
    await visitor.page.screenshot({ path: `${process.env.SCREENSHOTS}/${String(pictures).padStart(2, "0")}.png`, fullPage: true });
  }
}

async function check(visitor, heading, message) {
  await visitor.sees(heading, message);
  await picture(visitor);
}

async function addUser(visitor) {
  const { pool, client } = visitor;
  const named = { UserPoolId: pool.Id, Username: "ann" };
  const UserAttributes = [
    { Name: "email", Value: "ann@example.com" },
    { Name: "email_verified", Value: "true" },
  ];
  const UserPoolTags = { [`cognate:client/${client.ClientName}/device-grant`]: "on" };
  await admin.updateUserPool({ UserPoolId: pool.Id, AutoVerifiedAttributes: ["email"], UserPoolTags });
  await admin.adminCreateUser({ ...named, UserAttributes, MessageAction: "SUPPRESS", TemporaryPassword: PASSWORD });
  await admin.adminSetUserPassword({ ...named, Password: PASSWORD, Permanent: true });
}

const discover = (visitor) =>
  openid.discovery(new URL(`${connection.endpoint}/${visitor.pool.Id}`), visitor.client.ClientId, undefined, openid.None(), {
    execute: [openid.allowInsecureRequests],
  });

async function story(visitor) {
  const { page, pool, site } = visitor;
  await addUser(visitor);
  await admin.setUserPoolMfaConfig({ UserPoolId: pool.Id, MfaConfiguration: "ON", SoftwareTokenMfaConfiguration: { Enabled: true } });
  const config = await discover(visitor);
  const start = () => openid.initiateDeviceAuthorization(config, { scope: "openid email" });

  const device = await start();
  assert.equal(device.verification_uri, config.serverMetadata().device_authorization_endpoint.replace("/oauth2/device_authorization", "/device"));
  await page.goto(`${site}/device`);
  await check(visitor, "Connect a device");
  await visitor.send("Continue", { Code: "BBBB BBBB" });
  await visitor.seesAlert("Connect a device", WRONG);
  await picture(visitor);
  await visitor.send("Continue", { Code: device.user_code.toLowerCase().replace("-", " ") });
  await check(visitor, "Sign in");
  await visitor.send("Sign in", { Username: "ann", Password: PASSWORD });
  await visitor.sees("Set up your authenticator app");
  await visitor.send("Continue", { Code: totp(await visitor.scan()) });
  await check(visitor, "Allow this device?");
  await page.getByText(device.user_code, { exact: true }).waitFor();
  const polling = openid.pollDeviceAuthorizationGrant(config, device);
  await page.reload();
  await visitor.send("Allow");
  await check(visitor, "The device is connected");
  const tokens = await polling;
  const claims = tokens.claims();
  assert.deepEqual([...claims.amr].sort(), ["mfa", "otp", "pwd"]);
  assert.equal((await openid.fetchUserInfo(config, tokens.access_token, claims.sub)).email, "ann@example.com");
  assert.ok((await openid.refreshTokenGrant(config, tokens.refresh_token)).access_token);
  passed("connects a device");

  await page.goBack();
  await visitor.sees("Connect a device", WRONG);
  passed("sees that the code was used");

  const another = await start();
  await page.goto(new URL(another.verification_uri_complete).href.replace(new URL(another.verification_uri).origin, new URL(site).origin));
  await visitor.send("Continue");
  await visitor.sees("Allow this device?");
  await visitor.send("Do not allow");
  await check(visitor, "The device is not connected");
  await assert.rejects(openid.pollDeviceAuthorizationGrant(config, another), { error: "access_denied" });
  passed("denies a device");
}

// pages opens the pages without reading their texts.
async function pages(visitor) {
  const { page, site } = visitor;
  await addUser(visitor);
  const config = await discover(visitor);
  const device = await openid.initiateDeviceAuthorization(config, { scope: "openid email" });
  const submit = () => page.locator("main form button").first().click();
  await page.goto(`${site}/device?user_code=${device.user_code}`);
  await picture(visitor);
  await submit();
  await page.locator("#username").fill("ann");
  await page.locator("#password").fill(PASSWORD);
  await submit();
  await page.getByText(device.user_code, { exact: true }).waitFor();
  await picture(visitor);
  await submit();
  await page.waitForURL((url) => url.pathname.endsWith("/device/allowed"));
  await picture(visitor);
  passed(`connects a device in ${await page.locator("html").getAttribute("lang")}`);
}

await withLogin({}, {}, story);
for (const look of LOOKS) await withLogin({}, {}, pages, look);
