"""Many clients at once on the same tokens and users: `linear BIN SECONDS [SEED]`.

Clients on both protocols change and ask the same few things as fast as they can, and note when each
call began and ended. The daemon is killed every few seconds; what was under way then may have taken
effect or not, and is looked at in its next life. Then a checker searches for each thing an order in
which all of that could have happened one after another, and revisions must never go back. The checker
proves itself on histories that are wrong, on a daemon that leaves out every fifth commit, and on one
that answers every fifth batch some milliseconds before its commit.
"""

import random
import sys
import threading
import time

import drawn
import planted
import things
from calls import Broken
from checker import Call, is_linearizable, revision_that_went_back
from daemon import Daemon

CLIENTS = 6
LIFE_SECONDS = 2.5
# A thing gets so many calls, and then another takes its place: a search in short histories is short.
MOST_CALLS = 300
TOKENS, USERS = 3, 3
# What acknowledges too much, and what acknowledges too soon.
WRONG_DAEMONS = ("without-commit:5", "early-answer:5")


class Wrong(Exception):
    """An impossible history."""


class Thing:
    """A token or a user, and what was done with it."""

    def __init__(self, kind, name, state, secret=None):
        self.kind, self.name, self.state = kind, name, state
        self.step = things.token if kind == "token" else things.user
        self.secrets = [secret] if secret else []
        self.calls = []


class Trial:
    def __init__(self, programs, seed):
        self.daemon = Daemon(programs, ["--workers", "2"])
        self.seed, self.lives, self.made = seed, 0, 0
        self.calls = []  # since the last check, for the revisions
        self.revision = 0  # the greatest in any answer
        self.things, self.before = [], []
        self.done = []
        self.failures = []

    # What the things are.

    def make(self, client, kind):
        self.made += 1
        name = f"{kind}-{self.made}"
        if kind == "user":
            self.expect(client.call("InviteUser", organization_id="acme", user_id=name))
            return Thing(kind, name, (True, False, False))
        answer = self.expect(client.call(
            "IssueToken", organization_id="acme", name=name, scopes=[1]))
        return Thing(kind, answer.token.id, (answer.secret, None, False, False), answer.secret)

    @staticmethod
    def expect(answered):
        status, answer = answered
        assert status == "OK", status
        return answer

    def prepare(self):
        client = self.daemon.client()
        if self.lives == 0:
            item = {"organization_id": "acme", "resource_type": "dashboard", "resource_id": "1"}
            self.expect(client.call(
                "CreateOrganization", organization_id="acme", administrator_user_id="root"))
            self.expect(client.call("CreateTeam", organization_id="acme", team_id="ops"))
            self.expect(client.call("PutResource", **item))
            self.expect(client.call("SetWriter", writer={"team_id": "ops"}, **item))
        self.before = self.things
        self.things = [self.make(client, "token") for _ in range(TOKENS)]
        self.things += [self.make(client, "user") for _ in range(USERS)]
        client.close()

    # What clients do.

    def work(self, index, over):
        client = self.daemon.client(index)
        draw = random.Random(f"{self.seed} {self.lives} {index}")
        try:
            for thing in self.before:
                self.ask(client, index, draw, thing)
            while not over.is_set():
                place = draw.randrange(len(self.things))
                thing = self.things[place]
                if len(thing.calls) > MOST_CALLS:
                    # One client puts another in its place; the others may end with it first.
                    if place % CLIENTS == index:
                        self.things[place] = self.make(client, thing.kind)
                        self.done.append(thing)
                elif draw.random() < 0.6:
                    self.ask(client, index, draw, thing)
                else:
                    self.change(client, index, draw, thing)
        except Broken:
            pass
        except BaseException as error:  # pylint: disable=broad-except
            self.failures.append(error)
            over.set()
        finally:
            client.close()

    def ask(self, client, index, draw, thing):
        # Each client may ask for a revision that another was answered.
        at_least = self.revision if draw.random() < 0.5 else 0
        operation, argument, method, fields = drawn.question(draw, thing, "acme")
        call = Call(operation, argument, at_least=at_least, client=index)
        status, answer = self.make_call(client, call, method, at_least_revision=at_least, **fields)
        if status != "OK":
            raise Wrong(f"{method} at revision {at_least} or later: {status}")
        call.result = answer.active if thing.kind == "token" else answer.allowed
        thing.calls.append(call)
        self.calls.append(call)

    def change(self, client, index, draw, thing):
        draw_change = self.token_change if thing.kind == "token" else self.user_change
        operation, argument, method, fields = draw_change(draw, thing)
        call = Call(operation, argument, client=index)
        # It is in the history also if no answer comes.
        thing.calls.append(call)
        status, answer = self.make_call(client, call, method, **fields)
        if status == "OK" and operation == "rotate":
            call.argument = (argument[0], answer.secret)
            thing.secrets = (thing.secrets + [answer.secret])[-3:]
        call.result = status
        self.calls.append(call)

    @staticmethod
    def token_change(draw, thing):
        return drawn.token_change(draw, drawn.token_operation(draw, revokes=1), thing.name)

    @staticmethod
    def user_change(draw, thing):
        return drawn.user_change(draw, "acme", thing.name, invitations=2)

    def make_call(self, client, call, method, **fields):
        call.invoked = time.monotonic()
        status, answer = client.call(method, **fields)
        call.returned = time.monotonic()
        if answer is not None:
            call.revision = answer.revision
            self.revision = max(self.revision, answer.revision)
        return status, answer

    # Lives.

    def life(self, failpoint=None):
        self.daemon.start({"POSTERN_FAILPOINT": failpoint} if failpoint else {})
        self.prepare()
        over = threading.Event()
        threads = [threading.Thread(target=self.work, args=(index, over)) for index in range(CLIENTS)]
        for thread in threads:
            thread.start()
        over.wait(LIFE_SECONDS)
        self.daemon.kill()
        over.set()
        for thread in threads:
            thread.join()
        self.done += self.before
        self.lives += 1
        if self.failures:
            raise self.failures[0]

    def check(self):
        """Judges complete histories, and forgets them. Returns how many calls and things they had."""
        pair = revision_that_went_back(self.calls)
        if pair is not None:
            raise Wrong("a revision went back:\n  {}\n  {}".format(*pair))
        for thing in self.done:
            if not is_linearizable(thing.calls, thing.step, thing.state):
                calls = sorted(thing.calls, key=lambda call: call.invoked)
                story = "\n  ".join(str(call) for call in calls[-60:])
                raise Wrong(f"no order explains what became of {thing.name}:\n  {story}")
        judged = sum(len(thing.calls) for thing in self.done), len(self.done)
        self.calls.clear()
        self.done.clear()
        return judged


def run(programs, seconds, seed):
    trial = Trial(programs, seed)
    calls = count = 0
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end or trial.lives < 2:
            trial.life()
            judged = trial.check()
            calls, count = calls + judged[0], count + judged[1]
        return calls, count, trial.lives
    finally:
        trial.daemon.close()


def prove(programs, seed, failpoint):
    """Finds a daemon that acknowledges a change which no query sees, for ever or for a moment."""
    trial = Trial(programs, seed)
    try:
        for _ in range(3):
            trial.life(failpoint)
            trial.check()
    except Wrong:
        return
    finally:
        trial.daemon.close()
    raise Wrong(f"a daemon with {failpoint} was not found")


def main():
    programs, seconds = sys.argv[1], float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"linear: {seconds:g} seconds, seed {seed}", flush=True)
    begun = time.monotonic()
    try:
        right, wrong = planted.prove()
        calls, count, lives = run(programs, seconds, seed)
        for failpoint in WRONG_DAEMONS:
            prove(programs, seed, failpoint)
    except Wrong as error:
        print(f"FAILED linear: seed {seed}: {error}")
        sys.exit(1)
    print(f"ok linear: {calls} calls on {count} tokens and users in {lives} lives can have happened one"
          f" after another, and no revision went back; {right} right and {wrong} wrong histories are told"
          f" apart, and commits that are lost or late found; seed {seed}, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
