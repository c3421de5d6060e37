// Opens the login pages of a user pool in Chromium, as a user of an application does.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createHmac } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import jsqr from "jsqr";
import { chromium } from "playwright-core";
import { PNG } from "pngjs";
import { admin, connection } from "./connection.mjs";
import { FLAGS } from "./browser.mjs";

export const PASSWORD = "Correct-horse-1";
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// Passkeys require a domain name, so the browser calls the server localhost.
const base = connection.endpoint.replace("127.0.0.1", "localhost");

// withLogin creates a pool with a domain and a client, and an application that only shows where it was called. It opens a browser,
// calls scenario with a Visitor, and deletes the pool.
export async function withLogin(poolSettings, clientSettings, scenario, contextSettings) {
  const application = createServer((request, response) => response.end("<!doctype html><title>Application</title>"));
  application.listen(0, "127.0.0.1");
  await once(application, "listening");
  const callback = `http://localhost:${application.address().port}/callback`;
  const { UserPool: pool } = await admin.createUserPool({ PoolName: "login", AutoVerifiedAttributes: ["email"], ...poolSettings });
  const domain = `login-${Buffer.from(pool.Id.split("_")[1]).toString("hex")}`; // hex has no reserved word
  const browser = await chromium.launch({ executablePath: process.env.COGNATE_TEST_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  try {
    await admin.createUserPoolDomain({ UserPoolId: pool.Id, Domain: domain });
    const { UserPoolClient: client } = await admin.createUserPoolClient({
      UserPoolId: pool.Id,
      ClientName: "Photo Album",
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ["code"],
      AllowedOAuthScopes: ["openid", "email"],
      CallbackURLs: [callback],
      LogoutURLs: [callback],
      SupportedIdentityProviders: ["COGNITO"],
      ...clientSettings,
    });
    const context = await browser.newContext({ locale: "en-GB", ...contextSettings });
    const visitor = new Visitor(await context.newPage(), pool, client, `${base}/domains/${domain}`, callback);
    await scenario(visitor);
    assert.deepEqual(visitor.faults, [], "the pages break no rule of their Content-Security-Policy");
  } finally {
    await browser.close();
    application.close();
    await admin.deleteUserPoolDomain({ UserPoolId: pool.Id, Domain: domain }).catch(() => {});
    await admin.deleteUserPool({ UserPoolId: pool.Id });
  }
}

// Visitor is a user in front of the pages.
export class Visitor {
  faults = [];

  constructor(page, pool, client, site, callback) {
    Object.assign(this, { page, pool, client, site, callback });
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) this.faults.push(message.text());
    });
    page.on("pageerror", (error) => this.faults.push(error.message));
  }

  // open opens a page with an authorization request.
  async open(path, parameters = {}) {
    const query = new URLSearchParams({
      client_id: this.client.ClientId,
      response_type: "code",
      redirect_uri: this.callback,
      state: "before",
      ...parameters,
    });
    await this.page.goto(`${this.site}${path}?${query}`);
  }

  // send fills in fields by their labels, and presses a button.
  async send(button, fields = {}) {
    for (const [label, value] of Object.entries(fields)) await this.page.getByLabel(label, { exact: true }).fill(value);
    await this.page.getByRole("button", { name: button, exact: true }).click();
  }

  // sees waits for the page with a heading, and with a message if there is one.
  async sees(heading, message) {
    await this.page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
    if (!message) return;
    await this.page.getByText(message, { exact: true }).waitFor();
  }

  // seesAlert is sees for an error, which is announced and has the focus.
  async seesAlert(heading, message) {
    await this.sees(heading);
    const alert = this.page.getByRole("alert");
    assert.equal(await alert.innerText(), message);
    assert.equal(await alert.evaluate((element) => element === document.activeElement), true, "the alert has the focus");
  }

  // arrives waits until the application is called, and returns the parameters.
  async arrives() {
    await this.page.waitForURL((url) => url.href.startsWith(this.callback));
    return Object.fromEntries(new URL(this.page.url()).searchParams);
  }

  // check checks the accessibility of the page that the browser shows.
  async check() {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], this.page.url());
    const overflow = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} pixels wider than the window: ${this.page.url()}`);
  }

  // code waits for a message of the pool to an address that it has not read, and returns the code in it.
  async code(address) {
    const url = `${connection.endpoint}/_cognate/messages?destination=${encodeURIComponent(address)}`;
    for (let tries = 0; tries < 100; tries++) {
      const { Messages } = await (await fetch(url)).json();
      const message = Messages.findLast(({ PoolID }) => PoolID === this.pool.Id);
      if (message && message.ID !== this.read) {
        this.read = message.ID;
        return message.Code;
      }
      await setTimeout(100);
    }
    assert.fail(`no message to ${address}`);
  }

  // scan returns the secret in the picture of a QR code.
  async scan() {
    const { data, width, height } = PNG.sync.read(await this.page.locator(".qr").screenshot());
    const found = jsqr(new Uint8ClampedArray(data), width, height);
    assert.ok(found, "the picture is a QR code");
    const address = new URL(found.data);
    assert.equal(address.searchParams.get("issuer"), this.client.ClientName);
    return address.searchParams.get("secret");
  }
}

// totp returns the code of a software token at a time (RFC 6238).
export function totp(secret, time = Date.now()) {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
  const mac = createHmac("sha1", key).update(step).digest();
  const code = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
  return String(code % 1_000_000).padStart(6, "0");
}
