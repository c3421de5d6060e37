// Tells the story of ../node/oauth_story.mjs with signInWithRedirect and signOut of Amplify in a page.

import { connection } from "../node/connection.mjs";
import { tell } from "../node/oauth_story.mjs";
import { openPage } from "../node/oauth_page.mjs";

await tell("Amplify", {
  client: (origin) => ({ CallbackURLs: [`${origin}/`], LogoutURLs: [`${origin}/`] }),
  open: (visitor) => openPage("../oauth/pages/amplify.mjs", visitor, { endpoint: connection.endpoint, poolId: visitor.pool.Id }),
});
