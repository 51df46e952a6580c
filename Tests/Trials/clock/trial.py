"""Clocks that are set wrong, under load: `clock BIN ROUNDS [SEED]`.

In each round the wall clock of a daemon is stepped, by seconds, an hour, a month, a year, there and
back, while it runs or is stopped; the machine sleeps; the daemon is ended, killed, and started again,
now and then as if the machine had been started anew. Meanwhile clients issue and revoke tokens, and
after every step each token is asked for, by both protocols. The model knows how much time has really
passed since a token was issued, by a clock that can't be set, and what the ledger's time may have
skipped. It expects:

- the ledger's time never goes back, never stands still while the machine is on, and never moves
  ahead of the time that has passed but by a wall clock that was ahead by at most five minutes, has
  held for an hour, or was accepted;
- what has ended by it is never active again, whatever the clocks do;
- what has not ended by it is active: but after a start of the machine, while it is not known
  for how long it was off, tokens from before may be denied under a wall clock that is ahead;
- no token is active for longer than it was given, in time that has really passed, unless the machine
  was off and every clock of it has been wrong since, or the ledger's time was ahead before.
"""

import os
import random
import signal
import sys
import threading
import time

from calls import Broken, duration
from clocks import SECOND, WALL, Clocks
from daemon import Daemon

HOUR = 3600 * SECOND
DAY = 24 * HOUR
MONTH = 30 * DAY
# Up to here the wall clock is followed.
BELIEVED = 300 * SECOND
# What the ledger's time may have been further than was noted, before the machine went off.
RESERVE = 15 * SECOND
# What a round trip and a busy machine may take.
SLACK = 5 * SECOND
STEPS = [
    -365 * DAY, -MONTH, -DAY, -HOUR, -60 * SECOND, 10 * SECOND, 240 * SECOND, 600 * SECOND, HOUR,
    DAY, 31 * DAY, 365 * DAY]
LIVES = [30 * SECOND, 120 * SECOND, 600 * SECOND, 2 * HOUR, DAY, MONTH]
NAPS = [SECOND, 20 * SECOND, 100 * SECOND, 700 * SECOND, HOUR, 2 * HOUR, DAY, 10 * DAY]


class Token:
    def __init__(self, secret, boot, ends, ledger_ends):
        # In which boot it was issued, and when it must have ended by the clock that can't be set; and
        # when it ends by the ledger's time.
        self.secret, self.boot, self.ends, self.ledger_ends = secret, boot, ends, ledger_ends
        self.is_over = False


class Trial:
    def __init__(self, programs, seed):
        self.random = random.Random(seed)
        self.clocks = Clocks()
        self.daemon = Daemon(programs, ["--workers", "2", "--log-level", "warning"])
        self.reboots = os.geteuid() == 0
        if self.reboots:
            self.daemon.program = self.clocks.program(self.daemon.program)
        self.tokens = []
        self.boot = 0
        # The ledger's time at the last look, when that was, and the most that it may be ahead of
        # real time by now.
        self.last, self.last_real, self.bound = 0, 0, None
        # Since when the wall clock stands as it does, and whether it was right since the last boot.
        self.set_at = self.clocks.real()
        self.was_right = True
        # Whether the ledger's time was ahead when the machine went off, which tells it nothing then.
        self.was_ahead = False
        self.has_slept = False
        self.counts = dict.fromkeys(
            ("steps", "naps", "restarts", "kills", "boots", "issues", "validations", "accepted",
             "calls under load"), 0)
        self.start()
        with self.client() as client:
            assert client.call(
                "CreateOrganization", organization_id="acme", administrator_user_id="ann")[0] == "OK"

    def close(self):
        self.daemon.close()
        self.clocks.close()

    def start(self):
        self.has_slept = False
        self.daemon.start(self.clocks.environment())

    def client(self):
        return Client(self.daemon.client(self.random.randrange(2)))

    def wall_offset(self):
        """By how much the wall clock is ahead of `real`."""
        return (time.clock_gettime_ns(time.CLOCK_REALTIME) + self.clocks[WALL]
                - self.clocks.real())

    def settle(self):
        """Notes how far the wall clock, as it was until now, may have moved the ledger's time."""
        offset = self.wall_offset()
        held = self.clocks.real() - self.set_at
        if self.bound is None or offset - self.bound <= BELIEVED + SLACK or held >= HOUR - SLACK:
            self.bound = max(self.bound or 0, offset)
        self.was_right = self.was_right and abs(self.clocks.wall_error()) < SLACK

    def look(self, client):
        """The status, whose time may neither go back nor stand still, nor run ahead."""
        self.settle()
        before = self.clocks.real()
        status, answer = client.call("GetStatus")
        assert status == "OK", status
        now = answer.time.ToNanoseconds()
        assert now > self.last, f"the ledger's time went from {self.last} to {now}"
        passed = before - self.last_real
        assert self.last_real == 0 or now - self.last >= passed - SLACK, (
            f"{passed} ns have passed, and the ledger's time went from {self.last} to {now}")
        ahead = (now - self.clocks.real() - self.bound) / SECOND
        assert ahead < SLACK / SECOND, f"the ledger's time is {ahead} s further than it may be"
        self.last, self.last_real = now, before
        return now

    def issue(self, client):
        life = self.random.choice(LIVES)
        status, answer = client.call(
            "IssueToken", organization_id="acme", user_id="ann", lifetime=duration(life // SECOND))
        assert status == "OK", status
        self.tokens.append(Token(
            answer.secret, self.boot, self.clocks.real() + life,
            answer.token.expires_at.ToNanoseconds()))
        self.counts["issues"] += 1

    def ask(self, client):
        """Asks for every token, and checks whether it may be active."""
        for token in self.tokens:
            before, begun = self.look(client), self.clocks.real()
            status, answer = client.call("ValidateToken", secret=token.secret)
            assert status == "OK", status
            after = self.look(client)
            self.counts["validations"] += 1
            if answer.active:
                assert not token.is_over, "a token is active again"
                assert before < token.ledger_ends, "a token is active behind its end"
                late = (begun - token.ends) / SECOND
                assert late <= 0 or token.boot < self.boot and (
                    self.was_ahead or not self.was_right), (
                    f"a token has been active for {late} s too long")
            elif after >= token.ledger_ends:
                token.is_over = True
            else:
                early = (token.ledger_ends - after) / SECOND
                wall = self.wall_offset() + self.clocks.real()
                assert token.boot < self.boot and wall >= token.ledger_ends, (
                    f"a token is dead {early} s before its end")
        over = [token for token in self.tokens if token.is_over]
        for token in over[:-20]:
            self.tokens.remove(token)

    def load(self, seconds):
        """Clients that write, and are denied, while the clock is set."""
        over = threading.Event()
        failures = []

        def write(index):
            client = self.daemon.client(index)
            try:
                while not over.is_set():
                    status, answer = client.call(
                        "IssueToken", organization_id="acme", user_id="ann", lifetime=duration(7200))
                    assert status == "OK", status
                    assert client.call("AcceptClock", bearer=answer.secret)[0] == "PERMISSION_DENIED"
                    assert client.call("RevokeToken", secret=answer.secret)[0] == "OK"
                    assert not client.call("ValidateToken", secret=answer.secret)[1].active
                    self.counts["calls under load"] += 4
            except (AssertionError, Broken) as error:
                failures.append(repr(error))
            client.close()
        threads = [threading.Thread(target=write, args=(index,)) for index in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(4):
            # What is followed of it ends no token that lives for two hours.
            self.set_wall(self.clocks.slept + self.random.choice([0, HOUR, -HOUR, 365 * DAY]))
            time.sleep(seconds / 4)
        over.set()
        for thread in threads:
            thread.join()
        assert not failures, failures

    def set_wall(self, number):
        self.settle()
        self.counts["steps"] += 1
        # Before 1985 no machine is.
        self.clocks[WALL] = max(number, self.clocks.slept - 40 * 365 * DAY)
        self.set_at = self.clocks.real()
        self.settle()

    def step(self):
        """Sets the wall clock wrong, or right."""
        right, step = self.clocks.slept, self.random.choice(STEPS)
        self.set_wall(self.random.choice([right, right + step, self.clocks[WALL] + step]))

    def nap(self):
        self.has_slept = True
        self.counts["naps"] += 1
        self.clocks.sleep(self.random.choice(NAPS))
        self.settle()

    def restart(self):
        is_kill = self.random.random() < 0.5
        is_reboot = self.reboots and self.random.random() < 0.25
        if is_kill and is_reboot and self.has_slept:
            # A sleep is noted within a second of its end, and all else every ten seconds.
            time.sleep(4)
        if is_kill:
            self.counts["kills"] += 1
            assert self.daemon.kill() == -signal.SIGKILL
        else:
            self.counts["restarts"] += 1
            self.daemon.stop()
        if is_reboot:
            self.reboot()
        for _ in range(self.random.randrange(3)):
            self.random.choice((self.step, self.nap))()
        self.start()

    def reboot(self):
        self.counts["boots"] += 1
        self.settle()
        right = self.wall_offset() - self.clocks.wall_error()
        self.was_ahead = self.was_ahead or self.bound > right + SLACK
        self.boot += 1
        self.clocks.reboot(self.random.choice([20 * SECOND, 200 * SECOND, HOUR, DAY, 3 * DAY]))
        # The daemon can't know how long that was: its time may have stood still, or gone too far.
        self.last_real = 0
        self.bound += RESERVE
        self.set_at = self.clocks.real()
        self.was_right = True
        self.settle()

    def accept(self, client):
        """Accepts a wall clock that is at most some days ahead, as an operator."""
        status, answer = client.call("GetStatus")
        assert status == "OK", status
        if 0 < answer.clock_offset.ToNanoseconds() < 20 * DAY:
            self.bound = max(self.bound, self.wall_offset())
            before = answer.time.ToNanoseconds()
            status, answer = client.call("AcceptClock")
            assert status == "OK", status
            assert answer.time.ToNanoseconds() >= before
            self.counts["accepted"] += 1

    def round(self):
        for _ in range(self.random.randrange(1, 4)):
            self.random.choices((self.step, self.nap, self.restart), (4, 2, 2))[0]()
        if self.random.random() < 0.2:
            self.load(0.4)
        with self.client() as client:
            if self.random.random() < 0.1:
                self.accept(client)
            for _ in range(3):
                self.issue(client)
            self.ask(client)


class Client:
    """A client that closes itself."""

    def __init__(self, client):
        self.client = client

    def __enter__(self):
        return self.client

    def __exit__(self, *_):
        self.client.close()


def main():
    programs, rounds = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"clocks: {rounds} rounds, seed {seed}", flush=True)
    trial = Trial(programs, seed)
    try:
        for number in range(rounds):
            try:
                trial.round()
            except (AssertionError, Broken) as error:
                print(f"FAILED clocks: seed {seed}, round {number}: {error}; {trial.counts}")
                sys.exit(1)
        code, words = verify(trial)
        if code != 0:
            print(f"FAILED clocks: seed {seed}: verify exits {code}: {words}")
            sys.exit(1)
    finally:
        trial.close()
    counts = ", ".join(f"{count} {name}" for name, count in trial.counts.items())
    print(f"ok clocks: {rounds} rounds, {counts}; seed {seed}")


def verify(trial):
    trial.daemon.stop()
    return trial.daemon.verify()


if __name__ == "__main__":
    main()
