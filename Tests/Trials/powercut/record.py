"""The record of a run: what was done to files, and which revision had been answered."""

import struct
from dataclasses import dataclass

HEADER = struct.Struct("<BBHIqqQ")


@dataclass
class Event:
    kind: str
    flag: int
    name: str
    number: int  # of the connection, for what is sent
    offset: int
    length: int
    data: bytes


def read(path):
    """The events of a record, with short sends cut to what was sent."""
    with open(path, "rb") as file:
        content = file.read()
    events, at = [], 0
    while at < len(content):
        kind, flag, name_length, number, offset, length, data_length = HEADER.unpack_from(content, at)
        at += HEADER.size
        name = content[at:at + name_length].decode()
        at += name_length
        events.append(Event(chr(kind), flag, name, number, offset, length,
                            content[at:at + data_length]))
        at += data_length
    open_sends = {}
    for event in events:
        if event.kind == "M":
            open_sends[event.number] = event
        elif event.kind == "m":
            begun = open_sends.pop(event.number)
            begun.data = begun.data[:max(0, event.length)]
    return events


def told_revisions(events):
    """For each event, the greatest revision of any answer that was sent before it."""
    streams, told, greatest = {}, [], 0
    for event in events:
        told.append(greatest)
        if event.kind == "B":
            # Another process, whose connections are counted anew.
            streams = {}
        elif event.kind == "M":
            stream = streams.setdefault(event.number, Answers())
            greatest = max([greatest, *stream.revisions(event.data)])
    return told + [greatest]


class Answers:
    """The answers on one connection, of either protocol."""

    def __init__(self):
        self.bytes, self.is_http2, self.bodies = b"", None, {}

    def revisions(self, data):
        self.bytes += data
        while (frame := self.frame()) is not None:
            message = self.message(*frame)
            if message is not None:
                revision = field(message, 15)
                if revision is not None:
                    yield revision

    def frame(self):
        have = self.bytes
        if len(have) < 10:
            return None
        if self.is_http2 is None:
            self.is_http2 = have[3] == 4 and not any(have[5:9])
        if self.is_http2:
            length, kind, stream = int.from_bytes(have[:3]), have[3], int.from_bytes(have[5:9])
            start = 9
        else:
            length, stream, kind, _ = struct.unpack_from(">IIBB", have)
            start = 10
        if len(have) < start + length:
            return None
        self.bytes = have[start + length:]
        return kind, stream, have[start:start + length]

    def message(self, kind, stream, payload):
        if not self.is_http2:
            return field(payload, 2) if kind == 2 else payload
        if kind != 0:
            return None
        body = self.bodies.get(stream, b"") + payload
        if len(body) < 5 or len(body) < 5 + int.from_bytes(body[1:5]):
            self.bodies[stream] = body
            return None
        length = int.from_bytes(body[1:5])
        self.bodies[stream] = body[5 + length:]
        return body[5:5 + length]


def field(message, wanted):
    """The last value of a field of an encoded message; None without one."""
    at, found = 0, None

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value
    while at < len(message):
        key = varint()
        number, wire = key >> 3, key & 7
        if wire == 0:
            value = varint()
        elif wire == 2:
            length = varint()
            value = message[at:at + length]
            at += length
        else:
            length = 8 if wire == 1 else 4
            value = message[at:at + length]
            at += length
        if number == wanted:
            found = value
    return found
