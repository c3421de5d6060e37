// Tells the story of ../node/oauth_story.mjs with react-oidc-context in a page.

import { tell } from "../node/oauth_story.mjs";
import { openPage } from "../node/oauth_page.mjs";

await tell("react-oidc-context", {
  client: (origin) => ({ CallbackURLs: [`${origin}/callback`], LogoutURLs: [`${origin}/`] }),
  open: (visitor) => openPage("../oauth/pages/react.jsx", visitor),
});
