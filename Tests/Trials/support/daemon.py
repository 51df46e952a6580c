"""A daemon in a folder of its own, which may be started again on what it left there."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from calls import GRPC, TTRPC, Broken

PATIENCE = 30
# Those that have not been closed. A trial that is told to end cleans up first.
OPEN = set()


def end(number, _):
    for daemon in list(OPEN):
        daemon.close()
    os._exit(128 + number)


signal.signal(signal.SIGTERM, end)


class Daemon:
    def __init__(self, programs, arguments=()):
        self.program, self.tool = f"{programs}/posternd", f"{programs}/postern"
        self.arguments = list(arguments)
        # Short: the path of a socket may have 107 bytes.
        self.folder = tempfile.mkdtemp(prefix="postern-trial.")
        self.socket = f"{self.folder}/socket"
        self.data = f"{self.folder}/data"
        self.process = None
        self.environment = {}  # of each start
        OPEN.add(self)

    def start(self, environment=None, arguments=()):
        """Starts it and waits until it serves; raises `Broken` if it ends instead."""
        self.process = self.launch(environment, arguments)
        return self.wait_until_it_serves()

    def take_over(self):
        """Starts another that takes its place; the one before has ended then."""
        before, self.process = self.process, self.launch(arguments=["--take-over"])
        try:
            code = before.wait(PATIENCE * 2)
        finally:
            before.kill()
        assert code == 0, f"the daemon that was replaced ended with {code}: {self.log_tail()}"
        return self.wait_until_it_serves()

    def launch(self, environment=None, arguments=()):
        with open(f"{self.folder}/log", "ab") as log:
            return subprocess.Popen(
                [self.program, "--socket", self.socket, "--data", self.data, "--log-level", "warning",
                 *self.arguments, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "SWIFT_BACKTRACE": "enable=no", **self.environment,
                     **(environment or {})})

    def wait_until_it_serves(self):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                client = TTRPC(self.socket)
                try:
                    client.call("GetStatus")
                    return self
                finally:
                    client.close()
            except Broken:
                pass
            if self.process.poll() is not None:
                raise Broken(f"the daemon ended with {self.process.poll()}: {self.log_tail()}")
            assert time.monotonic() < end, f"the daemon does not serve: {self.log_tail()}"
            time.sleep(0.005)

    def client(self, index=0, patience=PATIENCE):
        """A client with a connection of its own: ttrpc for an even number, gRPC for an odd one."""
        return (GRPC if index % 2 else TTRPC)(self.socket, patience)

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self):
        return self.process.wait(PATIENCE)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()

    def stop(self):
        self.signal(signal.SIGTERM)
        code = self.wait()
        assert code == 0, f"the daemon ended with {code}: {self.log_tail()}"

    def verify(self, data=None, arguments=()):
        """The exit code and output of `postern verify` on the files."""
        done = subprocess.run(
            [self.tool, "verify", "--data", data or self.data, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE * 4,
            env={**os.environ, **self.environment})
        return done.returncode, (done.stdout + done.stderr).strip()

    def command(self, *words):
        """The output of a command of `postern`, which has to succeed."""
        done = subprocess.run(
            [self.tool, "--socket", self.socket, *words], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE * 4,
            env={**os.environ, **self.environment})
        assert done.returncode == 0, f"postern {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def restore(self, copy):
        """Puts a copy where the next start finds it."""
        done = subprocess.run(
            [self.tool, "restore", copy, "--data", self.data], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE * 4)
        assert done.returncode == 0, f"restore exits {done.returncode}: {done.stderr}"

    def log_tail(self):
        try:
            with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as log:
                text = log.read()[-2000:]
        except OSError:
            return ""
        assert not re.search(r"pst_[uo]_", text), "a secret in the log of a daemon"
        return text

    def close(self):
        OPEN.discard(self)
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
