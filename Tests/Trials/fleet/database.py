"""PostgreSQL in a folder of its own, on a Unix socket, as a user without rights on the machine.

A server can be killed and started again, copied to a standby that follows it, and the standby be
promoted: with all that was acknowledged, or without the last of it.
"""

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import time

PATIENCE = 60
PORT = 5432
OWNER = "postern"  # the role of the daemons, which owns the database of the same name
# What is killed are processes, not the machine, so nothing has to reach the disk.
SETTINGS = """
listen_addresses = ''
max_connections = 80
shared_buffers = 32MB
fsync = off
wal_level = replica
wal_keep_size = 512MB
max_wal_senders = 8
hot_standby = on
log_min_messages = warning
lock_timeout = 0
"""


def programs():
    """The folder with the newest PostgreSQL's programs."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    assert found, "PostgreSQL is not installed: .ci/deps trials"
    return found[-1]


def account():
    """The user that servers run as, as arguments for `Popen`: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def run(*words, **options):
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
        cwd="/", env=environment(), check=False, **account(), **options)
    assert done.returncode == 0, f"{os.path.basename(words[0])}: {done.stderr.strip()}"
    return done.stdout.strip()


def environment():
    """Without what may lead a client elsewhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


class Server:
    """One PostgreSQL, which may be the copy of another one."""

    def __init__(self, folder):
        self.folder, self.data = folder, f"{folder}/data"
        self.socket = f"{folder}/.s.PGSQL.{PORT}"
        self.process = None
        os.makedirs(folder, mode=0o755, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")

    def create(self):
        tool = programs()
        run(f"{tool}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync",
            "--no-instructions", "-E", "UTF8")
        with open(f"{self.data}/postgresql.conf", "a", encoding="utf-8") as file:
            file.write(SETTINGS)
        self.start()
        self.ask(f"create role {OWNER} login; create role reader login")
        self.ask(f"create database {OWNER} owner {OWNER}")
        return self

    def start(self):
        """Starts it and waits until it takes connections."""
        end = time.monotonic() + PATIENCE
        while True:
            with open(f"{self.folder}/log", "ab") as log:
                self.process = subprocess.Popen(
                    [f"{programs()}/postgres", "-D", self.data, "-k", self.folder, "-p", str(PORT)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=environment(),
                    **account())
            while self.process.poll() is None:
                if self.answers():
                    return self
                assert time.monotonic() < end, f"PostgreSQL does not answer: {self.log_tail()}"
                time.sleep(0.02)
            # The processes of a killed server may take a moment to go.
            assert time.monotonic() < end, f"PostgreSQL does not start: {self.log_tail()}"
            time.sleep(0.1)

    def answers(self):
        done = subprocess.run(
            [f"{programs()}/pg_isready", "-q", "-h", self.folder, "-p", str(PORT)],
            stdin=subprocess.DEVNULL, timeout=PATIENCE, cwd="/", env=environment(), check=False)
        return done.returncode == 0

    def stop(self):
        """Stops it in order, but without waiting for clients."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE)

    def kill(self):
        """Kills all of its processes at once, as if the machine had failed."""
        if self.process is None or self.process.poll() is not None:
            return
        children = children_of(self.process.pid)
        self.process.kill()
        self.process.wait(PATIENCE)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def ask(self, text, database="postgres", role="postgres"):
        """Does a statement, and answers its rows as text."""
        return run(
            f"{programs()}/psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
            "-p", str(PORT), "-U", role, "-d", database, "-c", text)

    def set(self, name, value):
        self.ask(f"alter system set {name} = '{value}'")
        self.ask("select pg_reload_conf()")

    @contextlib.contextmanager
    def session(self, text):
        """A session that has done a statement and keeps what it holds until the end."""
        held = subprocess.Popen(
            [f"{programs()}/psql", "-X", "-A", "-t", "-q", "-h", self.folder, "-p", str(PORT),
             "-U", "postgres", "-d", OWNER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd="/", env=environment(), **account())
        try:
            held.stdin.write(f"begin; {text}; select 'held';\n")
            held.stdin.flush()
            words = held.stdout.readline().strip()
            assert words == "held", f"{text}: {words}"
            yield
        finally:
            held.kill()
            held.communicate()

    # Standbys.

    def standby(self, folder, is_synchronous):
        """A copy that follows; without it no change is acknowledged from now on if so wanted."""
        copy = Server(folder)
        run(f"{programs()}/pg_basebackup", "-D", copy.data, "-R", "-c", "fast", "--no-sync", "-d",
            f"host={self.folder} port={PORT} user=postgres application_name=copy")
        copy.start()
        self.set("synchronous_standby_names", "copy" if is_synchronous else "")
        self.wait_for_standby("sync" if is_synchronous else "async")
        return copy

    def wait_for_standby(self, state):
        end = time.monotonic() + PATIENCE
        while self.ask("select sync_state from pg_stat_replication where state = 'streaming'") != state:
            assert time.monotonic() < end, f"no {state} standby: {self.log_tail()}"
            time.sleep(0.05)

    def stop_following(self):
        """From here on this standby hears nothing of its primary."""
        self.set("primary_conninfo", "")
        end = time.monotonic() + PATIENCE
        while self.ask("select count(*) from pg_stat_wal_receiver") != "0":
            assert time.monotonic() < end, f"still follows: {self.log_tail()}"
            time.sleep(0.02)

    def promote(self):
        assert self.ask("select pg_promote(true, 60)") == "t", self.log_tail()

    # What a fleet has there.

    def head(self):
        """The end of the log: its last revision and hash."""
        text = self.ask(
            "select last, encode(hash, 'hex') from postern.log order by first desc limit 1", OWNER)
        last, _, value = text.partition("|")
        return (int(last), value) if last else (0, "")

    def log_tail(self):
        with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as log:
            return log.read()[-1500:]

    def close(self):
        self.kill()


def children_of(process):
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{task}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    return found
