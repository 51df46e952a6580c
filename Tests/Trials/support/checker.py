"""Whether a history of calls on one thing could have happened one after another.

After Wing and Gong, with Lowe's memory of what was tried: a search for an order of the calls in
which each keeps its place among those that did not overlap it, and each answer is what the thing,
which starts in a known state, would have given. A call without an answer may have taken effect at
any time since, or never.
"""

import math
from dataclasses import dataclass


@dataclass
class Call:
    operation: str
    argument: object = None
    result: object = None  # None: no answer came
    invoked: float = 0.0
    returned: float = math.inf
    revision: int = 0
    at_least: int = 0
    client: int = 0


def is_linearizable(calls, step, state):
    """`step(state, call)` is the state after the call, or None if its answer can't be."""
    calls = sorted(calls, key=lambda call: call.invoked)
    events = Events(calls)
    tried, trail, taken = set(), [], 0
    at = events.first()
    while events.answers:
        kind, index = events.at(at)
        if kind == "return":
            # Its call should have been taken by now: go back.
            if not trail:
                return False
            at, state = trail.pop()
            index = events.at(at)[1]
            taken &= ~(1 << index)
            events.put_back(index)
            at = events.after(at)
            continue
        after = step(state, calls[index])
        if after is not None and (taken | 1 << index, after) not in tried:
            taken |= 1 << index
            tried.add((taken, after))
            trail.append((at, state))
            state = after
            events.take(index)
            at = events.first()
        else:
            at = events.after(at)
    return True


class Events:
    """Begins and ends of calls in the order of time, in a list from which calls can be taken."""

    def __init__(self, calls):
        moments = [(call.invoked, 0, index) for index, call in enumerate(calls)]
        moments += [(call.returned, 1, index) for index, call in enumerate(calls)
                    if call.result is not None]
        moments.sort()
        self.kinds = [None] + [("return" if end else "call", index) for _, end, index in moments]
        count = len(self.kinds)
        # Place 0 is before the first; the last one points back to it.
        self.next = [*range(1, count), 0]
        self.previous = [count - 1, *range(count - 1)]
        self.places = {}
        for place, (_, index) in enumerate(self.kinds[1:], 1):
            self.places.setdefault(index, []).append(place)
        # Ends that are in the list: with none left, all answers are explained.
        self.answers = count - 1 - len(calls)

    def first(self):
        return self.next[0]

    def after(self, place):
        return self.next[place]

    def at(self, place):
        return self.kinds[place]

    def take(self, index):
        for place in self.places[index]:
            self.next[self.previous[place]] = self.next[place]
            self.previous[self.next[place]] = self.previous[place]
        self.answers -= len(self.places[index]) - 1

    def put_back(self, index):
        for place in reversed(self.places[index]):
            self.next[self.previous[place]] = place
            self.previous[self.next[place]] = place
        self.answers += len(self.places[index]) - 1


def revision_that_went_back(calls):
    """A pair of calls of which the later saw an older revision; None if there is none.

    A revision is published before it is answered, so a call after any answer, on whatever
    connection, sees that revision or a later one; and `at_least_revision` is kept.
    """
    told = [call for call in calls if call.result is not None and call.revision]
    for call in told:
        if call.revision < call.at_least:
            return call, call
    ends = sorted(told, key=lambda call: call.returned)
    newest, done = None, 0
    for call in sorted(told, key=lambda call: call.invoked):
        while ends[done].returned < call.invoked:
            if newest is None or ends[done].revision > newest.revision:
                newest = ends[done]
            done += 1
        if newest is not None and call.revision < newest.revision:
            return newest, call
    return None
