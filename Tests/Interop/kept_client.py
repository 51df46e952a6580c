"""A stock grpcio client that keeps answers: `kept_client.py SOCKET`."""

import hashlib
import sys
import time

import grpc
from postern.v1 import (
    audit_service_pb2,
    audit_service_pb2_grpc,
    directory_service_pb2,
    directory_service_pb2_grpc,
    permission_service_pb2,
    permission_service_pb2_grpc,
    token_service_pb2,
    token_service_pb2_grpc,
)

from kept_answers import Epochs, Uses
from scenario import CALL_SECONDS, equal

ORGANIZATION = "kept"


class Client:
    """ValidateToken and Check, asked only where no answer is kept."""

    def __init__(self, path):
        channel = grpc.insecure_channel(f"unix:{path}")
        self.tokens = token_service_pb2_grpc.TokenServiceStub(channel)
        self.permissions = permission_service_pb2_grpc.PermissionServiceStub(channel)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(channel)
        self.audit = audit_service_pb2_grpc.AuditServiceStub(channel)
        self.epochs = Epochs(path)
        self.uses = Uses(self.epochs)
        self.answers = {}
        self.calls = 0

    def ask(self, method, request):
        key = hashlib.sha256(type(request).__name__.encode() + request.SerializeToString()).digest()
        answer = self.answers.get(key)
        if answer is not None and self.epochs.hold(answer.keep):
            self.uses.add(answer.keep)
            return answer
        self.calls += 1
        answer = method(request, timeout=CALL_SECONDS)
        if answer.HasField("keep"):
            self.answers[key] = answer
        else:
            self.answers.pop(key, None)
        return answer

    def validate(self, secret):
        request = token_service_pb2.ValidateTokenRequest(secret=secret, wants_keep=True)
        return self.ask(self.tokens.ValidateToken, request).active

    def check(self, secret, action):
        request = permission_service_pb2.CheckRequest(
            token_secret=secret, action=action, wants_keep=True
        )
        return self.ask(self.permissions.Check, request).allowed

    def report(self):
        """Reports the uses so far; how many items were refused."""
        request = audit_service_pb2.ReportUsesRequest()
        for receipt, count, nanoseconds in self.uses.take():
            item = request.uses.add(receipt=receipt, count=count)
            item.last_used_at.FromNanoseconds(nanoseconds)
        return self.audit.ReportUses(request, timeout=CALL_SECONDS).refused_count

    def used(self, method):
        """Calls and uses of kept answers, as the daemon has written them."""
        request = audit_service_pb2.GetUsageRequest(organization_id=ORGANIZATION, method=method)
        usages = self.audit.GetUsage(request, timeout=CALL_SECONDS).usages
        return sum(usage.call_count for usage in usages), sum(
            usage.cached_count for usage in usages
        )

    def set_administrator(self, administrator):
        self.directory.SetAdministrator(
            directory_service_pb2.SetAdministratorRequest(
                organization_id=ORGANIZATION, user_id="bob", administrator=administrator
            ),
            timeout=CALL_SECONDS,
        )


def run(path):
    client = Client(path)
    client.directory.CreateOrganization(
        directory_service_pb2.CreateOrganizationRequest(
            organization_id=ORGANIZATION, administrator_user_id="alice"
        ),
        timeout=CALL_SECONDS,
    )
    client.directory.InviteUser(
        directory_service_pb2.InviteUserRequest(organization_id=ORGANIZATION, user_id="bob"),
        timeout=CALL_SECONDS,
    )
    issued = client.tokens.IssueToken(
        token_service_pb2.IssueTokenRequest(organization_id=ORGANIZATION, user_id="bob"),
        timeout=CALL_SECONDS,
    )
    for _ in range(100):
        equal(client.validate(issued.secret), True, "the token is good")
        equal(client.check(issued.secret, "integration.create"), False, "bob may not")
    equal(client.calls, 2, "calls for 200 uses")
    print("ok kept: 200 uses are 2 calls")
    for administrator in (True, False, True):
        client.set_administrator(administrator)
        equal(client.check(issued.secret, "integration.create"), administrator, "bob may")
    equal(client.validate(issued.secret), True, "the token is good")
    equal(client.calls, 5, "calls after three changes")
    print("ok kept: a grant and its end are seen at once")
    client.tokens.RevokeToken(
        token_service_pb2.RevokeTokenRequest(secret=issued.secret), timeout=CALL_SECONDS
    )
    equal(client.validate(issued.secret), False, "the token is revoked")
    equal(client.check(issued.secret, "integration.create"), False, "bob may")
    print("ok kept: a revoke is seen at once")
    equal(client.report(), 0, "items that are refused")
    # The daemon writes usage every ten seconds.
    expected = {"ValidateToken": (101, 100), "Check": (103, 99)}
    for _ in range(600):
        found = {method: client.used(method) for method in expected}
        if found == expected:
            break
        time.sleep(0.1)
    equal(found, expected, "calls and uses of kept answers")
    print("ok kept: uses are reported and counted")


if __name__ == "__main__":
    try:
        run(sys.argv[1])
    except Exception as error:  # The line is what counts.
        print(f"FAILED kept: {error!r}")
        sys.exit(1)
