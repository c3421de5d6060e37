// Tells the story of ../node/oauth_story.mjs with an application of ../relyingparty, a program in Go (COGNATE_TEST_RELYING_PARTY).

import { spawn } from "node:child_process";
import { basename } from "node:path";
import { tell } from "../node/oauth_story.mjs";
import { leadTo, readPort } from "./program.mjs";
import { shows, wantRefresh } from "./server.mjs";

const path = process.env.COGNATE_TEST_RELYING_PARTY;

await tell(basename(path), {
  client: (origin) => ({ GenerateSecret: true, CallbackURLs: [`${origin}/callback`], LogoutURLs: [`${origin}/`] }),

  async open(visitor) {
    const { page, origin, issuer, client } = visitor;
    const settings = { ISSUER: issuer, CLIENT_ID: client.ClientId, CLIENT_SECRET: client.ClientSecret, ORIGIN: origin };
    const program = spawn(path, { env: { ...process.env, ...settings }, stdio: ["ignore", "pipe", "inherit"] });
    return {
      handler: leadTo(await readPort(program)),
      close: () => program.kill(),
      signIn: () => page.goto(`${origin}/login`),
      signedIn: () => shows(visitor),
      refresh: () => wantRefresh(visitor),
      async signOut() {
        await page.goto(`${origin}/logout`);
        await page.waitForURL(`${origin}/`);
      },
    };
  },
});
