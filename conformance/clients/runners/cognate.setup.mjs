// The global set-up of vitest and of Playwright: a server with one pool.

import { globalSetup } from "cognate-test/setup";

export const POOL = "us-east-1_Example1";
export const PASSWORD = "Correct-horse-7";

/** @type {import("cognate-test").Seed} */
const seed = {
  pools: [{
    id: POOL,
    PoolName: "example",
    AutoVerifiedAttributes: ["email"],
    mfa: { MfaConfiguration: "OPTIONAL", SoftwareTokenMfaConfiguration: { Enabled: true } },
    clients: [{
      id: "web",
      ClientName: "web",
      ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    }],
    users: [
      { username: "ann", password: PASSWORD, softwareToken: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
      { username: "bob", password: PASSWORD, attributes: { email: "bob@example.com", email_verified: true } },
    ],
  }],
};

export default globalSetup({ seed });
