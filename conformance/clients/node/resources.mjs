// Makes the calls of infrastructure tools that manage the newest resources, with the AWS SDK for JavaScript, on the server at
// COGNATE_ENDPOINT: the styles of managed login, replicas, users and terms of the Terraform providers aws 6 and awscc, and
// provisioned limits. The server allows replicas in eu-west-1, and provisioned limits up to 500.
//
// Each resource is created, read, changed, found again and deleted. Prints a line for each resource that passes, and ends with an
// error at the first one that fails. Access keys and region come from the environment. The default is a placeholder key.

import assert from "node:assert/strict";
import {
  InvalidParameterException,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  TermsExistsException,
  UserNotFoundException,
  paginateListUserPoolClients,
} from "@aws-sdk/client-cognito-identity-provider";
import { admin } from "./connection.mjs";

const REPLICA_REGION = "eu-west-1";
const KEY = "arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef";
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGMwrtoORAwQCgAk7gWRGKgKywAAAABJRU5ErkJggg==",
  "base64",
);

const passed = (what) => console.log("ok -", what);

// aws_cognito_managed_login_branding
async function managedLoginBranding(UserPoolId, ClientId) {
  const settings = { components: { primaryButton: { lightMode: { defaults: { backgroundColor: "0972d3ff" } } } } };
  const asset = { Bytes: PNG, Category: "FORM_LOGO", ColorMode: "LIGHT", Extension: "PNG" };
  const created = await admin.createManagedLoginBranding({ UserPoolId, ClientId, Settings: settings, Assets: [asset] });
  const { ManagedLoginBrandingId } = created.ManagedLoginBranding;
  const find = { UserPoolId, ManagedLoginBrandingId };

  const read = async (ReturnMergedResources) =>
    (await admin.describeManagedLoginBranding({ ...find, ReturnMergedResources })).ManagedLoginBranding;
  let style = await read(false);
  assert.deepEqual(style.Settings, settings);
  assert.deepEqual(
    style.Assets.map((a) => ({ ...a, Bytes: Buffer.from(a.Bytes) })),
    [asset],
  );
  assert.equal(style.UseCognitoProvidedValues, false);
  const merged = await read(true);
  assert.equal(merged.Settings.components.primaryButton.lightMode.defaults.backgroundColor, "0972d3ff");
  assert.ok(Object.keys(merged.Settings).length > 1 && merged.Assets.length > 1, "defaults are not merged");

  // An import searches all clients for the style.
  const owners = [];
  for await (const page of paginateListUserPoolClients({ client: admin }, { UserPoolId })) {
    for (const client of page.UserPoolClients) {
      const call = admin.describeManagedLoginBrandingByClient({ UserPoolId, ClientId: client.ClientId });
      const found = await call.catch((err) => assert.ok(err instanceof ResourceNotFoundException, err));
      if (found?.ManagedLoginBranding.ManagedLoginBrandingId === ManagedLoginBrandingId) owners.push(client.ClientId);
    }
  }
  assert.deepEqual(owners, [ClientId]);

  await admin.updateManagedLoginBranding({ ...find, UseCognitoProvidedValues: true });
  style = await read(false);
  assert.equal(style.UseCognitoProvidedValues, true);
  assert.equal(style.Settings, undefined);
  await admin.deleteManagedLoginBranding(find);
  await assert.rejects(read(false), ResourceNotFoundException);
  await assert.rejects(admin.deleteManagedLoginBranding(find), ResourceNotFoundException);
  passed("a style of managed login");
}

// aws_cognito_user_pool_replica
async function replica(UserPoolId) {
  const secondary = async () => {
    const { UserPoolReplicas } = await admin.listUserPoolReplicas({ UserPoolId });
    return UserPoolReplicas.find((r) => r.Role === "SECONDARY" && r.RegionName === REPLICA_REGION);
  };
  // The server may take its time for each status.
  const reach = async (status) => {
    for (let left = 100; ; left--) {
      const found = await secondary();
      if (found?.Status === status) return found;
      assert.ok(left > 0, `the replica is ${found?.Status}, want ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const find = { UserPoolId, RegionName: REPLICA_REGION };
  await admin.createUserPoolReplica({ ...find, UserPoolTags: { stage: "eu" } });
  const { UserPoolArn } = await reach("INACTIVE");
  assert.match(UserPoolArn, new RegExp(`^arn:aws:cognito-idp:${REPLICA_REGION}:\\d{12}:userpool/${UserPoolId}$`));
  await admin.updateUserPoolReplica({ ...find, Status: "ACTIVE" });
  await reach("ACTIVE");
  await admin.tagResource({ ResourceArn: UserPoolArn, Tags: { team: "id" } });
  await admin.untagResource({ ResourceArn: UserPoolArn, TagKeys: ["stage"] });
  assert.deepEqual((await admin.listTagsForResource({ ResourceArn: UserPoolArn })).Tags, { team: "id" });
  await assert.rejects(admin.deleteUserPoolReplica(find), InvalidParameterException);
  await admin.updateUserPoolReplica({ ...find, Status: "INACTIVE" });
  await reach("INACTIVE");
  await admin.deleteUserPoolReplica(find);
  await reach(undefined);
  await assert.rejects(admin.deleteUserPoolReplica(find), ResourceNotFoundException);
  passed("a replica");
}

// The data source aws_cognito_user
async function user(UserPoolId) {
  const UserAttributes = [
    { Name: "email", Value: "ines@example.com" },
    { Name: "email_verified", Value: "true" },
  ];
  const { User } = await admin.adminCreateUser({ UserPoolId, Username: "ines", MessageAction: "SUPPRESS", UserAttributes });
  const read = await admin.adminGetUser({ UserPoolId, Username: "ines" });
  assert.deepEqual(read.UserAttributes, User.Attributes);
  assert.equal(read.UserStatus, "FORCE_CHANGE_PASSWORD");
  assert.equal(read.Enabled, true);
  assert.ok(read.UserCreateDate instanceof Date && read.UserLastModifiedDate instanceof Date);
  assert.equal(read.PreferredMfaSetting, undefined);
  await admin.adminDeleteUser({ UserPoolId, Username: "ines" });
  await assert.rejects(admin.adminGetUser({ UserPoolId, Username: "ines" }), UserNotFoundException);
  passed("a user");
}

// awscc_cognito_terms
async function terms(UserPoolId, ClientId) {
  const settings = { TermsName: "terms-of-use", TermsSource: "LINK", Enforcement: "NONE" };
  const Links = { "cognito:default": "https://example.com/terms", "cognito:german": "https://example.com/de" };
  const created = await admin.createTerms({ UserPoolId, ClientId, ...settings, Links });
  const find = { UserPoolId, TermsId: created.Terms.TermsId };
  await assert.rejects(admin.createTerms({ UserPoolId, ClientId, ...settings, Links }), TermsExistsException);
  const read = (await admin.describeTerms(find)).Terms;
  for (const [name, value] of Object.entries({ UserPoolId, ClientId, ...settings })) assert.equal(read[name], value);
  assert.deepEqual(read.Links, Links);
  const byName = await admin.describeTermsByClient({ UserPoolId, ClientId, TermsName: settings.TermsName });
  assert.deepEqual(byName.Terms, read);
  await admin.updateTerms({ ...find, Links: { "cognito:default": "https://example.com/new" } });
  assert.deepEqual((await admin.describeTerms(find)).Terms.Links, { "cognito:default": "https://example.com/new" });
  const list = await admin.listTerms({ UserPoolId });
  assert.deepEqual(
    list.Terms.map((t) => t.TermsId),
    [find.TermsId],
  );
  await admin.deleteTerms(find);
  await assert.rejects(admin.describeTerms(find), ResourceNotFoundException);
  passed("terms");
}

async function provisionedLimit() {
  const LimitDefinition = { LimitClass: "API_CATEGORY", Attributes: { Category: "UserAuthentication" } };
  const read = async () => (await admin.getProvisionedLimit({ LimitDefinition })).Limit;
  const update = (RequestedLimitValue) => admin.updateProvisionedLimit({ LimitDefinition, RequestedLimitValue });
  assert.deepEqual(await read(), { LimitDefinition, ProvisionedLimitValue: 120, FreeLimitValue: 120 });
  await update(200);
  assert.equal((await read()).ProvisionedLimitValue, 200);
  await assert.rejects(update(501), ServiceQuotaExceededException);
  await update(120);
  assert.equal((await read()).ProvisionedLimitValue, 120);
  passed("a provisioned limit");
}

const created = await admin.createUserPool({
  PoolName: "resources",
  KeyConfiguration: { KeyType: "CUSTOMER_MANAGED_KEY", KmsKeyArn: KEY },
});
const pool = created.UserPool.Id;
try {
  const clients = [];
  for (const ClientName of ["first", "second", "third"]) {
    clients.push((await admin.createUserPoolClient({ UserPoolId: pool, ClientName })).UserPoolClient.ClientId);
  }
  await managedLoginBranding(pool, clients[1]);
  await replica(pool);
  await user(pool);
  await terms(pool, clients[0]);
  await provisionedLimit();
} finally {
  await admin.deleteUserPool({ UserPoolId: pool });
}
