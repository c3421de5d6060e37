// Checks the types of cognate-test: `tsc` must accept this file. Each line after @ts-expect-error must be an error.

import { attach, start, type Cognate, type Message, type MessageKind, type Seed } from "cognate-test";
import { test as browserTest } from "cognate-test/playwright";
import { globalSetup } from "cognate-test/setup";
import { testWithFork } from "cognate-test/vitest";

const seed: Seed = {
  pools: [{
    id: "us-east-1_Example1",
    PoolName: "example",
    mfa: { MfaConfiguration: "ON", SoftwareTokenMfaConfiguration: { Enabled: true } },
    clients: [{ id: "web", ClientName: "web", ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH"], RefreshTokenValidity: 1 }],
    users: [{ username: "ann", status: "CONFIRMED", attributes: { email_verified: true, email: "ann@example.com" } }],
  }],
};

export const wrong: Seed[] = [
  // @ts-expect-error a pool needs an ID
  { pools: [{ PoolName: "example" }] },
  // @ts-expect-error the member is PoolName
  { pools: [{ id: "us-east-1_Example1", PoolNmae: "example" }] },
  // @ts-expect-error there is no such flow
  { pools: [{ id: "us-east-1_Example1", PoolName: "example", clients: [{ id: "w", ClientName: "w", ExplicitAuthFlows: ["ALLOW"] }] }] },
  // @ts-expect-error there is no such status
  { pools: [{ id: "us-east-1_Example1", PoolName: "example", users: [{ username: "ann", status: "confirmed" }] }] },
];

export async function use(): Promise<string> {
  await using cognate: Cognate = await start({ seed });
  const message: Message = await cognate.nextMessage({ kind: "SignUp", timeout: 1 });
  const kind: MessageKind = message.kind;
  // @ts-expect-error there is no such kind of messages
  await attach().messages({ kind: "Signup" });
  const { keys } = await cognate.unref().jwks("us-east-1_Example1");
  return kind + keys[0].kid + cognate.amplify("us-east-1_Example1", "web").Auth.Cognito.userPoolEndpoint;
}

export const setUp: () => Promise<() => Promise<void>> = globalSetup({ seed });

testWithFork("us-east-1_Example1")("vitest", async ({ cognate, fork }) => { await cognate.deletePool(fork.clients.web); });
browserTest.use({ cognatePool: "us-east-1_Example1" });
browserTest("Playwright", async ({ page, cognate, fork }) => { await page.goto(cognate.url + fork.pool); });
