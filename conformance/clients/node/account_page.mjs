// Tells the story of a user at the account pages in Chromium: set up an authenticator app, change the email address, add and remove a
// passkey, change the password. Checks the accessibility of each page on the way. With SCREENSHOTS it writes a picture of each page
// to that folder.
//
// Prints a line for each step that passes, and ends with an error at the first step that fails.

import { admin } from "./connection.mjs";
import { PASSWORD, totp, withLogin } from "./login_browser.mjs";
import { passed } from "./user.mjs";
import { addAuthenticator } from "./virtual_authenticator.mjs";

const NEXT = "Another-horse-2";
const SAVED = "Your change is saved.";
const PHONE = { viewport: { width: 320, height: 640 }, colorScheme: "dark" };

let pictures = 0;

async function check(visitor, heading, message) {
  await visitor.sees(heading, message);
  await visitor.check();
  if (process.env.SCREENSHOTS) {
    pictures += 1;
    await visitor.page.screenshot({ path: `${process.env.SCREENSHOTS}/${String(pictures).padStart(2, "0")}.png`, fullPage: true });
  }
}

async function story(visitor) {
  const { page, pool, client, site } = visitor;
  const named = { UserPoolId: pool.Id, Username: "ann" };
  const UserAttributes = [
    { Name: "email", Value: "ann@example.com" },
    { Name: "email_verified", Value: "true" },
  ];
  await admin.setUserPoolMfaConfig({
    UserPoolId: pool.Id,
    MfaConfiguration: "OPTIONAL",
    SoftwareTokenMfaConfiguration: { Enabled: true },
    WebAuthnConfiguration: { RelyingPartyId: "localhost" },
  });
  await admin.setUserPoolSessionConfiguration({
    UserPoolId: pool.Id,
    UserSessionTracking: "ENABLED",
    TokenSession: { MaxPerUser: 20 },
  });
  await admin.adminCreateUser({ ...named, UserAttributes, MessageAction: "SUPPRESS", TemporaryPassword: PASSWORD });
  await admin.adminSetUserPassword({ ...named, Password: PASSWORD, Permanent: true });
  const open = (path) => page.goto(`${site}/account${path}?client_id=${client.ClientId}`);

  await open("");
  await visitor.send("Sign in", { Username: "ann", Password: PASSWORD });
  await check(visitor, "Your account");
  passed("signs in for the account page");

  await page.getByRole("link", { name: "Change your email address" }).click();
  await check(visitor, "Change your email address");
  await visitor.send("Save", { "Email address": "new@example.com" });
  await check(visitor, "Enter your code");
  await visitor.send("Confirm", { Code: "000000" });
  await visitor.seesAlert("Enter your code", "The code is not correct. Try again.");
  await visitor.check();
  await visitor.send("Confirm", { Code: await visitor.code("new@example.com") });
  await check(visitor, "Your account", SAVED);
  passed("changes the email address");

  await addAuthenticator(page);
  await open("/passkeys/add");
  await check(visitor, "Add a passkey");
  await visitor.send("Add a passkey");
  await check(visitor, "Passkeys", SAVED);
  await visitor.send("Remove");
  await visitor.sees("Passkeys", SAVED);
  passed("adds and removes a passkey");

  await open("/token");
  await check(visitor, "Set up your authenticator app");
  await visitor.send("Continue");
  await check(visitor, "Set up your authenticator app");
  const secret = await visitor.scan();
  await visitor.send("Continue", { Code: totp(secret) });
  await check(visitor, "Sign in", "Your change is saved. Sign in again.");
  await visitor.send("Sign in", { Password: PASSWORD });
  await visitor.send("Continue", { Code: totp(secret, Date.now() + 30_000) });
  await visitor.sees("Your account");
  await open("/mfa");
  await check(visitor, "Choose your second step");
  await visitor.send("Save");
  await visitor.sees("Your account", SAVED);
  passed("sets up an authenticator app");

  await open("/sessions");
  await check(visitor, "Where you are signed in");
  await open("/password");
  await check(visitor, "Change your password");
  await visitor.send("Save the password", { "Current password": PASSWORD, "New password": NEXT, "Repeat the password": NEXT });
  await visitor.sees("Sign in", "Your change is saved. Sign in again.");
  passed("changes the password");

  await page.goto(`${site}/feedback?feedback_value=Invalid&user_name=ann&event_id=e&feedback_token=t`);
  await check(visitor, "Was this sign-in yours?");
  await visitor.send("No, it was not me");
  await check(visitor, "This link is no longer valid");
  passed("sees that a link for feedback is not valid");
}

const FirstFactors = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ["PASSWORD", "WEB_AUTHN"] } } };
const flows = { ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] };
for (const look of [undefined, PHONE]) {
  await withLogin({ ...FirstFactors, UserPoolTags: { "cognate:account-page": "on" } }, flows, story, look);
}
