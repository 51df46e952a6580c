"""What every Python client of streams goes through, whatever its stack, with a Postern of its own.

A client is given as a function that makes an adapter for a socket: `watch` and `revoke_tokens` open
a call and answer an object with `next`, which raises `CallError` at an end that isn't well and
answers None at one that is, and `cancel`; `unary` and `concurrent` are as in scenario.py. Whether
it hears what comes on a connection after GOAWAY is in `stays_after_goaway`.
"""

import contextlib
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from postern.v1 import directory_service_pb2 as directory
from postern.v1 import token_service_pb2 as token

from scenario import CALL_SECONDS, equal, fails, holds, listens

PATIENCE_SECONDS = 20.0
TOKENS = 2500
# How many tokens a step revokes.
STEP = 1000
ORGANIZATION = "interop-streams"


class Daemon:
    """A daemon whose drain may take longer than the patience with it."""

    def __init__(self, program, folder):
        self.socket = f"{folder}/socket"
        self.log_path = f"{folder}/log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [program, "--socket", self.socket, "--data", f"{folder}/data",
                 "--drain-timeout", "600"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        end = time.monotonic() + PATIENCE_SECONDS
        while not listens(self.socket):
            holds(time.monotonic() < end, "the daemon doesn't listen")
            time.sleep(0.02)

    def terminate(self):
        self.process.terminate()

    def wait(self):
        equal(self.process.wait(PATIENCE_SECONDS), 0, "the daemon's exit code")
        with open(self.log_path, encoding="utf-8") as log:
            holds("pst_" not in log.read(), "a secret is in the log")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Steps:
    def __init__(self, name, adapter, daemon):
        self.name = name
        self.client = adapter
        self.daemon = daemon
        self.secrets = []
        self.watching = None
        self.page_token = ""

    def run(self, further=()):
        failed = 0
        for step in (
            self.watch_health,
            self.watch_an_unknown_service,
            self.issue_tokens,
            self.cancel_a_revocation,
            self.go_on_where_it_stopped,
            self.revoke_what_is_left,
            self.invalid_request,
            self.deadline_of_a_watch,
            *further,
            # The last step, of which the daemon ends.
            self.watch_the_end,
        ):
            title = f"{self.name} streams: {step.__name__.replace('_', ' ')}"
            try:
                step()
            except Exception as error:
                failed += 1
                if not isinstance(error, AssertionError):
                    traceback.print_exc(file=sys.stderr)
                why = " ".join(f"{type(error).__name__}: {error}".split())
                print(f"FAILED {title}: {why}", flush=True)
            else:
                print(f"ok {title}", flush=True)
        return 1 if failed else 0

    # The steps. Each one's name is its title.

    def watch_health(self):
        # It stays open until the end.
        self.watching = self.client.watch("")
        equal(self.watching.next(), "SERVING", "the health")

    def watch_an_unknown_service(self):
        call = self.client.watch("no.such.Service")
        equal(call.next(), "SERVICE_UNKNOWN", "the health")
        call.cancel()

    def issue_tokens(self):
        request = directory.CreateOrganizationRequest(
            organization_id=ORGANIZATION, administrator_user_id="alice"
        )
        self.unary("DirectoryService", "CreateOrganization", request)
        request = token.IssueTokenRequest(organization_id=ORGANIZATION, user_id="alice")
        for _ in range(0, TOKENS, 500):
            responses = self.client.concurrent(
                "TokenService", "IssueToken", [request] * 500, timeout=6 * CALL_SECONDS
            )
            self.secrets += [response.secret for response in responses]

    def cancel_a_revocation(self):
        call = self.revoke()
        first = call.next()
        equal(first.revoked_count, STEP, "revoked_count")
        equal(first.done, False, "done")
        self.page_token = first.next_page_token
        call.cancel()
        equal(self.is_active(self.secrets[0]), False, "active of the first token")

    def go_on_where_it_stopped(self):
        reports = self.all(self.revoke(page_token=self.page_token))
        # Cancelled or not, a step that was under way is whole.
        holds(reports[-1].revoked_count in (500, 1500), f"revoked {reports[-1].revoked_count}")
        equal([report.done for report in reports[:-1]], [False] * (len(reports) - 1), "done")
        equal(reports[-1].done, True, "done of the last report")
        for secret in (self.secrets[0], self.secrets[STEP], self.secrets[-1]):
            equal(self.is_active(secret), False, "active")

    def revoke_what_is_left(self):
        # However many steps it takes to look.
        equal(sum(report.revoked_count for report in self.all(self.revoke())), 0, "the counts")

    def invalid_request(self):
        error = fails("INVALID_ARGUMENT", lambda: self.revoke(organization_id="not valid").next())
        equal(error.error_info().metadata["field"], "organization_id", "metadata `field`")

    def deadline_of_a_watch(self):
        call = self.client.watch("", timeout=0.3)
        equal(call.next(), "SERVING", "the health")
        fails("DEADLINE_EXCEEDED", call.next)

    def watch_the_end(self):
        self.daemon.terminate()
        if self.client.stays_after_goaway:
            equal(self.watching.next(), "NOT_SERVING", "the health")
            fails("UNAVAILABLE", self.watching.next)
            self.daemon.wait()
        else:
            self.daemon.wait()
            fails("TERMINATED", self.watching.next)

    # What the steps share.

    def unary(self, service, method, request):
        return self.client.unary(service, method, request, timeout=CALL_SECONDS)

    def is_active(self, secret):
        request = token.ValidateTokenRequest(secret=secret)
        return self.unary("TokenService", "ValidateToken", request).active

    def revoke(self, organization_id=ORGANIZATION, page_token=""):
        request = token.RevokeTokensRequest(
            organization_id=organization_id, page_token=page_token
        )
        return self.client.revoke_tokens(request)

    def all(self, call):
        messages = []
        while (message := call.next()) is not None:
            messages.append(message)
        return messages


def run(name, program, make_adapter, further=lambda adapter: ()):
    """Runs every step. Answers the exit code of the process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="postern-streams.") as folder, \
            contextlib.ExitStack() as ends:
        daemon = Daemon(program, folder)
        ends.callback(daemon.end)
        adapter = make_adapter(daemon.socket)
        ends.callback(adapter.close)
        return Steps(name, adapter, daemon).run(further(adapter))
