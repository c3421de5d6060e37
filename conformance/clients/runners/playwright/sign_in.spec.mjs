import { expect, test } from "cognate-test/playwright";
import { build } from "esbuild";
import { once } from "node:events";
import { createServer } from "node:http";
import { PASSWORD, POOL } from "../cognate.setup.mjs";

const PAGE = `<!doctype html><title>Application</title>
<form id="password"><input name="username" aria-label="Username"><input name="password" type="password" aria-label="Password"><button>Sign in</button></form>
<form id="code"><input name="code" aria-label="Code"><button>Confirm</button></form>
<p id="state"></p><script type="module" src="/app.js"></script>`;

let server;

test.beforeAll(async () => {
  const bundle = await build({ entryPoints: [new URL("app.mjs", import.meta.url).pathname], bundle: true, format: "esm", write: false });
  server = createServer((request, response) => {
    const isScript = request.url === "/app.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? bundle.outputFiles[0].text : PAGE);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
test.afterAll(() => server?.close());

test.beforeEach(async ({ page, cognate, fork }) => {
  const configuration = cognate.amplify(fork.pool, fork.clients.web);
  await page.addInitScript((configuration) => { globalThis.amplifyConfiguration = configuration; }, configuration);
  await page.goto(`http://localhost:${server.address().port}/`);
});

async function enterPassword(page, username) {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

// Both tests use the same code of the same user at the same time, in pools of their own.
for (const nth of ["first", "second"]) {
  test(`ann signs in with a software token, ${nth}`, async ({ page, cognate, fork }) => {
    expect(fork.pool).not.toBe(POOL);
    await enterPassword(page, "ann");
    await expect(page.locator("#state")).toHaveText("CONFIRM_SIGN_IN_WITH_TOTP_CODE");
    const { active } = await cognate.authenticator(fork.pool, "ann");
    await page.getByLabel("Code").fill(active.code);
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(page.locator("#state")).toHaveText("Hello ann");
  });
}

test("bob signs in by SRP", async ({ page }) => {
  await enterPassword(page, "bob");
  await expect(page.locator("#state")).toHaveText("Hello bob");
});
