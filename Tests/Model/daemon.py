"""A daemon in a folder of its own, and calls of it by grpcio."""

import os
import shutil
import signal
import subprocess
import tempfile
import time

import grpc
from google.protobuf import duration_pb2, field_mask_pb2
from postern.v1 import (
    admin_service_pb2,
    admin_service_pb2_grpc,
    directory_service_pb2,
    directory_service_pb2_grpc,
    permission_service_pb2,
    permission_service_pb2_grpc,
    token_service_pb2,
    token_service_pb2_grpc,
)

PATIENCE = 20
pb = {
    "Admin": (admin_service_pb2, admin_service_pb2_grpc.AdminServiceStub),
    "Directory": (directory_service_pb2, directory_service_pb2_grpc.DirectoryServiceStub),
    "Permission": (permission_service_pb2, permission_service_pb2_grpc.PermissionServiceStub),
    "Token": (token_service_pb2, token_service_pb2_grpc.TokenServiceStub),
}


class Daemon:
    def __init__(self, program):
        self.program = program
        # Short: the path of a socket may have 107 bytes.
        self.folder = tempfile.mkdtemp(prefix="postern-model.")
        self.socket = f"{self.folder}/socket"
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "--socket", self.socket, "--data", f"{self.folder}/data",
             "--log-level", "error"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + PATIENCE
        while True:
            self.channel = grpc.insecure_channel(f"unix:{self.socket}")
            self.stubs = {name: stub(self.channel) for name, (_, stub) in pb.items()}
            if self.call("Admin", "GetStatus")[0] == "OK":
                return
            self.channel.close()
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(f"the daemon does not serve: {self.process.poll()}")
            time.sleep(0.01)

    def restart(self, how):
        self.channel.close()
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        expected = 0 if how == signal.SIGTERM else -how
        assert code == expected, f"the daemon ended with {code}"
        self.start()

    def close(self):
        self.channel.close()
        self.process.kill()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder)

    def call(self, service, method, bearer=None, **fields):
        """The name of the status, and the answer or the last one of a stream; None with an error."""
        request = getattr(pb[service][0], f"{method}Request")(**fields)
        metadata = (("authorization", f"Bearer {bearer}"),) if bearer else ()
        try:
            answer = getattr(self.stubs[service], method)(
                request, timeout=PATIENCE, metadata=metadata)
            if method == "RevokeTokens":
                *_, answer = answer
            return "OK", answer
        except grpc.RpcError as error:
            return error.code().name, None


def duration(seconds):
    return duration_pb2.Duration(seconds=seconds)


def mask(*paths):
    return field_mask_pb2.FieldMask(paths=paths)
