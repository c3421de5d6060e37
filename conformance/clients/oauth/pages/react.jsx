import { useEffect } from "react";
import { createRoot } from "react-dom/client";
import { AuthProvider, useAuth } from "react-oidc-context";

const { origin, issuer, clientId } = globalThis.settings;

function Application() {
  const auth = useAuth();
  useEffect(() => {
    if (auth.isLoading) return;
    globalThis.application = {
      signIn: () => auth.signinRedirect(),
      user: () => auth.user?.profile,
      accessToken: () => auth.user.access_token,
      refresh: () => auth.signinSilent(),
      signOut: () => auth.signoutRedirect(),
    };
  }, [auth]);
  return <p>{auth.error?.message ?? auth.user?.profile.email ?? "signed out"}</p>;
}

createRoot(document.getElementById("root")).render(
  <AuthProvider
    authority={issuer}
    client_id={clientId}
    redirect_uri={`${origin}/callback`}
    post_logout_redirect_uri={`${origin}/`}
    scope="openid email"
    onSigninCallback={() => history.replaceState({}, "", "/")}
  >
    <Application />
  </AuthProvider>,
);
