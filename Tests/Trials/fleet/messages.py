"""The messages of PostgreSQL's protocol 3, told apart without understanding them.

A message is a letter, a length that counts itself, and a body; only the first ones of a client have
no letter, and the answer to its wish for TLS is a bare letter.
"""

import struct

TLS, GSS, CANCEL = 80877103, 80877104, 80877102


class Frontend:
    """What a client sends. `take` gives the next whole message: its letter and all its bytes."""

    def __init__(self):
        self.bytes = b""
        self.has_started = False

    def feed(self, more):
        self.bytes += more

    def take(self):
        if not self.has_started:
            return self.take_first()
        if len(self.bytes) < 5:
            return None
        length = 1 + struct.unpack_from(">I", self.bytes, 1)[0]
        if len(self.bytes) < length:
            return None
        message, self.bytes = self.bytes[:length], self.bytes[length:]
        return chr(message[0]), message

    def take_first(self):
        if len(self.bytes) < 8:
            return None
        length, code = struct.unpack_from(">II", self.bytes)
        if len(self.bytes) < length:
            return None
        message, self.bytes = self.bytes[:length], self.bytes[length:]
        if code in (TLS, GSS):
            return "tls", message
        self.has_started = True
        return "cancel" if code == CANCEL else "start", message


class Backend:
    """The bytes that a server sends; `bare` many letters without a body come next."""

    def __init__(self):
        self.bytes = b""
        self.bare = 0

    def feed(self, more):
        self.bytes += more

    def take(self):
        if self.bare and self.bytes:
            self.bare -= 1
            message, self.bytes = self.bytes[:1], self.bytes[1:]
            return "tls", message
        if len(self.bytes) < 5:
            return None
        length = 1 + struct.unpack_from(">I", self.bytes, 1)[0]
        if len(self.bytes) < length:
            return None
        message, self.bytes = self.bytes[:length], self.bytes[length:]
        return chr(message[0]), message


# What a statement is for, by what stands in its text; the first that fits.
PURPOSES = (
    ("append", ("postern.append(",)),
    ("join", ("insert into postern.member",)),
    ("renew", ("update postern.member",)),
    ("leave", ("delete from postern.member",)),
    ("turn", ("update postern.fleet", "set turns = ")),
    ("poll", ("select", "postern.log")),
    ("members", ("select", "postern.member")),
)


def purpose(letter, message):
    """What a statement is for that begins with this message; None if it begins none."""
    if letter == "P":
        text = message[5:].split(b"\0")[1]
    elif letter == "Q":
        text = message[5:]
    else:
        return None
    text = " ".join(text.decode("utf-8", "replace").lower().split())
    for name, words in PURPOSES:
        if all(word in text for word in words):
            return name
    return "other"
