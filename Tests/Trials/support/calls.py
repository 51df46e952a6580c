"""Calls of a daemon over both of its protocols, which answer alike: a status and a message.

gRPC by a stock client; ttrpc, of which there is no stock one in Python, by the few lines that its
protocol takes.
"""

import importlib
import pathlib
import socket
import struct

import grpc
from google.protobuf import duration_pb2, field_mask_pb2, message_factory

PATIENCE = 30
REQUEST, RESPONSE, DATA = 1, 2, 3
REMOTE_CLOSED, NO_DATA = 1, 4


class Broken(Exception):
    """The connection ended before the answer: whether the call took effect is open."""


def find_methods():
    """Every method of the contract by its name: service, messages, and whether it answers a stream."""
    folder = pathlib.Path(next(iter(importlib.import_module("postern.v1").__path__)))
    methods = {}
    for file in sorted(folder.glob("*_service_pb2.py")):
        module = importlib.import_module(f"postern.v1.{file.stem}")
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                methods[method.name] = (
                    service.full_name, message_factory.GetMessageClass(method.input_type),
                    message_factory.GetMessageClass(method.output_type), method.server_streaming)
    return methods


def reason_of(details):
    """The reason of an error for programs, as its details have it; empty for none."""
    messages = importlib.import_module("google.rpc.error_details_pb2")
    for detail in details:
        if detail.Is(messages.ErrorInfo.DESCRIPTOR):
            return messages.ErrorInfo.FromString(detail.value).reason
    return ""


METHODS = find_methods()
CODES = {code.value[0]: code.name for code in grpc.StatusCode}


class GRPC:
    """One connection of its own. What is UNAVAILABLE without a reason of the daemon's is broken."""

    def __init__(self, path, patience=PATIENCE):
        self.patience = patience
        self.channel = grpc.insecure_channel(f"unix:{path}", options=[
            ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)])
        self.problem = ""  # what the daemon said of the last failure
        self.reason = ""  # the same for programs

    def close(self):
        self.channel.close()

    def call(self, method, bearer=None, **fields):
        """The name of the status, and the answer or the last one of a stream; None with an error."""
        status, answers = self.calls(method, bearer, **fields)
        return status, answers[-1] if status == "OK" and answers else None

    def calls(self, method, bearer=None, **fields):
        service, request, answer, streams = METHODS[method]
        make = self.channel.unary_stream if streams else self.channel.unary_unary
        stub = make(f"/{service}/{method}", request.SerializeToString, answer.FromString)
        metadata = (("authorization", f"Bearer {bearer}"),) if bearer else ()
        answers = []
        try:
            given = stub(request(**fields), timeout=self.patience, metadata=metadata)
            answers = []
            for one in given if streams else [given]:
                answers.append(one)
            return "OK", answers
        except grpc.RpcError as error:
            name, self.problem = error.code().name, error.details()
            own = [value for key, value in error.trailing_metadata() or ()
                   if key == "grpc-status-details-bin"]
            status = importlib.import_module("google.rpc.status_pb2").Status
            self.reason = reason_of(status.FromString(own[0]).details) if own else ""
            if name in ("UNAVAILABLE", "INTERNAL", "CANCELLED", "UNKNOWN") and not own:
                raise Broken(error.details()) from None
            return name, answers


class TTRPC:
    """One connection, one call at a time. The daemon is told the patience as the call's deadline."""

    def __init__(self, path, patience=PATIENCE):
        self.messages = importlib.import_module("containerd.ttrpc.request_pb2")
        self.socket = socket.socket(socket.AF_UNIX)
        # An answer that comes in time shall not be missed.
        self.socket.settimeout(patience + 5)
        self.patience = patience
        self.stream = -1
        self.received = b""
        self.problem = ""  # what the daemon said of the last failure
        self.reason = ""  # the same for programs
        try:
            self.socket.connect(path)
        except OSError as error:
            self.socket.close()
            raise Broken(str(error)) from None

    def close(self):
        self.socket.close()

    def call(self, method, bearer=None, **fields):
        status, answers = self.calls(method, bearer, **fields)
        return status, answers[-1] if status == "OK" and answers else None

    def calls(self, method, bearer=None, **fields):
        service, request, answer, streams = METHODS[method]
        envelope = self.messages.Request(
            service=service, method=method, payload=request(**fields).SerializeToString(),
            timeout_nano=int(self.patience * 1e9))
        if bearer:
            envelope.metadata.add(key="authorization", value=f"Bearer {bearer}")
        data = envelope.SerializeToString()
        self.stream += 2
        flags = REMOTE_CLOSED if streams else 0
        answers = []
        try:
            self.socket.sendall(struct.pack(">IIBB", len(data), self.stream, REQUEST, flags) + data)
            while True:
                kind, flags, data = self.frame()
                if kind == RESPONSE:
                    response = self.messages.Response.FromString(data)
                    if response.status.code != 0:
                        self.problem = response.status.message
                        self.reason = reason_of(response.status.details)
                    if response.status.code == 0 and not streams:
                        answers.append(answer.FromString(response.payload))
                    return CODES[response.status.code], answers
                if not flags & NO_DATA:
                    answers.append(answer.FromString(data))
                if flags & REMOTE_CLOSED:
                    return "OK", answers
        except OSError as error:
            raise Broken(str(error)) from None

    def frame(self):
        length, stream, kind, flags = struct.unpack(">IIBB", self.take(10))
        data = self.take(length)
        assert stream == self.stream, f"a frame of stream {stream}, and {self.stream} is open"
        return kind, flags, data

    def take(self, count):
        while len(self.received) < count:
            more = self.socket.recv(65536)
            if not more:
                raise Broken("closed by the daemon")
            self.received += more
        taken, self.received = self.received[:count], self.received[count:]
        return taken


def duration(seconds):
    return duration_pb2.Duration(seconds=seconds)


def mask(*paths):
    return field_mask_pb2.FieldMask(paths=paths)
