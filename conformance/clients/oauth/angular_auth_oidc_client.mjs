// Tells the story of ../node/oauth_story.mjs with angular-auth-oidc-client in a page of Angular. The library names no client when it
// signs out: the server knows it from the ID token.

import assert from "node:assert/strict";
import { tell } from "../node/oauth_story.mjs";
import { openPage } from "../node/oauth_page.mjs";

await tell("angular-auth-oidc-client", {
  client: (origin) => ({ CallbackURLs: [`${origin}/callback`], LogoutURLs: [`${origin}/`] }),

  async open(visitor) {
    const application = await openPage("../oauth/pages/angular.mjs", visitor);
    return {
      ...application,
      async signOut() {
        const asked = visitor.page.waitForRequest((request) => request.url().startsWith(`${visitor.site}/logout?`));
        await application.signOut();
        const { searchParams } = new URL((await asked).url());
        assert.deepEqual([...searchParams.keys()], ["id_token_hint", "post_logout_redirect_uri"]);
      },
    };
  },
});
