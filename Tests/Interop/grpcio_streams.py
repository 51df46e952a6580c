"""grpcio's streams, its health service's and reflection's clients: `grpcio_streams.py POSTERND`."""

import queue
import sys

import grpc
import reflection_pb2
import reflection_pb2_grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2 as alpha
from grpc_reflection.v1alpha import reflection_pb2_grpc as alpha_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

import grpcio_client
import streams
from scenario import CALL_SECONDS, equal, holds

STATUS = health_pb2.HealthCheckResponse.ServingStatus


class Call:
    def __init__(self, call, convert=lambda message: message):
        self.call = call
        self.convert = convert

    def next(self):
        try:
            return self.convert(next(self.call))
        except StopIteration:
            return None
        except grpc.RpcError as error:
            raise grpcio_client.call_error(error) from None

    def cancel(self):
        self.call.cancel()
        equal(self.call.code(), grpc.StatusCode.CANCELLED, "the code")


class Adapter(grpcio_client.Adapter):
    stays_after_goaway = True

    def __init__(self, socket):
        super().__init__(grpc.insecure_channel(f"unix:{socket}"))

    def watch(self, service, timeout=6 * CALL_SECONDS):
        request = health_pb2.HealthCheckRequest(service=service)
        call = self.health_stub.Watch(request, timeout=timeout)
        return Call(call, lambda response: STATUS.Name(response.status))

    def revoke_tokens(self, request):
        return Call(self.stubs["TokenService"].RevokeTokens(request, timeout=6 * CALL_SECONDS))

    def close(self):
        self.channel.close()


class Reflection:
    """Both versions. Each step's name is its title."""

    def __init__(self, adapter):
        self.channel = adapter.channel

    def steps(self):
        return (
            self.describe_everything,
            self.name_the_values_of_enums,
            self.decode_an_error_without_stubs,
            self.agree_with_the_libraries,
            self.converse,
            self.converse_in_the_older_version,
        )

    def describe_everything(self):
        """By grpcio's own client, which speaks v1alpha: every service, method and field."""
        database = ProtoReflectionDescriptorDatabase(self.channel)
        pool = descriptor_pool.DescriptorPool(database)
        names = set(database.get_services())
        for name in ("postern.v1.TokenService", "grpc.health.v1.Health",
                     "grpc.reflection.v1.ServerReflection", "envoy.service.auth.v3.Authorization"):
            holds(name in names, f"{name} isn't listed")
        methods = 0
        for name in names:
            service = pool.FindServiceByName(name)
            holds(service.methods, f"{name} has no methods")
            for method in service.methods:
                methods += 1
                for message in (method.input_type, method.output_type):
                    self.describe(message, set())
        holds(methods > 40, f"there are {methods} methods")
        revoke = pool.FindServiceByName("postern.v1.TokenService").FindMethodByName("RevokeTokens")
        equal((revoke.client_streaming, revoke.server_streaming), (False, True), "RevokeTokens")
        get = pool.FindServiceByName("postern.v1.TokenService").FindMethodByName("GetToken")
        without_side_effects = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
        equal(get.GetOptions().idempotency_level, without_side_effects, "GetToken")
        equal(get.containing_service.file.GetOptions().ruby_package, "Postern::V1", "ruby_package")

    def name_the_values_of_enums(self):
        database = ProtoReflectionDescriptorDatabase(self.channel)
        file = database.FindFileContainingSymbol("postern.v1.TOKEN_KIND_USER")
        equal(file.name, "postern/v1/token.proto", "the file of a value")

    def decode_an_error_without_stubs(self):
        """As a generic client does, which knows reflection and nothing else."""
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        method = pool.FindServiceByName("postern.v1.TokenService").FindMethodByName("IssueToken")
        request = message_factory.GetMessageClass(method.input_type)(organization_id="not valid")
        call = self.channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
        )
        try:
            call(request, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            trailers = {item.key: item.value for item in error.trailing_metadata()}
        else:
            raise AssertionError("OK for an organization that is not valid")
        kind = lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
        status = kind("google.rpc.Status").FromString(trailers["grpc-status-details-bin"])
        details = {}
        for item in status.details:
            name = item.type_url.rpartition("/")[2]
            details[name] = kind(name).FromString(item.value)
        info = details["google.rpc.ErrorInfo"]
        equal((info.domain, info.reason), ("postern", "INVALID_FIELD"), "the ErrorInfo")
        violation = details["google.rpc.BadRequest"].field_violations[0]
        equal(violation.field, "organization_id", "the field")
        holds(kind("google.rpc.RetryInfo")().DESCRIPTOR.fields, "RetryInfo has no fields")

    def agree_with_the_libraries(self):
        """What is served as `google.rpc` is what the library has, so both fit into one pool."""
        database = ProtoReflectionDescriptorDatabase(self.channel)
        for library in (status_pb2, error_details_pb2):
            name = library.DESCRIPTOR.name
            served = database.FindFileByName(name).SerializeToString()
            equal(served, library.DESCRIPTOR.serialized_pb, name)
            descriptor_pool.Default().AddSerializedFile(served)

    def describe(self, message, seen):
        if message.full_name in seen:
            return
        seen.add(message.full_name)
        for field in message.fields:
            holds(field.name, f"a field of {message.full_name} has no name")
            if field.message_type:
                self.describe(field.message_type, seen)

    def converse(self):
        self.talk(reflection_pb2, reflection_pb2_grpc.ServerReflectionStub(self.channel))

    def converse_in_the_older_version(self):
        self.talk(alpha, alpha_grpc.ServerReflectionStub(self.channel))

    def talk(self, version, stub):
        """One question after the answer to the one before, and other calls in between."""
        questions = queue.SimpleQueue()
        answers = stub.ServerReflectionInfo(iter(questions.get, None), timeout=6 * CALL_SECONDS)

        def ask(**question):
            request = version.ServerReflectionRequest(host="here", **question)
            questions.put(request)
            answer = next(answers)
            equal(answer.original_request, request, "original_request")
            equal(answer.valid_host, "here", "valid_host")
            return answer

        listed = ask(list_services="").list_services_response.service
        for service in listed:
            answer = ask(file_containing_symbol=service.name)
            equal(answer.WhichOneof("message_response"), "file_descriptor_response", service.name)
        again = version.ServerReflectionRequest(list_services="")
        other = next(stub.ServerReflectionInfo(iter([again]), timeout=CALL_SECONDS))
        equal(other.list_services_response.service, listed, "the list on another stream")
        equal(ask(file_by_filename="no.proto").error_response.error_code, 5, "error_code")
        questions.put(None)
        holds(next(answers, None) is None, "a message after the last answer")
        equal(answers.code(), grpc.StatusCode.OK, "the code")


def main():
    further = lambda adapter: Reflection(adapter).steps()
    return streams.run("grpcio", sys.argv[1], Adapter, further)


if __name__ == "__main__":
    sys.exit(main())
