"""grpclib, a client on its own HTTP/2 stack (h2) and asyncio: `grpclib_client.py SOCKET`."""

import asyncio
import sys

from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.exceptions import GRPCError, StreamTerminatedError
from grpclib.health.v1 import health_grpc, health_pb2
from postern.v1 import (
    directory_service_grpc,
    permission_service_grpc,
    token_service_grpc,
)

from scenario import CALL_SECONDS, CallError, Scenario


class Bytes:
    """A message that is its own encoding, for calls past the generated code."""

    def __init__(self, encoded=b""):
        self.encoded = encoded

    def SerializeToString(self):
        return self.encoded

    @classmethod
    def FromString(cls, encoded):
        return cls(encoded)


def metadata(bearer):
    return {"authorization": f"Bearer {bearer}"} if bearer else None


class Adapter:
    def __init__(self, path):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.channel = self.wait(self.connect(path))
        self.health_stub = health_grpc.HealthStub(self.channel)
        self.stubs = {
            "DirectoryService": directory_service_grpc.DirectoryServiceStub(self.channel),
            "PermissionService": permission_service_grpc.PermissionServiceStub(self.channel),
            "TokenService": token_service_grpc.TokenServiceStub(self.channel),
        }

    async def connect(self, path):
        return Channel(path=path)

    def wait(self, awaitable):
        async def bounded():
            return await asyncio.wait_for(awaitable, timeout=3 * CALL_SECONDS)

        try:
            return self.loop.run_until_complete(bounded())
        except GRPCError as error:
            raise CallError(error.status.name, error.message, error.details) from None
        except asyncio.TimeoutError:
            raise CallError("DEADLINE_EXCEEDED", "the client gave up") from None
        except StreamTerminatedError as error:
            raise CallError("TERMINATED", str(error)) from None

    def unary(self, service, method, request, *, timeout, bearer=None):
        call = getattr(self.stubs[service], method)
        return self.wait(call(request, timeout=timeout, metadata=metadata(bearer)))

    def concurrent(self, service, method, requests, *, timeout):
        call = getattr(self.stubs[service], method)

        async def together():
            return await asyncio.gather(*(call(each, timeout=timeout) for each in requests))

        return self.wait(together())

    def raw(self, path, body):
        call = UnaryUnaryMethod(self.channel, path, Bytes, Bytes)
        return self.wait(call(Bytes(body), timeout=CALL_SECONDS))

    def health(self, service):
        request = health_pb2.HealthCheckRequest(service=service)
        response = self.wait(self.health_stub.Check(request, timeout=CALL_SECONDS))
        return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)

    def close(self):
        self.channel.close()
        self.loop.close()


def main():
    adapter = Adapter(sys.argv[1])
    try:
        return Scenario("grpclib", adapter).run()
    finally:
        adapter.close()


if __name__ == "__main__":
    sys.exit(main())
