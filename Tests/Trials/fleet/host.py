"""A host of the fleet: a daemon on data of its own, behind a proxy of its own to the database."""

import time

from calls import Broken, duration
from daemon import Daemon
from database import OWNER, PORT
from proxy import Proxy

FOLLOWING = 3  # of FleetCondition
# How long a host may take to find its way back once nothing is wrong any more.
RECOVERY_SECONDS = 45


class Host:
    def __init__(self, programs, name, folder, upstream, workers, key=None):
        """With `key`, the file of a key, what it appends is sealed."""
        self.name = name
        self.proxy = Proxy(f"{folder}/{name}", upstream)
        self.daemon = Daemon(programs, [
            "--workers", str(workers), "--fleet-host", name, "--drain-timeout", "5", "--fleet",
            f"host={self.proxy.folder} port={PORT} user={OWNER} dbname={OWNER}",
            *(["--fleet-key", key] if key else [])])

    def ask(self, method, patience=10, **fields):
        """A call on a connection of its own: status, answer and the reason of an error."""
        try:
            client = self.daemon.client(0, patience)
        except Broken as error:
            return "BROKEN", None, str(error)
        try:
            status, answer = client.call(method, **fields)
            return status, answer, client.reason
        except Broken as error:
            return "BROKEN", None, str(error)
        finally:
            client.close()

    def set_format(self, number):
        """The next start is of a version that reads and writes this format of the log."""
        self.daemon.environment["POSTERN_FORMAT"] = str(number)

    def fleet(self):
        """How it stands to its fleet; None if it does not answer."""
        return self.ask("GetFleet")[1]

    def begin_fleet(self, lease):
        end = time.monotonic() + RECOVERY_SECONDS
        while True:
            status, _, reason = self.ask("InitializeFleet", lease=duration(lease))
            if status == "OK" or reason == "FLEET_EXISTS":
                return
            assert time.monotonic() < end, f"no fleet: {status} {reason}: {self.daemon.log_tail()}"
            time.sleep(0.1)

    def head(self, after=0, known=b""):
        """Recomputes its log's hashes from a revision on; where it ends, or what is wrong with it."""
        while True:
            fields = {"from_revision": after + 1, "expected_hash": known} if after else {}
            status, answer, reason = self.ask("VerifyLog", **fields)
            if status == "OUT_OF_RANGE":
                return after, known
            assert status == "OK", f"VerifyLog on {self.name}: {status} {reason}"
            if not answer.intact:
                return answer.broken_revision, answer.message
            after, known = answer.verified_revision, answer.verified_hash
            if after >= answer.revision:
                return after, known

    def words(self):
        fleet = self.fleet()
        if fleet is None:
            return f"{self.name} does not answer"
        return (f"{self.name}: condition {fleet.condition} {fleet.problem_reason} {fleet.problem},"
                f" revision {fleet.revision}, lag {fleet.lag_revisions},"
                f" {len(fleet.members)} members, lease left {fleet.lease_left.ToMilliseconds()} ms")

    def close(self):
        self.daemon.close()
        self.proxy.close()
