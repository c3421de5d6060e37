// The virtual authenticator of Chromium: it makes and uses passkeys without a person.

const options = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
};

// addAuthenticator adds an authenticator to a page of playwright-core. It returns the DevTools session of the page, and the ID of
// the authenticator there.
export async function addAuthenticator(page) {
  const chromium = await page.context().newCDPSession(page);
  await chromium.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await chromium.send("WebAuthn.addVirtualAuthenticator", { options });
  return { chromium, authenticatorId };
}
