// Tests software tokens with the AWS SDK for JavaScript, on the server at COGNATE_ENDPOINT.
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.
// Access keys and region come from the environment. The default is a placeholder key. Calls of users are made without
// access keys, as in a browser.

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
  static async with(mfa, scenario) {
    const pool = new Pool();
    pool.id = (await admin.createUserPool({ PoolName: "javascript" })).UserPool.Id;
    try {
      await pool.#setUp(mfa);
      await scenario(pool);
    } finally {
      await admin.deleteUserPool({ UserPoolId: pool.id });
    }
  }

  async #setUp(mfa) {
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

  // signIn sends the password. want is the expected challenge, undefined for tokens.
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

  async answerCode(session, code) {
    const out = await this.respond("SOFTWARE_TOKEN_MFA", session, { SOFTWARE_TOKEN_MFA_CODE: code });
    assert.ok(out.AuthenticationResult.AccessToken);
    return out.AuthenticationResult.AccessToken;
  }

  // enroll completes MFA_SETUP and returns the access token.
  async enroll(app) {
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
  const accessToken = await pool.enroll(app);
  passed("required: setup returns tokens");

  let { Session: session } = await pool.signIn("SOFTWARE_TOKEN_MFA");
  await assert.rejects(pool.answerCode(session, app.wrong()), CodeMismatchException);
  const used = await app.next();
  await pool.answerCode(session, used);
  passed("required: a wrong code, then the correct one in the same session");

  ({ Session: session } = await pool.signIn("SOFTWARE_TOKEN_MFA"));
  await assert.rejects(pool.answerCode(session, used), ExpiredCodeException);
  ({ Session: session } = await pool.signIn("SOFTWARE_TOKEN_MFA"));
  await pool.answerCode(session, await app.next());
  passed("required: a used code, then the next one");

  await user.associateSoftwareToken({ AccessToken: accessToken });
  await pool.signIn("MFA_SETUP");
  passed("required: a second association removes the token and requires setup");
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
  passed("optional: associated and verified with the access token");

  assert.equal((await user.getUser({ AccessToken })).UserMFASettingList, undefined);
  await pool.signIn();
  passed("optional: not required before the user sets a preference");

  await user.setUserMFAPreference(preference);
  const settings = await user.getUser({ AccessToken });
  assert.deepEqual(settings.UserMFASettingList, ["SOFTWARE_TOKEN_MFA"]);
  assert.equal(settings.PreferredMfaSetting, "SOFTWARE_TOKEN_MFA");
  const { Session: session } = await pool.signIn("SOFTWARE_TOKEN_MFA");
  AccessToken = await pool.answerCode(session, await app.next());
  passed("optional: required after the user sets a preference");

  await user.associateSoftwareToken({ AccessToken });
  await pool.signIn();
  passed("optional: a second association that is not verified leaves no MFA");
}

function passed(step) {
  console.log("ok -", step);
}

await Pool.with("ON", required);
await Pool.with("OPTIONAL", optional);
