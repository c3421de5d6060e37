// Connections to the server at COGNATE_ENDPOINT, for all tests. Access keys and region come from the environment. The
// default is a placeholder key.

import assert from "node:assert/strict";
import { CognitoIdentityProvider } from "@aws-sdk/client-cognito-identity-provider";

const env = process.env;
assert.ok(env.COGNATE_ENDPOINT, "COGNATE_ENDPOINT must be the address of the server");
export const connection = { endpoint: env.COGNATE_ENDPOINT, region: env.AWS_REGION ?? "us-east-1" };
export const admin = new CognitoIdentityProvider({
  ...connection,
  ...(env.AWS_ACCESS_KEY_ID
    ? {}
    : { credentials: { accessKeyId: "COGNATECONFORMANCE00", secretAccessKey: "conformance" } }),
});
// user makes the calls of users, without access keys, as in a browser.
export const user = new CognitoIdentityProvider({
  ...connection,
  credentials: () => Promise.reject(new Error("a call of a user requires access keys")),
});
