"""grpcio, the Python binding of gRPC's own C core: `grpcio_client.py SOCKET [NAME]`."""

import importlib
import pathlib
import sys

import grpc
import postern
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from postern.v1 import (
    directory_service_pb2_grpc,
    permission_service_pb2_grpc,
    token_service_pb2_grpc,
)

from scenario import CALL_SECONDS, CallError, Scenario


def call_error(error):
    details = []
    # Raises if `grpc-status-details-bin` and `grpc-status` differ.
    status = rpc_status.from_call(error)
    for item in status.details if status else ():
        info = error_details_pb2.ErrorInfo()
        details.append(info if item.Unpack(info) else item)
    return CallError(error.code().name, error.details(), details)


def metadata(bearer):
    return (("authorization", f"Bearer {bearer}"),) if bearer else ()


class Adapter:
    def __init__(self, channel):
        self.channel = channel
        self.health_stub = health_pb2_grpc.HealthStub(channel)
        self.stubs = {
            "DirectoryService": directory_service_pb2_grpc.DirectoryServiceStub(channel),
            "PermissionService": permission_service_pb2_grpc.PermissionServiceStub(channel),
            "TokenService": token_service_pb2_grpc.TokenServiceStub(channel),
        }

    def unary(self, service, method, request, *, timeout, bearer=None):
        call = getattr(self.stubs[service], method)
        try:
            return call(request, timeout=timeout, metadata=metadata(bearer))
        except grpc.RpcError as error:
            raise call_error(error) from None

    def concurrent(self, service, method, requests, *, timeout):
        call = getattr(self.stubs[service], method)
        futures = [call.future(request, timeout=timeout) for request in requests]
        try:
            return [future.result() for future in futures]
        except grpc.RpcError as error:
            raise call_error(error) from None

    def raw(self, path, body):
        call = self.channel.unary_unary(path)
        try:
            return call(body, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            raise call_error(error) from None

    def health(self, service):
        request = health_pb2.HealthCheckRequest(service=service)
        try:
            response = self.health_stub.Check(request, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            raise call_error(error) from None
        return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)


def load_all_of_the_contract():
    """Every module that is made of proto/, beside the libraries' own: they must not collide."""
    folder = pathlib.Path(list(postern.__path__)[0]).parent
    for file in folder.glob("**/*_pb2*.py"):
        importlib.import_module(".".join(file.relative_to(folder).with_suffix("").parts))


def main():
    load_all_of_the_contract()
    name = sys.argv[2] if len(sys.argv) > 2 else "grpcio"
    with grpc.insecure_channel(f"unix:{sys.argv[1]}") as channel:
        return Scenario(name, Adapter(channel)).run()


if __name__ == "__main__":
    sys.exit(main())
