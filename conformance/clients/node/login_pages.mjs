// Has a way to each of the login pages, for screenshots.mjs and login_pages_checks.mjs. The server at COGNATE_ENDPOINT must be
// `cognate dev`.

import { once } from "node:events";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { FLAGS } from "./browser.mjs";
import { admin, connection, user } from "./connection.mjs";
import { PASSWORD, totp } from "./login_browser.mjs";
import { addAuthenticator } from "./virtual_authenticator.mjs";

const base = connection.endpoint.replace("127.0.0.1", "localhost");
const application = createServer((request, response) => response.end("<!doctype html><title>Application</title>"));
application.listen(0, "127.0.0.1");
await once(application, "listening");
const callback = `http://localhost:${application.address().port}/callback`;
let added = 0;

// dynamic are the settings of a login style for light and dark pages.
const dynamic = { categories: { global: { colorSchemeMode: "DYNAMIC" }, form: { languageSelector: { enabled: true } } } };

// Site is a pool with a domain of login pages and a client. version is that of managed login.
class Site {
  static async make(name, { pool, client, mfa, version = 2, style = {}, assets, css, logo, unstyled } = {}) {
    const site = new Site();
    site.domain = `${name}-pages`;
    ({ UserPool: site.pool } = await admin.createUserPool({ PoolName: name, AutoVerifiedAttributes: ["email"], ...pool }));
    const UserPoolId = site.pool.Id;
    await admin.createUserPoolDomain({ UserPoolId, Domain: site.domain, ManagedLoginVersion: version });
    if (mfa) await admin.setUserPoolMfaConfig({ UserPoolId, WebAuthnConfiguration: { RelyingPartyId: "localhost" }, ...mfa });
    ({ UserPoolClient: site.client } = await admin.createUserPoolClient({
      UserPoolId,
      ClientName: "Photo Album",
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ["code"],
      AllowedOAuthScopes: ["openid", "email", "phone"],
      CallbackURLs: [callback],
      LogoutURLs: [callback],
      SupportedIdentityProviders: ["COGNITO"],
      ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
      PreventUserExistenceErrors: "ENABLED",
      ...client,
    }));
    const { ClientId } = site.client;
    for (const document of ["terms-of-use", "privacy-policy"]) {
      const links = { "cognito:default": `https://example.com/${document}` };
      await admin.createTerms({ UserPoolId, ClientId, TermsName: document, TermsSource: "LINK", Enforcement: "NONE", Links: links });
    }
    if (version === 2 && !unstyled) {
      const { categories, ...components } = style;
      const Settings = { categories: { ...dynamic.categories, ...categories }, ...components };
      await admin.createManagedLoginBranding({ UserPoolId, ClientId, Settings, Assets: assets });
    } else if (!unstyled) {
      await admin.setUICustomization({ UserPoolId, ClientId, CSS: css, ImageFile: logo });
    }
    return site;
  }

  url(path, parameters = {}) {
    const query = new URLSearchParams({ client_id: this.client.ClientId, response_type: "code", redirect_uri: callback, ...parameters });
    return `${base}/domains/${this.domain}${path}?${query}`;
  }

  async add(Username, { temporary, name = Username, attributes = {} } = {}) {
    const named = { UserPoolId: this.pool.Id, Username };
    const all = name ? { email: `${name}@example.com`, email_verified: "true", ...attributes } : attributes;
    const UserAttributes = Object.entries(all).map(([Name, Value]) => ({ Name, Value }));
    await admin.adminCreateUser({ ...named, MessageAction: "SUPPRESS", TemporaryPassword: PASSWORD, UserAttributes });
    if (!temporary) await admin.adminSetUserPassword({ ...named, Password: PASSWORD, Permanent: true });
  }

  // addAny adds a user, because each user gets few messages and guesses.
  async addAny() {
    const username = `user${++added}`;
    await this.add(username);
    return username;
  }

  // enroll gives a user an authenticator app, and returns its secret.
  async enroll(USERNAME) {
    const ClientId = this.client.ClientId;
    const start = await user.initiateAuth({ ClientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME, PASSWORD } });
    const { SecretCode, Session } = await user.associateSoftwareToken({ Session: start.Session });
    await user.verifySoftwareToken({ Session, UserCode: totp(SecretCode), FriendlyDeviceName: "Phone" });
    return SecretCode;
  }
}

const SmsConfiguration = { SnsCallerArn: "arn:aws:iam::000000000000:role/sms", ExternalId: "pages" };
const EmailConfiguration = { EmailSendingAccount: "DEVELOPER", SourceArn: "arn:aws:ses:us-east-1:000000000000:identity/example.com" };
const passkeys = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"] } } };
const byChoice = { ExplicitAuthFlows: ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] };
const off = { MfaConfiguration: "OFF" };

const plain = await Site.make("plain");
await plain.add("ann");
await plain.add("new", { temporary: true });
const choice = await Site.make("choice", { pool: { ...passkeys, UsernameAttributes: ["email"] }, client: byChoice, mfa: off });
await choice.add("ann@example.com", { name: "ann" });
const secured = await Site.make("secured", { mfa: { MfaConfiguration: "ON", SoftwareTokenMfaConfiguration: { Enabled: true } } });
await secured.add("ann");
await secured.add("tom");
await secured.enroll("tom");
const factors = await Site.make("factors", {
  pool: { SmsConfiguration, EmailConfiguration, AccountRecoverySetting: { RecoveryMechanisms: [{ Name: "admin_only", Priority: 1 }] } },
  mfa: {
    MfaConfiguration: "ON",
    SoftwareTokenMfaConfiguration: { Enabled: true },
    SmsMfaConfiguration: { SmsConfiguration },
    EmailMfaConfiguration: {},
  },
});
await factors.add("ann", { name: "" });
await factors.add("sue", { attributes: { phone_number: "+15555550123", phone_number_verified: "true" } });
await admin.adminSetUserMFAPreference({
  UserPoolId: factors.pool.Id,
  Username: "sue",
  SMSMfaSettings: { Enabled: true },
  EmailMfaSettings: { Enabled: true },
});
await factors.add("sid", { attributes: { phone_number: "+15555550124", phone_number_verified: "true" } });
await admin.adminSetUserMFAPreference({
  UserPoolId: factors.pool.Id,
  Username: "sid",
  SMSMfaSettings: { Enabled: true, PreferredMfa: true },
});
const accounts = await Site.make("accounts", {
  pool: { ...passkeys, SmsConfiguration, UserPoolTags: { "cognate:account-page": "on" } },
  mfa: { MfaConfiguration: "OPTIONAL", SoftwareTokenMfaConfiguration: { Enabled: true }, SmsMfaConfiguration: { SmsConfiguration } },
});
await admin.setUserPoolSessionConfiguration({ UserPoolId: accounts.pool.Id, UserSessionTracking: "ENABLED", TokenSession: { MaxPerUser: 20 } });
await accounts.add("ann", { attributes: { phone_number: "+15555550123", phone_number_verified: "true" } });
const open = await Site.make("open", { pool: { DcrConfiguration: { EnableStatus: "Enabled", OpenDcrEnabled: true, OpenDcrGrantTypes: ["code"] } } });
await open.add("ann");
const devices = await Site.make("devices", { pool: { UserPoolTags: { "cognate:client/Photo Album/device-grant": "on" } } });
await devices.add("ann");
devices.userCode = async (lang) => {
  const answer = await fetch(`${base}/domains/${devices.domain}/oauth2/device_authorization`, {
    method: "POST",
    body: new URLSearchParams({ client_id: devices.client.ClientId, scope: "openid email" }),
  });
  return `${(await answer.json()).verification_uri_complete}&lang=${lang}`;
};
const registered = await (
  await fetch(`${base}/domains/${open.domain}/oauth2/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ client_name: "Photo Frame", redirect_uris: [callback], token_endpoint_auth_method: "none", scope: "openid email" }),
  })
).json();

await admin.createManagedLoginBranding({ UserPoolId: open.pool.Id, ClientId: registered.client_id, Settings: dynamic });

const picture = (text, color) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40" viewBox="0 0 160 40"><rect width="160" height="40" rx="8" fill="${color}"/>` +
      `<text x="80" y="27" font-size="20" font-family="sans-serif" text-anchor="middle" fill="#fff">${text}</text></svg>`,
  );
const styled = await Site.make("styled", {
  style: {
    categories: {
      global: { colorSchemeMode: "DYNAMIC", pageHeader: { enabled: true }, pageFooter: { enabled: true } },
      form: { displayGraphics: true, instructions: { enabled: true }, languageSelector: { enabled: true }, sessionTimerDisplay: "DYNAMIC" },
    },
    components: {
      form: { logo: { enabled: true, location: "CENTER", position: "TOP", formInclusion: "IN" } },
      pageHeader: { logo: { enabled: true, location: "START" } },
    },
  },
  assets: [
    { Category: "FORM_LOGO", ColorMode: "DYNAMIC", Extension: "SVG", Bytes: picture("Album", "#0b6e4f") },
    { Category: "PAGE_HEADER_LOGO", ColorMode: "DYNAMIC", Extension: "SVG", Bytes: picture("Photos", "#0b3d6e") },
  ],
});
const classic = await Site.make("classic", {
  version: 1,
  css: ".submitButton-customizable { background-color: #0b6e4f; } .banner-customizable { background-color: #e4f2ec; }",
});
await classic.add("ann");
const unstyled = await Site.make("unstyled", { unstyled: true });
const closed = await Site.make("closed", { pool: { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } } });

const submit = "main form button:not([value])";
async function send(page, fields) {
  for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value);
  await Promise.all([page.waitForEvent("framenavigated"), page.click(submit)]);
}
const press = async (page, value) => {
  await Promise.all([page.waitForEvent("framenavigated"), page.click(`button[value="${value}"]`)]);
};
const credentials = (username) => ({ username, password: PASSWORD });

// signIn signs in at a site, and waits for the application.
async function signIn(page, site, lang, username = "ann") {
  await page.goto(site.url("/login", { lang }));
  await send(page, credentials(username));
  await page.waitForURL((url) => url.href.startsWith(callback));
}

// account opens an account page of a user who has just signed in.
const account = (path, username = "ann") => async (page, lang) => {
  await page.goto(accounts.url("/login", { lang }));
  await send(page, credentials(username));
  await page.goto(accounts.url(`/account${path}`));
};
const at = (site, path, parameters) => (page, lang) => page.goto(site.url(path, { lang, ...parameters }));
const passwordAt = (site, username) => async (page, lang) => {
  await at(site, "/login")(page, lang);
  await send(page, credentials(username));
};
const afterName = (value) => async (page, lang) => {
  await at(choice, "/login")(page, lang);
  await send(page, { username: "ann@example.com" });
  if (value) await press(page, value);
};

// pages has the pages by their names: each leads a browser to it from a first page.
const pages = {
  login: at(plain, "/login"),
  "login-wrong": async (page, lang) => {
    await at(plain, "/login")(page, lang);
    await send(page, { username: await plain.addAny(), password: "Wrong-password-1" });
  },
  "login-late": at(plain, "/login", { flow: "old" }),
  "login-name": at(choice, "/login"),
  "login-styled": at(styled, "/login"),
  "login-classic": at(classic, "/login"),
  languages: async (page, lang) => {
    await at(plain, "/login")(page, lang);
    await page.click("summary");
  },
  choose: afterName(),
  password: afterName("PASSWORD"),
  "first-code": afterName("EMAIL_OTP"),
  passkey: async (page, lang) => {
    const { chromium, authenticatorId } = await addAuthenticator(page);
    await pages["add-passkey"](page, lang);
    await page.click('button[value="passkey"]');
    await page.waitForURL((url) => url.href.startsWith(callback));
    await chromium.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
    await page.context().clearCookies();
    await afterName("WEB_AUTHN")(page, lang);
  },
  mfa: passwordAt(secured, "tom"),
  "mfa-wrong": async (page, lang) => {
    const username = await secured.addAny();
    await secured.enroll(username);
    await passwordAt(secured, username)(page, lang);
    await send(page, { code: "000000" });
  },
  "mfa-choose": passwordAt(factors, "sue"),
  "mfa-sms": passwordAt(factors, "sid"),
  "mfa-email": async (page, lang) => {
    await passwordAt(factors, "sue")(page, lang);
    await press(page, "EMAIL_OTP");
  },
  "step-up": async (page, lang) => {
    await signIn(page, plain, lang);
    await at(plain, "/oauth2/authorize", { acr_values: "urn:cognito:loa:4" })(page, lang);
  },
  setup: passwordAt(factors, "ann"),
  "setup-token": passwordAt(secured, "ann"),
  "setup-email": async (page, lang) => {
    await passwordAt(factors, "ann")(page, lang);
    await press(page, "EMAIL_OTP");
  },
  "setup-sms": async (page, lang) => {
    await passwordAt(factors, "ann")(page, lang);
    await press(page, "SMS_MFA");
  },
  "new-password": passwordAt(plain, "new"),
  signup: at(plain, "/signup"),
  "signup-closed": at(closed, "/signup"),
  "signup-refused": async (page, lang) => {
    await at(plain, "/signup")(page, lang);
    await send(page, { username: "ben", "attribute-email": "ben@example.com", "new-password": "short", "repeat-password": "short" });
  },
  confirm: async (page, lang) => {
    await at(plain, "/signup")(page, lang);
    const chosen = { "new-password": PASSWORD, "repeat-password": PASSWORD };
    await send(page, { username: `ben${Date.now()}`, "attribute-email": "ben@example.com", ...chosen });
  },
  "confirm-link": at(plain, "/confirmUser", { user_name: "ann", confirmation_code: "000000" }),
  resend: at(plain, "/resendcode"),
  forgot: at(plain, "/forgotPassword"),
  reset: async (page, lang) => {
    await at(plain, "/forgotPassword")(page, lang);
    await send(page, { username: await plain.addAny() });
  },
  "add-passkey": async (page, lang) => {
    await afterName("PASSWORD")(page, lang);
    await send(page, { password: PASSWORD });
    await page.goto(choice.url("/passkeys/add", { lang }));
  },
  "add-passkey-failed": async (page, lang) => {
    await pages["add-passkey"](page, lang);
    await page.evaluate(() => {
      navigator.credentials.create = () => Promise.reject(new DOMException("cancelled", "NotAllowedError"));
    });
    await page.click('button[value="passkey"]');
    await page.waitForSelector("#passkey-failed:not([hidden])");
  },
  "select-account": async (page, lang) => {
    await signIn(page, plain, lang);
    await at(plain, "/oauth2/authorize", { prompt: "select_account" })(page, lang);
  },
  consent: async (page, lang) => {
    await signIn(page, plain, lang);
    await at(plain, "/oauth2/authorize", { prompt: "consent" })(page, lang);
  },
  "consent-unverified": async (page, lang) => {
    await signIn(page, open, lang);
    const challenge = { code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" };
    await at(open, "/oauth2/authorize", { client_id: registered.client_id, ...challenge })(page, lang);
  },
  "sign-out": async (page, lang) => {
    await signIn(page, plain, lang);
    await page.goto(`${base}/domains/${plain.domain}/logout?${new URLSearchParams({ client_id: plain.client.ClientId, post_logout_redirect_uri: callback })}`);
  },
  "signed-out": async (page, lang) => {
    await signIn(page, plain, lang);
    await page.goto(`${base}/domains/${plain.domain}/logout?post_logout_redirect_uri=`);
    await press(page, "continue");
  },
  account: account(""),
  "account-password": account("/password"),
  "account-email": account("/email"),
  "account-email-code": account("/email/code"),
  "account-phone": account("/phone"),
  "account-phone-code": account("/phone/code"),
  "account-token": account("/token"),
  "account-token-code": async (page, lang) => {
    await account("/token")(page, lang);
    await send(page, {});
  },
  "account-mfa": account("/mfa"),
  "account-passkeys": async (page, lang) => {
    await account("/passkeys")(page, lang);
    if (await page.locator("section button").count()) return;
    await addAuthenticator(page);
    await page.goto(accounts.url("/account/passkeys/add"));
    await page.click('button[value="passkey"]');
    await page.waitForURL((url) => url.pathname.endsWith("/account/passkeys"));
  },
  "account-passkeys-add": account("/passkeys/add"),
  "account-sessions": async (page, lang) => account("/sessions", await accounts.addAny())(page, lang),
  device: at(devices, "/device", { user_code: "WDJB-MJHT" }),
  "device-wrong": async (page, lang) => {
    await at(devices, "/device")(page, lang);
    await send(page, { code: "WDJB-MJHT" });
  },
  "device-consent": async (page, lang) => {
    await page.goto(await devices.userCode(lang));
    await send(page, {});
    await send(page, credentials("ann"));
  },
  "device-connected": async (page, lang) => {
    await pages["device-consent"](page, lang);
    await press(page, "allow");
  },
  "device-denied": async (page, lang) => {
    await pages["device-consent"](page, lang);
    await send(page, {});
  },
  feedback: (page) =>
    page.goto(`${base}/domains/${plain.domain}/feedback?feedback_value=Invalid&user_name=ann&event_id=e&feedback_token=t`),
  error: at(plain, "/error", { error: "redirect_mismatch" }),
  unavailable: at(unstyled, "/login"),
  "leave-unverified": (page, lang) => at(open, "/oauth2/authorize", { client_id: registered.client_id })(page, lang),
  "form-post": async (page, lang) => {
    await page.route("**/oauth2/authorize?*", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace(/<script.*<\/script>/s, "") }); // as without scripts
    });
    await at(plain, "/oauth2/authorize", { prompt: "none", response_mode: "form_post" })(page, lang);
  },
};

// A View has a name, a language, and settings of a browser. visitPages shows each page in each view, and calls visit with it. It prints
// what fails, and then the exit status is 1. PAGES and VIEWS can name single ones: "login,mfa" and "light-en,phone-ar".
export async function visitPages(views, visit) {
  const onlyPages = process.env.PAGES?.split(",");
  const onlyViews = process.env.VIEWS?.split(",");
  const browser = await chromium.launch({ executablePath: process.env.COGNATE_TEST_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  try {
    for (const [name, show] of Object.entries(pages)) {
      if (onlyPages && !onlyPages.includes(name)) continue;
      for (const view of views) {
        if (onlyViews && !onlyViews.includes(view.name)) continue;
        const context = await browser.newContext({ locale: view.lang, ...view.settings });
        const page = await context.newPage();
        page.setDefaultTimeout(10_000);
        try {
          await show(page, view.lang);
          await page.waitForLoadState();
          if (page.url().startsWith(callback)) throw new Error("the browser is at the application");
          await visit(page, name, view);
        } catch (error) {
          console.error(`${name} ${view.name}: ${error.message} at ${page.url()}`);
          process.exitCode = 1;
        }
        await context.close();
      }
    }
  } finally {
    await browser.close();
    application.close();
  }
}
