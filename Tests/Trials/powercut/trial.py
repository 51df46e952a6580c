"""Cuts the power of a daemon, on paper: `powercut BIN CUTS [SEED [fleet]]`.

A daemon runs under load with every write, sync and answer recorded in one order. For each cut the
files are rebuilt as a disk may have them then: all that was synced, and of the rest nothing, all,
some, some in another order, or single sectors of 512 or 4096 bytes. A daemon is started on that, and
must have every revision that had been answered, and exactly the state of the revision it has.
At the end the trial proves that it can see a loss: with syncs that do nothing it has to find some.

With `fleet` the daemon is one of a fleet, whose database is not cut: its ledger may lack the last of
what was answered, and has to be a beginning of the fleet's log all the same, whole and byte for byte.
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

import record
import state
from cutfleet import CutFleet
from calls import Broken
from changes import Changes
from daemon import Daemon
from disk import REMAINDERS, Disk
from world import World

CLIENTS = 4
# Lives of the daemon that are recorded, each ended in peace or by a kill, and their length.
LIVES = (2.0, 1.5, 1.5)
# Written through a mapping, or not at all: after a cut it holds anything.
UNSEEN = {"lock.mdb"}
PROOFS = 30
# How many of the cuts come while the ledger is created.
CREATION = 0.15


class Wrong(Exception):
    """The daemon broke its word."""


class Client:
    """Changes an organization of its own and remembers every step."""

    def __init__(self, index, seed):
        self.index, self.organization = index, f"org-{index}"
        self.changes = Changes(self.organization, random.Random(seed * 100 + index))
        self.world = World()
        self.history = []  # (change, answer), in order; None for an answer that never came
        self.failure = None

    def run(self, daemon, over):
        try:
            client = daemon.client(self.index)
            try:
                while not over.is_set():
                    change = self.changes.draw(self.world)
                    status, answer = client.call(change.method, **change.fields)
                    self.history.append((change, answer))
                    expected = change.apply(self.world, answer, None)
                    assert status == expected, f"{change.method}: {status} and not {expected}"
                    self.changes.forget(self.world)
            finally:
                client.close()
        except BaseException as error:  # pylint: disable=broad-except
            self.failure = error

    def worlds(self, revision):
        """What may be there at a revision, and which tokens may be revoked as well: the last is a
        step inside of a change."""
        world = World()
        for change, answer in self.history:
            if answer is None:
                continue  # refused
            if answer.revision > revision:
                yield world, None
                if change.first_revokes is not None:
                    yield world, change.first_revokes
                return
            change.apply(world, answer, None)
            self.changes.forget(world)
        yield world, None


class Recording:
    """A run, and everything that it did."""

    def __init__(self, programs, seed, fleet):
        daemon = Daemon(programs, ["--workers", "2", "--usage-interval", "1", *fleet.arguments])
        try:
            library, path = f"{daemon.folder}/recorder.so", f"{daemon.folder}/record"
            source = pathlib.Path(__file__).with_name("recorder.c")
            subprocess.run(["gcc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared",
                            "-o", library, source], check=True)
            self.clients = [Client(index, seed) for index in range(CLIENTS)]
            boot = f"{daemon.folder}/boot"
            pathlib.Path(boot).write_text("11111111-2222-3333-4444-555555555555\n", encoding="ascii")
            self.record(daemon, fleet, {
                "LD_PRELOAD": library, "POSTERN_RECORD": path, "POSTERN_RECORD_BOOT": boot,
                "POSTERN_RECORD_FOLDER": os.path.realpath(daemon.data)})
            self.events = record.read(path)
            self.told = record.told_revisions(self.events)
            self.compare(daemon.data)
        finally:
            daemon.close()

    def record(self, daemon, fleet, environment):
        for index, seconds in enumerate(LIVES):
            daemon.start(environment)
            fleet.begin(daemon)
            over = threading.Event()
            threads = [threading.Thread(target=client.run, args=(daemon, over))
                       for client in self.clients]
            for thread in threads:
                thread.start()
            time.sleep(seconds)
            over.set()
            for thread in threads:
                thread.join()
            for client in self.clients:
                if client.failure is not None:
                    raise client.failure
            if fleet.is_there and index == 0:
                daemon.kill()
            else:
                daemon.stop()

    def compare(self, data):
        """The record is complete: all of it makes the files that are there."""
        disk = Disk()
        for event in self.events:
            disk.apply(event)
        made = {name: bytes(content) for name, content in disk.now().items() if name not in UNSEEN}
        there = {path.name: path.read_bytes() for path in pathlib.Path(data).iterdir()
                 if path.is_file() and path.name not in UNSEEN}
        assert made.keys() == there.keys(), f"recorded {set(made)}, and there are {set(there)}"
        for name, content in there.items():
            assert made[name] == content, f"the record of {name} is not what the file holds"

    def places(self):
        """Where to cut: the numbers of events, by what was done last before the cut."""
        kinds = {}
        for index, event in enumerate(self.events):
            if event.kind in "Bmw":
                continue
            kind = {"M": "answer", "F": "sync", "S": "synchronous write"}.get(
                event.kind, f"{event.kind} of {event.name}")
            kinds.setdefault(kind, []).append(index + 1)
        return kinds


class Trial:
    def __init__(self, programs, seed, fleet):
        self.random = random.Random(seed)
        self.fleet = fleet
        self.recording = Recording(programs, seed, fleet)
        # The first answer: from here on there is something to keep.
        self.first = next(index for index, told in enumerate(self.recording.told) if told)
        self.daemon = Daemon(programs, ["--workers", "1"])

    def draw(self, count, created=0.0):
        """Places behind every kind of event alike, a part of them before the first answer."""
        late = [[place for place in places if place >= self.first]
                for places in self.recording.places().values()]
        late = [places for places in late if places]
        places = []
        while len(places) < count:
            place = self.random.choice(self.random.choice(late))
            if self.random.random() < created:
                place = self.random.randint(1, self.first)
            places.append((place, REMAINDERS[len(places) % len(REMAINDERS)]))
        return sorted(places)

    def run(self, places, believes, on_wrong):
        """Cuts at each place; `on_wrong` is called with what is wrong."""
        disk, done = Disk(believes), 0
        for place, remainder in places:
            while done < place:
                disk.apply(self.recording.events[done])
                done += 1
            try:
                self.cut(disk.cut(remainder, self.random), self.recording.told[place])
            except (Wrong, Broken, AssertionError) as error:
                last = self.recording.events[place - 1]
                on_wrong(f"cut behind event {place} ({last.kind} of {last.name or 'a connection'}),"
                         f" {remainder} of the rest: {error}")

    def cut(self, files, told):
        data = self.daemon.data
        shutil.rmtree(data, ignore_errors=True)
        os.mkdir(data, 0o700)
        for name, content in files.items():
            if name in UNSEEN:
                content = self.random.choice((b"", bytes(8192), self.random.randbytes(8192)))
            write_sparsely(f"{data}/{name}", content)
        try:
            if self.fleet.is_there:
                self.fleet.check(self.daemon, told)
            else:
                self.daemon.start()
                self.check(told)
        except Broken as error:
            raise Wrong(str(error)) from error
        finally:
            self.daemon.kill()
        code, words = self.daemon.verify()
        if code != 0:
            raise Wrong(f"verify exits {code}: {words}")
        if self.fleet.is_there:
            self.fleet.compare(self.daemon)

    def check(self, told):
        client = self.daemon.client(self.random.randrange(2))
        try:
            _, status = client.call("GetStatus")
            if status.revision < told:
                raise Wrong(f"revision {status.revision}, and {told} had been answered")
            for each in self.recording.clients:
                self.compare(client, each, status.revision)
            # It goes on from there.
            code, _ = client.call(
                "CreateOrganization", organization_id="after", administrator_user_id="ann")
            if code != "OK":
                raise Wrong(f"a change afterwards: {code}")
        finally:
            client.close()

    @staticmethod
    def compare(client, each, revision):
        acknowledged = None
        for world, revoked in each.worlds(revision):
            asked = state.questions(each.organization, world)
            seen, strangers = state.of_daemon(
                client, each.organization, world, each.changes.buried, asked)
            if revoked is not None:
                world.revoke_found(revoked, seen[1])
            expected = state.of_model(world, each.organization, asked)
            if seen == expected and not strangers:
                return
            acknowledged = acknowledged or (expected, seen)
        difference = state.difference(*acknowledged)
        if difference is not None:
            raise Wrong(f"{each.organization} at revision {revision}: {difference}")
        raise Wrong(f"{each.organization} has unknown tokens: {strangers}")

    def prove(self):
        """Finds syncs that do nothing: all of them, and those of the data alone."""
        found = {}
        for name, believes in (("any", lambda event: False),
                               ("the data's", lambda event: event.kind == "S")):
            wrongs = []
            places = [(place, remainder) for place, remainder in self.draw(PROOFS)
                      if remainder != "all"]
            # Until the first answer they hold, so that there is something to lose.
            honest = {id(event) for event in self.recording.events[:self.first]}
            self.run(places, lambda event: id(event) in honest or believes(event), wrongs.append)
            if not wrongs:
                raise Wrong(f"{len(places)} cuts without {name} syncs lose nothing: the trial is blind")
            found[name] = (len(wrongs), len(places))
        return found

    def close(self):
        self.daemon.close()


def write_sparsely(path, content):
    """Zeros are holes: ledgers are allocated ahead."""
    with open(path, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        for at in range(0, len(content), 1 << 16):
            part = content[at:at + (1 << 16)]
            if part.count(0) != len(part):
                file.seek(at)
                file.write(part)
        file.truncate(len(content))


def main():
    programs, cuts = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    fleet = CutFleet(sys.argv[4:] == ["fleet"])
    name = "powercut of a fleet's host" if fleet.is_there else "powercut"
    print(f"{name}: {cuts} cuts, seed {seed}", flush=True)
    begun = time.monotonic()
    try:
        trial = Trial(programs, seed, fleet)
    except BaseException:
        fleet.close()
        raise

    def stop(wrong):
        raise SystemExit(f"FAILED {name}: seed {seed}: {wrong}")
    try:
        created = 0.0 if fleet.is_there else CREATION
        trial.run(trial.draw(cuts, created), lambda event: True, stop)
        kept = fleet.words() if fleet.is_there else "nothing that was answered is lost"
        found = trial.prove()
    except Wrong as wrong:
        stop(wrong)
    finally:
        trial.close()
        fleet.close()
    proofs = ", ".join(f"{wrongs} of {count} without {name} syncs" for name, (wrongs, count) in found.items())
    kinds = ", ".join(sorted(trial.recording.places()))
    print(f"ok {name}: {cuts} cuts in {len(trial.recording.events)} events ({kinds}), revision"
          f" {trial.recording.told[-1]}: {kept}; found out: {proofs};"
          f" seed {seed}, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
