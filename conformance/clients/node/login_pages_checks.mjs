// Checks the accessibility of every login page in Chromium: light and dark, in a window of 320 pixels, at a zoom of 400 percent, and
// whether every language fits. PAGES can name single ones: see login_pages.mjs.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { visitPages } from "./login_pages.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const languages = ["ar", "de", "es", "fr", "id", "it", "ja", "ko", "pt-BR", "zh-CN", "zh-TW"];

// faults returns what is wrong with the page that a browser shows. It runs in the page.
function faults() {
  const found = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth - clientWidth} pixels wider than the window`);
  const password = document.querySelector("input[type=password]");
  if (password && !password.form.querySelector("input[autocomplete~=username]")?.name) found.push("a form has a password and no username");
  for (const { name, tabIndex } of document.querySelectorAll("a, button, input:not([type=hidden], [hidden]), summary")) {
    if (tabIndex !== 0) found.push(`the keyboard does not reach ${name}`);
  }
  if (!document.title || !document.documentElement.lang || document.querySelectorAll("h1").length !== 1) found.push("title, language or heading");
  for (const { duration } of document.getAnimations().map((a) => a.effect.getTiming())) {
    if (duration > 0 && matchMedia("(prefers-reduced-motion: reduce)").matches) found.push("something moves");
  }
  return found;
}

// fits checks the page that a browser shows. An error has the focus.
async function fits(page, what) {
  await page.waitForFunction(() => [null, document.activeElement].includes(document.querySelector("[role=alert]:not([hidden])")));
  assert.deepEqual(await page.evaluate(faults), [], what);
}

// repeated returns the attributes that an element of a document has twice: browsers ignore the second one.
function repeated(html) {
  const all = [];
  for (const [tag] of html.matchAll(/<[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>/g)) {
    const names = [...tag.replaceAll(/"[^"]*"/g, '""').matchAll(/\s([a-z-]+)/g)].map(([, name]) => name);
    if (new Set(names).size !== names.length) all.push(tag);
  }
  return all;
}

// settled waits until the colors of buttons have changed to those of the color scheme, which takes a moment.
async function settled(page) {
  await page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await Promise.all(document.getAnimations().filter((a) => a instanceof CSSTransition).map((a) => a.finished));
  });
}

async function check(page, what) {
  await settled(page);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const wrong = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(wrong, [], what);
  await fits(page, what);
}

let checked = 0;
await visitPages([{ name: "en", lang: "en" }], async (page) => {
  await check(page, "light");
  const html = await (await page.request.get(page.url())).text();
  assert.deepEqual(repeated(html), [], "attributes that appear twice");
  assert.ok(Buffer.byteLength(html) <= 30_000, `the page has ${Buffer.byteLength(html)} bytes`);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 320, height: 640 });
  await check(page, "dark, 320 pixels");
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 320, height: 256 }); // 1280 by 1024 pixels at a zoom of 400 percent
  await fits(page, "zoom of 400 percent, forced colors");
  if (page.url().includes("client_id=")) {
    for (const lang of languages) {
      const url = new URL(page.url());
      url.searchParams.set("language", lang);
      await page.goto(url.href);
      await fits(page, lang);
    }
  }
  checked += 1;
});
console.log(`ok: ${checked} pages`);
