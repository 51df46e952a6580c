"""pgbouncer in transaction mode: each transaction may get another session, and no name lasts."""

import os
import shutil
import signal
import subprocess
import time

from database import OWNER, PATIENCE, PORT, account, environment

# Few sessions, so that hosts do get each other's, and short lives.
SETTINGS = """
[databases]
{owner} = host={upstream} port={port} dbname={owner} user={owner}
[pgbouncer]
unix_socket_dir = {folder}
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_lifetime = 1
query_wait_timeout = 3
logfile = {folder}/log
pidfile = {folder}/pid
"""


class Pooler:
    def __init__(self, folder, upstream):
        self.folder = folder
        self.socket = f"{folder}/.s.PGSQL.{PORT}"
        self.process = None
        os.makedirs(folder, mode=0o755, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        with open(f"{folder}/ini", "w", encoding="utf-8") as file:
            file.write(SETTINGS.format(owner=OWNER, upstream=upstream, port=PORT, folder=folder))
        self.start()

    def start(self):
        for left in (self.socket, f"{self.socket}.lock", f"{self.folder}/pid"):
            if os.path.exists(left):
                os.unlink(left)
        program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
        assert program, "pgbouncer is not installed: .ci/deps trials"
        self.process = subprocess.Popen(
            [program, "-q", f"{self.folder}/ini"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env=environment(),
            **account())
        end = time.monotonic() + PATIENCE
        while not os.path.exists(self.socket):
            assert self.process.poll() is None and time.monotonic() < end, self.log_tail()
            time.sleep(0.01)

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def log_tail(self):
        try:
            with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as log:
                return log.read()[-1500:]
        except OSError:
            return "pgbouncer does not start"

    def close(self):
        self.kill()
