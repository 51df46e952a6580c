"""grpcio under load while the daemon is upgraded: `upgrade_client.py SOCKET FOLDER`.

Calls until the file `stop` is in FOLDER, where the file `called` grows by a byte a call. No
channel has a retry policy: what grpcio does by itself, to make a call anew that the daemon has not
begun, is all that it takes. Each call that fails is a failure of the upgrade.
"""

import os
import sys
import threading
import time

import grpc
from postern.v1 import directory_service_pb2 as directory
from postern.v1 import directory_service_pb2_grpc
from postern.v1 import permission_service_pb2 as permission
from postern.v1 import permission_service_pb2_grpc
from postern.v1 import token_service_pb2 as token
from postern.v1 import token_service_pb2_grpc

ORGANIZATION = "interop-upgrade"
ADMINISTRATOR = "administrator@example.com"
CALL_SECONDS = 30.0


def connect(socket):
    options = (
        # A connection of its own for every channel.
        ("grpc.use_local_subchannel_pool", 1),
    )
    return grpc.insecure_channel(f"unix:{socket}", options=options)


class Load:
    def __init__(self, socket, folder):
        self.socket = socket
        self.stop = os.path.join(folder, "stop")
        self.called = open(os.path.join(folder, "called"), "ab", buffering=0)
        self.lock = threading.Lock()
        self.secrets = []
        self.failures = []
        self.longest = 0.0

    def call(self, method, request):
        begun = time.monotonic()
        try:
            response = method(request, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            with self.lock:
                self.failures.append(f"{error.code().name}: {error.details()}")
            return None
        with self.lock:
            self.longest = max(self.longest, time.monotonic() - begun)
            self.called.write(b".")
        return response

    def round(self, channel):
        """One call of each kind."""
        tokens = token_service_pb2_grpc.TokenServiceStub(channel)
        permissions = permission_service_pb2_grpc.PermissionServiceStub(channel)
        request = token.IssueTokenRequest(organization_id=ORGANIZATION, user_id=ADMINISTRATOR)
        issued = self.call(tokens.IssueToken, request)
        if issued is None:
            return
        with self.lock:
            self.secrets.append(issued.secret)
        request = token.ValidateTokenRequest(secret=issued.secret)
        answer = self.call(tokens.ValidateToken, request)
        if answer is not None and not answer.active:
            self.failures.append("an acknowledged token is not active")
        request = permission.CheckRequest(token_secret=issued.secret, action="integration.create")
        answer = self.call(permissions.Check, request)
        if answer is not None and not answer.allowed:
            self.failures.append("an administrator is denied")

    def keep_calling(self, rounds_per_channel):
        while not os.path.exists(self.stop):
            with connect(self.socket) as channel:
                for _ in range(rounds_per_channel):
                    if os.path.exists(self.stop):
                        return
                    self.round(channel)


def main():
    load = Load(*sys.argv[1:])
    with connect(load.socket) as channel:
        directory_service_pb2_grpc.DirectoryServiceStub(channel).CreateOrganization(
            directory.CreateOrganizationRequest(
                organization_id=ORGANIZATION, administrator_user_id=ADMINISTRATOR
            ),
            timeout=CALL_SECONDS,
        )
    # Two keep their channel, two make new ones all the time.
    threads = [
        threading.Thread(target=load.keep_calling, args=(count,)) for count in (10**9, 10**9, 1, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connect(load.socket) as channel:
        tokens = token_service_pb2_grpc.TokenServiceStub(channel)
        for secret in load.secrets:
            request = token.ValidateTokenRequest(secret=secret)
            if not tokens.ValidateToken(request, timeout=CALL_SECONDS).active:
                load.failures.append("an acknowledged token is lost")
    if load.failures:
        print(f"FAILED upgrade without a refused call: {len(load.failures)} failures, the first is")
        print(f"    {load.failures[0]}", flush=True)
        return 1
    print(f"ok upgrade without a refused call: longest {load.longest * 1000:.0f} ms", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
