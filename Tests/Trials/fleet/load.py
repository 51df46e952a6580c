"""Clients on all hosts at once, which make, change and ask the same few tokens and users."""

import collections
import random
import threading
import time

import drawn
from calls import Broken
from history import ABSENT, FleetCall, Thing, fleet_token
from things import user

ORGANIZATION = "acme"
TOKENS, USERS = 3, 3
CLIENTS = 3  # on each host: two by ttrpc, one by gRPC
# A thing gets so many commands, and then another takes its place: a search in short histories is short.
MOST_COMMANDS = 60
# For a call; longer than a host is stopped at a stretch.
PATIENCE = 8
WAIT_FLEET = 2
# Queries may be refused with these while something is wrong, commands with any reason at all.
REFUSALS = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "CANCELLED")
# Whether the change was made is open then. After all other refusals it was not, and must not be.
OPEN = ("DEADLINE_EXCEEDED", "CANCELLED")


class Wrong(Exception):
    """An impossible history."""


class Load:
    def __init__(self, hosts, seed):
        self.hosts, self.seed = hosts, seed
        self.over = threading.Event()
        self.threads, self.failures = [], []
        self.lock = threading.Lock()
        self.made = self.periods = 0
        self.revision = 0  # the greatest in any answer
        self.calls = []  # answered, of this period
        self.things, self.all_things = [], []
        self.first_of_period = 0  # in all things
        self.counts = collections.Counter()
        self.waits = []  # how long changes took that all of the fleet obeyed, in seconds

    # Periods.

    def start(self):
        self.periods += 1
        self.over.clear()
        self.calls = []
        self.first_of_period = len(self.all_things)
        self.things = [self.make(kind) for kind in ["token"] * TOKENS + ["user"] * USERS]
        self.threads = [
            threading.Thread(target=self.work, args=(host, index), daemon=True)
            for host in self.hosts for index in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def make(self, kind):
        """A thing with a new name."""
        with self.lock:
            self.made += 1
            name = f"{kind}-{self.made}"
        thing = (Thing(kind, name, fleet_token, ABSENT) if kind == "token"
                 else Thing(kind, name, user, (False, False, False)))
        self.all_things.append(thing)
        return thing

    def replace(self, place, thing):
        with self.lock:
            if self.things[place] is not thing:
                return
        fresh = self.make(thing.kind)
        with self.lock:
            if self.things[place] is thing:
                self.things[place] = fresh

    # What a client does.

    def work(self, host, index):
        draw = random.Random(f"{self.seed} {self.periods} {host.name} {index}")
        client = None
        try:
            while not self.over.is_set():
                try:
                    client = client or host.daemon.client(index // 2, PATIENCE)
                    self.step(client, host, draw)
                except Broken:
                    if client is not None:
                        client.close()
                    client = None
                    self.counts["broken"] += 1
                    self.over.wait(0.02)
        except BaseException as error:  # pylint: disable=broad-except
            self.failures.append(error)
            self.over.set()
        finally:
            if client is not None:
                client.close()

    def step(self, client, host, draw):
        place = draw.randrange(len(self.things))
        thing = self.things[place]
        if len(thing.commands) > MOST_COMMANDS:
            self.replace(place, thing)
        elif draw.random() < 0.7 and (thing.kind == "user" or thing.secrets):
            self.query(client, host, draw, thing)
        else:
            self.change(client, host, draw, thing)

    def query(self, client, host, draw, thing):
        at_least = self.revision if draw.random() < 0.2 else 0
        operation, argument, method, fields = drawn.question(draw, thing, ORGANIZATION)
        call = FleetCall(operation, argument)
        call.host, call.at_least = host.name, at_least
        status, answer = self.make_call(client, call, method, at_least_revision=at_least, **fields)
        if status == "OK":
            call.result = answer.active if thing.kind == "token" else answer.allowed
            thing.queries.append(call)
            self.calls.append(call)
        elif status not in REFUSALS:
            raise Wrong(f"{method} on {host.name}: {status} {client.problem}")

    def change(self, client, host, draw, thing):
        drawn = (self.token_change if thing.kind == "token" else self.user_change)(draw, thing)
        operation, argument, method, fields = drawn
        call = FleetCall(operation, argument, host=host.name, is_command=True)
        call.waits = draw.random() < 0.06
        if call.waits:
            fields["wait"] = WAIT_FLEET
        # It is in the history also if no answer comes.
        thing.commands.append(call)
        status, answer = self.make_call(client, call, method, **fields)
        if status == "OK":
            call.result = status
            if call.waits:
                self.waits.append(call.returned - call.invoked)
            if operation in ("rotate", "issue"):
                call.argument = (argument[0], answer.secret) if operation == "rotate" else answer.secret
                thing.secrets = (thing.secrets + [answer.secret])[-3:]
            if operation == "issue":
                thing.token_id = answer.token.id
            self.calls.append(call)
        elif status not in REFUSALS:
            call.result = status
        elif status not in OPEN:
            thing.commands.remove(call)

    def token_change(self, draw, thing):
        if thing.token_id is None:
            # A race of all clients. If the winner's answer is lost, none gets further.
            fields = {"organization_id": ORGANIZATION, "name": thing.name, "scopes": [1]}
            return "issue", f"unknown {draw.random()}", "IssueToken", fields
        operation = drawn.token_operation(draw, revokes=4)
        # An issue that takes effect after a revoke would make another token of the same name.
        if operation == "revoke" and any(
                call.operation == "issue" and call.result is None for call in list(thing.commands)):
            operation = "rotate"
        return drawn.token_change(draw, operation, thing.token_id)

    @staticmethod
    def user_change(draw, thing):
        return drawn.user_change(draw, ORGANIZATION, thing.name, invitations=3)

    def make_call(self, client, call, method, **fields):
        call.invoked = time.monotonic()
        status, answer = client.call(method, **fields)
        returned = time.monotonic()
        if status in REFUSALS:
            # A host that refuses everything shall not take the processor from the others.
            self.over.wait(0.01)
        kind = "command" if call.is_command else "query"
        self.counts[f"{kind} {status}{' ' + client.reason if status in REFUSALS else ''}"] += 1
        if status not in REFUSALS:
            call.returned = returned
        if answer is not None:
            call.revision = answer.revision
            self.revision = max(self.revision, answer.revision)
        return status, answer


def prepare(host):
    """Makes the organization that the things of the load belong to."""
    item = {"organization_id": ORGANIZATION, "resource_type": "dashboard", "resource_id": "1"}
    for method, fields in (
            ("CreateOrganization",
             {"organization_id": ORGANIZATION, "administrator_user_id": "root"}),
            ("CreateTeam", {"organization_id": ORGANIZATION, "team_id": "ops"}),
            ("PutResource", item), ("SetWriter", {"writer": {"team_id": "ops"}, **item})):
        status, _, reason = host.ask(method, **fields)
        assert status == "OK", f"{method}: {status} {reason}"
