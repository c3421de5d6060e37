"""Reads the lists of the API in pages with boto3, on the server at COGNATE_ENDPOINT.

Each list has 25 entries. A paginator, or a loop over the token if boto3 has no paginator, returns each entry once. Then, between
two pages, an entry that was read and one that was not are deleted, and one is added: all other entries are still returned once.
The token of one list is rejected by the others.

Prints a line for each step that passes, and ends with an error at the first step that fails.
Access keys and region come from the environment, as boto3 reads them. The default is a placeholder key.
"""

import base64
import json

import boto3

from connection import client, expect_equal, passed

ENTRIES, PAGE = 25, 4
PASSWORD = "Correct-horse-1"

# The names of the members for the page size, for the token in requests and for the token in answers.
LIMIT = ("Limit", "NextToken", "NextToken")
RESULTS = ("MaxResults", "NextToken", "NextToken")
SEARCH = ("Limit", "PaginationToken", "PaginationToken")
JOBS = ("MaxResults", "PaginationToken", "PaginationToken")


class Pool:
    """A user pool with an app client, the user ann, and the group "members"."""

    def __init__(self, idp, name):
        self.idp = idp
        self.id = idp.create_user_pool(
            PoolName=name,
            DeviceConfiguration={"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False},
            UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
        )["UserPool"]["Id"]
        self.client = self.create_client(name)
        self.create_user("ann")
        idp.admin_set_user_password(UserPoolId=self.id, Username="ann", Password=PASSWORD, Permanent=True)
        idp.create_group(UserPoolId=self.id, GroupName="members")

    def create_client(self, name):
        return self.idp.create_user_pool_client(
            UserPoolId=self.id,
            ClientName=name,
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )["UserPoolClient"]["ClientId"]

    def create_user(self, name):
        self.idp.admin_create_user(UserPoolId=self.id, Username=name, MessageAction="SUPPRESS")
        return name

    def create_member(self, name):
        self.idp.admin_add_user_to_group(UserPoolId=self.id, Username=self.create_user(name), GroupName="members")
        return name

    def create_group(self, name):
        self.idp.create_group(UserPoolId=self.id, GroupName=name)
        self.idp.admin_add_user_to_group(UserPoolId=self.id, Username="ann", GroupName=name)
        return name

    def create_provider(self, name):
        self.idp.create_identity_provider(
            UserPoolId=self.id,
            ProviderName=name,
            ProviderType="Google",
            ProviderDetails={"client_id": "id", "client_secret": "secret", "authorize_scopes": "openid"},
        )
        return name

    def create_server(self, name):
        self.idp.create_resource_server(UserPoolId=self.id, Identifier=name, Name=name)
        return name

    def create_job(self, name):
        return self.idp.create_user_import_job(
            UserPoolId=self.id, JobName=name, CloudWatchLogsRoleArn="arn:aws:iam::123456789012:role/import"
        )["UserImportJob"]["JobId"]

    def create_terms(self, name):
        return self.idp.create_terms(
            UserPoolId=self.id,
            ClientId=self.create_client(name),
            TermsName="terms-of-use",
            TermsSource="LINK",
            Enforcement="NONE",
            Links={"cognito:default": "https://example.com/terms"},
        )["Terms"]["TermsId"]

    def sign_in(self):
        return self.idp.initiate_auth(
            ClientId=self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
        )["AuthenticationResult"]

    def create_event(self, _):
        self.sign_in()
        events = self.idp.admin_list_user_auth_events(UserPoolId=self.id, Username="ann", MaxResults=1)["AuthEvents"]
        return events[0]["EventId"]

    def create_device(self, _):
        result = self.sign_in()
        key = result["NewDeviceMetadata"]["DeviceKey"]
        verifier = {"PasswordVerifier": encode(range(1, 129)), "Salt": encode(range(1, 17))}
        self.idp.confirm_device(
            AccessToken=result["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=verifier
        )
        return key


class List:
    """A list of the API: an operation with parameters, for example of a pool.

    create(name) adds an entry and returns what identifies it. delete(identifier) removes an entry. It is None if no operation can.
    """

    def __init__(self, idp, operation, parameters, tokens, result, identifier, create, delete):
        self.idp = idp
        self.operation = operation
        self.parameters = parameters
        self.limit, self.input, self.output = tokens
        self.result = result
        self.identifier = identifier
        self.create = create
        self.delete = delete

    def page(self, token=None):
        """Returns what identifies the entries of a page, and the token of the next page."""
        parameters = {**self.parameters, self.limit: PAGE}
        if token:
            parameters[self.input] = token
        answer = getattr(self.idp, self.operation)(**parameters)
        return self.identifiers(answer), answer.get(self.output)

    def identifiers(self, answer):
        return [entry[self.identifier] for entry in answer[self.result]]

    def read(self):
        """Returns all entries, read in the way of an application."""
        if not self.idp.can_paginate(self.operation):
            return self.read_after([], None)
        pages = self.idp.get_paginator(self.operation).paginate(**self.parameters, PaginationConfig={"PageSize": PAGE})
        return [entry for page in pages for entry in self.identifiers(page)]

    def read_after(self, entries, token):
        """Returns entries, and those of the page of a token and of the pages after it."""
        while True:
            page, token = self.page(token)
            entries = entries + page
            if not token:
                return entries

    def test(self):
        """Reads the list in pages, and returns a token of it."""
        created = [self.create("entry%d" % n) for n in range(ENTRIES)]
        expect_each_once(self.operation, self.read(), created)

        page, token = self.page()
        expect_equal("%s: entries of a page" % self.operation, len(page), PAGE)
        deleted = []
        if self.delete:
            deleted = [next(entry for entry in created if entry not in page)]
            deleted += [entry for entry in created if entry in page][:1]
            for entry in deleted:
                self.delete(entry)
        self.create("another")
        entries = self.read_after(page, token)
        expect_each_once(self.operation, entries, [entry for entry in created if entry not in deleted])
        if deleted and deleted[0] in entries:
            raise AssertionError("%s returned %s after its deletion" % (self.operation, deleted[0]))
        passed(self.operation)
        return token

    def refuses(self, token):
        """Expects that the token of another list is rejected."""
        try:
            self.page(token)
        except self.idp.exceptions.InvalidParameterException:
            return
        raise AssertionError("%s accepted the token of another list" % self.operation)


def lists_of(pool):
    """Returns the lists of a pool that this version of boto3 knows."""
    idp, owner = pool.idp, {"UserPoolId": pool.id}
    ann = {**owner, "Username": "ann"}
    session = {"AccessToken": pool.sign_in()["AccessToken"]}

    def remover(operation, member, more=owner):
        return lambda entry: getattr(idp, operation)(**more, **{member: entry})

    def prefixed(prefix, create):
        return lambda name: create(prefix + name)

    remove_user = remover("admin_delete_user", "Username")
    remove_group = remover("delete_group", "GroupName")
    remove_client = remover("delete_user_pool_client", "ClientId")
    remove_provider = remover("delete_identity_provider", "ProviderName")
    remove_server = remover("delete_resource_server", "Identifier")
    remove_device = remover("admin_forget_device", "DeviceKey", ann)
    remove_terms = remover("delete_terms", "TermsId")
    create_member = prefixed("member-", pool.create_member)
    other_users = prefixed("user-", pool.create_user)
    other_groups = prefixed("other-", pool.create_group)
    found = {**owner, "Filter": 'username ^= "entry"'}
    members = {**owner, "GroupName": "members"}
    rows = [
        ("list_users", found, SEARCH, "Users", "Username", pool.create_user, remove_user),
        ("list_users", owner, SEARCH, "Users", "Username", other_users, remove_user),
        ("list_users_in_group", members, LIMIT, "Users", "Username", create_member, remove_user),
        ("list_groups", owner, LIMIT, "Groups", "GroupName", pool.create_group, remove_group),
        ("admin_list_groups_for_user", ann, LIMIT, "Groups", "GroupName", other_groups, remove_group),
        ("list_user_pool_clients", owner, RESULTS, "UserPoolClients", "ClientId", pool.create_client, remove_client),
        ("list_identity_providers", owner, RESULTS, "Providers", "ProviderName", pool.create_provider, remove_provider),
        ("list_resource_servers", owner, RESULTS, "ResourceServers", "Identifier", pool.create_server, remove_server),
        ("list_user_import_jobs", owner, JOBS, "UserImportJobs", "JobId", pool.create_job, None),
        ("admin_list_user_auth_events", ann, RESULTS, "AuthEvents", "EventId", pool.create_event, None),
        ("admin_list_devices", ann, SEARCH, "Devices", "DeviceKey", pool.create_device, remove_device),
        ("list_devices", session, SEARCH, "Devices", "DeviceKey", pool.create_device, remove_device),
        ("list_terms", owner, RESULTS, "Terms", "TermsId", pool.create_terms, remove_terms),
    ]
    return [List(idp, *row) for row in rows if hasattr(idp, row[0])]


def put_on_plus_plan(params, **_):
    """Adds the plan to a request: old versions of boto3 do not know the member. Events of users need the plan."""
    params["body"] = json.dumps({**json.loads(params["body"]), "UserPoolTier": "PLUS"}).encode()


def encode(numbers):
    return base64.b64encode(bytes(numbers)).decode()


def expect_each_once(what, entries, wanted):
    wrong = {entry: entries.count(entry) for entry in wanted if entries.count(entry) != 1}
    if wrong:
        raise AssertionError("%s returned %s times, want each once" % (what, wrong))


def main():
    idp = client()
    idp.meta.events.register("before-call.cognito-idp.CreateUserPool", put_on_plus_plan)
    pools = []

    def create_pool(name):
        pools.append(Pool(idp, name))
        return pools[-1].id

    def delete_pool(pool_id):
        idp.delete_user_pool(UserPoolId=pool_id)
        pools.remove(next(pool for pool in pools if pool.id == pool_id))

    try:
        create_pool("paginators")
        lists = lists_of(pools[0])
        tokens = [one.test() for one in lists]
        all_pools = List(idp, "list_user_pools", {}, RESULTS, "UserPools", "Id", create_pool, delete_pool)
        lists.append(all_pools)
        tokens.append(all_pools.test())
        for one in lists:
            for other, token in zip(lists, tokens):
                if other is not one:
                    one.refuses(token)
        passed("tokens of other operations and filters")
        for one, token in zip(lists_of(pools[1]), tokens):
            one.refuses(token)
        passed("tokens of other pools")
    finally:
        for pool in list(pools):
            delete_pool(pool.id)
    known = [name for name in idp.meta.service_model.operation_names if idp.can_paginate(snake(name))]
    untested = set(map(snake, known)) - {one.operation for one in lists}
    expect_equal("paginators without a test", untested, set())


def snake(operation):
    return boto3.session.botocore.xform_name(operation)


if __name__ == "__main__":
    main()
