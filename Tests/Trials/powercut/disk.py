"""A disk that keeps what was synced, and of the rest whatever a power cut leaves.

A file's content and size become durable by `fsync`, `fdatasync`, or by a write through `O_DSYNC`; the
names of a folder by a sync of the folder alone, and until then in the order in which they were changed,
as file systems with a journal have it.
"""

from dataclasses import dataclass, field

REMAINDERS = ("none", "all", "some", "torn at 512", "torn at 4096", "reordered")


@dataclass
class File:
    durable: bytearray = field(default_factory=bytearray)
    # Not durable yet: `(offset, data)`, or `(None, size)`.
    pending: list = field(default_factory=list)


class Disk:
    """`believes` says of an event of the record whether its sync really was one."""

    def __init__(self, believes=lambda event: True):
        self.believes = believes
        self.names = {}  # as a running program sees them
        self.durable_names = {}
        self.pending_names = []

    def apply(self, event):
        kind, name = event.kind, event.name
        if kind == "C":
            file = File()
            self.names[name] = file
            self.pending_names.append(("set", name, file))
        elif kind == "U":
            self.names.pop(name, None)
            self.pending_names.append(("remove", name, None))
        elif kind in "RL":
            new = event.data.decode()
            file = self.names[name]
            self.names[new] = file
            self.pending_names.append(("set", new, file))
            if kind == "R":
                del self.names[name]
                self.pending_names.append(("remove", name, None))
        elif kind == "F" and name == "":
            if self.believes(event):
                change_names(self.durable_names, self.pending_names)
                self.pending_names = []
        elif name in self.names:
            self.apply_to_file(self.names[name], event)

    def apply_to_file(self, file, event):
        kind = event.kind
        if kind == "W":
            file.pending.append((event.offset, event.data))
        elif kind == "w" and file.pending:
            # What was not written after all.
            offset, data = file.pending[-1]
            file.pending[-1] = (offset, data[:max(0, event.length)])
        elif kind == "T":
            file.pending.append((None, event.length))
        elif kind == "A" and not event.flag & 1:
            # Allocated beyond the end, zeros; inside nothing changes.
            file.pending.append((event.offset + event.length, b""))
        elif kind == "S" and self.believes(event):
            offset, data = file.pending.pop()
            data = data[:max(0, event.length)]
            # What it covers was older.
            file.pending = [
                one for one in file.pending
                if one[0] is None or one[0] < offset or one[0] + len(one[1]) > offset + len(data)]
            write(file.durable, offset, data)
        elif kind == "F" and self.believes(event):
            for change in file.pending:
                write(file.durable, *change)
            file.pending = []

    def cut(self, remainder, random):
        """The files that are there after the power came back: a bytearray by name."""
        names = dict(self.durable_names)
        kept = {"none": 0, "all": len(self.pending_names)}.get(
            remainder, random.randint(0, len(self.pending_names)))
        change_names(names, self.pending_names[:kept])
        files = {}
        for name, file in names.items():
            content = bytearray(file.durable)
            for change in left(file.pending, remainder, random):
                write(content, *change)
            files[name] = content
        return files

    def now(self):
        """The files as a running program reads them."""
        files = {}
        for name, file in self.names.items():
            content = bytearray(file.durable)
            for change in file.pending:
                write(content, *change)
            files[name] = content
        return files


def change_names(names, changes):
    for what, name, file in changes:
        if what == "set":
            names[name] = file
        else:
            names.pop(name, None)


def left(pending, remainder, random):
    """The part of the unsynced writes that reached the disk, in the order in which it did."""
    if remainder == "none":
        return []
    if remainder == "all":
        return pending
    if remainder in ("some", "reordered"):
        some = [change for change in pending if random.random() < 0.5]
        if remainder == "reordered":
            random.shuffle(some)
        return some
    # Every sector for itself.
    size = int(remainder.rpartition(" ")[2])
    torn = []
    for offset, data in pending:
        if offset is None or not data:
            if random.random() < 0.5:
                torn.append((offset, data))
            continue
        begin = offset
        while begin < offset + len(data):
            end = min(begin - begin % size + size, offset + len(data))
            if random.random() < 0.5:
                torn.append((begin, data[begin - offset:end - offset]))
            begin = end
    return torn


def write(content, offset, data):
    if offset is None:
        size = data
        if size < len(content):
            del content[size:]
        else:
            content.extend(bytes(size - len(content)))
        return
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset:offset + len(data)] = data
