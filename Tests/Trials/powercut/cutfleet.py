"""The fleet of a daemon whose power is cut: its database, which is not."""

import os
import shutil
import sys
import tempfile
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fleet"))

from database import OWNER, PORT, Server  # noqa: E402  pylint: disable=wrong-import-position

PATIENCE = 30
FOLLOWING = 3  # of FleetCondition


class CutFleet:
    """`is_there`: else the daemon is without a fleet, and nothing here does anything."""

    def __init__(self, is_there):
        self.is_there, self.arguments = is_there, []
        self.greatest, self.losses, self.cuts = None, 0, 0
        if not is_there:
            return
        self.folder = tempfile.mkdtemp(prefix="postern-cut.")
        os.chmod(self.folder, 0o755)
        self.server = Server(f"{self.folder}/sql").create()
        self.arguments = self.at(self.server.folder)

    @staticmethod
    def at(folder):
        """What a daemon is told of a database with its socket in a folder."""
        return ["--fleet", f"host={folder} port={PORT} user={OWNER} dbname={OWNER}",
                "--fleet-host", "cut"]

    def begin(self, daemon):
        """Begins the fleet, and waits until the daemon follows it."""
        if not self.is_there:
            return
        end = time.monotonic() + PATIENCE
        client = daemon.client(0)
        try:
            while True:
                client.call("InitializeFleet")
                _, answer = client.call("GetFleet")
                if answer is not None and answer.condition == FOLLOWING:
                    return
                assert time.monotonic() < end, f"no fleet: {daemon.log_tail()}"
                time.sleep(0.05)
        finally:
            client.close()

    def check(self, daemon, told):
        """A host that can't reach its fleet shows what the cut has left."""
        daemon.start(arguments=self.at("/nonexistent"))
        client = daemon.client(0)
        try:
            _, status = client.call("GetStatus")
        finally:
            client.close()
        self.cuts += 1
        self.losses += status.revision < told
        self.greatest = max(self.greatest or 0, told - status.revision)

    def compare(self, daemon):
        """It is a beginning of the log."""
        code, words = daemon.verify(arguments=["--against-fleet", self.arguments[1]])
        assert code == 0, f"verify against the fleet exits {code}: {words}"

    def words(self):
        return (f"what is left is a beginning of the log; {self.losses} of {self.cuts} cuts took back what"
                f" was answered, at most {self.greatest} revisions")

    def close(self):
        if self.is_there:
            self.server.close()
            shutil.rmtree(self.folder, ignore_errors=True)
