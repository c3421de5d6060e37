// Tells the story of ../node/oauth_story.mjs with oidc-client-ts in a page.

import { tell } from "../node/oauth_story.mjs";
import { openPage } from "../node/oauth_page.mjs";

await tell("oidc-client-ts", {
  client: (origin) => ({ CallbackURLs: [`${origin}/callback`], LogoutURLs: [`${origin}/`] }),
  open: (visitor) => openPage("../oauth/pages/oidc_client_ts.mjs", visitor),
});
