"""At which messages the connections of a fleet are cut, late or slow: alone, or beside another fault."""

import random
import threading
import time

from proxy import points

# How long points are met in a round, and how long each may take to be met.
CUTS_SECONDS, MEETING_SECONDS = 5, 0.6


class Points:
    """At which messages the connections are cut, late or slow: all of an append before the rest."""

    def __init__(self, draw):
        self.draw = draw
        self.waiting, self.seen = [], set()

    @staticmethod
    def used(fleet, statement, ways):
        """The points of a statement at letters that the daemons do use."""
        used = set().union(*(host.proxy.seen for host in fleet.hosts))
        return [point for point in points(statement, ways)
                if (statement, point.side, point.letter) in used]

    def of_append(self, fleet):
        return set(self.used(fleet, "append", ("cut", "late")))

    def refill(self, fleet):
        for statements, ways in ((("append",), ("cut", "late")), (("append",), ("delay",)),
                                 (("renew", "poll", "join"), ("cut", "late"))):
            group = [point for statement in statements for point in self.used(fleet, statement, ways)
                     if point not in self.seen]
            self.draw.shuffle(group)
            if group:
                self.seen.update(group)
                self.waiting = group
                return
        self.seen.clear()

    def next(self, fleet):
        for _ in range(5):
            if self.waiting:
                return self.waiting.pop()
            self.refill(fleet)
        return None


def cuts(fleet, draw):
    """Meets one point after another, on a host at random."""
    over = time.monotonic() + CUTS_SECONDS
    while time.monotonic() < over:
        point = fleet.points.next(fleet)
        if point is None:
            time.sleep(0.1)
            continue
        proxy = draw.choice(fleet.hosts).proxy
        proxy.arm(point, draw.uniform(0.02, 0.3))
        end = time.monotonic() + MEETING_SECONDS
        while proxy.plan is not None and time.monotonic() < end:
            time.sleep(0.002)
        if proxy.disarm():
            fleet.points.waiting.insert(0, point)


def beside_cuts(fault):
    """The same, while connections are cut all the time."""
    def both(fleet, draw):
        over = threading.Event()
        cutter = threading.Thread(target=cut_until, args=(over, fleet, random.Random(draw.random())))
        cutter.start()
        try:
            fault(fleet, draw)
        finally:
            over.set()
            cutter.join()
    both.__name__ = f"{fault.__name__} beside cuts"
    return both


def cut_until(over, fleet, draw):
    while not over.wait(draw.uniform(0, 0.3)):
        point = fleet.points.next(fleet)
        if point is not None:
            draw.choice(fleet.hosts).proxy.arm(point, draw.uniform(0.02, 0.3))
