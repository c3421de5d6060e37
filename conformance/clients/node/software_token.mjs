// The software token's life with the AWS SDK for JavaScript, against the server at COGNATE_ENDPOINT.
//
// Prints a line for each step that went as it should, and ends with an error at the first that did not.
// Access keys and region come from the environment; without any, made-up ones sign. Users' calls are made as a browser
// makes them: by a client that has no access keys at all.

import assert from "node:assert/strict";
import {
  CodeMismatchException,
  EnableSoftwareTokenMFAException,
  ExpiredCodeException,
  InvalidParameterException,
  NotAuthorizedException,
} from "@aws-sdk/client-cognito-identity-provider";
import { Authenticator } from "./authenticator.mjs";
import { admin, user } from "./connection.mjs";

const USERNAME = "ines";
const PASSWORD = "Correct-horse-1";

// Pool is a user pool with an app client and a confirmed user.
class Pool {
  static async with(mfa, story) {
    const pool = new Pool();
    pool.id = (await admin.createUserPool({ PoolName: "javascript" })).UserPool.Id;
    try {
      await pool.#fill(mfa);
      await story(pool);
    } finally {
      await admin.deleteUserPool({ UserPoolId: pool.id });
    }
  }

  async #fill(mfa) {
    await admin.setUserPoolMfaConfig({
      UserPoolId: this.id,
      MfaConfiguration: mfa,
      SoftwareTokenMfaConfiguration: { Enabled: true },
    });
    const created = await admin.createUserPoolClient({
      UserPoolId: this.id,
      ClientName: "javascript",
      ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    });
    this.client = created.UserPoolClient.ClientId;
    await admin.adminCreateUser({ UserPoolId: this.id, Username: USERNAME, MessageAction: "SUPPRESS" });
    await admin.adminSetUserPassword({
      UserPoolId: this.id,
      Username: USERNAME,
      Password: PASSWORD,
      Permanent: true,
    });
  }

  // signIn gives the password; want is the challenge that must follow, undefined for tokens.
  async signIn(want) {
    const out = await user.initiateAuth({
      ClientId: this.client,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME, PASSWORD },
    });
    assert.equal(out.ChallengeName, want);
    return out;
  }

  respond(ChallengeName, Session, answers = {}) {
    return user.respondToAuthChallenge({
      ClientId: this.client,
      ChallengeName,
      Session,
      ChallengeResponses: { USERNAME, ...answers },
    });
  }

  async giveCode(session, code) {
    const out = await this.respond("SOFTWARE_TOKEN_MFA", session, { SOFTWARE_TOKEN_MFA_CODE: code });
    assert.ok(out.AuthenticationResult.AccessToken);
    return out.AuthenticationResult.AccessToken;
  }

  // enrol goes the whole way of MFA_SETUP and returns the access token at its end.
  async enrol(app) {
    const { Session: s1 } = await this.signIn("MFA_SETUP");
    const { SecretCode, Session: s2 } = await user.associateSoftwareToken({ Session: s1 });
    app.secret = SecretCode;
    const { Status, Session: s3 } = await user.verifySoftwareToken({ Session: s2, UserCode: await app.next() });
    assert.equal(Status, "SUCCESS");
    assert.equal(new Set([s1, s2, s3]).size, 3);
    const out = await this.respond("MFA_SETUP", s3);
    assert.deepEqual(out.ChallengeParameters, {});
    return out.AuthenticationResult.AccessToken;
  }
}

async function required(pool) {
  const app = new Authenticator();
  const accessToken = await pool.enrol(app);
  done("required: set up, with tokens at its end");

  let { Session: session } = await pool.signIn("SOFTWARE_TOKEN_MFA");
  await assert.rejects(pool.giveCode(session, app.wrong()), CodeMismatchException);
  const spent = await app.next();
  await pool.giveCode(session, spent);
  done("required: a wrong code, then the right one on the same session");

  ({ Session: session } = await pool.signIn("SOFTWARE_TOKEN_MFA"));
  await assert.rejects(pool.giveCode(session, spent), ExpiredCodeException);
  ({ Session: session } = await pool.signIn("SOFTWARE_TOKEN_MFA"));
  await pool.giveCode(session, await app.next());
  done("required: a spent code, then the next one");

  await user.associateSoftwareToken({ AccessToken: accessToken });
  await pool.signIn("MFA_SETUP");
  done("required: a second association drops the token, and set-up is asked for again");
}

async function optional(pool) {
  const app = new Authenticator();
  let AccessToken = (await pool.signIn()).AuthenticationResult.AccessToken;
  const preference = { AccessToken, SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } };
  await assert.rejects(user.setUserMFAPreference(preference), InvalidParameterException);
  await assert.rejects(user.associateSoftwareToken({ AccessToken: "unknown.access.token" }), NotAuthorizedException);

  const associated = await user.associateSoftwareToken({ AccessToken });
  assert.equal(associated.Session, undefined);
  app.secret = associated.SecretCode;
  await assert.rejects(
    user.verifySoftwareToken({ AccessToken, UserCode: app.wrong() }),
    EnableSoftwareTokenMFAException,
  );
  const verified = await user.verifySoftwareToken({ AccessToken, UserCode: await app.next() });
  assert.equal(verified.Status, "SUCCESS");
  assert.equal(verified.Session, undefined);
  done("optional: associated and verified with the access token");

  assert.equal((await user.getUser({ AccessToken })).UserMFASettingList, undefined);
  await pool.signIn();
  done("optional: not asked before the user chooses so");

  await user.setUserMFAPreference(preference);
  const settings = await user.getUser({ AccessToken });
  assert.deepEqual(settings.UserMFASettingList, ["SOFTWARE_TOKEN_MFA"]);
  assert.equal(settings.PreferredMfaSetting, "SOFTWARE_TOKEN_MFA");
  const { Session: session } = await pool.signIn("SOFTWARE_TOKEN_MFA");
  AccessToken = await pool.giveCode(session, await app.next());
  done("optional: asked once chosen");

  await user.associateSoftwareToken({ AccessToken });
  await pool.signIn();
  done("optional: a second association that is not verified leaves no MFA");
}

function done(step) {
  console.log("ok -", step);
}

await Pool.with("ON", required);
await Pool.with("OPTIONAL", optional);
