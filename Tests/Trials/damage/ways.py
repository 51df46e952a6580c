"""Ways to damage a file. Each takes its bytes, its live pages, its past and a random generator, and
says what it did."""

import struct

import pages
from pages import PAGE

def flip(content, place, draw, bits=1):
    for _ in range(bits):
        content[place] ^= 1 << draw.randrange(8)
        place += draw.randrange(1, 9)
        if place >= len(content):
            return


def bit(content, store, _, draw):
    page = draw.choice(store.of())
    flip(content, page * PAGE + draw.randrange(PAGE), draw)
    return f"a bit of page {page}, {store.pages[page]}"


def row_bits(content, store, _, draw):
    table = draw.choice(("tokens", "tokens", "users", "team_members", "writers", "teams"))
    key, (_, value, size) = draw.choice(sorted(store.rows[table].items()))
    place = value - len(key) + draw.randrange(len(key) + min(size, 80))
    flip(content, place, draw, draw.choice((1, 1, 2, 5)))
    return f"bits of the row {key!r} of {table}"


def some_bytes(content, store, _, draw):
    page = draw.choice(store.of())
    place = page * PAGE + draw.randrange(PAGE - 16)
    content[place:place + 16] = draw.randbytes(16)
    return f"bytes of page {page}, {store.pages[page]}"


def zeros(content, store, _, draw):
    page, size = draw.choice(store.of()), draw.choice((512, PAGE))
    place = page * PAGE + draw.randrange(PAGE // size) * size
    content[place:place + size] = bytes(size)
    return f"{size} zeros in page {page}, {store.pages[page]}"


def swapped(content, store, _, draw):
    one, other = draw.sample(store.of(*draw.choice(([], ["tokens"], ["users", "tokens"]))), 2)
    first, second = (bytes(content[page * PAGE:(page + 1) * PAGE]) for page in (one, other))
    content[one * PAGE:(one + 1) * PAGE] = second
    content[other * PAGE:(other + 1) * PAGE] = first
    return f"pages {one} {store.pages[one]} and {other} {store.pages[other]} swapped"


def old_page(content, store, _, draw):
    pairs = store.old(draw.choice(("tokens", "users")))
    if not pairs:
        return swapped(content, store, None, draw)
    page, old = draw.choice(pairs)
    content[page * PAGE:(page + 1) * PAGE] = content[old * PAGE:(old + 1) * PAGE]
    return f"the old page {old} over {page}, {store.pages[page]}"


def cut(content, _, __, draw):
    length = draw.choice((0, 1, 4095, 8192, draw.randrange(len(content)),
                          draw.randrange(len(content) // PAGE) * PAGE))
    del content[length:]
    return f"cut off at {length}"


def header(content, store, _, draw):
    page = draw.choice(store.of())
    if draw.random() < 0.5:
        flip(content, page * PAGE + draw.randrange(pages.HEADER), draw)
    else:
        content[page * PAGE:page * PAGE + pages.HEADER] = draw.randbytes(pages.HEADER)
    return f"the header of page {page}, {store.pages[page]}"


def node(content, store, _, draw):
    """A bit of where an entry lies, of its header, or of which page is below."""
    page = draw.choice([page for page in store.of()
                        if store.pages[page][1] in ("branch", "leaf")])
    nodes = store.nodes(page)
    one = draw.randrange(len(nodes))
    if draw.random() < 0.4:
        place = page * PAGE + pages.HEADER + 2 * one + draw.randrange(2)
    else:
        place = nodes[one].start + draw.randrange(8)
    flip(content, place, draw)
    return f"an entry's header in page {page}, {store.pages[page]}"


def root(content, store, _, draw):
    """A bit of the record of a table: its depth, its count, its root."""
    page = [page for page in store.of("names")][0]
    one = draw.choice(store.nodes(page))
    flip(content, one.value + draw.randrange(48), draw)
    return f"the record of the table {one.key!r}"


def meta(content, store, _, draw):
    page = draw.choice((store.meta, store.meta, 1 - store.meta))
    place = page * PAGE + draw.randrange(pages.META_BYTES)
    if draw.random() < 0.7:
        flip(content, place, draw)
    else:
        content[place:place + 8] = draw.randbytes(8)
    return f"the meta page {page}{', which counts' if page == store.meta else ''}"


def stale(content, store, past, draw):
    """Undoes a write, as if it was lost: a page gets its content of some commits ago."""
    table = draw.choice(("tokens", "users", "team_members", "writers"))
    found = []
    for file in past.files:
        for page in store.of(table):
            old = file[page * PAGE:(page + 1) * PAGE]
            if len(old) == PAGE and old != content[page * PAGE:(page + 1) * PAGE] \
                    and struct.unpack_from("<QHH", old)[0::2] == (page, pages.LEAF):
                found.append((page, old))
    if not found:
        return old_page(content, store, past, draw)
    page, old = draw.choice(found)
    content[page * PAGE:(page + 1) * PAGE] = old
    return f"a lost write of page {page}, {store.pages[page]}"


WAYS = {
    "bit": bit, "bits of rows": row_bits, "bytes": some_bytes, "zeros": zeros, "swapped": swapped,
    "old page": old_page, "cut": cut, "header": header, "entry": node, "root": root, "meta": meta,
    "lost write": stale}


def planted(content, store, _, __):
    """Makes each revoked token active, with the checksum that its row then has to have."""
    count = 0
    for key, (_, value, size) in store.rows["tokens"].items():
        if content[value + 1] & 1:
            content[value + 1] ^= 1
            row = bytes(content[value:value + size - 4])
            struct.pack_into("<I", content, value + size - 4, pages.crc32c(key + row))
            count += 1
    return f"{count} revoked tokens rewritten"
