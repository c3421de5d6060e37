import { CognitoIdentityProvider } from "@aws-sdk/client-cognito-identity-provider";
import { testWithFork } from "cognate-test/vitest";
import { expect } from "vitest";
import { PASSWORD, POOL } from "../cognate.setup.mjs";

const test = testWithFork(POOL);

test("bob resets a forgotten password", async ({ cognate, fork }) => {
  const sdk = new CognitoIdentityProvider(cognate.sdk);
  const ClientId = fork.clients.web;
  await sdk.forgotPassword({ ClientId, Username: "bob" });
  const { code, kind } = await cognate.nextMessage({ pool: fork.pool, destination: "bob@example.com" });
  expect(kind).toBe("ForgotPassword");
  await sdk.confirmForgotPassword({ ClientId, Username: "bob", ConfirmationCode: code, Password: "Correct-horse-8" });
  const signedIn = await sdk.initiateAuth({
    ClientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME: "bob", PASSWORD: "Correct-horse-8" },
  });
  expect(signedIn.AuthenticationResult?.AccessToken).toBeTruthy();
  await expect(sdk.initiateAuth({
    ClientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME: "bob", PASSWORD },
  })).rejects.toThrow("Incorrect username or password.");
});
