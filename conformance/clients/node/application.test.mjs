// An example of application tests with cognate-test and the AWS SDK for JavaScript. It starts its own server from the
// binary COGNATE_BINARY.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { CognitoIdentityProvider } from "@aws-sdk/client-cognito-identity-provider";
import { attach, start } from "cognate-test";

const ANN = { USERNAME: "ann", PASSWORD: "Correct-horse-7" };

const seed = {
  pools: [{
    id: "us-east-1_Example1",
    PoolName: "example",
    AutoVerifiedAttributes: ["email"],
    mfa: { MfaConfiguration: "OPTIONAL", SoftwareTokenMfaConfiguration: { Enabled: true } },
    clients: [{
      id: "web",
      ClientName: "web",
      ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    }],
    users: [{ username: "ann", password: ANN.PASSWORD, softwareToken: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" }],
  }],
};

let cognate;
let sdk;

before(async () => {
  cognate = await start({ seed });
  sdk = new CognitoIdentityProvider(cognate.sdk);
});
after(async () => {
  sdk?.destroy();
  await cognate?.stop();
});

// forkPool creates a copy of the pool for one test, so that tests can run in parallel.
async function forkPool() {
  const { pool, clients } = await cognate.fork("us-east-1_Example1");
  return { pool, client: clients.web };
}

async function signIn({ pool, client }) {
  const challenge = await sdk.initiateAuth({ ClientId: client, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: ANN });
  assert.equal(challenge.ChallengeName, "SOFTWARE_TOKEN_MFA");
  const { active } = await cognate.authenticator(pool, "ann");
  const done = await sdk.respondToAuthChallenge({
    ClientId: client,
    ChallengeName: challenge.ChallengeName,
    Session: challenge.Session,
    ChallengeResponses: { USERNAME: "ann", SOFTWARE_TOKEN_MFA_CODE: active.nextCode },
  });
  return done.AuthenticationResult;
}

test("a sign-in with a software token", { concurrency: true }, async () => {
  const app = await forkPool();
  const { AccessToken } = await signIn(app);
  assert.equal((await sdk.getUser({ AccessToken })).Username, "ann");
  assert.equal((await cognate.authenticator(app.pool, "ann")).spent, true);
});

test("sign-up, with the code from the message", async () => {
  const { client } = await forkPool();
  const Username = "bob";
  await sdk.signUp({
    ClientId: client, Username, Password: ANN.PASSWORD, UserAttributes: [{ Name: "email", Value: "bob@example.com" }],
  });
  const { code } = await cognate.nextMessage({ destination: "bob@example.com" });
  await sdk.resendConfirmationCode({ ClientId: client, Username });
  const second = await cognate.nextMessage({ destination: "bob@example.com" });
  assert.notEqual(second.code, code, "each message is returned once");
  await sdk.confirmSignUp({ ClientId: client, Username, ConfirmationCode: second.code });
});

test("a message that fails", async () => {
  const { client } = await forkPool();
  await cognate.failMessages({ destination: "cy@example.com", text: "The mail server is down." });
  await assert.rejects(
    sdk.signUp({
      ClientId: client, Username: "cy", Password: ANN.PASSWORD, UserAttributes: [{ Name: "email", Value: "cy@example.com" }],
    }),
    { name: "CodeDeliveryFailureException", message: "The mail server is down." },
  );
});

test("tokens expire, and a snapshot restores everything", async () => {
  const app = await forkPool();
  const { AccessToken } = await signIn(app);
  const snapshot = await cognate.snapshot();
  await cognate.advance(3601);
  await assert.rejects(sdk.getUser({ AccessToken }), { name: "NotAuthorizedException" });
  await sdk.adminDeleteUser({ UserPoolId: app.pool, Username: "ann" });
  await cognate.restore(snapshot);
  assert.equal((await sdk.getUser({ AccessToken })).Username, "ann");
  await cognate.resume();
});

test("reset restores the seed", async () => {
  await sdk.adminDeleteUser({ UserPoolId: "us-east-1_Example1", Username: "ann" });
  await cognate.reset();
  await signIn({ pool: "us-east-1_Example1", client: "web" });
});

test("reset keeps the keys, which verify the tokens", async () => {
  const pool = "us-east-1_Example1";
  const before = await cognate.jwks(pool);
  await cognate.reset();
  assert.deepEqual(await cognate.jwks(pool), before);
  const { IdToken } = await signIn({ pool, client: "web" });
  const [header, payload, signature] = IdToken.split(".");
  const json = (part) => JSON.parse(Buffer.from(part, "base64url"));
  const key = before.keys.find((key) => key.kid === json(header).kid);
  const signed = Buffer.from(`${header}.${payload}`);
  assert.ok(verify("sha256", signed, createPublicKey({ key, format: "jwk" }), Buffer.from(signature, "base64url")));
  assert.equal(json(payload).iss, await cognate.issuer(pool));
});

test("amplify returns the configuration of Amplify", () => {
  assert.deepEqual(cognate.amplify("us-east-1_Example1", "web"), {
    Auth: { Cognito: { userPoolId: "us-east-1_Example1", userPoolClientId: "web", userPoolEndpoint: cognate.url } },
  });
});

test("asyncDispose stops the server", async () => {
  const other = await start();
  await other.clock();
  await other[Symbol.asyncDispose]();
  await assert.rejects(other.clock(), { message: new RegExp(`^No answer from cognate dev at ${other.url}: .*ECONNREFUSED`) });
});

test("errors of start are clear", async () => {
  await assert.rejects(start({ binary: "no-such-cognate" }), (error) => {
    assert.match(error.message, /^The program "no-such-cognate" was not found\. Install Cognate, or set COGNATE_BINARY/);
    return true;
  });
  await assert.rejects(start({ seed: { pools: [{ id: "us-east-1_A", PoolNmae: "a" }] } }), /unknown member of CreateUserPool/);
});

// runs runs a script that starts a server and prints its address, and returns the process and the server.
async function runs(script) {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", `import { start } from "cognate-test"; ${script}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = await once(createInterface({ input: child.stdout }), "line");
  return { child, server: attach(url) };
}

// ends waits until a server does not answer.
async function ends(server) {
  await assert.rejects(async () => {
    for (;;) await server.clock();
  }, /No answer/);
}

test("a server ends with the killed process that started it", async () => {
  const { child, server } = await runs("console.log((await start()).url)");
  await server.clock();
  child.kill("SIGKILL");
  await ends(server);
});

test("unref lets the process end, and the server with it", async () => {
  const { child, server } = await runs("const c = (await start()).unref(); await c.clock(); console.log(c.url)");
  if (child.exitCode === null) await once(child, "exit");
  assert.equal(child.exitCode, 0);
  await ends(server);
});
