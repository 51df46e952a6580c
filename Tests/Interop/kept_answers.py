"""Keeps answers of Postern for exactly as long as they are true: the page of counters, read with
nothing but Python's own library. The layout and the rules are those of `postern_epochs.h`.

The order of loads is that of this text on x86-64. On other processors use the header: Python has no
way to ask for an order.
"""

import array
import mmap
import os
import socket
import struct
import time

HELLO = b"\x01epochs1"
MAGIC = 0x48434F5045545350
PAGE, START, OWNER, LEASE, CLOCK, FLOOR = 4, 5, 8, 9, 11, 16
DIED = 0x40000000
MARGIN_NANOSECONDS = 100_000_000


class Epochs:
    """The page of the daemon behind a socket. Raises OSError where it has none to give."""

    def __init__(self, path):
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(path)
            connection.sendall(HELLO)
            answer, descriptors, _, _ = socket.recv_fds(connection, 16, 1)
        after = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if not descriptors:
            raise OSError("the daemon has no page to give")
        try:
            size = os.fstat(descriptors[0]).st_size
            self.map = mmap.mmap(descriptors[0], size, mmap.MAP_SHARED, mmap.PROT_READ)
        finally:
            os.close(descriptors[0])
        self.words = memoryview(self.map).cast("Q")
        if answer[:8] != HELLO or self.words[0] != MAGIC or list(self.words[1:3]) != [1, 0]:
            raise OSError("the daemon's page is of another format")
        # In another namespace of times the end of an answer would be another.
        if not before <= struct.unpack("<q", answer[8:])[0] <= after:
            raise OSError("the daemon's clock is not the one of this process")
        self.process = os.getpid()
        self.page, self.start = self.words[PAGE], self.words[START]
        self.owner = self.words[OWNER]

    def hold(self, keep):
        """Whether an answer is still true, by its `keep`. To be asked before each use."""
        words = self.words
        # First the owner and the lease, then the counters, then the clocks.
        owner, lease = words[OWNER], words[LEASE]
        if owner != self.owner or owner == 0 or owner & DIED or keep.page != self.page:
            return False
        if os.getpid() != self.process or not keep.counters:
            return False
        if any(words[self.start + counter.index] != counter.value for counter in keep.counters):
            return False
        boot = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if lease != 2**64 - 1 and boot >= struct.unpack("q", struct.pack("Q", lease))[0]:
            return False
        if not keep.HasField("until"):
            return True
        return self.time(boot) < keep.until.ToNanoseconds() - MARGIN_NANOSECONDS

    def time(self, boot):
        """The daemon's time in nanoseconds since 1970, when CLOCK_BOOTTIME says `boot`."""
        words = [self.words[FLOOR], self.words[CLOCK]]
        floor, offset = struct.unpack("qq", array.array("Q", words))
        return max(boot + offset, floor)


class Uses:
    """Counts the uses of kept answers, for ReportUses. All counts of an item are of one day."""

    def __init__(self, epochs):
        self.epochs = epochs
        self.items = {}

    def add(self, keep):
        """Counts a use now."""
        now = self.epochs.time(time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        key = (keep.receipt, now // 86_400_000_000_000)
        count, _ = self.items.get(key, (0, 0))
        self.items[key] = (count + 1, now)

    def take(self, most=500):
        """Hands items over for a request: receipt, count, and the nanoseconds of the last use."""
        keys = list(self.items)[:most]
        return [(receipt, *self.items.pop((receipt, day))) for receipt, day in keys]
