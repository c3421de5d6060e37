// A remembered device with amazon-cognito-identity-js, against the server at COGNATE_ENDPOINT: the client that applications
// keep on a user's device makes the device's secret, its verifier and its proofs itself.
//
// Prints a line for each step that went as it should, and ends with an error at the first that did not.

import assert from "node:assert/strict";
import cognito from "amazon-cognito-identity-js";
import { Authenticator } from "./authenticator.mjs";
import { admin, connection } from "./connection.mjs";

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = cognito;

const USERNAME = "ines";
const PASSWORD = "Correct-horse-1";

// Browser keeps what a browser's localStorage would.
class Browser {
  #items = new Map();

  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  setItem(key, value) {
    this.#items.set(key, String(value));
  }

  removeItem(key) {
    this.#items.delete(key);
  }

  clear() {
    this.#items.clear();
  }
}

// Person is a user with an authenticator, in a pool that requires MFA and tracks devices.
class Person {
  app = new Authenticator();

  constructor(pool, client) {
    this.pool = pool;
    this.client = client;
  }

  // in returns the user as a page in that browser has it.
  in(browser) {
    const pool = new CognitoUserPool({
      UserPoolId: this.pool,
      ClientId: this.client,
      endpoint: connection.endpoint,
      Storage: browser,
    });
    return new CognitoUser({ Username: USERNAME, Pool: pool, Storage: browser });
  }

  // signIn gives the password by SRP, and a code where one is asked for. It says how that went.
  signIn(user) {
    return new Promise((resolve, reject) => {
      let asked = false;
      const callbacks = {
        onSuccess: (session, prompt) => resolve({ session, asked, prompt: Boolean(prompt) }),
        onFailure: reject,
        mfaSetup: () => user.associateSoftwareToken(callbacks),
        associateSecretCode: async (secret) => {
          this.app.secret = secret;
          user.verifySoftwareToken(await this.app.next(), "phone", callbacks);
        },
        totpRequired: async () => {
          asked = true;
          user.sendMFACode(await this.app.next(), callbacks, "SOFTWARE_TOKEN_MFA");
        },
      };
      user.authenticateUser(new AuthenticationDetails({ Username: USERNAME, Password: PASSWORD }), callbacks);
    });
  }
}

async function story(onPrompt, tell) {
  const pool = (
    await admin.createUserPool({
      PoolName: "devices",
      DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: onPrompt },
    })
  ).UserPool.Id;
  try {
    await admin.setUserPoolMfaConfig({
      UserPoolId: pool,
      MfaConfiguration: "ON",
      SoftwareTokenMfaConfiguration: { Enabled: true },
    });
    const { UserPoolClient } = await admin.createUserPoolClient({ UserPoolId: pool, ClientName: "browser" });
    await admin.adminCreateUser({ UserPoolId: pool, Username: USERNAME, MessageAction: "SUPPRESS" });
    await admin.adminSetUserPassword({ UserPoolId: pool, Username: USERNAME, Password: PASSWORD, Permanent: true });
    await tell(new Person(pool, UserPoolClient.ClientId), pool);
  } finally {
    await admin.deleteUserPool({ UserPoolId: pool });
  }
}

// call turns a method with callbacks into a promise.
function call(user, method, ...args) {
  return new Promise((resolve, reject) => user[method](...args, { onSuccess: resolve, onFailure: reject }));
}

function refresh(user, session) {
  return new Promise((resolve, reject) =>
    user.refreshSession(session.getRefreshToken(), (err, renewed) => (err ? reject(err) : resolve(renewed))),
  );
}

const deviceKey = (session) => session.getAccessToken().decodePayload().device_key;

// enrolled sets the software token up, where the client confirms no device, and then signs in with a code, where it does.
// It says how the latter went. A story takes three codes at most: a fourth would have to wait for the clock.
async function enrolled(ines, browser) {
  await ines.signIn(ines.in(browser));
  const user = ines.in(browser);
  const first = await ines.signIn(user);
  assert.ok(first.asked);
  return { user, key: deviceKey(first.session), ...first };
}

async function remembered(ines) {
  const home = new Browser();
  const { key, prompt } = await enrolled(ines, home);
  assert.match(key, /^[\w-]+_[0-9a-f-]{36}$/);
  assert.equal(prompt, false);
  const user = ines.in(home);
  const { session, asked } = await ines.signIn(user);
  assert.equal(asked, false);
  assert.equal(deviceKey(session), key);
  const { Devices } = await call(user, "listDevices", 10, null);
  assert.deepEqual(Devices.map((d) => d.DeviceKey), [key]);
  assert.equal(deviceKey(await refresh(user, session)), key);
  done("a device is remembered at once: it signs in without a code, and refreshes");

  const other = ines.in(new Browser());
  const elsewhere = await ines.signIn(other);
  assert.ok(elsewhere.asked);
  assert.notEqual(deviceKey(elsewhere.session), key);
  await assert.rejects(refresh(other, session), { code: "NotAuthorizedException", message: "Invalid Refresh Token." });
  done("another device is asked for a code, and can't refresh what is the first one's");
}

async function notRemembered(ines) {
  const home = new Browser();
  const { user, key } = await enrolled(ines, home);
  await call(user, "setDeviceStatusNotRemembered");
  const { session, asked } = await ines.signIn(ines.in(home));
  assert.ok(asked);
  assert.equal(deviceKey(session), key);
  await call(user, "setDeviceStatusRemembered");
  assert.equal((await ines.signIn(ines.in(home))).asked, false);
  done("a device that is not remembered is asked for a code, and stays the same");
}

async function forgotten(ines, pool) {
  const home = new Browser();
  const { user, session, key } = await enrolled(ines, home);
  await admin.adminForgetDevice({ UserPoolId: pool, Username: USERNAME, DeviceKey: key });
  await assert.rejects(refresh(user, session), { message: "Invalid Refresh Token." });
  const anew = await ines.signIn(ines.in(home)); // the client is told, and tries again without its device
  assert.ok(anew.asked);
  assert.notEqual(deviceKey(anew.session), key);
  assert.equal((await ines.signIn(ines.in(home))).asked, false);
  done("a forgotten device loses its refresh tokens, and becomes a new one with the next code");
}

async function onPrompt(ines) {
  const home = new Browser();
  const { user, prompt } = await enrolled(ines, home);
  assert.equal(prompt, true);
  assert.ok((await ines.signIn(ines.in(home))).asked);
  await call(user, "setDeviceStatusRemembered");
  assert.equal((await ines.signIn(ines.in(home))).asked, false);
  done("where the user decides, the device signs in without a code once the user has");
}

async function withoutDevice() {
  const { UserPool } = await admin.createUserPool({ PoolName: "no devices" });
  try {
    const { UserPoolClient } = await admin.createUserPoolClient({ UserPoolId: UserPool.Id, ClientName: "browser" });
    await admin.adminCreateUser({ UserPoolId: UserPool.Id, Username: USERNAME, MessageAction: "SUPPRESS" });
    await admin.adminSetUserPassword({ UserPoolId: UserPool.Id, Username: USERNAME, Password: PASSWORD, Permanent: true });
    const ines = new Person(UserPool.Id, UserPoolClient.ClientId);
    const user = ines.in(new Browser());
    const { session } = await ines.signIn(user);
    const renewed = await refresh(user, session); // names a device of null, as browsers without one do
    assert.ok(renewed.isValid());
    done("a pool without devices refreshes a browser that has none");
  } finally {
    await admin.deleteUserPool({ UserPoolId: UserPool.Id });
  }
}

function done(step) {
  console.log("ok -", step);
}

await Promise.all([
  story(false, remembered),
  story(false, notRemembered),
  story(false, forgotten),
  story(true, onPrompt),
  withoutDevice(),
]);
