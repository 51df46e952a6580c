"""A fleet: one database and three hosts, their histories, and whether these are possible.

Its database may be replaced by a standby, and what stands before it, as for a company that fails over.
"""

import collections
import os
import secrets
import shutil
import tempfile
import time

import chain
import daemon
from database import OWNER, PORT, Server
from history import commands_contradict, log_contradicts, newest_missed
from host import FOLLOWING, RECOVERY_SECONDS, Host
from load import WAIT_FLEET, Load, Wrong, prepare
from log import Log

LEASE_SECONDS = 3
WORKERS = (1, 2, 2)


class Fleet:
    def __init__(self, programs, seed, points, environment=None):
        # Short, as the path of a socket may have 107 bytes, and open to the database's user.
        self.folder = tempfile.mkdtemp(prefix="postern-trial.")
        os.chmod(self.folder, 0o755)
        self.parts = []  # what has to be closed
        daemon.OPEN.add(self)
        self.folders = 0
        self.format = 1  # of the log
        self.environment = environment or {}
        self.hosts = []
        self.log = Log()
        self.known_head = (0, b"")
        self.points = points  # at which messages something may happen
        self.counts = collections.Counter()
        self.judged = 0
        self.refusal = ""  # what the last look at a host gave, for people
        self.database = self.keep(Server(self.new_folder("db")).create())
        self.programs = programs
        self.key = self.make_key() if seed % 2 == 0 else None
        self.steps = []  # of a change, at which daemons are still to end
        for workers in WORKERS:
            self.hosts.append(self.keep(self.new_host(workers)))
        self.load = Load(self.hosts, seed)

    def keep(self, part):
        self.parts.append(part)
        return part

    def new_folder(self, name):
        self.folders += 1
        return f"{self.folder}/{name}{self.folders}"

    def new_host(self, workers):
        name = f"host{sum(isinstance(part, Host) for part in self.parts)}"
        host = Host(self.programs, name, self.folder, self.database.socket, workers, self.key)
        host.set_format(self.format)
        return host

    def make_key(self):
        """The key of a fleet whose rows are sealed."""
        path = f"{self.folder}/key"
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        return path

    def begin(self):
        self.hosts[0].daemon.start(self.environment)
        self.hosts[0].begin_fleet(LEASE_SECONDS)
        for host in self.hosts[1:]:
            host.daemon.start(self.environment)
        self.wait(lambda: all(map(self.follows, self.hosts)), "a host does not join")
        prepare(self.hosts[0])
        self.converge()
        return self

    def count(self, what):
        self.counts[what] += 1

    # Where it stands.

    def lead_to(self, socket, hosts=None):
        """Lets all proxies connect to this server from now on."""
        for host in hosts or self.hosts:
            host.proxy.lead_to(socket)

    def standby(self, is_synchronous):
        """A copy that follows the database."""
        folder = self.new_folder("db")
        return self.keep(self.database.standby(folder, is_synchronous))

    def fail_over(self, server):
        """Makes another server the database."""
        self.database = server
        self.lead_to(server.socket)

    def heal(self):
        for host in self.hosts:
            host.proxy.heal()

    def wait(self, is_so, what):
        end = time.monotonic() + RECOVERY_SECONDS
        while not is_so():
            if time.monotonic() > end:
                states = "\n  ".join(
                    f"{host.words()}\n  {host.daemon.log_tail()[-600:]}" for host in self.hosts)
                raise Wrong(f"{what}: {self.refusal}; the database has {self.database.head()[0]};\n"
                            f"  {states}")
            time.sleep(0.05)

    def converge(self):
        """All hosts find their way back, obey each other and have the same log as the database."""
        self.wait(lambda: all(map(self.follows, self.hosts)), "a host does not follow again")
        for host in self.hosts:
            self.wait(lambda host=host: self.change_everywhere(host), "a host can't change anything")
        self.wait(self.is_even, "the hosts do not get to the end of the log")
        self.compare()

    @staticmethod
    def follows(host):
        answer = host.fleet()
        return (answer is not None and answer.condition == FOLLOWING
                and answer.HasField("lease_left"))

    def change_everywhere(self, host, hosts=None):
        """A change that all hosts obey once it is answered, and each of these says so."""
        status, answer, reason = host.ask(
            "CreateTeam", organization_id="acme", team_id=f"team-{time.monotonic_ns()}",
            wait=WAIT_FLEET)
        self.refusal = f"{host.name} says {status} {reason}"
        if status != "OK":
            return False
        for other in hosts or self.hosts:
            status, seen, reason = other.ask("Check", action="team.create", user={
                "organization_id": "acme", "user_id": "root"})
            self.refusal = f"{other.name} says {status} {reason}"
            if status != "OK" or not seen.allowed:
                return False
            if seen.revision < answer.revision:
                raise Wrong(f"{other.name} answers at {seen.revision} {reason}, and every host was"
                            f" said to obey {answer.revision}")
        return True

    def is_even(self):
        ends = {answer.revision if answer else None for answer in map(Host.fleet, self.hosts)}
        return ends == {self.database.head()[0]}

    def compare(self):
        """The same chain of hashes everywhere, each recomputed from the entries."""
        last, value = self.database.head()
        ends = {host.name: host.head(*self.known_head) for host in self.hosts}
        for name, end in ends.items():
            if end != (last, bytes.fromhex(value)):
                raise Wrong(f"{name} has another log than the database, which ends at {last} with"
                            f" {value}: {end}")
        self.known_head = (last, bytes.fromhex(value))

    def compare_bytes(self):
        """The same, with all bytes in the database read without a daemon."""
        if self.key:
            chain.demand_sealed(self.database, b"acme")
            return
        end = chain.read(self.database)
        if end != self.known_head:
            raise Wrong(f"the rows of the database end at {end}, the hosts at {self.known_head}")

    # What became of it.

    def judge_answers(self):
        """Whether the answers of this period are as new as they have to be."""
        found = newest_missed(self.load.calls, LEASE_SECONDS)
        if found:
            rule, before, call = found
            raise Wrong(f"{rule}:\n  {before}\n  {call}")

    def judge(self):
        """Judges the answers of this period, and what the log has of all that was ever made."""
        self.judge_answers()
        self.log.read(self.hosts[0])
        for thing in self.load.all_things:
            problem = log_contradicts(thing, self.log.entries.get(thing.name, []))
            if problem:
                raise Wrong(f"{thing.name}: {problem}")
            # Judged already; but an entry may still come that no client asked for.
            self.judged += len(thing.queries)
            thing.queries = []
        for thing in self.load.all_things[self.load.first_of_period:]:
            if commands_contradict(thing):
                story = "\n  ".join(map(str, sorted(
                    thing.commands, key=lambda call: call.invoked)))
                raise Wrong(f"no order explains what became of {thing.name}:\n  {story}")

    def connection(self):
        """The database itself, without a proxy."""
        return f"host={self.database.folder} port={PORT} user={OWNER} dbname={OWNER}"

    def verify_files(self, against_fleet=True):
        """Stops the daemons and verifies what they leave on their disks; how each log ends."""
        ends = set()
        for host in self.hosts:
            host.daemon.stop()
            code, words = host.daemon.verify(arguments=[
                "--against-fleet", self.connection(),
                *(["--fleet-key", self.key] if self.key else [])] if against_fleet else [])
            if code != 0:
                raise Wrong(f"verify of {host.name} exits {code}: {words}")
            ends.add(words)
        return ends

    def restart(self):
        """All daemons end and start again; between, their files have the same log."""
        ends = self.verify_files()
        if len(ends) != 1:
            raise Wrong(f"the hosts' files end differently: {ends}")
        for host in self.hosts:
            host.daemon.start(self.environment)

    def close(self):
        daemon.OPEN.discard(self)
        for part in reversed(self.parts):
            part.close()
        shutil.rmtree(self.folder, ignore_errors=True)

