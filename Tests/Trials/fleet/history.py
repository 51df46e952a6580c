"""What a history of calls on all hosts of a fleet must obey.

Every answer tells the revision that it was computed at, and all hosts have one log. So there are two
questions of an answer: is the revision new enough (`newest_missed`), and is the answer that of its
revision (`log_contradicts`)? Commands besides must have happened one after another on all hosts
together, whatever revisions they tell (`checker.is_linearizable`).
"""

import bisect
from dataclasses import dataclass

from checker import Call, is_linearizable
from things import token

# What two clocks and a thread that has to wait for its turn may add to a lease.
SLACK_SECONDS = 0.1


def short(value):
    """For people, with the ends of secrets only."""
    if isinstance(value, tuple):
        return f"({', '.join(str(short(part)) for part in value)})"
    return f"...{value[-6:]}" if isinstance(value, str) and value.startswith("pst_") else value


@dataclass
class FleetCall(Call):
    host: str = ""
    waits: bool = False  # for all of the fleet
    is_command: bool = False

    def __str__(self):
        kind = "command" if self.is_command else "query"
        return (f"{kind} {self.operation}({short(self.argument)}) on {self.host}: {self.result}"
                f"{' for the fleet' if self.waits else ''} at {self.revision},"
                f" {self.invoked:.3f} to {self.returned:.3f}")


class Answers:
    """Answers in the order of their times, and the newest revision among those before a time."""

    def __init__(self, calls):
        self.calls = sorted(calls, key=lambda call: call.returned)
        self.times = [call.returned for call in self.calls]
        self.newest = []
        for call in self.calls:
            before = self.newest[-1] if self.newest else call
            self.newest.append(call if call.revision >= before.revision else before)

    def before(self, time):
        """The answer of the newest revision that had come before; None for none."""
        count = bisect.bisect_left(self.times, time)
        return self.newest[count - 1] if count else None


def newest_missed(calls, lease):
    """A rule, an answer and one after it that is from before it; None if there is none.

    - On one host no revision goes back, restarts and upgrades included.
    - On any host none goes back by more than a lease.
    - After an answer that waited for the fleet, none goes back behind it on any host.
    - A command is decided at the end of the log, so behind all that was answered before it.
    - `at_least_revision` is kept.
    """
    told = [call for call in calls if call.result is not None and call.revision]
    everywhere = Answers(told)
    waited = Answers(call for call in told if call.waits)
    own = {host: Answers(call for call in told if call.host == host)
           for host in {call.host for call in told}}
    for call in told:
        if call.revision < call.at_least:
            return "at_least_revision is not kept", call, call
        rules = [
            ("a host went back", own[call.host].before(call.invoked)),
            ("older than the lease", everywhere.before(call.invoked - lease - SLACK_SECONDS)),
            ("from before what every host obeys", waited.before(call.invoked))]
        if call.is_command:
            rules.append(("a command at an old end of the log", everywhere.before(call.invoked)))
        for rule, before in rules:
            if before is not None and call.revision < before.revision:
                return rule, before, call
    return None


@dataclass
class Entry:
    """An entry of the log about a thing."""

    revision: int
    operation: str
    argument: object = None


class Thing:
    """A token or a user by its name, which is not made yet, and what was done with it."""

    def __init__(self, kind, name, step, state):
        self.kind, self.name, self.step, self.state = kind, name, step, state
        self.token_id = None
        self.secrets = []
        self.commands, self.queries = [], []

    def matches(self, entry, call):
        """Whether a command asks for what the log has. The secret of a rotation is not in the log."""
        if entry.operation != call.operation:
            return False
        if entry.operation == "rotate":
            return entry.argument == call.argument[0]
        return entry.operation == "issue" or entry.argument == call.argument


def log_contradicts(thing, entries):
    """What is wrong with the log's entries of a thing; None if nothing is."""
    entries = sorted(entries, key=lambda entry: entry.revision)
    told = {}
    for call in thing.commands:
        if call.result == "OK":
            told.setdefault(call.revision, []).append(call)
    open_calls = [call for call in thing.commands if call.result is None]
    states, state = [(0, thing.state)], thing.state
    for entry in entries:
        # Those that changed nothing have the same revision as the last one that did.
        call = next(
            (each for each in told.get(entry.revision, ()) if thing.matches(entry, each)), None)
        if call is None:
            call = next((each for each in open_calls if thing.matches(entry, each)), None)
            if call is None:
                return f"no client asked for {entry}, or it was done twice or after a refusal"
            open_calls.remove(call)
        state = thing.step(state, Call(call.operation, call.argument, "OK"))
        if state is None:
            return f"{entry} can't be done in {short(states[-1])}"
        states.append((entry.revision, state))
    revisions = [revision for revision, _ in states]
    of_entries = {entry.revision: entry for entry in entries}

    def state_at(revision):
        return states[bisect.bisect_right(revisions, revision) - 1][1]

    for call in thing.commands:
        if call.result != "OK":
            continue
        entry = of_entries.get(call.revision)
        if entry is not None and thing.matches(entry, call):
            continue
        # It changed nothing, so it must have found what it asked for.
        found = state_at(call.revision)
        if thing.step(found, Call(call.operation, call.argument, "OK")) != found:
            return f"lost, though it was acknowledged: {call}; the log has {short(found)}"
    for call in thing.queries:
        found = state_at(call.revision)
        if thing.step(found, call) is None:
            return f"not the answer of its revision: {call}; the log has {short(found)}"
    return None


def commands_contradict(thing):
    """Whether no order of the commands on a thing, over all hosts, explains their outcomes."""
    return not is_linearizable(thing.commands, thing.step, thing.state)


# The state of a token that is not issued.
ABSENT = ()


def fleet_token(state, call):
    """As `things.token`, of one that may be issued; its first secret is the argument."""
    if call.operation == "issue":
        wanted = "ALREADY_EXISTS" if state and not state[3] else "OK"
        if call.result not in (None, wanted):
            return None
        return (call.argument, None, False, False) if wanted == "OK" else state
    if state == ABSENT:
        is_right = call.result is None or call.operation == "validate" and call.result is False
        return state if is_right else None
    return token(state, call)
