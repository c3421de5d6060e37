// Tells the story of ../node/oauth_story.mjs with oauth2-proxy (a program, COGNATE_TEST_OAUTH2_PROXY), which guards a page.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
import { tell } from "../node/oauth_story.mjs";
import { leadTo } from "./program.mjs";
import { shows } from "./server.mjs";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

await tell("oauth2-proxy", {
  client: (origin) => ({ GenerateSecret: true, CallbackURLs: [`${origin}/oauth2/callback`], LogoutURLs: [`${origin}/`] }),

  async open(visitor) {
    const { page, origin, issuer, site, client } = visitor;
    // The guarded page shows the headers that the proxy adds.
    const guarded = createServer((request, response) => {
      response.end(JSON.stringify({ sub: request.headers["x-forwarded-user"], email: request.headers["x-forwarded-email"] }));
    }).listen(0, "127.0.0.1");
    await once(guarded, "listening");
    const port = await freePort();
    const settings = {
      provider: "oidc",
      "oidc-issuer-url": issuer,
      "client-id": client.ClientId,
      "client-secret": client.ClientSecret,
      "redirect-url": `${origin}/oauth2/callback`,
      "http-address": `127.0.0.1:${port}`,
      upstream: `http://127.0.0.1:${guarded.address().port}`,
      "cookie-secret": "0123456789abcdef0123456789abcdef",
      "cookie-secure": "false",
      "email-domain": "*",
      scope: "openid email",
      "code-challenge-method": "S256",
      "skip-provider-button": "true",
      "whitelist-domain": new URL(site).host, // sign_out leads there
      "request-logging": "false",
      "provider-ca-file": process.env.NODE_EXTRA_CA_CERTS,
    };
    const flags = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
    const proxy = spawn(process.env.COGNATE_TEST_OAUTH2_PROXY, flags, { stdio: "inherit" });
    for (let tries = 0; tries < 100; tries++) {
      if (await fetch(`http://127.0.0.1:${port}/ping`).then(({ ok }) => ok, () => false)) break;
      await setTimeout(100);
    }
    return {
      handler: leadTo(port),
      close() {
        proxy.kill();
        guarded.close();
      },
      signIn: () => page.goto(`${origin}/`),
      signedIn: () => shows(visitor, "/"),
      async signOut() {
        const logout = new URLSearchParams({ client_id: client.ClientId, logout_uri: `${origin}/` });
        await page.goto(`${origin}/oauth2/sign_out?${new URLSearchParams({ rd: `${site}/logout?${logout}` })}`);
      },
    };
  },
});
