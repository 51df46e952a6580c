"""Histories of a fleet that break one rule each, and some that only seem to."""

from checker import Call
from history import (
    ABSENT, Entry, FleetCall, Thing, commands_contradict, fleet_token, log_contradicts, newest_missed)
from things import user

LEASE = 3


def query(revision, invoked, host="b", **more):
    return FleetCall("validate", "a", True, invoked, invoked + 0.01, revision, host=host, **more)


def command(revision, invoked, returned, host="a", **more):
    return FleetCall("revoke", None, "OK", invoked, returned, revision, host=host, is_command=True,
                     **more)


# Which rule is broken, and by what.
MISSED = [
    ("a host went back", [query(7, 1), query(6, 1.02)]),
    ("a host went back", [command(7, 0, 1, host="b"), query(6, 1.5)]),
    ("older than the lease", [command(7, 0, 1), query(6, 4.2)]),
    ("older than the lease", [query(7, 1, host="c"), query(6, 4.2)]),
    ("from before what every host obeys", [command(7, 0, 1, waits=True), query(6, 1.001)]),
    ("a command at an old end of the log", [command(7, 0, 1), command(6, 1.1, 2, host="b")]),
    ("a command at an old end of the log", [query(7, 0, host="c"), command(6, 0.1, 1, host="b")]),
    ("at_least_revision is not kept", [query(6, 0, at_least=7)]),
]
KEPT = [
    ("within the lease", [command(7, 0, 1), query(6, 3.9)]),
    ("a query beside another on its host", [query(7, 1), query(6, 1.005)]),
    ("begun before the fleet obeyed", [command(7, 0, 1, waits=True), query(6, 0.999)]),
    ("two commands at once", [command(7, 0, 1), command(6, 0.9, 2, host="b")]),
    ("no answer came", [FleetCall("revoke", None, None, 0, host="b"), command(6, 1, 2)]),
]


def of_log(entries, commands=(), queries=(), name="token"):
    thing = (Thing("token", name, fleet_token, ABSENT) if name == "token"
             else Thing("user", name, user, (False, False, False)))
    thing.commands, thing.queries = list(commands), list(queries)
    return thing, [Entry(*entry) for entry in entries]


def done(operation, argument, revision, result="OK"):
    return FleetCall(operation, argument, result, revision, revision + 0.5, revision, is_command=True)


ISSUED = done("issue", "a", 5)
ROTATED = done("rotate", (False, "b"), 7)
LOG = [
    ("an acknowledged revoke is lost", *of_log([(5, "issue")], [ISSUED, done("revoke", None, 6)])),
    ("an acknowledged issue is lost", *of_log([], [ISSUED])),
    ("a revoke without an answer is there twice", *of_log(
        [(5, "issue"), (6, "rotate", False), (8, "rotate", False)],
        [ISSUED, done("rotate", (False, "c"), 0, None)])),
    ("an acknowledged rotation is there twice", *of_log(
        [(5, "issue"), (7, "rotate", False), (8, "rotate", False)], [ISSUED, ROTATED])),
    ("a change that was refused is there", *of_log([(5, "issue"), (6, "revoke")], [ISSUED])),
    ("two issues of one name", *of_log(
        [(5, "issue"), (6, "issue")], [ISSUED, done("issue", "z", 6)])),
    ("an answer that is not of its revision", *of_log(
        [(5, "issue"), (7, "rotate", False)], [ISSUED, ROTATED],
        [FleetCall("validate", "a", True, 9, 9.1, 8)])),
    ("good before it was issued", *of_log(
        [(5, "issue")], [ISSUED], [FleetCall("validate", "a", True, 9, 9.1, 4)])),
    ("a right that was withdrawn", *of_log(
        [(5, "invite"), (6, "administrator", True), (7, "administrator", False)],
        [done("invite", None, 5), done("administrator", True, 6), done("administrator", False, 7)],
        [FleetCall("may administrate", None, True, 9, 9.1, 7)], name="user")),
]
TRUE_LOG = [
    ("a change that changed nothing", *of_log(
        [(5, "issue"), (6, "revoke")], [ISSUED, done("revoke", None, 6), done("revoke", None, 9)])),
    ("a change without an answer is there", *of_log(
        [(5, "issue"), (6, "revoke")], [ISSUED, done("revoke", None, 0, None)],
        [FleetCall("validate", "a", False, 9, 9.1, 6), FleetCall("validate", "a", True, 9, 9.1, 5)])),
    ("or not", *of_log([(5, "issue")], [ISSUED, done("revoke", None, 0, None)])),
]


def call(operation, argument, result, invoked, returned):
    return Call(operation, argument, result, invoked, returned)


NO_ORDER = [
    ("two hosts issue one name", [
        call("issue", "a", "OK", 0, 1), call("issue", "b", "OK", 0, 1)]),
    ("a token that its host has not heard of", [
        call("issue", "a", "OK", 0, 1), call("revoke", None, "NOT_FOUND", 2, 3)]),
    ("a rotation of what another host had revoked", [
        call("issue", "a", "OK", 0, 1), call("revoke", None, "OK", 2, 3),
        call("rotate", (False, "b"), "OK", 4, 5)]),
]


def prove():
    """Judges every one of them; how many are wrong and right."""
    for rule, calls in MISSED:
        found = newest_missed(calls, LEASE)
        assert found and found[0] == rule, f"not found: {rule}; but {found}"
    for name, calls in KEPT:
        found = newest_missed(calls, LEASE)
        assert not found, f"refused: {name}: {found}"
    for name, thing, entries in LOG:
        assert log_contradicts(thing, entries), f"not found: {name}"
    for name, thing, entries in TRUE_LOG:
        found = log_contradicts(thing, entries)
        assert not found, f"refused: {name}: {found}"
    for name, calls in NO_ORDER:
        thing, _ = of_log([], calls)
        assert commands_contradict(thing), f"not found: {name}"
    return len(MISSED) + len(LOG) + len(NO_ORDER), len(KEPT) + len(TRUE_LOG)
