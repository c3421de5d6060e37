// Opens the application of app/ in Chromium.

import { createServer } from "node:http";
import { once } from "node:events";
import { build } from "esbuild";
import { chromium } from "playwright-core";

// Flags that stop Chromium's own network traffic. --no-sandbox lets it run as root.
export const FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// withPage serves the application on a free port, opens it in a page, and calls scenario with the page.
export async function withPage(scenario) {
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
    await page.goto(`http://localhost:${server.address().port}/`); // passkeys require a domain name
    await page.waitForFunction(() => globalThis.application);
    await scenario(page);
  } finally {
    await browser.close();
    server.close();
  }
}
