"""What every Python client goes through, whatever its stack.

A client is given as an adapter: `unary` and `concurrent` call a method through the client's
generated stub, `raw` calls a path, `health` asks the standard health service. Each raises `CallError` unless the call ends with OK.
"""

import socket
import sys
import traceback

from google.protobuf import duration_pb2, field_mask_pb2
from google.rpc import error_details_pb2
from postern.v1 import directory_pb2
from postern.v1 import directory_service_pb2 as directory
from postern.v1 import permission_service_pb2 as permission
from postern.v1 import token_pb2
from postern.v1 import token_service_pb2 as token

ADMINISTRATOR = "administrator@example.com"
MEMBER = "member+plain@example.com"
CALL_SECONDS = 10.0


class CallError(Exception):
    """A call that didn't end with OK: the name of the code, the message, the decoded details."""

    def __init__(self, code, message="", details=()):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message or ""
        self.details = list(details or ())

    def error_info(self):
        for detail in self.details:
            if isinstance(detail, error_details_pb2.ErrorInfo):
                return detail
        raise AssertionError(f"no google.rpc.ErrorInfo in the details {self.details!r}")


def listens(path):
    """Whether a daemon takes connections there: the name of a socket comes a moment earlier."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what} is {actual!r}, not {expected!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)


def fails(code, call):
    """Calls, and answers the error, which must be of that code."""
    try:
        response = call()
    except CallError as error:
        equal(error.code, code, f"the code (message {error.message!r})")
        return error
    kind = type(response).__name__
    raise AssertionError(f"OK with a {kind} in place of {code}")


class Scenario:
    def __init__(self, name, adapter):
        self.name = name
        self.client = adapter
        self.organization = f"interop-{name}"
        self.administrator_secret = ""
        self.member_secret = ""
        self.member_token_id = ""

    def run(self):
        """Runs every step, in order. Answers the exit code of the process."""
        failed = 0
        for step in (
            self.health,
            self.create_organization,
            self.invite_user,
            self.issue_tokens,
            self.validate,
            self.check_allowed,
            self.check_denied,
            self.bearer_of_administrator,
            self.bearer_of_member,
            self.bearer_issues_for_itself,
            self.bearer_that_is_no_token,
            self.invalid_argument,
            self.malformed_message,
            self.unknown_method,
            self.unknown_service,
            self.deadline_that_is_over,
            self.large_request,
            self.large_answer,
            self.many_calls_at_once,
            self.rotate_org_token,
            self.revoke,
            self.validate_revoked,
            self.check_revoked,
            self.bearer_revoked,
        ):
            title = f"{self.name} {step.__name__.replace('_', ' ')}"
            try:
                step()
            except (AssertionError, CallError) as error:
                failed += 1
                print(f"FAILED {title}: {' '.join(str(error).split())}", flush=True)
            except Exception as error:
                failed += 1
                traceback.print_exc(file=sys.stderr)
                why = " ".join(f"{type(error).__name__}: {error}".split())
                print(f"FAILED {title}: {why}", flush=True)
            else:
                print(f"ok {title}", flush=True)
        return 1 if failed else 0

    # The steps. Each one's name is its title.

    def health(self):
        for service in ("", "postern.v1.TokenService"):
            equal(self.client.health(service), "SERVING", f"the health of `{service}`")
        fails("NOT_FOUND", lambda: self.client.health("no.such.Service"))

    def create_organization(self):
        request = directory.CreateOrganizationRequest(
            organization_id=self.organization,
            display_name="Interop, größer",
            administrator_user_id=ADMINISTRATOR,
        )
        response = self.directory("CreateOrganization", request)
        equal(response.organization.id, self.organization, "organization.id")
        equal(response.organization.display_name, "Interop, größer", "organization.display_name")
        holds(response.organization.HasField("created_at"), "organization.created_at is absent")
        holds(response.revision > 0, "revision is 0")
        fails("ALREADY_EXISTS", lambda: self.directory("CreateOrganization", request))

    def invite_user(self):
        request = directory.InviteUserRequest(organization_id=self.organization, user_id=MEMBER)
        response = self.directory("InviteUser", request)
        equal(response.user.id, MEMBER, "user.id")
        equal(response.user.organization_id, self.organization, "user.organization_id")
        equal(response.user.administrator, False, "user.administrator")

    def issue_tokens(self):
        response = self.issue(ADMINISTRATOR)
        self.administrator_secret = response.secret
        response = self.issue(MEMBER)
        self.member_secret = response.secret
        self.member_token_id = response.token.id
        holds(self.administrator_secret != self.member_secret, "two tokens have one secret")
        equal(len(self.member_token_id), 22, "the length of token.id")
        holds(self.member_token_id in self.member_secret, "the secret doesn't hold its id")
        equal(response.token.user_id, MEMBER, "token.user_id")
        equal(response.token.kind, token_pb2.TOKEN_KIND_USER, "token.kind")
        equal(response.token.state, token_pb2.TOKEN_STATE_ACTIVE, "token.state")
        seconds = response.token.expires_at.seconds - response.token.issued_at.seconds
        equal(seconds, 30 * 24 * 3600, "the lifetime in seconds")

    def validate(self):
        response = self.token("ValidateToken", token.ValidateTokenRequest(secret=self.member()))
        equal(response.active, True, "active")
        equal(response.user_id, MEMBER, "user_id")
        equal(response.organization_id, self.organization, "organization_id")
        equal(response.token_id, self.member_token_id, "token_id")
        equal(response.kind, token_pb2.TOKEN_KIND_USER, "kind")
        holds(response.HasField("expires_at"), "expires_at is absent")
        forged = self.member()[:-1] + ("0" if self.member()[-1] != "0" else "1")
        response = self.token("ValidateToken", token.ValidateTokenRequest(secret=forged))
        equal(response.active, False, "active of a forged token")

    def check_allowed(self):
        response = self.check(self.administrator(), "integration.create")
        equal(response.allowed, True, "allowed")
        equal(response.rule, "administrator", "rule")
        equal(response.reason, permission.DECISION_REASON_RELATION_HOLDS, "reason")
        equal(response.user_id, ADMINISTRATOR, "user_id")
        holds(response.revision > 0, "revision is 0")

    def check_denied(self):
        response = self.check(self.member(), "integration.create")
        equal(response.allowed, False, "allowed")
        equal(response.rule, "administrator", "rule")
        equal(response.reason, permission.DECISION_REASON_NO_RELATION, "reason")
        holds(response.message != "", "message is absent")
        equal(response.token_id, self.member_token_id, "token_id")

    def bearer_of_administrator(self):
        request = directory.InviteUserRequest(
            organization_id=self.organization, user_id="invited-by-bearer"
        )
        response = self.directory("InviteUser", request, bearer=self.administrator())
        equal(response.user.id, "invited-by-bearer", "user.id")

    def bearer_of_member(self):
        request = directory.InviteUserRequest(
            organization_id=self.organization, user_id="never-invited"
        )
        error = fails(
            "PERMISSION_DENIED",
            lambda: self.directory("InviteUser", request, bearer=self.member()),
        )
        holds("organization.invite_user" in error.message, f"no action in {error.message!r}")
        holds(self.member() not in error.message, "the message holds the secret")
        info = error.error_info()
        equal(info.domain, "postern", "domain of the ErrorInfo")
        holds(info.reason != "" and info.reason == info.reason.upper(), f"reason {info.reason!r}")
        equal(info.metadata["action"], "organization.invite_user", "metadata `action`")
        equal(info.metadata["rule"], "administrator", "metadata `rule`")

    def bearer_issues_for_itself(self):
        response = self.issue(MEMBER, bearer=self.member())
        equal(response.token.issued_by.user_id, MEMBER, "token.issued_by.user_id")
        equal(response.token.issued_by.token_id, self.member_token_id, "token.issued_by.token_id")
        fails("PERMISSION_DENIED", lambda: self.issue(ADMINISTRATOR, bearer=self.member()))

    def bearer_that_is_no_token(self):
        request = directory.GetOrganizationRequest(organization_id=self.organization)
        fails(
            "UNAUTHENTICATED",
            lambda: self.directory("GetOrganization", request, bearer="not-a-token"),
        )

    def invalid_argument(self):
        request = directory.GetOrganizationRequest(organization_id="not valid")
        error = fails("INVALID_ARGUMENT", lambda: self.directory("GetOrganization", request))
        holds("organization_id" in error.message, f"no field in {error.message!r}")
        info = error.error_info()
        equal(info.domain, "postern", "domain of the ErrorInfo")
        equal(info.metadata["field"], "organization_id", "metadata `field`")

    def malformed_message(self):
        try:
            self.client.raw("/postern.v1.TokenService/ValidateToken", b"\x0a\xff\xff")
        except CallError as error:
            holds(error.code in ("INVALID_ARGUMENT", "INTERNAL"), f"the code is {error.code}")
        else:
            raise AssertionError("OK for a message that is cut short")

    def unknown_method(self):
        path = "/postern.v1.TokenService/NoSuchMethod"
        fails("UNIMPLEMENTED", lambda: self.client.raw(path, b""))

    def unknown_service(self):
        path = "/postern.v1.NoSuchService/ValidateToken"
        fails("UNIMPLEMENTED", lambda: self.client.raw(path, b""))

    def deadline_that_is_over(self):
        request = token.ValidateTokenRequest(secret="pst_u_x")
        fails(
            "DEADLINE_EXCEEDED",
            lambda: self.token("ValidateToken", request, timeout=-1.0),
        )
        holds(not self.token("ValidateToken", request).active, "a call after it is broken")

    def large_request(self):
        request = token.ValidateTokenRequest(secret="x" * 1_000_000)
        equal(self.token("ValidateToken", request).active, False, "active")

    def large_answer(self):
        users = [
            directory.InvitedUser(user_id=f"large-{index}", display_name="x" * 250)
            for index in range(1000)
        ]
        request = directory.InviteUsersRequest(organization_id=self.organization, users=users)
        response = self.directory("InviteUsers", request)
        equal([user.id for user in response.users], [user.user_id for user in users], "users")

    def many_calls_at_once(self):
        secrets = [self.member() if index % 2 else "pst_u_x" for index in range(300)]
        requests = [token.ValidateTokenRequest(secret=secret) for secret in secrets]
        responses = self.client.concurrent(
            "TokenService", "ValidateToken", requests, timeout=CALL_SECONDS
        )
        expected = [bool(index % 2) for index in range(300)]
        equal([response.active for response in responses], expected, "active")

    def rotate_org_token(self):
        request = token.IssueTokenRequest(
            organization_id=self.organization, name="collector", scopes=[token_pb2.TOKEN_SCOPE_INGEST]
        )
        issued = self.token("IssueToken", request)
        request = token.RotateOrgTokenRequest(
            token_id=issued.token.id, grace_period=duration_pb2.Duration(seconds=3600)
        )
        rotated = self.token("RotateOrgToken", request, bearer=self.administrator())
        holds(rotated.token.HasField("previous_secret_expires_at"), "there is no grace period")
        for secret, what in ((issued.secret, "old"), (rotated.secret, "new")):
            response = self.token("ValidateToken", token.ValidateTokenRequest(secret=secret))
            equal(response.active, True, f"active of the {what} secret")
        request = token.UpdateOrgTokenRequest(
            token_id=issued.token.id,
            update_mask=field_mask_pb2.FieldMask(paths=["name", "previous_secret_expires_at"]),
            name="renamed",
        )
        updated = self.token("UpdateOrgToken", request, bearer=self.administrator())
        equal(updated.token.name, "renamed", "token.name")
        holds(not updated.token.HasField("previous_secret_expires_at"), "the grace goes on")
        for secret, active in ((issued.secret, False), (rotated.secret, True)):
            response = self.token("ValidateToken", token.ValidateTokenRequest(secret=secret))
            equal(response.active, active, "active after the grace")
        request = token.RotateOrgTokenRequest(token_id=issued.token.id)
        fails(
            "PERMISSION_DENIED",
            lambda: self.token("RotateOrgToken", request, bearer=self.member()),
        )

    def revoke(self):
        request = token.RevokeTokenRequest(secret=self.member())
        revision = self.token("RevokeToken", request).revision
        holds(revision > 0, "revision is 0")
        again = self.token("RevokeToken", request).revision
        holds(again >= revision, f"a repeat answers revision {again}, before {revision}")

    def validate_revoked(self):
        response = self.token("ValidateToken", token.ValidateTokenRequest(secret=self.member()))
        set_fields = {field.name for field, _ in response.ListFields()}
        equal(set_fields, {"ledger_epoch", "revision"}, "the set of fields")

    def check_revoked(self):
        response = self.check(self.member(), "dashboard.create")
        equal(response.allowed, False, "allowed")
        equal(response.reason, permission.DECISION_REASON_TOKEN_INACTIVE, "reason")

    def bearer_revoked(self):
        request = directory.GetOrganizationRequest(organization_id=self.organization)
        fails(
            "UNAUTHENTICATED",
            lambda: self.directory("GetOrganization", request, bearer=self.member()),
        )

    # What the steps share.

    def administrator(self):
        holds(self.administrator_secret != "", "no token was issued")
        return self.administrator_secret

    def member(self):
        holds(self.member_secret != "", "no token was issued")
        return self.member_secret

    def issue(self, user, bearer=None):
        request = token.IssueTokenRequest(organization_id=self.organization, user_id=user)
        response = self.token("IssueToken", request, bearer=bearer)
        holds(response.secret.startswith("pst_u_"), "the secret doesn't begin with `pst_u_`")
        return response

    def check(self, secret, action):
        resource = permission.ResourceReference(type=action.split(".")[0])
        request = permission.CheckRequest(token_secret=secret, action=action, resource=resource)
        return self.client.unary("PermissionService", "Check", request, timeout=CALL_SECONDS)

    def directory(self, method, request, bearer=None):
        return self.client.unary(
            "DirectoryService", method, request, bearer=bearer, timeout=CALL_SECONDS
        )

    def token(self, method, request, bearer=None, timeout=CALL_SECONDS):
        return self.client.unary("TokenService", method, request, bearer=bearer, timeout=timeout)
