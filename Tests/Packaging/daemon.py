"""A daemon in a folder of its own for the checks, and how they report."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def check(what, problem):
    """Reports one step; `problem` is empty when nothing is wrong. Ends the check otherwise."""
    if problem:
        raise SystemExit(f"FAILED {what}: {problem}")
    print(f"ok {what}", flush=True)


class Daemon:
    """Serves while its block runs, on a socket and data of its own."""

    def __init__(self, binaries, *flags):
        self.binaries, self.flags = binaries, flags

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="postern-")
        self.folder = Path(self.temporary.name)
        self.environment = {"POSTERN_SOCKET": f"{self.folder}/postern.sock"}
        self.metrics_file = self.folder / "postern.prom"
        self.process = subprocess.Popen(
            [
                f"{self.binaries}/posternd",
                "--socket",
                self.environment["POSTERN_SOCKET"],
                "--data",
                f"{self.folder}/data",
                "--metrics-file",
                self.metrics_file,
                "--log-level",
                "error",
                *self.flags,
            ]
        )
        self.wait_for("version", "status")
        return self

    def __exit__(self, *reason):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.temporary.cleanup()

    def run(self, *arguments, given=None):
        environment = {key: value for key, value in os.environ.items() if key != "POSTERN_TOKEN"}
        return subprocess.run(
            [f"{self.binaries}/postern", *arguments],
            input=given,
            capture_output=True,
            text=True,
            env={**environment, **self.environment},
        )

    def call(self, *arguments, given=None):
        """Runs a command of `postern` that must succeed; returns what it prints."""
        done = self.run(*arguments, given=given)
        if done.returncode:
            raise SystemExit(f"FAILED postern {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def wait_for(self, text, *arguments):
        """Repeats a command until it prints a text."""
        self._wait(lambda: text in self.run(*arguments).stdout, f"`{text}` from {arguments}")

    def wait_for_file(self, path, text):
        """Waits until a file has a text."""
        self._wait(lambda: path.exists() and text in path.read_text(), f"`{text}` in {path}")

    @staticmethod
    def _wait(is_done, what):
        for _ in range(200):
            if is_done():
                return
            time.sleep(0.1)
        raise SystemExit(f"FAILED waiting for {what}")
