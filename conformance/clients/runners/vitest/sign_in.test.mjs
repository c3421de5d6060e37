import { CognitoIdentityProvider } from "@aws-sdk/client-cognito-identity-provider";
import { testWithFork } from "cognate-test/vitest";
import { afterAll, expect } from "vitest";
import { PASSWORD, POOL } from "../cognate.setup.mjs";

const test = testWithFork(POOL);

/** @type {string[]} */
const forks = [];

test("ann signs in with a software token", async ({ cognate, fork }) => {
  forks.push(fork.pool);
  const sdk = new CognitoIdentityProvider(cognate.sdk);
  const challenge = await sdk.initiateAuth({
    ClientId: fork.clients.web, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME: "ann", PASSWORD },
  });
  const { active } = await cognate.authenticator(fork.pool, "ann");
  const { AuthenticationResult } = await sdk.respondToAuthChallenge({
    ClientId: fork.clients.web,
    ChallengeName: challenge.ChallengeName,
    Session: challenge.Session,
    ChallengeResponses: { USERNAME: "ann", SOFTWARE_TOKEN_MFA_CODE: active?.nextCode ?? "" },
  });
  expect((await sdk.getUser({ AccessToken: AuthenticationResult?.AccessToken })).Username).toBe("ann");
  await sdk.adminDeleteUser({ UserPoolId: fork.pool, Username: "bob" }); // the other file still has bob
});

test("the tests of a file share a fork, which is not the pool of the seed", async ({ fork }) => {
  forks.push(fork.pool);
  expect(new Set(forks).size).toBe(1);
  expect(fork.pool).not.toBe(POOL);
});

afterAll(() => expect(forks).toHaveLength(2));
