// Tests remembered devices with amazon-cognito-identity-js, on the server at COGNATE_ENDPOINT. This client generates the
// device's secret, verifier and proofs.
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.

import assert from "node:assert/strict";
import cognito from "amazon-cognito-identity-js";
import { Authenticator } from "./authenticator.mjs";
import { admin, connection } from "./connection.mjs";

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = cognito;

const USERNAME = "ines";
const PASSWORD = "Correct-horse-1";

// Browser implements a browser's localStorage.
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

// DeviceUser is a user with an authenticator, in a pool that requires MFA and tracks devices.
class DeviceUser {
  app = new Authenticator();

  constructor(pool, client) {
    this.pool = pool;
    this.client = client;
  }

  // openIn returns the user object of a page in that browser.
  openIn(browser) {
    const pool = new CognitoUserPool({
      UserPoolId: this.pool,
      ClientId: this.client,
      endpoint: connection.endpoint,
      Storage: browser,
    });
    return new CognitoUser({ Username: USERNAME, Pool: pool, Storage: browser });
  }

  // signIn signs in by SRP, and with a code if one is required. The result says whether a code was required.
  signIn(user) {
    return new Promise((resolve, reject) => {
      let codeRequired = false;
      const callbacks = {
        onSuccess: (session, prompt) => resolve({ session, codeRequired, prompt: Boolean(prompt) }),
        onFailure: reject,
        mfaSetup: () => user.associateSoftwareToken(callbacks),
        associateSecretCode: async (secret) => {
          this.app.secret = secret;
          user.verifySoftwareToken(await this.app.next(), "phone", callbacks);
        },
        totpRequired: async () => {
          codeRequired = true;
          user.sendMFACode(await this.app.next(), callbacks, "SOFTWARE_TOKEN_MFA");
        },
      };
      user.authenticateUser(new AuthenticationDetails({ Username: USERNAME, Password: PASSWORD }), callbacks);
    });
  }
}

async function withDevicePool(onPrompt, scenario) {
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
    await scenario(new DeviceUser(pool, UserPoolClient.ClientId), pool);
  } finally {
    await admin.deleteUserPool({ UserPoolId: pool });
  }
}

// call converts a method with callbacks to a promise.
function call(user, method, ...args) {
  return new Promise((resolve, reject) => user[method](...args, { onSuccess: resolve, onFailure: reject }));
}

function refresh(user, session) {
  return new Promise((resolve, reject) =>
    user.refreshSession(session.getRefreshToken(), (err, refreshed) => (err ? reject(err) : resolve(refreshed))),
  );
}

const deviceKey = (session) => session.getAccessToken().decodePayload().device_key;

// enroll sets up the software token and signs in with a code. The client confirms the device only in the second sign-in.
// It returns the result of that sign-in. A scenario uses at most three codes; a fourth would have to wait for the clock.
async function enroll(ines, browser) {
  await ines.signIn(ines.openIn(browser));
  const user = ines.openIn(browser);
  const first = await ines.signIn(user);
  assert.ok(first.codeRequired);
  return { user, key: deviceKey(first.session), ...first };
}

async function remembered(ines) {
  const home = new Browser();
  const { key, prompt } = await enroll(ines, home);
  assert.match(key, /^[\w-]+_[0-9a-f-]{36}$/);
  assert.equal(prompt, false);
  const user = ines.openIn(home);
  const { session, codeRequired } = await ines.signIn(user);
  assert.equal(codeRequired, false);
  assert.equal(deviceKey(session), key);
  const { Devices } = await call(user, "listDevices", 10, null);
  assert.deepEqual(Devices.map((d) => d.DeviceKey), [key]);
  assert.equal(deviceKey(await refresh(user, session)), key);
  passed("a device is remembered immediately: it signs in without a code, and refreshes");

  const other = ines.openIn(new Browser());
  const elsewhere = await ines.signIn(other);
  assert.ok(elsewhere.codeRequired);
  assert.notEqual(deviceKey(elsewhere.session), key);
  await assert.rejects(refresh(other, session), { code: "NotAuthorizedException", message: "Invalid Refresh Token." });
  passed("another device needs a code, and can't use the refresh token of the first");
}

async function notRemembered(ines) {
  const home = new Browser();
  const { user, key } = await enroll(ines, home);
  await call(user, "setDeviceStatusNotRemembered");
  const { session, codeRequired } = await ines.signIn(ines.openIn(home));
  assert.ok(codeRequired);
  assert.notEqual(deviceKey(session), key); // the device was not proven
  await call(user, "setDeviceStatusRemembered");
  assert.equal((await ines.signIn(ines.openIn(home))).codeRequired, false);
  passed("a device that is not remembered needs a code, and the sign-in is made on a new device");
}

async function forgotten(ines, pool) {
  const home = new Browser();
  const { user, session, key } = await enroll(ines, home);
  await admin.adminForgetDevice({ UserPoolId: pool, Username: USERNAME, DeviceKey: key });
  await assert.rejects(refresh(user, session), { message: "Invalid Refresh Token." });
  const again = await ines.signIn(ines.openIn(home)); // the client gets an error, and retries without the device
  assert.ok(again.codeRequired);
  assert.notEqual(deviceKey(again.session), key);
  assert.equal((await ines.signIn(ines.openIn(home))).codeRequired, false);
  passed("a forgotten device loses its refresh tokens, and gets a new key with the next code");
}

async function onPrompt(ines) {
  const home = new Browser();
  const { prompt } = await enroll(ines, home);
  assert.equal(prompt, true);
  const user = ines.openIn(home); // on a new device, because the first one is not remembered
  assert.ok((await ines.signIn(user)).codeRequired);
  await call(user, "setDeviceStatusRemembered");
  assert.equal((await ines.signIn(ines.openIn(home))).codeRequired, false);
  passed("if the user must confirm, the device needs no code after the confirmation");
}

async function withoutDevice() {
  const { UserPool } = await admin.createUserPool({ PoolName: "no devices" });
  try {
    const { UserPoolClient } = await admin.createUserPoolClient({ UserPoolId: UserPool.Id, ClientName: "browser" });
    await admin.adminCreateUser({ UserPoolId: UserPool.Id, Username: USERNAME, MessageAction: "SUPPRESS" });
    await admin.adminSetUserPassword({ UserPoolId: UserPool.Id, Username: USERNAME, Password: PASSWORD, Permanent: true });
    const ines = new DeviceUser(UserPool.Id, UserPoolClient.ClientId);
    const user = ines.openIn(new Browser());
    const { session } = await ines.signIn(user);
    const refreshed = await refresh(user, session); // sends a null device key, as browsers without a device do
    assert.ok(refreshed.isValid());
    passed("a pool without devices refreshes the tokens of a browser without a device");
  } finally {
    await admin.deleteUserPool({ UserPoolId: UserPool.Id });
  }
}

function passed(step) {
  console.log("ok -", step);
}

// One after another: SRP in this client computes for seconds on a busy machine, and the codes and connections of other scenarios would
// expire meanwhile.
await withDevicePool(false, remembered);
await withDevicePool(false, notRemembered);
await withDevicePool(false, forgotten);
await withDevicePool(true, onPrompt);
await withoutDevice();
