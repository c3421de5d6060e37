// A page in Chromium that runs the application of app/.

import { createServer } from "node:http";
import { once } from "node:events";
import { build } from "esbuild";
import { chromium } from "playwright-core";

// Flags that keep Chromium from calling home; without a sandbox it runs as root, too.
const FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// withPage serves the application on a port of its own and runs the story on a page that has it open.
export async function withPage(story) {
  const { outputFiles } = await build({
    entryPoints: [new URL("app/main.mjs", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    write: false,
  });
  const server = createServer((request, response) => {
    const isScript = request.url === "/main.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? outputFiles[0].contents : '<!doctype html><script type="module" src="/main.js"></script>');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await chromium.launch({ executablePath: process.env.COGNATE_TEST_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${server.address().port}/`); // passkeys need a domain
    await page.waitForFunction(() => globalThis.application);
    await story(page);
  } finally {
    await browser.close();
    server.close();
  }
}
