// Pools and users for the tests in Chromium.

import assert from "node:assert/strict";
import { attach } from "cognate-test";
import { withPage } from "./browser.mjs";
import { admin, connection } from "./connection.mjs";

// User is a user of the application in the browser.
export class User {
  constructor(page, username) {
    this.page = page;
    this.username = username;
    this.email = `${username}@example.com`;
  }

  // call calls a function of Amplify, which must succeed.
  async call(name, input) {
    const { result, error } = await this.#invoke(name, input);
    assert.equal(error, undefined, `${name}: ${error?.name}: ${error?.message}`);
    return result;
  }

  // callFails calls a function of Amplify, which must throw an error with that name.
  async callFails(want, name, input) {
    const { error } = await this.#invoke(name, input);
    assert.equal(error?.name, want, `${name}: ${error?.message}`);
  }

  #invoke(name, input) {
    return this.page.evaluate(([name, input]) => globalThis.application.call(name, input), [name, input]);
  }

  // signIn sends the password and returns the next step.
  async signIn(password, options) {
    const { nextStep } = await this.call("signIn", { username: this.username, password, options });
    return nextStep.signInStep;
  }

  // readCode returns the code in the newest message to the user.
  async readCode() {
    const url = `${connection.endpoint}/_cognate/messages?destination=${encodeURIComponent(this.email)}`;
    const { Messages } = await (await fetch(url)).json();
    return Messages.at(-1).Code;
  }
}

// withPool creates a pool and a client without a secret, opens the application for them, calls scenario, and deletes the
// pool.
export async function withPool(settings, clientSettings, scenario) {
  const pool = (await admin.createUserPool({ PoolName: "amplify", AutoVerifiedAttributes: ["email"], ...settings })).UserPool;
  try {
    const client = (await admin.createUserPoolClient({ UserPoolId: pool.Id, ClientName: "browser", ...clientSettings })).UserPoolClient;
    await withPage(async (page) => {
      const configuration = attach(connection.endpoint).amplify(pool.Id, client.ClientId);
      await page.evaluate((configuration) => globalThis.application.configure(configuration), configuration);
      await scenario(pool, page);
    });
  } finally {
    await admin.deleteUserPool({ UserPoolId: pool.Id });
  }
}

// passed reports that a step passed.
export function passed(step) {
  console.log("ok -", step);
}
