// Serves an application that is a static page: a script of ../oauth/pages, which gets its settings with the page and sets
// globalThis.application with the functions signIn, user, refresh and signOut.

import assert from "node:assert/strict";
import { build } from "esbuild";

// openPage returns the application of a script for a story.
export async function openPage(script, visitor, more = {}) {
  const { page, origin } = visitor;
  const settings = { origin, issuer: visitor.issuer, site: visitor.site, clientId: visitor.client.ClientId, ...more };
  const { outputFiles } = await build({
    entryPoints: [new URL(script, import.meta.url).pathname],
    bundle: true,
    format: "esm",
    write: false,
    jsx: "automatic",
    nodePaths: [new URL("node_modules", import.meta.url).pathname],
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const html = `<!doctype html><title>Application</title><div id="root"></div>
<script>globalThis.settings = ${JSON.stringify(settings)}</script><script type="module" src="/main.js"></script>`;

  // ready waits for the application, which is here again after each redirect.
  async function ready() {
    await page.waitForURL((url) => url.origin === origin);
    await page.waitForFunction(() => globalThis.application);
  }
  // read waits until the application has signed the user in.
  async function read() {
    await ready();
    await page.waitForFunction(() => globalThis.application.user());
    return page.evaluate(() => globalThis.application.user());
  }
  return {
    handler(request, response) {
      const isScript = request.url === "/main.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? outputFiles[0].contents : html);
    },
    async signIn() {
      await page.goto(`${origin}/`);
      await ready();
      await page.evaluate(() => void globalThis.application.signIn());
      await page.waitForURL((url) => url.origin !== origin);
    },
    signedIn: read,
    async refresh() {
      const before = await page.evaluate(() => globalThis.application.accessToken());
      await page.evaluate(() => globalThis.application.refresh());
      await page.waitForFunction(async (before) => (await globalThis.application.accessToken()) !== before, before);
      assert.ok(await read());
    },
    async signOut() {
      await page.evaluate(() => {
        globalThis.leaving = true; // until the page is loaded again
        void globalThis.application.signOut();
      });
      await page.waitForFunction(() => globalThis.application && !globalThis.leaving);
      assert.equal(new URL(page.url()).origin, origin);
      assert.ok(!(await page.evaluate(() => globalThis.application.user())), "the user is signed out");
    },
  };
}
