// What the applications that are servers share.

import assert from "node:assert/strict";

// shows waits until the browser shows the user at the origin, as JSON text that the application answered.
export async function shows(visitor, path = "/user") {
  const { page, origin } = visitor;
  await page.waitForURL((url) => url.origin === origin);
  await page.goto(origin + path);
  return JSON.parse(await page.locator("body").innerText());
}

// leave opens the sign-out of the login pages, for applications that sign out only themselves.
export async function leave(visitor) {
  const { page, origin, site, client } = visitor;
  await page.goto(`${site}/logout?${new URLSearchParams({ client_id: client.ClientId, logout_uri: `${origin}/` })}`);
  await page.waitForURL(`${origin}/`);
}

// wantRefresh asserts that the application answers another access token after it refreshed its tokens.
export async function wantRefresh(visitor, path = "/refresh") {
  const { before, after } = await shows(visitor, path);
  assert.ok(before && after && before !== after, "the application has a new access token");
}
