"""The kinds of the pages of a store, read from the bytes of its file.

Only what the trial needs of LMDB's format: pages of 4,096 bytes that begin with their number and say
what they are, and two meta pages, of which that with the later commit counts.
"""

import struct

PAGE = 4096
BRANCH, LEAF, OVERFLOW = 1, 2, 4
BIG, TREE = 1, 2
HEADER, META_BYTES = 16, 152
TABLES = (
    "log", "meta", "organizations", "users", "teams", "team_members", "user_teams", "resources",
    "writers", "principal_resources", "tokens", "owner_tokens", "org_token_names", "token_ends",
    "counts", "usage", "token_usage", "keys")


class Node:
    """An entry of a page: where it begins, its key, and where its value lies."""

    def __init__(self, content, page, index):
        offset = struct.unpack_from("<H", content, page * PAGE + HEADER + 2 * index)[0]
        self.start = page * PAGE + offset
        low, high, self.flags, size = struct.unpack_from("<4H", content, self.start)
        self.page = low | high << 16 | self.flags << 32  # of a branch
        self.value_bytes = low | high << 16  # of a leaf
        self.key = bytes(content[self.start + 8:self.start + 8 + size])
        self.value = self.start + 8 + size


class Store:
    """The live pages of a file: `pages` has the table and the kind of each page in use."""

    def __init__(self, content):
        self.content = content
        self.count = len(content) // PAGE
        self.pages = {0: ("", "meta page"), 1: ("", "meta page")}
        self.meta = max((0, 1), key=lambda page: struct.unpack_from(
            "<Q", content, page * PAGE + HEADER + 24 + 96 + 8)[0])
        base = self.meta * PAGE + HEADER + 24
        self.last = struct.unpack_from("<Q", content, base + 96)[0]
        self.rows = {}
        roots = {}
        self.walk("names", struct.unpack_from("<Q", content, base + 48 + 40)[0], roots)
        self.walk("free", struct.unpack_from("<Q", content, base + 40)[0], {})
        for name, (_, value, _) in roots.items():
            rows = {}
            self.walk(name.decode(), struct.unpack_from("<Q", content, value + 40)[0], rows)
            self.rows[name.decode()] = rows

    def flags(self, page):
        return struct.unpack_from("<H", self.content, page * PAGE + 10)[0]

    def nodes(self, page):
        lower = struct.unpack_from("<H", self.content, page * PAGE + 12)[0]
        return [Node(self.content, page, index) for index in range((lower - HEADER) // 2)]

    def walk(self, table, page, rows):
        """Notes each page below, and in `rows` where each value lies, its size left out if big."""
        if page == 2**64 - 1:
            return
        if self.flags(page) & BRANCH:
            self.pages[page] = (table, "branch")
            for node in self.nodes(page):
                self.walk(table, node.page, rows)
            return
        assert self.flags(page) & LEAF, f"page {page} of {table} is none"
        self.pages[page] = (table, "leaf")
        for node in self.nodes(page):
            if node.flags & BIG:
                first = struct.unpack_from("<Q", self.content, node.value)[0]
                count = struct.unpack_from("<I", self.content, first * PAGE + 12)[0]
                for further in range(first, first + count):
                    self.pages[further] = (table, "overflow")
            else:
                rows[node.key] = (page, node.value, node.value_bytes)

    def of(self, *tables):
        """The live pages of these tables; of all without any."""
        return sorted(page for page, (table, _) in self.pages.items()
                      if page > 1 and (not tables or table in tables))

    def old(self, table):
        """Pairs of a live leaf and a page that is free, whose entries have the same keys in part."""
        live = [page for page in self.of(table) if self.pages[page][1] == "leaf"]
        keys = {page: {node.key for node in self.nodes(page)} for page in live}
        found = []
        for page in range(2, min(self.count, self.last + 1)):
            if page in self.pages or self.flags(page) != LEAF:
                continue
            try:
                there = {node.key for node in self.nodes(page)}
            except struct.error:
                continue
            found += [(one, page) for one in live if len(there & keys[one]) > 2]
        return found


def crc32c(data):
    """The CRC-32C (RFC 3720) of bytes."""
    register = 0xffffffff
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82f63b78 if register & 1 else 0)
    return register ^ 0xffffffff
