"""Stock clients of HTTP/1.1: `http_client.py SOCKET ARTICLE`.

connectrpc speaks the protocol Connect, in binary, in JSON and by GET. It knows no Unix sockets, so
bytes are relayed from a port of 127.0.0.1; curl, authlib and nginx use the socket. nginx has the
configuration of the article.
"""

import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

import httpx
from authlib.integrations.httpx_client import OAuth2Client

from connectrpc.client import ConnectClientSync
from connectrpc.code import Code
from connectrpc.compat import google_protobuf_binary_codec, google_protobuf_json_codec
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from google.rpc import error_details_pb2
from postern.v1 import directory_service_pb2 as directory
from postern.v1 import token_pb2 as token
from postern.v1 import token_service_pb2 as tokens

ORGANIZATION = "interop-http"
ADMINISTRATOR = "administrator@example.com"


class Relay:
    """Relays bytes between a port of 127.0.0.1 and a Unix socket."""

    def __init__(self, path):
        self.path = path
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.path)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def method(service, name, request, response, *, reads=False):
    level = IdempotencyLevel.NO_SIDE_EFFECTS if reads else IdempotencyLevel.UNKNOWN
    return MethodInfo(
        name=name, service_name="postern.v1." + service, input=request, output=response,
        idempotency_level=level, stream_type=StreamType.UNARY)


CREATE = method("DirectoryService", "CreateOrganization", directory.CreateOrganizationRequest,
                directory.CreateOrganizationResponse)
ISSUE = method("TokenService", "IssueToken", tokens.IssueTokenRequest, tokens.IssueTokenResponse)
VALIDATE = method("TokenService", "ValidateToken", tokens.ValidateTokenRequest,
                  tokens.ValidateTokenResponse, reads=True)
REVOKE = method("TokenService", "RevokeToken", tokens.RevokeTokenRequest,
                tokens.RevokeTokenResponse)
LIST = method("TokenService", "ListTokens", tokens.ListTokensRequest, tokens.ListTokensResponse,
              reads=True)
UPDATE = method("TokenService", "UpdateOrgToken", tokens.UpdateOrgTokenRequest,
                tokens.UpdateOrgTokenResponse)

failures = 0


def step(name):
    def run(function):
        global failures
        try:
            function()
            print("ok http", name, flush=True)
        except Exception as error:  # noqa: BLE001, a step fails for any reason
            failures += 1
            print("FAILED http %s: %s: %s" % (name, type(error).__name__, error), flush=True)
    return run


def curl(path, *arguments):
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "10", "--unix-socket", sys.argv[1],
         "--write-out", "\n%{http_code}", *arguments, "http://localhost" + path],
        capture_output=True, text=True, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def story(kind, codec, url):
    organization = "%s-%s" % (ORGANIZATION, kind)
    client = ConnectClientSync(url, codec=codec, send_compression=None, timeout_ms=10_000)

    def call(info, **options):
        def made(**fields):
            return client.execute_unary(request=info.input(**fields), method=info, **options)
        return made

    @step("tells the story of a token in " + kind)
    def _():
        call(CREATE)(organization_id=organization, administrator_user_id=ADMINISTRATOR)
        request = tokens.IssueTokenRequest(organization_id=organization, user_id=ADMINISTRATOR)
        request.lifetime.seconds = 3600
        issued = client.execute_unary(request=request, method=ISSUE)
        assert issued.secret.startswith("pst_u_") and issued.revision and issued.ledger_epoch
        for use_get in (False, True):
            valid = call(VALIDATE, use_get=use_get)(secret=issued.secret)
            assert valid.active and valid.user_id == ADMINISTRATOR, valid
            assert valid.expires_at.seconds == issued.token.expires_at.seconds
            assert valid.ledger_epoch == issued.ledger_epoch
        bearer = {"authorization": "Bearer " + issued.secret}
        listed = call(LIST, headers=bearer, use_get=True)(organization_id=organization)
        assert [each.id for each in listed.tokens] == [issued.token.id], listed
        call(REVOKE)(secret=issued.secret)
        assert not call(VALIDATE)(secret=issued.secret).active
        try:
            call(LIST, headers=bearer)(organization_id=organization)
            raise AssertionError("a revoked token lists")
        except ConnectError as error:
            assert error.code == Code.UNAUTHENTICATED, error

    @step("changes an org token by a mask in " + kind)
    def _():
        issued = call(ISSUE)(
            organization_id=organization, name="ingest", scopes=[token.TOKEN_SCOPE_INGEST])
        request = tokens.UpdateOrgTokenRequest(token_id=issued.token.id, disabled=True)
        request.update_mask.paths.extend(["disabled", "expires_at"])
        client.execute_unary(request=request, method=UPDATE)
        assert not call(VALIDATE)(secret=issued.secret).active

    @step("reads errors with their details in " + kind)
    def _():
        try:
            call(CREATE)(organization_id=organization, administrator_user_id=ADMINISTRATOR)
            raise AssertionError("an organization is created twice")
        except ConnectError as error:
            assert error.code == Code.ALREADY_EXISTS, error
        try:
            call(LIST)(organization_id=organization, page_size=-1)
            raise AssertionError("a negative page size counts")
        except ConnectError as error:
            assert error.code == Code.INVALID_ARGUMENT, error
            detail = error.details[0]
            assert detail.type_name == "google.rpc.ErrorInfo", detail.type_name
            info = error_details_pb2.ErrorInfo.FromString(detail.message_bytes)
            assert info.domain == "postern", info


class Behind(http.server.BaseHTTPRequestHandler):
    """What stands behind nginx: it says whom it takes the request for."""

    def do_POST(self):
        body = (self.headers.get("x-postern-user-id") or "nobody").encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def nginx(folder, behind):
    """Starts nginx with the article's configuration; returns it and its address."""
    article = pathlib.Path(sys.argv[2]).read_text()
    sites = re.search(r"```nginx\n(.*?)```", article, re.DOTALL).group(1)
    sites = sites.replace("/run/postern/postern.sock", sys.argv[1])
    sites = sites.replace("127.0.0.1:8080", "127.0.0.1:%d" % behind)
    front = port()
    sites = sites.replace("server {\n", "server {\n  listen 127.0.0.1:%d;\n" % front, 1)
    user = "user root;" if os.getuid() == 0 else ""
    paths = "".join("%s_temp_path %s/%s;" % (kind, folder, kind) for kind in
                    ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    configuration = pathlib.Path(folder, "nginx.conf")
    configuration.write_text(
        "%s daemon off; pid %s/pid; error_log stderr; events {}\n"
        "http { access_log off; %s\n%s}\n" % (user, folder, paths, sites))
    server = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", folder, "-c", str(configuration)], stdin=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", front)).close()
            break
        except OSError:
            time.sleep(0.05)
    return server, "http://127.0.0.1:%d" % front


def oauth(client):
    def call(info, **fields):
        return client.execute_unary(request=info.input(**fields), method=info)

    @step("introspects and revokes with authlib")
    def _():
        secret = call(ISSUE, organization_id=ORGANIZATION + "-json",
                      user_id=ADMINISTRATOR).secret
        session = OAuth2Client(
            client_id="interop", token_endpoint_auth_method="none",
            transport=httpx.HTTPTransport(uds=sys.argv[1]))
        base = "http://localhost/oauth2/"
        answer = session.introspect_token(base + "introspect", token=secret).json()
        assert answer["active"] is True and answer["username"] == ADMINISTRATOR, answer
        assert answer["token_type"] == "Bearer" and answer["exp"] > time.time(), answer
        assert session.revoke_token(base + "revoke", token=secret).status_code == 200
        answer = session.introspect_token(base + "introspect", token=secret).json()
        assert answer == {"active": False}, answer


def forward_auth(client):
    def call(info, **fields):
        return client.execute_unary(request=info.input(**fields), method=info)

    @step("is asked by nginx about each request")
    def _():
        secret = call(ISSUE, organization_id=ORGANIZATION + "-json",
                      user_id=ADMINISTRATOR).secret
        behind = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Behind)
        threading.Thread(target=behind.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory() as folder:
            server, url = nginx(folder, behind.server_address[1])
            try:
                def ask(*fields):
                    return httpx.post(url + "/v2/integration", headers=dict(fields))
                good = ("authorization", "Bearer " + secret)
                answer = ask(good)
                assert (answer.status_code, answer.text) == (200, ADMINISTRATOR), answer.text
                assert ask().status_code == 401
                assert ask(("authorization", "Bearer pst_u_no")).status_code == 401
                # The client can't choose what is decided, nor whom it is taken for.
                for field in (("X-Forwarded-Uri", "/open"), ("X-Postern-User-Id", "root"),
                              ("X-Original-URI", "/open")):
                    answer = ask(good, field)
                    assert (answer.status_code == 403) != (field[0] == "X-Original-URI"), answer
                call(REVOKE, secret=secret)
                assert ask(good).status_code == 401, "a revoked token passes"
            finally:
                server.terminate()
                server.wait(10)


def main():
    relay = Relay(sys.argv[1])
    story("binary", google_protobuf_binary_codec(), relay.url)
    story("json", google_protobuf_json_codec(), relay.url)

    client = ConnectClientSync(
        relay.url, codec=google_protobuf_binary_codec(), send_compression=None)
    oauth(client)
    forward_auth(client)

    @step("is asked by curl")
    def _():
        assert curl("/livez") == (200, "ok\n")
        assert curl("/readyz") == (200, "ok\n")
        status, body = curl("/livez", "--head")
        assert status == 200, body
        status, body = curl("/metrics")
        assert status == 200 and body.endswith("# EOF\n"), body[-80:]
        assert 'protocol="http1"' in body
        assert curl("/nothing")[0] == 404
        assert curl("/livez", "--http1.0") == (200, "ok\n")
        kind = ["--header", "content-type: application/json"]
        path = "/postern.v1.TokenService/ValidateToken"
        status, body = curl(path, *kind, "--data", '{"secret": "no"}')
        assert status == 200 and json.loads(body)["active"] is False, body
        chunks = [*kind, "--header", "transfer-encoding: chunked", "--header",
                  "expect: 100-continue"]
        status, body = curl(path, *chunks, "--data", '{"secret": "no"}')
        assert status == 200, body
        status, body = curl(path, *kind, "--data", '{"sekret": "no"}')
        assert status == 400 and json.loads(body)["code"] == "invalid_argument", body

    sys.exit(1 if failures else 0)


main()
