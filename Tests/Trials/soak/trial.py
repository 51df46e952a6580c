"""Mixed load for a long time, in which nothing may grow or slow down: `soak BIN MINUTES [SEED]`.

Two clients change their organizations and know by a model what must come of it, a watcher reads
every event, others export and connect anew; tokens end and are swept. Meanwhile the memory of the
daemon, its descriptors, the ledger's bytes a revision, and the median of a ValidateToken beside that
of a bare echo are sampled. The last third is compared with the first third behind a warm-up: of the
medians the quartiles of both, since other work of the machine delays some samples, but not all.
"""

import os
import random
import socket
import statistics
import sys
import threading
import time

from calls import METHODS, Broken, GRPC
from changes import LOST, Changes
from daemon import Daemon
from world import World

CHANGES_A_SECOND = 60
ARGUMENTS = ["--workers", "2", "--token-retention", "5", "--usage-interval", "5"]
# How much more the last third may be than the first, and what is too little to count.
BOUNDS = {
    "memory": (1.10, 2 << 20, "bytes of anonymous memory"),
    "descriptors": (1.0, 4, "descriptors"),
    "growth": (1.10, 16, "bytes of the ledger a revision"),
    "median": (2.0, 0.2, "medians of ValidateToken, in echoes"),
}


class Echo:
    """Measures a round trip on this machine without a daemon."""

    def __init__(self):
        self.near, far = socket.socketpair()
        self.child = os.fork()
        if self.child == 0:
            self.near.close()
            while data := far.recv(64):
                far.sendall(data)
            os._exit(0)
        far.close()

    def once(self):
        self.near.sendall(b"x" * 60)
        self.near.recv(64)

    def close(self):
        self.near.close()
        os.waitpid(self.child, 0)


class Soak:
    def __init__(self, programs, seconds, seed):
        self.echo = Echo()
        self.daemon = Daemon(programs, ARGUMENTS).start()
        self.seconds, self.seed = seconds, seed
        self.over = threading.Event()
        self.failures = []
        self.samples = []
        self.counts = dict.fromkeys(("changes", "events", "exports", "connections", "validations"), 0)
        self.worlds = []

    def spawn(self, work, *arguments):
        def guarded():
            try:
                work(*arguments)
            except BaseException as error:  # pylint: disable=broad-except
                self.failures.append(f"{work.__name__}: {error!r}")
                self.over.set()
        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def change(self, index):
        client = self.daemon.client(index)
        world = World()
        self.worlds.append(world)
        changes = Changes(f"org-{index}", random.Random(self.seed * 100 + index))
        while not self.over.wait(1 / CHANGES_A_SECOND):
            change = changes.draw(world)
            status, answer = client.call(change.method, **change.fields)
            expected = change.apply(world, answer, None)
            assert status == expected, f"{change.method}: {status}, and the model says {expected}"
            changes.forget(world)
            self.counts["changes"] += 1
        client.close()

    def watch(self):
        client = GRPC(self.daemon.socket)
        service, request, answer, _ = METHODS["Watch"]
        stub = client.channel.unary_stream(
            f"/{service}/Watch", request.SerializeToString, answer.FromString)
        stream = stub(request(from_revision=1))
        last = 0
        try:
            threading.Thread(target=lambda: (self.over.wait(), stream.cancel())).start()
            for news in stream:
                for event in news.events:
                    assert event.attribution.revision > last, "a revision went back or came twice"
                    last = event.attribution.revision
                    self.counts["events"] += 1
        except Exception as error:  # pylint: disable=broad-except
            assert self.over.is_set(), f"the watch ended: {error}"
        client.close()

    def export(self):
        while not self.over.wait(0.5):
            for index in (0, 1):
                client = self.daemon.client(index)
                status, _ = client.calls("Export")
                assert status == "OK", f"Export: {status}"
                client.close()
                self.counts["exports"] += 1
                self.counts["connections"] += 1

    def connect(self):
        index = 0
        while not self.over.wait(0.05):
            client = self.daemon.client(index)
            status, _ = client.call("Check", token_secret="pst_u_none", action="team.create")
            assert status == "OK", f"Check: {status}"
            client.close()
            index += 1
            self.counts["connections"] += 1

    def sample(self, client, secret):
        took, floor = [], []
        for _ in range(200):
            begun = time.perf_counter()
            status, answer = client.call("ValidateToken", secret=secret)
            middle = time.perf_counter()
            self.echo.once()
            floor.append(time.perf_counter() - middle)
            took.append(middle - begun)
            assert status == "OK" and answer.active
        self.counts["validations"] += len(took)
        process = self.daemon.process.pid
        with open(f"/proc/{process}/status", encoding="ascii") as status:
            memory = next(int(line.split()[1]) << 10 for line in status if line.startswith("RssAnon"))
        _, state = client.call("GetStatus")
        self.samples.append({
            "memory": memory, "descriptors": len(os.listdir(f"/proc/{process}/fd")),
            "ledger": state.ledger_bytes, "revision": state.revision,
            "median": statistics.median(took) / statistics.median(floor),
            "microseconds": statistics.median(took) * 1e6})

    def run(self):
        client = self.daemon.client()
        client.call("CreateOrganization", organization_id="probe", administrator_user_id="ann")
        _, answer = client.call("IssueToken", organization_id="probe", user_id="ann")
        at_rest = len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))
        threads = [self.spawn(*work) for work in (
            (self.change, 0), (self.change, 1), (self.watch,), (self.export,), (self.connect,))]
        begun, interval = time.monotonic(), min(10, max(1, self.seconds / 60))
        said = begun
        while time.monotonic() - begun < self.seconds and not self.over.wait(interval):
            try:
                self.sample(client, answer.secret)
            except (AssertionError, Broken) as error:
                self.failures.append(f"sample: {error!r}")
                break
            if time.monotonic() - said > 300:
                said = time.monotonic()
                print(f"  {(said - begun) / 60:.0f} minutes: {self.samples[-1]}", flush=True)
        self.over.set()
        for thread in threads:
            thread.join()
        if not self.failures:
            self.end(client, at_rest)
        client.close()

    def end(self, client, at_rest):
        """What holds once all clients have stopped."""
        for world in self.worlds:
            for secret in world.secrets:
                if not secret.startswith(LOST):
                    _, answer = client.call("ValidateToken", secret=secret)
                    if answer.active != world.is_active(secret):
                        self.failures.append(f"a secret of {world.secrets[secret]} is {answer.active}")
        end = time.monotonic() + 10
        while (left := len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))) > at_rest:
            if time.monotonic() > end:
                self.failures.append(f"{left} descriptors are open at the end, and {at_rest} before")
                break
            time.sleep(0.1)
        self.daemon.stop()
        code, words = self.daemon.verify()
        if code != 0:
            self.failures.append(f"verify exits {code}: {words}")

    def close(self):
        self.over.set()
        self.daemon.close()
        self.echo.close()


def trends(samples):
    """The trend of each figure, and those that grew beyond their bounds."""
    kept = samples[len(samples) // 5:]
    third = len(kept) // 3
    if third < 3:
        return "", [f"only {len(samples)} samples"]
    first, middle, last = kept[:third], kept[third:2 * third], kept[-third:]
    words, grown = [], []
    for name, (factor, slack, unit) in BOUNDS.items():
        one, other = (figure(name, part) for part in (first, last))
        if name == "growth":
            # At first the pages are used again that the check after the start had held.
            one = max(one, figure(name, middle))
        words.append(f"{name} {one:.4g} to {other:.4g}")
        if other > one * factor + slack:
            grown.append(f"{one:.4g} {unit} became {other:.4g}")
    return ", ".join(words), grown


def figure(name, part):
    if name == "growth":
        return ((part[-1]["ledger"] - part[0]["ledger"])
                / max(1, part[-1]["revision"] - part[0]["revision"]))
    if name == "descriptors":
        return max(sample[name] for sample in part)
    if name == "median":
        # What else the machine does delays some samples, and what slows down delays all.
        return statistics.quantiles([sample[name] for sample in part], n=4)[0]
    return statistics.median(sample[name] for sample in part)


def prove():
    """Finds figures that grow steadily, and none that stay."""
    def samples(**growth):
        return [{
            "memory": (20 << 20) + growth.get("memory", 0) * index,
            "descriptors": 28 + growth.get("descriptors", 0) * index,
            "ledger": 200 * index + growth.get("ledger", 0) * index ** 2, "revision": index,
            "median": 2 + growth.get("median", 0) * index} for index in range(60)]
    assert trends(samples())[1] == []
    # For an hour, in which a sample is a minute.
    for leak in ({"memory": 150_000}, {"descriptors": 0.3}, {"ledger": 2}, {"median": 0.3}):
        assert len(trends(samples(**leak))[1]) == 1, f"{leak} is not found"


def main():
    programs, minutes = sys.argv[1], float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"soak: {minutes:g} minutes, seed {seed}", flush=True)
    prove()
    soak = Soak(programs, minutes * 60, seed)
    try:
        soak.run()
        words, grown = trends(soak.samples)
    finally:
        soak.close()
    soak.failures += grown
    if soak.failures:
        print(f"FAILED soak: seed {seed}: {'; '.join(soak.failures)}; {words}")
        sys.exit(1)
    median = statistics.median(sample["microseconds"] for sample in soak.samples)
    counts = ", ".join(f"{count} {name}" for name, count in soak.counts.items())
    print(f"ok soak: {minutes:g} minutes, {counts}; {words}; a ValidateToken takes"
          f" {median:.0f} us at the median; seed {seed}")


if __name__ == "__main__":
    main()
