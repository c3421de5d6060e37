// What the stories in Chromium share: their pools, and the people who use the application on them.

import assert from "node:assert/strict";
import { withPage } from "./browser.mjs";
import { admin, connection } from "./connection.mjs";

// User is somebody who uses the application in the browser.
export class User {
  constructor(page, username) {
    this.page = page;
    this.username = username;
    this.email = `${username}@example.com`;
  }

  // does calls one of Amplify's functions, which must succeed.
  async does(name, input) {
    const { result, error } = await this.#call(name, input);
    assert.equal(error, undefined, `${name}: ${error?.name}: ${error?.message}`);
    return result;
  }

  // fails calls one of Amplify's functions, which must throw an error of that name.
  async fails(want, name, input) {
    const { error } = await this.#call(name, input);
    assert.equal(error?.name, want, `${name}: ${error?.message}`);
  }

  #call(name, input) {
    return this.page.evaluate(([name, input]) => globalThis.application.call(name, input), [name, input]);
  }

  // signsIn gives the password and returns the step that follows.
  async signsIn(password, options) {
    const { nextStep } = await this.does("signIn", { username: this.username, password, options });
    return nextStep.signInStep;
  }

  // reads returns the code in the newest message to the user.
  async reads() {
    const url = `${connection.endpoint}/_cognate/messages?destination=${encodeURIComponent(this.email)}`;
    const { Messages } = await (await fetch(url)).json();
    return Messages.at(-1).Code;
  }
}

// withPool makes a pool and a client without a secret, opens the application on them, and removes the pool afterwards.
export async function withPool(settings, clientSettings, story) {
  const pool = (await admin.createUserPool({ PoolName: "amplify", AutoVerifiedAttributes: ["email"], ...settings })).UserPool;
  try {
    const client = (await admin.createUserPoolClient({ UserPoolId: pool.Id, ClientName: "browser", ...clientSettings })).UserPoolClient;
    await withPage(async (page) => {
      await page.evaluate((it) => globalThis.application.configure(...it), [pool.Id, client.ClientId, connection.endpoint]);
      await story(pool, page);
    });
  } finally {
    await admin.deleteUserPool({ UserPoolId: pool.Id });
  }
}

// done says that a step of a story went as it should.
export function done(step) {
  console.log("ok -", step);
}
