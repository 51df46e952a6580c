"""Makes the ledger's writes fail and fills its disk: `faults BIN ROUNDS [SEED [REVOKES]]`.

A round lets one kind of operation on `data.mdb` fail (pages, meta page, sync, allocation; with EIO,
ENOSPC, EDQUOT, half done, or EINTR; once or for ever; at once or a few operations later), while
tokens are issued and revoked over both protocols. Whatever fails, the daemon answers queries, as of
the last change that was acknowledged. Where only pages or the allocation failed it accepts changes
again by itself; where the disk's state is open it refuses them, health and status say so, and
after a restart everything that was acknowledged is there.

Then the ledger is filled, to the end of its map and to the end of a disk (as root), and REVOKES tokens
are revoked one by one.
"""

import errno
import mmap
import os
import pathlib
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import grpc
from calls import PATIENCE, Broken
from daemon import Daemon

OPERATIONS = {"pages": 1, "meta page": 2, "sync": 3, "allocation": 4}
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EDQUOT": errno.EDQUOT, "short": 0,
          "EINTR": errno.EINTR}
FULL = "full"
BLOB = "d" * 900


class Wrong(Exception):
    """The daemon did not do what it should."""


class Control:
    """The numbers by which the library in the daemon is told what to let fail."""

    def __init__(self, folder):
        self.path = f"{folder}/control"
        with open(self.path, "wb") as file:
            file.truncate(4096)
        with open(self.path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 4096)

    def arm(self, operation, error, passes, times):
        self.shared[4:24] = struct.pack("<5i", error, passes, times, 0, 0)
        self.shared[0:4] = struct.pack("<i", operation)

    def disarm(self):
        self.shared[0:4] = struct.pack("<i", 0)
        return struct.unpack_from("<i", self.shared, 16)[0]


class Tokens:
    """The tokens that were acknowledged, and whether each is good; None: no answer told it."""

    def __init__(self, draw):
        self.random = draw
        self.good = {}

    def change(self, client, revoke=None):
        """Issues or revokes one. The status, and what the daemon says of a failure."""
        known = [secret for secret, good in self.good.items() if good]
        if revoke is None:
            revoke = bool(known) and self.random.random() < 0.4
        if revoke and known:
            secret = self.random.choice(known)
            self.good[secret] = None
            status, _ = client.call("RevokeToken", secret=secret)
            if status == "OK":
                self.good[secret] = False
            return status, client.problem, secret
        status, answer = client.call(
            "IssueToken", organization_id="acme", user_id="ann", description=BLOB)
        if status == "OK":
            self.good[answer.secret] = True
        return status, client.problem, None

    def check(self, client):
        """Every token is what was acknowledged; without an answer it may be either."""
        for secret, good in self.good.items():
            status, answer = client.call("ValidateToken", secret=secret)
            if status != "OK":
                raise Wrong(f"ValidateToken: {status} {client.problem}")
            if good is None:
                self.good[secret] = answer.active
            elif answer.active != good:
                raise Wrong(f"a token is {'active' if answer.active else 'dead'} that was {good}")


def is_serving(daemon, service):
    with grpc.insecure_channel(f"unix:{daemon.socket}") as channel:
        call = channel.unary_unary("/grpc.health.v1.Health/Check")
        name = service.encode()
        return call(bytes([10, len(name)]) + name if name else b"", timeout=PATIENCE) == b"\x08\x01"


def expect(condition, words):
    if not condition:
        raise Wrong(words)


class Round:
    """A daemon with one fault."""

    def __init__(self, programs, library, draw, operation, error, passes, times):
        self.operation, self.error = operation, error
        self.passes, self.times = passes, times
        self.library = library
        self.daemon = Daemon(programs, ["--workers", "2"])
        self.control = Control(self.daemon.folder)
        self.tokens = Tokens(draw)

    def __str__(self):
        how = "for ever" if self.times < 0 else f"{self.times} times"
        return f"{self.error} of {self.operation} after {self.passes}, {how}"

    def run(self):
        try:
            self.daemon.start({"LD_PRELOAD": self.library, "POSTERN_FAULTS": self.control.path})
            clients = [self.daemon.client(index) for index in (0, 1)]
            clients[0].call("CreateOrganization", organization_id="acme", administrator_user_id="ann")
            for index in range(20):
                status, problem, _ = self.tokens.change(clients[index % 2])
                expect(status == "OK", f"before the fault: {status} {problem}")
            self.control.arm(
                OPERATIONS[self.operation], ERRORS[self.error], self.passes, self.times)
            ended = self.suffer(clients)
            failures = self.control.disarm()
            expect(self.daemon.process.poll() is None, f"the daemon ended: {self.daemon.log_tail()}")
            if ended:
                self.is_read_only(clients)
            elif self.operation != "allocation" or failures:
                self.recovers(clients)
            for client in clients:
                client.close()
            self.starts_again()
            return failures, ended
        finally:
            self.daemon.close()

    def suffer(self, clients):
        """Changes under the fault; whether writing has ended."""
        ended = False
        for index in range(2500 if self.operation == "allocation" else 40):
            client = clients[index % 2]
            status, problem, revoked = self.tokens.change(
                client, revoke=False if self.operation == "allocation" else None)
            if status == "OK":
                expect(not ended, "a change was acknowledged after writing had ended")
                continue
            expect(status == "UNAVAILABLE", f"{status} {problem}")
            expect(FULL in problem or "written" in problem, f"the answer says: {problem}")
            ends_now = not ended and "not written any more" in problem
            ended = ended or ends_now
            if revoked is not None:
                # Read as of the last acknowledged change, whatever is on the disk.
                status, answer = clients[1].call("ValidateToken", secret=revoked)
                expect(status == "OK" and answer.active, f"a token that was not revoked: {status}")
                if not ends_now:
                    self.tokens.good[revoked] = True
            if self.operation == "allocation":
                break
        for secret, good in self.tokens.good.items():
            status, answer = clients[1].call("ValidateToken", secret=secret)
            expect(status == "OK" and answer.active == (good is not False),
                   f"a token under the fault: {status}")
        expected = self.operation in ("meta page", "sync") and self.error != "EINTR"
        expect(ended == expected, f"writing has{'' if ended else ' not'} ended")
        return ended

    def is_read_only(self, clients):
        for client in clients:
            for revoke in (False, True):
                status, problem, secret = self.tokens.change(client, revoke)
                expect(status == "UNAVAILABLE" and "not written any more" in problem,
                       f"{status} {problem}")
                if secret is not None:
                    self.tokens.good[secret] = True
            status, answer = client.call("GetStatus")
            expect(status == "OK" and answer.ledger_problem, "the status says nothing of it")
            status, _ = client.call("ListTokens", organization_id="acme")
            expect(status == "OK", f"ListTokens: {status} {client.problem}")
        expect(not is_serving(self.daemon, ""), "health says that it serves")
        expect(not is_serving(self.daemon, "postern.v1.TokenService"), "health of TokenService")
        expect(is_serving(self.daemon, "postern.v1.PermissionService"), "health of PermissionService")

    def recovers(self, clients):
        end = time.monotonic() + PATIENCE
        while True:
            status, problem, revoked = self.tokens.change(clients[0], revoke=False)
            if status == "OK":
                break
            expect(time.monotonic() < end, f"it does not recover: {problem}")
            time.sleep(0.05)
        for client in clients:
            status, problem, _ = self.tokens.change(client, revoke=True)
            expect(status == "OK", f"after it recovered: {status} {problem}")
        self.tokens.check(clients[1])
        status, answer = clients[0].call("GetStatus")
        expect(not answer.ledger_problem, f"the status still says: {answer.ledger_problem}")

    def starts_again(self):
        """A crash, and a start without the fault: nothing that was acknowledged is lost."""
        self.daemon.kill()
        code, words = self.daemon.verify()
        expect(code == 0, f"verify: {words}")
        self.daemon.start()
        client = self.daemon.client()
        self.tokens.check(client)
        status, problem, _ = self.tokens.change(client, revoke=False)
        expect(status == "OK", f"after a restart: {status} {problem}")
        client.close()
        self.daemon.stop()


class SmallDisk:
    """A disk of its own over a folder, in memory or ext4 in a file; only root can have one."""

    def __init__(self, folder, megabytes, kind="tmpfs"):
        self.folder, self.image = folder, None
        if kind == "tmpfs":
            self.refusal = self.run(
                "mount", "-t", "tmpfs", "-o", f"mode=0700,size={megabytes}m", "postern-trial", folder)
            return
        self.image = f"{folder}.image"
        with open(self.image, "wb") as file:
            file.truncate(megabytes << 20)
        self.refusal = (self.run("mkfs.ext4", "-q", "-F", "-m", "0", self.image)
                        or self.run("mount", "-o", "loop", self.image, folder))
        if self.refusal is None:
            os.chmod(folder, 0o700)

    @staticmethod
    def run(*words):
        """Why a program failed; nothing if it didn't."""
        try:
            done = subprocess.run(words, capture_output=True, text=True)
        except OSError as error:
            return str(error)
        return done.stderr.strip() or f"{words[0]} ended with {done.returncode}" if done.returncode else None

    def fill(self, rest):
        status = os.statvfs(self.folder)
        with open(f"{self.folder}/filler", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, status.f_bavail * status.f_frsize - rest)

    def empty(self):
        os.unlink(f"{self.folder}/filler")

    def close(self):
        if self.refusal is None:
            subprocess.run(["umount", "--lazy", self.folder], check=False)
        if self.image is not None:
            os.unlink(self.image)


def fill(daemon, most, description=BLOB):
    """Issues tokens by several clients until none finds room or there are enough; their secrets."""
    secrets, threads, lock = [], [], threading.Lock()

    def issue(index):
        client, refusals = daemon.client(index), 0
        while refusals < 5 and len(secrets) < most:
            status, answer = client.call(
                "IssueToken", organization_id="acme", user_id="ann",
                description=description if refusals == 0 else "")
            if status == "OK":
                refusals = 0
                with lock:
                    secrets.append(answer.secret)
            else:
                expect(status == "UNAVAILABLE" and FULL in client.problem, f"{status} {client.problem}")
                refusals += 1
        client.close()
    for index in range(4):
        threads.append(threading.Thread(target=issue, args=(2 * index,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return secrets


def expect_no_backup(daemon, client, refusal):
    """Has a backup refused, which leaves nothing."""
    status, _ = client.call("Backup", path=f"{daemon.data}/copy")
    expect(status == refusal, f"a backup: {status} {client.problem}")
    expect(not [name for name in os.listdir(daemon.data) if "copy" in name], "a part of a backup")


def revoke_on_a_full_ledger(programs, revokes, kind):
    """Fills a ledger, its map or a disk of some kind, revokes in it one by one, and makes room again."""
    on_disk = kind != "map"
    # What so many tokens take, and as much again for the reserve and what is copied.
    megabytes = max(16, revokes * 4 * 700 // (1 << 20))
    arguments = [] if on_disk else ["--max-ledger-bytes", str(megabytes << 20)]
    daemon = Daemon(programs, ["--workers", "2", "--max-tokens-per-user", "0", *arguments])
    os.mkdir(daemon.data, 0o700)
    disk = SmallDisk(daemon.data, 3 * megabytes, kind) if on_disk else None
    if disk is not None and disk.refusal is not None:
        daemon.close()
        print(f"left out: a full disk, {kind} ({disk.refusal})")
        return
    try:
        daemon.start()
        client = daemon.client()
        client.call("CreateOrganization", organization_id="acme", administrator_user_id="ann")
        secrets = fill(daemon, revokes, description="")
        if disk is not None:
            # Less than a copy takes, however few tokens there are: a table is a page at least.
            disk.fill(16 << 10)
            expect_no_backup(daemon, client, "RESOURCE_EXHAUSTED")
        secrets += fill(daemon, 1 << 30)
        expect(len(secrets) >= revokes, f"only {len(secrets)} tokens fit")
        # Its view would keep the pages of the reserve.
        expect_no_backup(daemon, client, "UNAVAILABLE")
        if disk is not None:
            # A start needs no room.
            client.close()
            daemon.kill()
            daemon.start()
            client = daemon.client()
        begun = time.monotonic()
        for index, secret in enumerate(secrets):
            status, _ = client.call("RevokeToken", secret=secret)
            expect(status == "OK", f"revoke {index} of {len(secrets)}: {status} {client.problem}")
        took = time.monotonic() - begun
        for secret in secrets[:: max(1, len(secrets) // 500)]:
            expect(not client.call("ValidateToken", secret=secret)[1].active, "a revoked token is good")
        if disk is not None:
            disk.empty()
            end = time.monotonic() + PATIENCE
            while True:
                status, _ = client.call("IssueToken", organization_id="acme", user_id="ann")
                if status == "OK":
                    break
                expect(time.monotonic() < end, f"it does not recover: {client.problem}")
                time.sleep(0.05)
        client.close()
        daemon.stop()
        code, words = daemon.verify()
        expect(code == 0, f"verify: {words}")
        lines = pathlib.Path(f"{daemon.folder}/log").read_text().count("the ledger is full:")
        most = 2 + int(time.monotonic() - begun) // 60
        expect(1 <= lines <= 2 * most, f"{lines} lines say that the ledger is full")
        print(f"ok faults: {len(secrets)} revokes one by one on a full"
              f" {f'disk, {kind}, for' if on_disk else 'map of'} {megabytes} MiB, {took:.0f} s", flush=True)
    finally:
        if disk is not None:
            disk.close()
        daemon.close()


def lock_on_a_full_disk(programs):
    """A lock.mdb without blocks on a disk without a free one, at a start: a clear word, no signal."""
    daemon = Daemon(programs)
    os.mkdir(daemon.data, 0o700)
    disk = SmallDisk(daemon.data, 64)
    try:
        if disk.refusal is not None:
            return
        daemon.start()
        daemon.stop()
        with open(f"{daemon.data}/lock.mdb", "wb") as file:
            file.truncate(1 << 17)
        disk.fill(0)
        try:
            daemon.start()
            raise Wrong("a daemon serves on a disk without a block")
        except Broken as broken:
            code = daemon.wait()
            expect(code == 1, f"it ended with {code}: {broken}")
            expect("no room" in str(broken) or "No space" in str(broken), f"it says: {broken}")
    finally:
        disk.close()
        daemon.close()


def start_again_when_that_helps(programs, library):
    """A daemon with a supervisor ends once the disk takes a sync again, and not before."""
    daemon = Daemon(programs)
    control = Control(daemon.folder)
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(f"{daemon.folder}/notify")
    try:
        daemon.start({"LD_PRELOAD": library, "POSTERN_FAULTS": control.path,
                      "NOTIFY_SOCKET": f"{daemon.folder}/notify"})
        client = daemon.client()
        control.arm(OPERATIONS["sync"], errno.EIO, 0, -1)
        status, _ = client.call(
            "CreateOrganization", organization_id="acme", administrator_user_id="ann")
        expect(status == "UNAVAILABLE" and "not written any more" in client.problem, f"{status}")
        time.sleep(14)
        expect(daemon.process.poll() is None, "it ended, though the disk takes no sync")
        expect(client.call("GetStatus")[0] == "OK", "it does not answer")
        client.close()
        control.disarm()
        code = daemon.wait()
        expect(code == 1, f"it ended with {code}")
        daemon.start()
        client = daemon.client()
        status, _ = client.call(
            "CreateOrganization", organization_id="globex", administrator_user_id="ann")
        expect(status == "OK", f"after the start: {status} {client.problem}")
        client.close()
        daemon.stop()
    finally:
        manager.close()
        daemon.close()


def lag(client):
    """The commits since the oldest view that a reader holds."""
    _, answer = client.call("GetMetrics", name_prefix="postern_reader_lag")
    line = [line for line in answer.open_metrics_text.splitlines()
            if line.startswith("postern_reader_lag ")][0]
    return int(line.split()[1])


def reader_that_dies(programs):
    """A reader in another process that is killed holds no pages for longer than some seconds."""
    daemon = Daemon(programs)
    try:
        daemon.start()
        client = daemon.client()
        client.call("CreateOrganization", organization_id="acme", administrator_user_id="ann")
        fill(daemon, 2000)
        for _ in range(30):
            with subprocess.Popen(
                    [daemon.tool, "verify", "--data", daemon.data], stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as reader:
                held = 0
                while reader.poll() is None and held < 5:
                    client.call("IssueToken", organization_id="acme", user_id="ann")
                    held = lag(client)
                if held >= 5:
                    # It is in the middle, and keeps its view for good unless it is made to let go.
                    reader.send_signal(signal.SIGSTOP)
                    reader.kill()
            if held >= 5:
                break
        expect(held >= 5, "no reader was caught in the middle")
        end = time.monotonic() + PATIENCE
        while lag(client) > 2:
            client.call("IssueToken", organization_id="acme", user_id="ann")
            expect(time.monotonic() < end, f"the slot of a dead reader is still taken: {lag(client)}")
            time.sleep(0.1)
        client.close()
        daemon.stop()
    finally:
        daemon.close()


def check_that_stands_still(programs):
    """The daemon's own check, stopped in the middle, does not let the ledger grow without end."""
    daemon = Daemon(programs, ["--check-interval", "1"])
    try:
        daemon.start()
        client = daemon.client()

        def issue(count):
            for _ in range(count):
                client.call("IssueToken", organization_id="acme", user_id="ann", description=BLOB)

        def used():
            return client.call("GetStatus")[1].ledger_bytes

        client.call("CreateOrganization", organization_id="acme", administrator_user_id="ann")
        fill(daemon, 2000)
        checks, end = [], time.monotonic() + 4 * PATIENCE
        while time.monotonic() < end:
            checks = [int(word) for word in subprocess.run(
                ["pgrep", "-P", str(daemon.process.pid)], capture_output=True, text=True,
                check=False).stdout.split()]
            if checks:
                os.kill(checks[0], signal.SIGSTOP)
                issue(5)
                if lag(client) >= 5:
                    break
                os.kill(checks[0], signal.SIGCONT)
        expect(checks and lag(client) >= 5, "no check was caught in the middle")
        before, end = used(), time.monotonic() + 4 * PATIENCE
        while "the check of the ledger was ended" not in daemon.log_tail():
            issue(20)
            expect(time.monotonic() < end, "a check that stands still goes on")
        grown = used() - before
        expect(16 << 20 < grown < 128 << 20, f"the ledger grew by {grown}")
        end = time.monotonic() + PATIENCE
        while lag(client) > 2:
            expect(time.monotonic() < end, "the check still holds a view")
            time.sleep(0.05)
        client.close()
        daemon.stop()
    finally:
        daemon.close()


def draw_rounds(draw, count):
    """Every kind of fault in turn, and then at random."""
    kinds = [(operation, error) for operation in OPERATIONS for error in ERRORS
             if not (operation in ("sync", "allocation") and error == "short")]
    for index in range(count):
        if index % len(kinds) == 0:
            draw.shuffle(kinds)
        operation, error = kinds[index % len(kinds)]
        # An interrupted call is repeated, for ever if it is interrupted for ever.
        times = 3 if error == "EINTR" else draw.choice((1, -1))
        if operation == "allocation" and error != "EINTR":
            times = -1
        yield operation, error, 0 if operation == "allocation" else draw.choice((0, 0, 1, 5)), times


def main():
    programs, rounds = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    revokes = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
    print(f"faults: {rounds} rounds, seed {seed}", flush=True)
    begun, draw = time.monotonic(), random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        library = f"{scratch}/faults.so"
        source = pathlib.Path(__file__).with_name("faults.c")
        subprocess.run(
            ["gcc", "-O1", "-Wall", "-shared", "-fPIC", "-o", library, str(source), "-ldl"], check=True)
        injected = {}
        for fault in draw_rounds(draw, rounds):
            one = Round(programs, library, draw, *fault)
            try:
                failures, ended = one.run()
            except (Wrong, Broken, AssertionError) as wrong:
                raise SystemExit(f"FAILED faults: seed {seed}: {one}: {wrong}") from None
            count, ends = injected.get(fault[0], (0, 0))
            injected[fault[0]] = (count + failures, ends + ended)
        if rounds >= 2 * len(OPERATIONS) * len(ERRORS):
            for operation, (count, _) in injected.items():
                expect(count > 0, f"no {operation} has failed: the trial is blind")
        try:
            start_again_when_that_helps(programs, library)
            reader_that_dies(programs)
            check_that_stands_still(programs)
            lock_on_a_full_disk(programs)
            for kind in ("map", "tmpfs", "ext4"):
                revoke_on_a_full_ledger(programs, revokes, kind)
        except (Wrong, Broken) as wrong:
            raise SystemExit(f"FAILED faults: seed {seed}: a full ledger: {wrong}") from None
    words = ", ".join(
        f"{count} {operation} ({ends} ended writing)" for operation, (count, ends) in injected.items())
    print(f"ok faults: {rounds} rounds, failed: {words}; every answer was right and nothing that was"
          f" acknowledged is lost; seed {seed}, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
