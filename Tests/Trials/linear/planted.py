"""Histories that are right or wrong for certain, by which the checker proves itself."""

import math

from checker import Call, is_linearizable, revision_that_went_back
from things import token, user

FRESH = ("a", None, False, False)
MEMBER = (True, False, False)


def call(operation, argument, result, invoked, returned=math.inf):
    return Call(operation, argument, result, invoked, returned)


RIGHT = [
    ("a validation beside a revoke sees either", token, FRESH, [
        call("revoke", None, "OK", 0, 10), call("validate", "a", True, 1, 9),
        call("validate", "a", False, 2, 8)]),
    ("a revoke without an answer takes effect later", token, FRESH, [
        call("revoke", None, None, 0), call("validate", "a", True, 1, 2),
        call("validate", "a", False, 3, 4)]),
    ("or never", token, FRESH, [
        call("revoke", None, None, 0), call("validate", "a", True, 3, 4)]),
    ("a rotation with grace keeps both", token, FRESH, [
        call("rotate", (True, "b"), "OK", 0, 1), call("validate", "a", True, 2, 3),
        call("validate", "b", True, 2, 3)]),
    ("two grants and a deletion overlap", user, MEMBER, [
        call("administrator", True, "OK", 0, 9), call("delete", None, "OK", 1, 8),
        call("member", True, "NOT_FOUND", 2, 7), call("may write", None, False, 10, 11)]),
]
WRONG = [
    ("active after a revoke was acknowledged", token, FRESH, [
        call("revoke", None, "OK", 0, 1), call("validate", "a", True, 2, 3)]),
    ("active again after it was seen inactive", token, FRESH, [
        call("revoke", None, "OK", 0, 10), call("validate", "a", False, 1, 2),
        call("validate", "a", True, 3, 4)]),
    ("the same with a revoke that was never answered", token, FRESH, [
        call("revoke", None, None, 0), call("validate", "a", False, 1, 2),
        call("validate", "a", True, 3, 4)]),
    ("inactive before any revoke", token, FRESH, [
        call("validate", "a", False, 0, 1), call("revoke", None, "OK", 2, 3)]),
    ("an old secret without grace", token, FRESH, [
        call("rotate", (False, "b"), "OK", 0, 1), call("validate", "a", True, 2, 3)]),
    ("grace outlives its end", token, FRESH, [
        call("rotate", (True, "b"), "OK", 0, 1), call("end grace", None, "OK", 2, 3),
        call("validate", "a", True, 4, 5)]),
    ("disabled, and rotated all the same", token, FRESH, [
        call("disable", True, "OK", 0, 1), call("rotate", (False, "b"), "OK", 2, 3)]),
    ("two that were acknowledged, of which one is lost", token, FRESH, [
        call("disable", True, "OK", 0, 5), call("disable", False, "OK", 6, 7),
        call("validate", "a", False, 8, 9)]),
    ("rights of a demoted user", user, (True, True, False), [
        call("administrator", False, "OK", 0, 1), call("may administrate", None, True, 2, 3)]),
    ("rights that a deletion should have ended", user, (True, False, True), [
        call("delete", None, "OK", 0, 1), call("invite", None, "OK", 2, 3),
        call("may write", None, True, 4, 5)]),
    ("no rights after a grant", user, MEMBER, [
        call("member", True, "OK", 0, 1), call("may write", None, False, 2, 3)]),
]


def prove():
    """Judges every one of them; how many are right and wrong."""
    for name, step, state, calls in RIGHT:
        assert is_linearizable(calls, step, state), f"the checker refuses: {name}"
    for name, step, state, calls in WRONG:
        assert not is_linearizable(calls, step, state), f"the checker accepts: {name}"
    told = Call("revoke", None, "OK", 0, 1, revision=7)
    for wrong in (Call("validate", "a", True, 2, 3, revision=6),
                  Call("validate", "a", True, 0, 3, revision=7, at_least=8)):
        assert revision_that_went_back([told, wrong]), "a revision that went back is accepted"
    assert not revision_that_went_back([told, Call("validate", "a", True, 0.5, 3, revision=6)])
    return len(RIGHT) + 1, len(WRONG) + 2
