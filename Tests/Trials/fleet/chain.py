"""The log as the database has it, looked at without a daemon: every row, entry by entry.

A row has the entries of one batch, each behind its length; an entry names the hash of the one before
it, and the hash of a row is that of its last entry. So two ends with the same hash have the same bytes
before them.
"""

import hashlib
import struct

from database import OWNER

PREVIOUS_HASH = 4  # of storage's `Entry`


def read(server):
    """Where the log ends, if all of it is whole; raises `AssertionError` where it isn't."""
    text = server.ask(
        "select first, last, encode(entries, 'hex'), encode(hash, 'hex') from postern.log"
        " order by first", OWNER)
    revision, known = 0, None
    for line in text.splitlines():
        first, last, entries, value = line.split("|")
        assert int(first) == revision + 1, f"a row from {first} on, behind revision {revision}"
        for entry in split(bytes.fromhex(entries)):
            revision += 1
            assert known is None or field(entry, PREVIOUS_HASH) == known, (
                f"revision {revision} does not continue the one before it")
            known = hashlib.sha256(entry).digest()
        assert revision == int(last), f"the row up to {last} ends at {revision}"
        assert known.hex() == value, f"the row up to {last} has another hash than its entries"
    return revision, known


def demand_sealed(server, word):
    """Checks that a word, which is in most entries, is in no row."""
    text = server.ask("select encode(entries, 'hex') from postern.log", OWNER)
    assert text and not any(word in bytes.fromhex(line) for line in text.splitlines()), (
        "a row of a sealed log can be read")


def split(data):
    while data:
        length = struct.unpack_from("<I", data)[0]
        yield data[4:4 + length]
        data = data[4 + length:]


def field(message, wanted):
    """The bytes of a field of a protobuf message; None if it has none."""
    place = 0
    while place < len(message):
        key, place = varint(message, place)
        kind = key & 7
        if kind == 0:
            _, place = varint(message, place)
        elif kind == 2:
            length, place = varint(message, place)
            if key >> 3 == wanted:
                return message[place:place + length]
            place += length
        else:
            place += 8 if kind == 1 else 4
    return None


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
