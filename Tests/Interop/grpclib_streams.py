"""grpclib's streams, on another HTTP/2 stack: `grpclib_streams.py POSTERND`."""

import sys

import reflection_grpc
import reflection_pb2
from grpclib.health.v1 import health_pb2
from postern.v1 import token_service_pb2 as token

import grpclib_client
import streams
from scenario import CALL_SECONDS, equal

STATUS = health_pb2.HealthCheckResponse.ServingStatus


class Call:
    def __init__(self, adapter, method, request, timeout, convert=lambda message: message):
        self.adapter = adapter
        self.convert = convert
        self.stream = adapter.wait(self.open(method, request, timeout))

    async def open(self, method, request, timeout):
        self.context = method.open(timeout=timeout)
        stream = await self.context.__aenter__()
        await stream.send_message(request, end=True)
        return stream

    async def receive(self):
        message = await self.stream.recv_message()
        if message is None:
            await self.stream.recv_trailing_metadata()
        return message

    def next(self):
        message = self.adapter.wait(self.receive())
        return None if message is None else self.convert(message)

    def cancel(self):
        self.adapter.wait(self.stream.cancel())


class Adapter(grpclib_client.Adapter):
    # It ends every call on a connection at the first GOAWAY, whatever that says.
    stays_after_goaway = False

    def watch(self, service, timeout=6 * CALL_SECONDS):
        request = health_pb2.HealthCheckRequest(service=service)
        return Call(
            self, self.health_stub.Watch, request, timeout,
            lambda response: STATUS.Name(response.status),
        )

    def revoke_tokens(self, request):
        return Call(self, self.stubs["TokenService"].RevokeTokens, request, 6 * CALL_SECONDS)


class Reflection:
    def __init__(self, adapter):
        self.adapter = adapter

    def converse(self):
        self.adapter.wait(self.talk())

    async def talk(self):
        stub = reflection_grpc.ServerReflectionStub(self.adapter.channel)
        async with stub.ServerReflectionInfo.open(timeout=6 * CALL_SECONDS) as stream:
            for symbol in ("postern.v1.TokenService", "grpc.health.v1.Health", "no.such.Symbol"):
                request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
                await stream.send_message(request)
                answer = await stream.recv_message()
                equal(answer.original_request, request, "original_request")
                kind = "error_response" if symbol.startswith("no.") else "file_descriptor_response"
                equal(answer.WhichOneof("message_response"), kind, symbol)
                # Another call while the conversation is open.
                other = token.ValidateTokenRequest(secret="pst_u_x")
                method = self.adapter.stubs["TokenService"].ValidateToken
                equal((await method(other, timeout=CALL_SECONDS)).active, False, "active")
            await stream.end()
            equal(await stream.recv_message(), None, "the message after the last answer")


def main():
    return streams.run(
        "grpclib", sys.argv[1], Adapter, lambda adapter: (Reflection(adapter).converse,)
    )


if __name__ == "__main__":
    sys.exit(main())
