// What the stories share: connections to the server at COGNATE_ENDPOINT. Access keys and region come from the
// environment; without any, made-up ones sign.

import assert from "node:assert/strict";
import { CognitoIdentityProvider } from "@aws-sdk/client-cognito-identity-provider";

const env = process.env;
assert.ok(env.COGNATE_ENDPOINT, "COGNATE_ENDPOINT is the address of the server");
export const connection = { endpoint: env.COGNATE_ENDPOINT, region: env.AWS_REGION ?? "us-east-1" };
export const admin = new CognitoIdentityProvider({
  ...connection,
  ...(env.AWS_ACCESS_KEY_ID
    ? {}
    : { credentials: { accessKeyId: "COGNATECONFORMANCE00", secretAccessKey: "conformance" } }),
});
// A user's calls are made as a browser makes them: by a client that has no access keys at all.
export const user = new CognitoIdentityProvider({
  ...connection,
  credentials: () => Promise.reject(new Error("a user's call asked for access keys")),
});
