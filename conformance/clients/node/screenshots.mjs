// Makes screenshots of the login pages in the folder of the first argument: each page light, dark and on a phone, in English, Japanese
// and Arabic. The server at COGNATE_ENDPOINT must be `cognate dev`.

import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { FLAGS } from "./browser.mjs";
import { admin, connection } from "./connection.mjs";
import { PASSWORD } from "./login_browser.mjs";

const folder = process.argv[2];
const base = connection.endpoint.replace("127.0.0.1", "localhost");
const application = createServer((request, response) => response.end("<!doctype html><title>Application</title>"));
application.listen(0, "127.0.0.1");
await once(application, "listening");
const callback = `http://localhost:${application.address().port}/callback`;
const views = {
  light: { colorScheme: "light", viewport: { width: 1024, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1024, height: 800 } },
  phone: { colorScheme: "light", viewport: { width: 320, height: 640 } },
};

// site makes a pool with a domain of managed login and a client with a login style. Its users have the password PASSWORD.
async function site(name, poolSettings, clientSettings, users, style = {}) {
  const { UserPool: pool } = await admin.createUserPool({ PoolName: name, AutoVerifiedAttributes: ["email"], ...poolSettings });
  await admin.createUserPoolDomain({ UserPoolId: pool.Id, Domain: `${name}-pages`, ManagedLoginVersion: 2 });
  const { UserPoolClient: client } = await admin.createUserPoolClient({
    UserPoolId: pool.Id,
    ClientName: "Photo Album",
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ["code"],
    AllowedOAuthScopes: ["openid", "email", "phone"],
    CallbackURLs: [callback],
    SupportedIdentityProviders: ["COGNITO"],
    ...clientSettings,
  });
  for (const document of ["terms-of-use", "privacy-policy"]) {
    await admin.createTerms({
      UserPoolId: pool.Id,
      ClientId: client.ClientId,
      TermsName: document,
      TermsSource: "LINK",
      Enforcement: "NONE",
      Links: { "cognito:default": `https://example.com/${document}` },
    });
  }
  await admin.createManagedLoginBranding({
    UserPoolId: pool.Id,
    ClientId: client.ClientId,
    Settings: { categories: { global: { colorSchemeMode: "DYNAMIC" }, form: { languageSelector: { enabled: true } }, ...style.categories } },
  });
  for (const [Username, temporary] of Object.entries(users)) {
    await admin.adminCreateUser({
      UserPoolId: pool.Id,
      Username,
      MessageAction: "SUPPRESS",
      TemporaryPassword: PASSWORD,
      UserAttributes: [
        { Name: "email", Value: `${Username}@example.com` },
        { Name: "email_verified", Value: "true" },
      ],
    });
    if (!temporary) await admin.adminSetUserPassword({ UserPoolId: pool.Id, Username, Password: PASSWORD, Permanent: true });
  }
  const query = new URLSearchParams({ client_id: client.ClientId, response_type: "code", redirect_uri: callback });
  return (path, parameters = {}) => `${base}/domains/${name}-pages${path}?${query}&${new URLSearchParams(parameters)}`;
}

const plain = await site("plain", {}, {}, { ann: false, new: true });
const choice = await site(
  "choice",
  { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"] } }, UsernameAttributes: ["email"] },
  { ExplicitAuthFlows: ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] },
  {},
);
const secured = await site("secured", {}, {}, { ann: false });
await (async () => {
  const { UserPools } = await admin.listUserPools({ MaxResults: 60 });
  const { Id } = UserPools.find(({ Name }) => Name === "secured");
  await admin.setUserPoolMfaConfig({ UserPoolId: Id, MfaConfiguration: "ON", SoftwareTokenMfaConfiguration: { Enabled: true } });
})();

const submit = "main form button:not([value])";
async function password(page, username) {
  await page.fill("#username", username);
  await page.fill("#password", PASSWORD);
  await page.click(submit);
}

// pages has the pages by their names: each leads a browser from a first page to it.
const pages = {
  login: (page, lang) => page.goto(plain("/login", { lang })),
  "login-wrong": async (page, lang) => {
    await page.goto(plain("/login", { lang }));
    await page.fill("#username", "nobody");
    await page.fill("#password", "Wrong-password-1");
    await page.click(submit);
  },
  "login-name": (page, lang) => page.goto(choice("/login", { lang })),
  languages: async (page, lang) => {
    await page.goto(plain("/login", { lang }));
    await page.click("summary");
  },
  signup: (page, lang) => page.goto(plain("/signup", { lang })),
  confirm: async (page, lang) => {
    await page.goto(plain("/signup", { lang }));
    await page.fill("#username", `ben${Date.now()}`);
    await page.fill("#new-password", PASSWORD);
    await page.fill("#repeat-password", PASSWORD);
    await page.fill("#attribute-email", "ben@example.com").catch(() => {});
    await page.click(submit);
  },
  forgot: (page, lang) => page.goto(plain("/forgotPassword", { lang })),
  reset: async (page, lang) => {
    await page.goto(plain("/forgotPassword", { lang }));
    await page.fill("#username", "ann");
    await page.click(submit);
  },
  "new-password": async (page, lang) => {
    await page.goto(plain("/login", { lang }));
    await password(page, "new");
  },
  account: async (page, lang) => {
    await page.goto(plain("/login", { lang }));
    await password(page, "ann");
    await page.waitForURL((url) => url.href.startsWith(callback));
    await page.goto(plain("/oauth2/authorize", { lang, prompt: "select_account" }));
  },
  consent: async (page, lang) => {
    await page.goto(plain("/login", { lang }));
    await password(page, "ann");
    await page.waitForURL((url) => url.href.startsWith(callback));
    await page.goto(plain("/oauth2/authorize", { lang, prompt: "consent" }));
  },
  "setup-token": async (page, lang) => {
    await page.goto(secured("/login", { lang }));
    await password(page, "ann");
  },
  error: (page, lang) => page.goto(`${plain("/error", { lang, error: "redirect_mismatch" })}`),
};

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.COGNATE_TEST_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
const only = process.env.PAGES?.split(",");
let failed = false;
try {
  for (const [name, visit] of Object.entries(pages)) {
    if (only && !only.includes(name)) continue;
    for (const [view, settings] of Object.entries(views)) {
      for (const lang of view === "dark" ? ["en"] : ["en", "ja", "ar"].concat(view === "phone" ? ["de"] : [])) {
        const context = await browser.newContext({ locale: lang, ...settings });
        const page = await context.newPage();
        page.setDefaultTimeout(5000);
        try {
          await visit(page, lang);
          await page.waitForLoadState();
          await page.screenshot({ path: join(folder, `${name}-${view}-${lang}.png`), fullPage: true });
        } catch (error) {
          console.error(`${name} ${view} ${lang}: ${error.message}`);
          failed = true;
        }
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
  application.close();
}
process.exitCode = failed ? 1 : 0;
