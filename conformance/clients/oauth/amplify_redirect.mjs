// Tells the story of ../node/oauth_story.mjs with signInWithRedirect and signOut of Amplify in a page. The custom state of a sign-in
// comes back.

import assert from "node:assert/strict";
import { connection } from "../node/connection.mjs";
import { tell } from "../node/oauth_story.mjs";
import { openPage } from "../node/oauth_page.mjs";

await tell("Amplify", {
  client: (origin) => ({ CallbackURLs: [`${origin}/`], LogoutURLs: [`${origin}/`] }),

  async open(visitor) {
    const settings = { endpoint: connection.endpoint, poolId: visitor.pool.Id };
    const application = await openPage("../oauth/pages/amplify.mjs", visitor, settings);
    return {
      ...application,
      async signedIn() {
        const claims = await application.signedIn();
        const state = await visitor.page.waitForFunction(() => globalThis.customState);
        assert.equal(await state.jsonValue(), '{"a":"b c"}');
        return claims;
      },
    };
  },
});
