"""Three daemons with one log in PostgreSQL, under load while one thing after another goes wrong:
`fleet BIN ROUNDS [SEED]`.

Each daemon reaches the database through a proxy of its own, which can cut, delay and swallow every
message. Clients on all hosts issue, revoke, rotate, grant and ask, some waiting for the whole fleet. A
round is one fault under load; then all hosts must find their way back to one log, which is that of the
database by its hashes, and the history is judged: changes one after another over all hosts, none lost
and none twice, no answer older than the lease, none from before what the fleet was said to obey. The last
round promotes a standby that lacks acknowledged changes: all hosts must notice and none go on, and a
repair brings all of them back. Then hosts go on without a revoke that another has acknowledged, which has
to be kept and decided anew there. At the end each host's files are compared with the database. With an
even seed the rows are sealed.

The trial proves itself on histories that break each rule, and on daemons that answer too early.
"""

import random
import sys
import time

import planted
from calls import Broken
from cutting import Points, beside_cuts
from faults import FAULTS, fork, loss
from fleet import Fleet
from load import Wrong

CALM_SECONDS = 0.6
WRONG_DAEMONS = ("early-answer:5",)


def load_during(fleet, fault, draw):
    """A fault under load, with some calm before and behind it."""
    fleet.load.start()
    try:
        fleet.load.over.wait(CALM_SECONDS)
        fault(fleet, draw)
        fleet.heal()
        fleet.load.over.wait(CALM_SECONDS)
    finally:
        fleet.heal()
        fleet.load.stop()


def run(programs, rounds, seed):
    draw = random.Random(seed)
    fleet = Fleet(programs, seed, Points(draw))
    order = []
    try:
        fleet.begin()
        for number in range(rounds):
            if number < len(FAULTS):
                fault = FAULTS[number]
            else:
                # All of them again, in another order, and half of them with cuts besides.
                order = order or draw.sample(FAULTS, len(FAULTS))
                fault = order.pop()
                fault = beside_cuts(fault) if draw.random() < 0.5 else fault
            begun = time.monotonic()
            try:
                load_during(fleet, fault, draw)
                fleet.converge()
                fleet.judge()
            except (Wrong, Broken, AssertionError) as wrong:
                raise Wrong(f"round {number + 1}, {fault.__name__}: {wrong}") from wrong
            fleet.count(f"round {fault.__name__}")
            print(f"  {fault.__name__}: {time.monotonic() - begun:.1f} s,"
                  f" revision {fleet.known_head[0]}", flush=True)
        fleet.compare_bytes()
        fleet.restart()
        fleet.converge()
        load_during(fleet, loss, draw)
        fleet.converge()
        fleet.judge()
        fork(fleet)
        fleet.converge()
        if any(host.proxy.cancels for host in fleet.hosts):
            raise Wrong("a daemon asked for a statement to be cancelled")
        fleet.verify_files()
        return fleet
    finally:
        fleet.close()


def prove(programs, seed, failpoint):
    """Finds a daemon that acknowledges a change before the database has it."""
    fleet = Fleet(programs, seed, Points(random.Random(seed)), {"POSTERN_FAILPOINT": failpoint})
    try:
        fleet.begin()
        for _ in range(3):
            fleet.load.start()
            fleet.load.over.wait(1)
            fleet.load.stop()
            fleet.judge()
    except Wrong:
        return
    finally:
        fleet.close()
    raise Wrong(f"daemons with {failpoint} were not found")


def report(fleet):
    hits = sum((host.proxy.hits for host in fleet.hosts), start=type(fleet.hosts[0].proxy.hits)())
    met = {point for point in hits if point.statement == "append" and point.way in ("cut", "late")}
    wanted = fleet.points.of_append(fleet)
    missed = sorted(str(point) for point in wanted - met)
    print("  answers: " + ", ".join(f"{name} {count}" for name, count in sorted(
        (fleet.load.counts + fleet.counts).items())))
    waits = sorted(fleet.load.waits)
    if waits:
        print(f"  changes for all of the fleet: {len(waits)}, half of them within"
              f" {waits[len(waits) // 2] * 1000:.0f} ms, all within {waits[-1]:.1f} s")
    print(f"  met {sum(hits.values())} times a message: {len(hits)} points, {len(met & wanted)} of"
          f" {len(wanted)} of an append" + (f"; not met: {', '.join(missed[:8])}" if missed else ""))


def main():
    programs, rounds = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"fleet: {rounds} rounds, seed {seed}", flush=True)
    begun = time.monotonic()
    try:
        wrong, right = planted.prove()
        fleet = run(programs, rounds, seed)
        report(fleet)
        for failpoint in WRONG_DAEMONS:
            prove(programs, seed, failpoint)
    except (Wrong, Broken, AssertionError) as error:
        print(f"FAILED fleet: seed {seed}: {error}")
        sys.exit(1)
    changes = sum(count for name, count in fleet.load.counts.items() if name == "command OK")
    print(f"ok fleet: {rounds} faults and a loss, {changes} acknowledged changes and {fleet.judged}"
          f" answers on three hosts obey every rule; {wrong} wrong and {right} right histories are told"
          f" apart, and early answers found; seed {seed}, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
