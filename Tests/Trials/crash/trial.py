"""Kills a daemon under load, again and again on the same data: `crash BIN ROUNDS [SEED]`.

Every client changes an organization of its own, over ttrpc or gRPC, so that a model knows what each
must be after every kill: every change that was acknowledged is there, and the one that was under
way is there whole or not at all. Half of the kills come at a random moment, the others at a chosen
step of a change (`FailPoint`, so BIN is a debug build). At the end the trial proves that it can see
a loss: a daemon that leaves out a commit now and then has to be found.
"""

import copy
import itertools
import random
import signal
import sys
import threading
import time

import state
from calls import Broken
from changes import Changes
from daemon import Daemon
from world import World

CLIENTS = 4
STEPS = ("decide", "append", "apply", "commit", "publish", "answer")
POINTS = [f"{place}-{step}" for step in STEPS for place in ("before", "after")]
# Longer than a failpoint takes to be reached by these clients.
MOST_SECONDS = 4


class Wrong(Exception):
    """The daemon broke its word."""


class Client:
    """One client and its organization, over all rounds."""

    def __init__(self, index, seed):
        self.index, self.organization = index, f"org-{index}"
        self.world = World()
        self.changes = Changes(self.organization, random.Random(seed * 100 + index))
        self.pending = None  # the change that was under way at the kill
        self.revisions = {}  # acknowledged in this round: the revision of each change
        self.count = 0
        self.failure = None

    def run(self, daemon, over):
        """Changes until the connection breaks."""
        client = daemon.client(self.index)
        try:
            while not over.is_set():
                change = self.changes.draw(self.world)
                self.pending = change
                status, answer = client.call(change.method, **change.fields)
                expected = change.apply(self.world, answer, None)
                self.pending = None
                if status != expected:
                    raise Wrong(
                        f"{change.method}({change.fields}): {status}, and the model says {expected}")
                self.changes.forget(self.world)
                if answer is not None:
                    self.revisions[answer.revision] = change.method
                self.count += 1
        except Broken:
            pass
        except BaseException as error:  # pylint: disable=broad-except
            self.failure = error
        finally:
            client.close()

    def check(self, daemon):
        """Compares the state after a kill with the possible ones, and goes on from it."""
        client = daemon.client(self.index + 1)
        try:
            asked = state.questions(self.organization, self.world)
            seen, strangers = state.of_daemon(
                client, self.organization, self.world, self.changes.buried, asked)
            if len(strangers) > 1:
                raise Wrong(f"{len(strangers)} tokens that no call asked for: {strangers}")
            before = copy.deepcopy(self.world)
            for candidate in self.candidates(before, strangers, seen[1]):
                if state.of_model(candidate, self.organization, asked) == seen:
                    self.world = candidate
                    break
            else:
                self.explain(state.of_model(before, self.organization, asked), seen)
            change, self.pending = self.pending, None
            if change is not None and change.shows_secret_of is not None:
                # The secrets that the token has now are unknown.
                client.call("RevokeToken", token_id=change.shows_secret_of)
                self.world.tokens[change.shows_secret_of].revoked = True
            self.changes.forget(self.world)
        finally:
            client.close()

    def candidates(self, before, strangers, found):
        yield before
        if self.pending is None:
            return
        after = copy.deepcopy(before)
        self.pending.apply(after, None, strangers[0] if strangers else None)
        yield after
        if self.pending.first_revokes is not None:
            between = copy.deepcopy(before)
            between.revoke_found(self.pending.first_revokes, found)
            yield between

    def explain(self, expected, seen):
        under_way = f"{self.pending.method} was under way" if self.pending else "nothing was under way"
        difference = state.difference(expected, seen) or "neither before nor after"
        raise Wrong(f"{self.organization} ({under_way}): {difference}")


class Trial:
    def __init__(self, programs, seed):
        self.random = random.Random(seed)
        self.daemon = Daemon(programs, ["--workers", "2"])
        self.clients = [Client(index, seed) for index in range(CLIENTS)]
        self.reached = {}
        self.revision = 0

    def round(self, failpoint=None, seconds=None):
        """One life of the daemon, until a failpoint or so many seconds end it."""
        environment = {"POSTERN_FAILPOINT": failpoint} if failpoint else {}
        try:
            self.daemon.start(environment)
        except Broken:
            # Reached at the start already.
            if not failpoint or self.daemon.wait() != -signal.SIGKILL:
                raise
        over = threading.Event()
        threads = [threading.Thread(target=client.run, args=(self.daemon, over))
                   for client in self.clients]
        for thread in threads:
            thread.start()
        ended_itself = False
        end = time.monotonic() + (MOST_SECONDS if seconds is None else seconds)
        while time.monotonic() < end and not ended_itself:
            time.sleep(0.002)
            ended_itself = self.daemon.process.poll() is not None
        code = self.daemon.kill()
        over.set()
        for thread in threads:
            thread.join()
        for client in self.clients:
            if client.failure is not None:
                raise client.failure
        if code != -signal.SIGKILL:
            raise Wrong(f"the daemon ended with {code}: {self.daemon.log_tail()}")
        if ended_itself:
            point = failpoint.partition(":")[0]
            self.reached[point] = self.reached.get(point, 0) + 1

    def check(self):
        """Starts the daemon on what is there, and compares."""
        before = self.revision
        self.revision = max(
            [before, *(max(client.revisions, default=0) for client in self.clients)])
        self.daemon.start()
        client = self.daemon.client()
        try:
            self.check_log(client, before)
            for each in self.clients:
                each.check(self.daemon)
        finally:
            client.close()
        self.daemon.kill()

    def check_log(self, client, before):
        """Every acknowledged change has its entry in the log, and the log is whole."""
        status, answer = client.call("GetStatus")
        if answer.revision < self.revision:
            raise Wrong(f"revision {answer.revision}, and {self.revision} was acknowledged")
        acknowledged = {revision: each.organization for each in self.clients
                        for revision in each.revisions if revision > before}
        found = {}
        if acknowledged:
            status, batches = client.calls("ListEvents", from_revision=before + 1)
            assert status == "OK", f"ListEvents: {status}"
            for batch in batches:
                for event in batch.events:
                    found[event.attribution.revision] = event.organization_id
        for revision, organization in acknowledged.items():
            # A call that changed nothing answers the newest revision, of whatever call.
            if revision not in found:
                raise Wrong(f"revision {revision} of {organization} is not in the log")
        for each in self.clients:
            each.revisions.clear()

    def close(self):
        self.daemon.close()

    @property
    def changes(self):
        return sum(client.count for client in self.clients)


def run(programs, rounds, seed):
    trial = Trial(programs, seed)
    points = itertools.cycle(POINTS)
    try:
        for number in range(rounds):
            if number % 2:
                trial.round(f"{next(points)}:{trial.random.randint(1, 300)}")
            else:
                trial.round(seconds=trial.random.uniform(0.02, 0.6))
            try:
                trial.check()
            except Wrong as wrong:
                raise Wrong(f"round {number + 1}: {wrong}") from None
            if number % 25 == 24 or number == rounds - 1:
                code, words = trial.daemon.verify()
                if code != 0:
                    raise Wrong(f"round {number + 1}: verify exits {code}: {words}")
        missed = [point for point in POINTS if not trial.reached.get(point)]
        if rounds >= 4 * len(POINTS) and missed:
            raise Wrong(f"never reached: {', '.join(missed)}; BIN has to be a debug build")
        return trial.changes, sum(trial.reached.values())
    finally:
        trial.close()


def prove(programs, seed):
    """Finds a daemon that loses a commit now and then."""
    for attempt in range(5):
        trial = Trial(programs, seed + attempt)
        try:
            trial.round(seconds=0.3)
            trial.check()
            trial.round("without-commit:40", seconds=1)
            trial.check()
        except Wrong:
            return
        finally:
            trial.close()
    raise Wrong("a daemon that leaves out every 40th commit was not found")


def main():
    programs, rounds = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"crash: {rounds} rounds, seed {seed}", flush=True)
    begun = time.monotonic()
    try:
        changes, chosen = run(programs, rounds, seed)
        prove(programs, seed)
    except Wrong as wrong:
        print(f"FAILED crash: seed {seed}: {wrong}")
        sys.exit(1)
    print(f"ok crash: {rounds} kills, {chosen} of them at chosen steps, {changes} acknowledged changes,"
          f" none lost or half done; a lost commit is found; seed {seed},"
          f" {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
