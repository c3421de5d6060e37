// Makes screenshots of the login pages in the folder of the first argument: each page light, dark and on a phone, in English, Japanese
// and Arabic, and on a phone in German. PAGES and VIEWS can name single ones: see login_pages.mjs.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { visitPages } from "./login_pages.mjs";

const folder = process.argv[2];
const kinds = {
  light: { colorScheme: "light", viewport: { width: 1024, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1024, height: 800 } },
  phone: { colorScheme: "light", viewport: { width: 320, height: 640 } },
};
const languages = { light: ["en", "ja", "ar"], dark: ["en"], phone: ["en", "ja", "ar", "de"] };
const views = Object.entries(kinds).flatMap(([kind, settings]) => languages[kind].map((lang) => ({ name: `${kind}-${lang}`, lang, settings })));

await mkdir(folder, { recursive: true });
await visitPages(views, (page, name, view) => page.screenshot({ path: join(folder, `${name}-${view.name}.png`), fullPage: true }));
