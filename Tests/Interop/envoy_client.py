"""Envoy in front of a server, with a Postern of its own:
`envoy_client.py POSTERND ENVOY ARTICLE PROTOSET`.

Envoy runs with the configuration of the article `Envoy.md`, except for ports, the path of the socket and
the failure mode, of which both are run; and it offers Postern's calls as JSON, with the article's filter.
"""

import contextlib
import http.client
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import traceback

import grpc
from google.protobuf import duration_pb2
from postern.v1 import (
    directory_service_pb2,
    directory_service_pb2_grpc,
    token_pb2,
    token_service_pb2,
    token_service_pb2_grpc,
)

from scenario import equal, holds, listens

PATIENCE_SECONDS = 20.0
# The timeout in the article's configuration is 0.5 s; the rest is for a machine under load.
SLOW_SECONDS = 5.0
IDENTITY = ("user-id", "organization-id", "token-id", "revision")


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        holds(time.monotonic() < end, f"{what} doesn't come within {PATIENCE_SECONDS} s")
        time.sleep(0.02)


class Upstream(http.server.ThreadingHTTPServer):
    """Answers every request with what arrived of it, and counts them."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.server.count += 1
            headers = {}
            for name, value in self.headers.items():
                headers.setdefault(name.lower(), []).append(value)
            body = json.dumps({"path": self.path, "headers": headers}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.count = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Daemon:
    def __init__(self, program, folder):
        self.program = program
        self.socket = f"{folder}/socket"
        self.data = f"{folder}/data"
        self.policy = f"{folder}/policy.json5"
        with open(self.policy, "w") as file:
            file.write('{ cors_preflight: "open" }')
        self.log = f"{folder}/log"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--socket", self.socket, "--data", self.data,
                 "--policy", self.policy],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        wait_until(lambda: listens(self.socket), "the daemon's socket")

    def stop(self):
        self.process.terminate()
        equal(self.process.wait(PATIENCE_SECONDS), 0, "the daemon's exit code")

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def replaced(text, old, new):
    equal(text.count(old), 1, f"how often `{old}` is in Envoy's configuration")
    return text.replace(old, new)


class Configurations:
    """The configurations of the article."""

    def __init__(self, article, socket_path):
        with open(article) as file:
            blocks = file.read().split("```yaml\n")[1:]
        self.blocks = [block.split("```")[0] for block in blocks]
        self.socket_path = socket_path

    def block(self, name):
        found = [block for block in self.blocks if name in block]
        equal(len(found), 1, f"the number of the article's configurations with {name}")
        return found[0]

    def beside_a_server(self, upstream_port, allows_on_failure):
        text = self.block("envoy.filters.http.ext_authz")
        text = replaced(text, "port_value: 8081", f"port_value: {upstream_port}")
        text = replaced(text, "/run/postern/postern.sock", self.socket_path)
        if allows_on_failure:
            text = replaced(text, "failure_mode_allow: false", "failure_mode_allow: true")
        return text

    def as_json(self, protoset):
        """The other configuration's cluster, behind the filter for JSON."""
        filters = self.block("envoy.filters.http.grpc_json_transcoder")
        filters = replaced(filters, "/usr/local/share/postern/postern.protoset", protoset)
        manager = "envoy.extensions.filters.network.http_connection_manager.v3"
        clusters = self.block("envoy.filters.http.ext_authz").partition("  clusters:\n")[2]
        clusters = replaced(clusters, "/run/postern/postern.sock", self.socket_path)
        return f"""static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: 8080}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/{manager}.HttpConnectionManager
          stat_prefix: json
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes: [{{match: {{prefix: /}}, route: {{cluster: postern}}}}]
          http_filters:
{textwrap.indent(filters.rstrip(), 10 * " ")}
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
{clusters}"""


class Envoy:
    """Envoy with a configuration on a port of its own."""

    def __init__(self, program, folder, name, text):
        self.program = program
        self.log = f"{folder}/{name}.log"
        self.process = None
        for _ in range(5):
            # The port is free when it is chosen; if another program takes it first, try the next.
            self.port = self.free_port()
            self.path = f"{folder}/{name}.yaml"
            with open(self.path, "w") as file:
                file.write(replaced(text, "port_value: 8080", f"port_value: {self.port}"))
            if self.start():
                return
        with open(self.log) as log:
            raise AssertionError(f"Envoy doesn't start: {log.read()[-2000:]}")

    @staticmethod
    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self.program, "-c", self.path, "--disable-hot-restart", "--concurrency", "1",
                 "--log-level", "warning"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        wait_until(lambda: self.listens() or self.process.poll() is not None, "Envoy's port")
        return self.process.poll() is None

    def listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def ask(self, method, path, token=None, headers=(), body=b""):
        """Asks on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            return self.ask_on(connection, method, path, token, headers, body)

    def ask_on(self, connection, method, path, token=None, headers=(), body=b""):
        connection.putrequest(method, path, skip_accept_encoding=True)
        if token:
            connection.putheader("authorization", f"Bearer {token}")
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        return Answer(connection.getresponse())


class Steps:
    def __init__(self, daemon, strict, lenient, json_face, upstream):
        self.daemon = daemon
        self.strict = strict
        self.lenient = lenient
        self.json_face = json_face
        self.upstream = upstream
        channel = grpc.insecure_channel(f"unix:{daemon.socket}")
        self.tokens = token_service_pb2_grpc.TokenServiceStub(channel)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(channel)
        self.secrets = []

    def run(self):
        failed = 0
        for step in (
            self.set_up,
            self.allowed,
            self.denied,
            self.without_token,
            self.no_route,
            self.two_tokens,
            self.either_header,
            self.strange_paths,
            self.forged_identity,
            self.org_token,
            self.context_extensions,
            self.open_route,
            self.preflight,
            self.many_headers,
            self.expired,
            self.revoked,
            self.lenient_still_denies,
            self.calls_in_json,
            self.errors_in_json,
            self.slow,
            self.stopped_and_restarted,
            self.revoked_before_restart,
            self.no_secret_is_kept,
        ):
            title = f"envoy {step.__name__.replace('_', ' ')}"
            try:
                step()
            except AssertionError as error:
                failed += 1
                print(f"FAILED {title}: {' '.join(str(error).split())}", flush=True)
            except Exception as error:
                failed += 1
                traceback.print_exc(file=sys.stderr)
                why = " ".join(f"{type(error).__name__}: {error}".split())
                print(f"FAILED {title}: {why}", flush=True)
            else:
                print(f"ok {title}", flush=True)
        return 1 if failed else 0

    def set_up(self):
        self.directory.CreateOrganization(
            directory_service_pb2.CreateOrganizationRequest(
                organization_id="acme", administrator_user_id="alice"
            ),
            timeout=PATIENCE_SECONDS,
        )
        self.directory.InviteUser(
            directory_service_pb2.InviteUserRequest(organization_id="acme", user_id="bob@x.org"),
            timeout=PATIENCE_SECONDS,
        )
        self.alice, self.alice_id = self.issue(user_id="alice")
        self.bob, self.bob_id = self.issue(user_id="bob@x.org")
        self.ingest, self.ingest_id = self.issue(
            name="collector", scopes=[token_pb2.TOKEN_SCOPE_INGEST]
        )

    def allowed(self):
        seen = self.passes(self.strict, "POST", "/v2/integration?a=b", self.alice)
        equal(seen["path"], "/v2/integration?a=b", "the path")
        equal(seen["headers"]["authorization"], [f"Bearer {self.alice}"], "authorization")
        self.is_identity(seen, "alice", self.alice_id)
        seen = self.passes(self.strict, "DELETE", "/v2/team/ops/member/bob%40x.org", self.bob)
        self.is_identity(seen, "bob@x.org", self.bob_id)

    def denied(self):
        answer = self.refused(self.strict, 403, "POST", "/v2/integration", self.bob)
        body = answer.json()
        equal(body["error"], "permission_denied", "error")
        equal(body["action"], "integration.create", "action")
        equal(body["rule"], "administrator", "rule")
        holds("integration.create" in body["message"], f"no action in {body['message']!r}")

    def without_token(self):
        for token in (None, "garbage", self.bob[:-1] + "-"):
            answer = self.refused(self.strict, 401, "POST", "/v2/integration", token)
            equal(answer.headers["www-authenticate"], "Bearer", "www-authenticate")
            equal(answer.json()["action"], "integration.create", "action")

    def no_route(self):
        for method, path in (
            ("GET", "/"), ("GET", "/metrics"), ("PUT", "/v2/integration"),
        ):
            answer = self.refused(self.strict, 403, method, path, self.alice)
            holds("no route" in answer.json()["message"], f"{answer.body!r}")

    def two_tokens(self):
        self.refused(self.strict, 401, "GET", "/v2/team", self.bob, [("x-sf-token", self.alice)])
        self.refused(
            self.strict, 401, "GET", "/v2/team", self.bob, [("authorization", f"Bearer {self.bob}")]
        )
        self.refused(
            self.strict, 401, "GET", "/v2/team", None,
            [("x-sf-token", self.bob), ("x-sf-token", self.alice)],
        )

    def either_header(self):
        seen = self.passes(
            self.strict, "GET", "/v2/team", None, [("X-SF-TOKEN", self.bob)]
        )
        self.is_identity(seen, "bob@x.org", self.bob_id)

    def strange_paths(self):
        for path in (
            "/v2/team/", "//v2/team", "/v2//team", "/v2/./team", "/v2/x/../team", "/v2/%74eam",
            "/v2%2fteam", "/v2/team;x=y", "/v2/team/%2e%2e", "/v2\\team", "/V2/team", "/v2/TEAM",
            "/v2/team/%00", "/v2/team/%ff", "/v2/team/%c0%af", "/v2/team/" + "a" * 5000,
        ):
            self.refused(self.strict, 403, "GET", path, self.alice)
        self.refused(
            self.strict, 403, "GET", "/v2/team", self.bob, [("x-http-method-override", "DELETE")]
        )

    def forged_identity(self):
        for name in IDENTITY:
            forged = [(f"x-postern-{name}", "forged"), (f"X-Postern-{name.title()}", "alice")]
            seen = self.passes(self.strict, "GET", "/v2/team", self.bob, forged)
            self.is_identity(seen, "bob@x.org", self.bob_id)
            answer = self.strict.ask(
                "GET", "/v2/team", self.bob, [(f"x_postern_{name.replace('-', '_')}", "forged")]
            )
            equal(answer.status, 400, "the status of a header with underscores")

    def org_token(self):
        forged = [("x-postern-user-id", "alice")]
        seen = self.passes(self.strict, "POST", "/v2/datapoint", self.ingest, forged)
        self.is_identity(seen, None, self.ingest_id)
        self.refused(self.strict, 403, "POST", "/v2/datapoint", self.alice)
        self.refused(self.strict, 403, "GET", "/v2/team", self.ingest)

    def context_extensions(self):
        seen = self.passes(self.strict, "GET", "/reports", self.bob)
        self.is_identity(seen, "bob@x.org", self.bob_id)
        holds("authorization" not in seen["headers"], "the token goes on")
        seen = self.passes(self.strict, "GET", "/reports", self.bob, [("x-sf-token", self.bob)])
        holds(self.bob not in json.dumps(seen), "the token goes on")
        answer = self.refused(self.strict, 403, "GET", "/reports", self.ingest)
        equal(answer.json()["action"], "dashboard.create", "action")
        self.refused(self.strict, 401, "GET", "/reports", None)

    def open_route(self):
        forged = [(f"x-postern-{name}", "forged") for name in IDENTITY]
        seen = self.passes(self.strict, "POST", "/v2/session", None, forged)
        holds("forged" not in json.dumps(seen), "a forged identity goes on")

    def preflight(self):
        """What a browser asks before a call of a page from elsewhere, without a token."""
        asks = [("origin", "https://app.example"), ("access-control-request-method", "POST")]
        forged = [(f"x-postern-{name}", "forged") for name in IDENTITY]
        seen = self.passes(self.strict, "OPTIONS", "/v2/integration", None, asks + forged)
        holds("forged" not in json.dumps(seen), "a forged identity goes on")
        self.passes(self.strict, "OPTIONS", "/reports", None, asks)
        self.refused(self.strict, 403, "OPTIONS", "/v2/nothing", None, asks)
        self.refused(self.strict, 403, "OPTIONS", "/v2/integration", None, asks[:1])
        self.refused(self.strict, 401, "POST", "/v2/integration", None, asks)

    def many_headers(self):
        # Envoy takes 100 of them, with those that it adds.
        headers = [(f"x-header-{index}", "x" * 400) for index in range(60)]
        self.passes(self.strict, "GET", "/v2/team", self.bob, headers)
        self.refused(self.strict, 401, "GET", "/v2/team", None, headers)

    def expired(self):
        token, _ = self.issue(user_id="bob@x.org", lifetime=duration_pb2.Duration(seconds=2))
        self.passes(self.strict, "GET", "/v2/team", token)
        wait_until(
            lambda: self.strict.ask("GET", "/v2/team", token).status != 200, "the token's end"
        )
        self.refused(self.strict, 401, "GET", "/v2/team", token)

    def revoked(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.strict.port)
        with contextlib.closing(connection):
            for _ in range(50):
                token, _ = self.issue(user_id="bob@x.org")
                equal(self.strict.ask_on(connection, "GET", "/v2/team", token).status, 200, "first")
                self.revoke(token)
                status = self.strict.ask_on(connection, "GET", "/v2/team", token).status
                equal(status, 401, "the status of the very next request")

    def lenient_still_denies(self):
        self.passes(self.lenient, "GET", "/v2/team", self.bob)
        self.refused(self.lenient, 403, "POST", "/v2/integration", self.bob)
        self.refused(self.lenient, 401, "POST", "/v2/integration", None)
        self.refused(self.lenient, 403, "GET", "/v2/team/%ff", self.bob)
        self.refused(self.lenient, 403, "GET", "/nothing", self.bob)
        # What isn't UTF-8 must not make the question unreadable, which would let it through.
        for value in (b"\xff\xfe", b"Bearer \xff", "größer".encode("latin-1")):
            self.refused(self.lenient, 401, "GET", "/v2/team", None, [("authorization", value)])
            self.refused(self.lenient, 401, "GET", "/v2/team", None, [("x-other", value)])

    def calls_in_json(self):
        answer = self.call_in_json("TokenService/ValidateToken", {"secret": self.bob})
        equal(answer.status, 200, f"the status ({answer.body!r})")
        equal(answer.json()["active"], True, "active")
        equal(answer.json()["userId"], "bob@x.org", "userId")

    def errors_in_json(self):
        """Not only the code, but what the details say."""
        answer = self.call_in_json("TokenService/IssueToken", {"organization_id": "not valid"})
        equal(answer.status, 400, "the status")
        details = {
            detail["@type"].rpartition("/")[2]: detail for detail in answer.json()["details"]
        }
        equal(details["google.rpc.ErrorInfo"]["domain"], "postern", "the domain")
        violation = details["google.rpc.BadRequest"]["fieldViolations"][0]
        equal(violation["field"], "organization_id", "the field")
        answer = self.call_in_json(
            "DirectoryService/GetOrganization", {"organization_id": "acme"}, "no-token"
        )
        equal(answer.status, 401, "the status")
        holds("google.rpc.ErrorInfo" in answer.body.decode(), f"no details: {answer.body!r}")

    def slow(self):
        os.kill(self.daemon.process.pid, signal.SIGSTOP)
        try:
            start = time.monotonic()
            answer = self.strict.ask("GET", "/v2/team", self.bob)
            seconds = time.monotonic() - start
            equal(answer.status, 503, "the status")
            holds(0.3 < seconds < SLOW_SECONDS, f"the answer takes {seconds} s")
            self.passes_anonymously()
        finally:
            os.kill(self.daemon.process.pid, signal.SIGCONT)
        wait_until(
            lambda: self.strict.ask("GET", "/v2/team", self.bob).status == 200, "an allow"
        )
        self.refused(self.strict, 403, "POST", "/v2/integration", self.bob)

    def stopped_and_restarted(self):
        self.stale, _ = self.issue(user_id="bob@x.org")
        self.passes(self.strict, "GET", "/v2/team", self.stale)
        self.revoke(self.stale)
        self.daemon.stop()
        count = self.upstream.count
        for token in (self.bob, self.stale, None):
            equal(self.strict.ask("GET", "/v2/team", token).status, 503, "the status")
        equal(self.upstream.count, count, "the number of requests that went on")
        self.passes_anonymously()
        self.daemon.start()
        wait_until(
            lambda: self.strict.ask("GET", "/v2/team", self.bob).status == 200, "an allow"
        )
        wait_until(
            lambda: self.lenient.ask("POST", "/v2/integration", self.bob).status == 403, "a deny"
        )

    def revoked_before_restart(self):
        for envoy in (self.strict, self.lenient):
            self.refused(envoy, 401, "GET", "/v2/team", self.stale)

    def no_secret_is_kept(self):
        folder = os.path.dirname(self.daemon.socket)
        for path, _, names in os.walk(folder):
            for name in names:
                if not os.path.isfile(os.path.join(path, name)):
                    continue
                with open(os.path.join(path, name), "rb") as file:
                    content = file.read()
                for secret in self.secrets:
                    holds(secret.encode() not in content, f"`{name}` holds a secret")

    # What the steps share.

    def issue(self, **fields):
        request = token_service_pb2.IssueTokenRequest(organization_id="acme", **fields)
        response = self.tokens.IssueToken(request, timeout=PATIENCE_SECONDS)
        self.secrets.append(response.secret)
        return response.secret, response.token.id

    def revoke(self, secret):
        request = token_service_pb2.RevokeTokenRequest(secret=secret)
        self.tokens.RevokeToken(request, timeout=PATIENCE_SECONDS)

    def call_in_json(self, method, request, token=None):
        return self.json_face.ask(
            "POST", f"/postern.v1.{method}", token, [("content-type", "application/json")],
            json.dumps(request).encode(),
        )

    def passes(self, envoy, *request):
        answer = envoy.ask(*request)
        equal(answer.status, 200, f"the status of {request[:2]} ({answer.body!r})")
        return answer.json()

    def refused(self, envoy, status, *request):
        count = self.upstream.count
        answer = envoy.ask(*request)
        equal(answer.status, status, f"the status of {request[:2]} ({answer.body!r})")
        equal(answer.headers["content-type"], "application/json", "content-type")
        equal(self.upstream.count, count, "the number of requests that went on")
        for secret in self.secrets:
            holds(secret.encode() not in answer.body, "the body holds a secret")
        return answer

    def passes_anonymously(self):
        """With `failure_mode_allow` a request goes on, but without an identity."""
        forged = [(f"x-postern-{name}", "forged") for name in IDENTITY]
        seen = self.passes(self.lenient, "POST", "/v2/integration", self.bob, forged)
        for name in IDENTITY:
            holds(f"x-postern-{name}" not in seen["headers"], f"a forged {name} goes on")

    def is_identity(self, seen, user, token_id):
        headers = seen["headers"]
        equal(headers.get("x-postern-user-id"), [user] if user else None, "x-postern-user-id")
        equal(headers["x-postern-organization-id"], ["acme"], "x-postern-organization-id")
        equal(headers["x-postern-token-id"], [token_id], "x-postern-token-id")
        equal(len(headers["x-postern-revision"]), 1, "the number of x-postern-revision")
        holds(int(headers["x-postern-revision"][0]) > 0, "the revision is 0")


def main():
    posternd, program, article, protoset = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="postern-envoy.") as folder, \
            contextlib.ExitStack() as ends:
        upstream = Upstream()
        ends.callback(upstream.shutdown)
        daemon = Daemon(posternd, folder)
        ends.callback(daemon.end)
        daemon.start()
        configurations = Configurations(article, daemon.socket)
        envoys = []
        for name, text in (
            ("strict", configurations.beside_a_server(upstream.server_port, False)),
            ("lenient", configurations.beside_a_server(upstream.server_port, True)),
            ("json", configurations.as_json(protoset)),
        ):
            envoy = Envoy(program, folder, name, text)
            ends.callback(envoy.end)
            envoys.append(envoy)
        return Steps(daemon, *envoys, upstream).run()


if __name__ == "__main__":
    sys.exit(main())
