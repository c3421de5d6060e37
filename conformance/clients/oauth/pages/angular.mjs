import "@angular/compiler"; // compiles the libraries, which their packages leave to the application's build
import { Component, provideZonelessChangeDetection } from "@angular/core";
import { provideHttpClient } from "@angular/common/http";
import { bootstrapApplication } from "@angular/platform-browser";
import { OidcSecurityService, provideAuth } from "angular-auth-oidc-client";
import { firstValueFrom } from "rxjs";

const { origin, issuer, clientId } = globalThis.settings;
const config = {
  authority: issuer,
  clientId,
  redirectUrl: `${origin}/callback`,
  postLogoutRedirectUri: `${origin}/`,
  postLoginRoute: "/",
  scope: "openid email",
  responseType: "code",
  silentRenew: true,
  useRefreshToken: true,
};
const Application = Component({ selector: "#root", template: "<p>Application</p>" })(class {});
const { injector } = await bootstrapApplication(Application, {
  providers: [provideZonelessChangeDetection(), provideHttpClient(), provideAuth({ config })],
});
const service = injector.get(OidcSecurityService);
await firstValueFrom(service.checkAuth());
globalThis.application = {
  signIn: () => service.authorize(),
  user: async () => (await firstValueFrom(service.userData$)).userData,
  accessToken: () => firstValueFrom(service.getAccessToken()),
  refresh: () => firstValueFrom(service.forceRefreshSession()),
  signOut: () => firstValueFrom(service.logoff()),
};
