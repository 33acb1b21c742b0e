# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import concurrent.futures
import gzip
import json
import socket
import sys
import threading
import time
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Effect, Failure
from ansible_collections.flashback.platform.plugins.module_utils._http import transport
from ansible_collections.flashback.platform.plugins.module_utils._http.threads import start
from ansible_collections.flashback.platform.plugins.module_utils._http.transport import HttpResponse, Transport
from ansible_collections.flashback.platform.tests.unit.responses import (
    ABSENT,
    CLOSED,
    DELETE,
    DELETED,
    HANG,
    ID,
    NOT_HTTP,
    OK,
    RESET,
    TOKEN,
    TOKEN_CORE,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    MAX_WAIT,
    Act,
    ScriptedServer,
    Step,
    head,
    response,
    trickle,
)

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.flashback.platform.tests.unit.conftest import Authority, NewTransport, StartServer

PATH = f"/ai/llm/{ID}"
UNKNOWN_HOST = "http://flashback.invalid"


def delete(transport: Transport, url: str) -> HttpResponse:
    return transport.send("DELETE", url + PATH, token=TOKEN)


def endless(data: bytes) -> tuple[Step, ...]:
    """The data again and again, byte by byte, for 15 seconds. No test waits for the end."""
    return trickle((data * 300)[:300])


def failure_of(transport: Transport, url: str) -> Failure:
    with pytest.raises(ApiError) as caught:
        delete(transport, url)
    return caught.value.failure


# The request


def test_request_without_a_body(server: ScriptedServer, new_transport: NewTransport) -> None:
    server.expect(DELETE, OK)
    delete(new_transport(), server.url)
    (request,) = server.requests
    assert request.headers["user-agent"].startswith("flashback.platform/")
    assert request.headers["accept"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers.get("content-length", "0") == "0"
    assert not {"content-type", "transfer-encoding", "cookie"} & set(request.headers)
    assert request.body == b""


def test_request_with_a_body_and_a_query(server: ScriptedServer, new_transport: NewTransport) -> None:
    server.expect("POST /ai/llm?a=b%26c%3Dd%23%C3%A9", OK)
    new_transport().send(
        "POST", f"{server.url}/ai/llm", token=None, query={"a": "b&c=d#é"}, body={"name": "clé", "key": None}
    )
    (request,) = server.requests
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {"name": "clé", "key": None}
    assert "authorization" not in request.headers


# The response


@pytest.mark.parametrize(
    "steps",
    [
        response(200, DELETED),
        response(200, DELETED, {"Content-Type": "text/html; charset=klingon"}),
        response(200, gzip.compress(json.dumps(DELETED).encode()), {"Content-Encoding": "gzip"}),
        (head(200), json.dumps(DELETED).encode(), Act.CLOSE),
        (head(100), *response(200, DELETED)),
        (
            head(200, {"Transfer-Encoding": "chunked"})
            + b'10\r\n{"success": true\r\n'
            + b'38\r\n, "message": "AI LLM configuration deleted successfully"\r\n1\r\n}\r\n0\r\n\r\n',
        ),
    ],
)
def test_complete_response(steps: tuple[Step, ...], server: ScriptedServer, new_transport: NewTransport) -> None:
    server.expect(DELETE, steps)
    answer = delete(new_transport(), server.url)
    assert (answer.status, json.loads(answer.body or b""), answer.retry_after) == (200, DELETED, 0)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308, 399])
@pytest.mark.parametrize(
    "location",
    [None, "", "/ai/llm", "//elsewhere.invalid", "http://[::1", "http://a b:99999/", "\xff\xfe", "javascript:0"],
)
def test_redirect_is_never_followed(
    status: int, location: str | None, server: ScriptedServer, new_transport: NewTransport
) -> None:
    server.expect(DELETE, response(status, b"", {} if location is None else {"Location": location}))
    assert delete(new_transport(), server.url).status == status


def test_body_of_a_hundred_thousand_configurations(server: ScriptedServer, new_transport: NewTransport) -> None:
    server.expect(DELETE, (head(200), *[b" " * (1 << 20)] * 40, Act.CLOSE))
    assert len(delete(new_transport(), server.url).body or b"") == 40 << 20


def test_body_without_an_end_is_not_read_to_it(
    server: ScriptedServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_BODY_BYTES", 1 << 20)
    server.expect(DELETE, (head(200), *[b" " * (1 << 20)] * 500))
    error = failure_of(new_transport(), server.url)
    assert (error.code, error.effect, error.retryable) == ("invalid_response", Effect.PENDING, False)


# No response


@pytest.mark.parametrize(
    ("line", "steps", "code"),
    [
        ("connect", (0.05, Act.RESET), "unreachable"),
        ("connect", CLOSED, "unreachable"),
        (DELETE, RESET, "unreachable"),
        (DELETE, CLOSED, "unreachable"),
        (DELETE, (head(200, {"Content-Length": "100"}), Act.RESET), "unreachable"),
        (DELETE, (head(200, {"Content-Length": "18"}), b'{"success": true}', Act.CLOSE), "unreachable"),
        (DELETE, (head(404, {"Content-Length": "100"}), b'{"success": false}', Act.CLOSE), "unreachable"),
        (DELETE, (head(204, {"Transfer-Encoding": "chunked"})[:-2], Act.RESET), "unreachable"),
        (DELETE, (head(200, {"Transfer-Encoding": "chunked"}), b"10\r\n{", Act.CLOSE), "unreachable"),
        (DELETE, (head(200, {"Transfer-Encoding": "chunked"}), b"zz\r\n{}", Act.CLOSE), "unreachable"),
        # The first is what urllib3 1.26 makes of it.
        (
            DELETE,
            (head(200, {"Transfer-Encoding": "chunked"}), b"-5\r\n{}", Act.CLOSE),
            "unreachable or invalid_response",
        ),
        (DELETE, (b"HTTP/1.1 2", Act.CLOSE), "invalid_response"),
        (DELETE, (b"HTTP/1.1 OK\r\n\r\n", Act.CLOSE), "invalid_response"),
        (DELETE, NOT_HTTP, "invalid_response"),
        # It looks like the exception after a tunnel was refused.
        (DELETE, (b"Tunnel connection failed: 503 x\r\n\r\n", Act.CLOSE), "invalid_response"),
        (DELETE, (b"\x15\x03\x01\x00\x02\x02\x16", Act.CLOSE), "invalid_response"),
        (DELETE, (b"\x00" * 100000, Act.CLOSE), "invalid_response"),
        (DELETE, (head(200, {"X": "x" * 100000}), Act.CLOSE), "invalid_response"),
        (DELETE, (head(200, {"Content-Length": "5, 6"}), b"{}", Act.CLOSE), "invalid_response"),
        ("connect", HANG, "timeout"),
        (DELETE, HANG, "timeout"),
        (DELETE, (b"HTTP/1.1 200 ", *endless(b"x")), "timeout"),
        (DELETE, (b"HTTP/1.1 200 OK\r\n", *endless(b"X-Header: x\r\n")), "timeout"),
        (DELETE, (head(200, {"Content-Length": "1000"}), *endless(b"x")), "timeout"),
        (DELETE, (head(200, {"Transfer-Encoding": "chunked"}), *endless(b"1\r\nx\r\n")), "timeout"),
        (DELETE, (head(200), *endless(b"x")), "timeout"),
        (DELETE, (head(200, {"Content-Length": "9"}), Act.HANG), "timeout"),
        (DELETE, endless(head(100)), "timeout"),
    ],
)
def test_lost_response(
    line: str, steps: tuple[Step, ...], code: str, server: ScriptedServer, new_transport: NewTransport
) -> None:
    server.expect(line, steps)
    begin = time.monotonic()
    error = failure_of(new_transport(timeout=0.5), server.url)
    assert time.monotonic() - begin < MAX_WAIT / 2
    assert error.code in code.split(" or ")
    assert (error.effect, error.retryable) == (Effect.PENDING, True)


def test_response_that_the_library_cannot_read(
    server: ScriptedServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older versions of requests fail like this for the Content-Type "text/html; charset"."""
    monkeypatch.setattr("requests.adapters.get_encoding_from_headers", lambda headers: headers.strip())
    server.expect(DELETE, OK)
    error = failure_of(new_transport(), server.url)
    assert (error.code, error.effect, error.retryable) == ("invalid_response", Effect.PENDING, True)


@pytest.mark.parametrize("steps", [CLOSED, RESET, HANG])
def test_lost_response_on_a_connection_that_was_kept(
    steps: tuple[Step, ...], server: ScriptedServer, new_transport: NewTransport
) -> None:
    transport = new_transport(timeout=0.5)
    server.expect(DELETE, OK, steps)
    delete(transport, server.url)
    assert failure_of(transport, server.url).effect is Effect.PENDING
    assert server.connections == 1


@pytest.mark.parametrize(
    ("steps", "code"),
    [(CLOSED, "tls"), (RESET, "unreachable"), (NOT_HTTP, "tls"), (HANG, "timeout"), ((0.1, Act.CLOSE), "tls")],
)
@pytest.mark.parametrize("tunnel", [True, False])
def test_tls_handshake_that_fails(
    tunnel: bool,
    steps: tuple[Step, ...],
    code: str,
    server: ScriptedServer,
    new_transport: NewTransport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if tunnel:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.expect("CONNECT flashback.invalid:443" if tunnel else "connect", (head(200), *steps) if tunnel else steps)
    url = "https://flashback.invalid" if tunnel else server.url.replace("http:", "https:")
    error = failure_of(new_transport(timeout=0.5), url)
    assert (error.effect, error.retryable) == (Effect.NONE, True)
    # Who notices first that a connection is closed depends on the versions of Python and OpenSSL.
    assert error.code in {code, "unreachable" if code == "tls" else code}


@pytest.mark.parametrize("tunnel", [True, False])
@pytest.mark.parametrize("steps", [CLOSED, RESET, HANG])
def test_response_over_tls_that_is_lost(
    steps: tuple[Step, ...],
    tunnel: bool,
    start_server: StartServer,
    new_transport: NewTransport,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = start_server(tls=None if tunnel else authority.context())
    url = server.url
    if tunnel:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        url = "https://flashback.invalid"
        server.expect("CONNECT flashback.invalid:443", (head(200), authority.context("flashback.invalid")))
    server.expect(DELETE, steps)
    assert failure_of(new_transport(timeout=0.5, ca_path=authority.bundle), url).effect is Effect.PENDING


@pytest.mark.parametrize("steps", [*[(*response(status), Act.CLOSE) for status in (403, 407, 502)], CLOSED, NOT_HTTP])
def test_tunnel_that_fails(
    steps: tuple[Step, ...], server: ScriptedServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.expect("CONNECT flashback.invalid:443", steps)
    assert failure_of(new_transport(), "https://flashback.invalid").effect is Effect.NONE


@pytest.mark.parametrize("through_proxy", [True, False])
def test_refused_connection(
    through_proxy: bool, start_server: StartServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a connection that was kept."""
    server, transport = start_server(), new_transport()
    url = UNKNOWN_HOST if through_proxy else server.url
    if through_proxy:
        monkeypatch.setenv("HTTP_PROXY", server.url)
    server.expect(f"DELETE {url}{PATH}" if through_proxy else DELETE, (*OK, Act.CLOSE))
    delete(transport, url)
    server.close()
    error = failure_of(transport, url)
    assert (error.code, error.effect, error.retryable) == ("unreachable", Effect.NONE, True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems refuse what does not fit the backlog")
@pytest.mark.parametrize("through_proxy", [True, False])
def test_connection_that_is_never_accepted(
    through_proxy: bool, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if through_proxy:
            monkeypatch.setenv("HTTP_PROXY", url)
        error = failure_of(new_transport(timeout=0.2), UNKNOWN_HOST if through_proxy else url)
    assert (error.code, error.effect) == ("timeout", Effect.NONE)


def test_request_that_was_abandoned_before_it_was_sent_is_never_sent(
    server: ScriptedServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server answers after the timeout. Then the connection is made, but nothing is sent."""
    answers, look_up = threading.Event(), socket.getaddrinfo

    def answer_late(*args: t.Any, **options: t.Any) -> t.Any:
        answers.wait(MAX_WAIT)
        return look_up(*args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer_late)
    error = failure_of(new_transport(timeout=0.2), server.url)
    assert (error.code, error.effect) == ("timeout", Effect.NONE)
    answers.set()
    end = time.monotonic() + MAX_WAIT / 2
    while not server.connections and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    assert (server.connections, server.requests) == (1, [])


def test_body_that_comes_too_late_is_not_cut(
    server: ScriptedServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine, the thread of the exchange sees the end of the time before the thread that waits for it."""
    monkeypatch.setattr(transport, "wait", lambda exchanges, _timeout: concurrent.futures.wait(exchanges, 10))
    body = b'{"a": 1}'
    server.expect(DELETE, (head(200, {"Content-Length": str(len(body))}), *trickle(body)))
    error = failure_of(new_transport(timeout=0.2), server.url)
    assert (error.code, error.effect) == ("timeout", Effect.PENDING)


@pytest.mark.parametrize("pause", [0.0, 1.2])
def test_abandoned_connection_is_not_used_again(
    pause: float, server: ScriptedServer, new_transport: NewTransport
) -> None:
    """Neither before the late response comes, nor after that."""
    # In pieces, so that the timeout of requests, which is for one of them, does not close the connection.
    server.expect(DELETE, trickle(head(204)), OK)
    transport = new_transport(timeout=30)
    with pytest.raises(ApiError, match=r"within the timeout of 0\.2 seconds"):
        transport.send("DELETE", server.url + PATH, token=TOKEN, timeout=0.2)
    time.sleep(pause)
    assert delete(transport, server.url).status == 200
    assert server.connections == 2


def test_thread_that_cannot_start(
    server: ScriptedServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a limit of the number of processes."""

    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        error = failure_of(new_transport(), server.url)
    assert (error.code, error.effect, error.retryable) == ("unreachable", Effect.NONE, True)


def test_early_response_is_not_taken_for_the_next(server: ScriptedServer, new_transport: NewTransport) -> None:
    server.expect(DELETE, (head(103), 0.1, *OK), ABSENT)
    transport = new_transport()
    assert [delete(transport, server.url).status for _again in range(2)] == [103, 404]
    assert server.connections == 2


def test_threads_share_no_connection(server: ScriptedServer, new_transport: NewTransport) -> None:
    """The sessions of requests are not thread-safe."""
    server.expect(DELETE, OK, OK)
    transport = new_transport()
    for _thread in range(2):
        start(delete, transport, server.url).result(MAX_WAIT)
    assert server.connections == 2


# Certificates


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_first_bundle_of_the_environment_is_used(
    variable: str,
    start_server: StartServer,
    new_transport: NewTransport,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = start_server(tls=authority.context())
    server.expect(DELETE, OK)
    monkeypatch.setenv("CURL_CA_BUNDLE", "/nowhere")
    monkeypatch.setenv(variable, authority.bundle)
    delete(new_transport(), server.url)


def test_bundle_of_the_environment_does_not_override_ca_path(
    start_server: StartServer,
    new_transport: NewTransport,
    authority: Authority,
    other_authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = start_server(tls=authority.context())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle)
    error = failure_of(new_transport(ca_path=other_authority.bundle), server.url)
    assert (error.code, error.effect, error.retryable) == ("tls", Effect.NONE, False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", other_authority.bundle)
    server.expect(DELETE, OK)
    delete(new_transport(ca_path=authority.bundle), server.url)


@pytest.mark.parametrize("bundle", ["ca_path", "environment", "broken, in the environment"])
@pytest.mark.filterwarnings("error")
def test_nothing_overrides_validate_certs(
    bundle: str,
    start_server: StartServer,
    new_transport: NewTransport,
    authority: Authority,
    other_authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = start_server(tls=authority.context("elsewhere.invalid"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere" if "broken" in bundle else other_authority.bundle)
    server.expect(DELETE, OK)
    ca_path = other_authority.bundle if bundle == "ca_path" else None
    delete(new_transport(validate_certs=False, ca_path=ca_path), server.url)


@pytest.mark.parametrize("content", [None, "no certificate"])
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_bundle_of_the_environment_that_cannot_be_read(
    variable: str,
    content: str | None,
    start_server: StartServer,
    new_transport: NewTransport,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content, encoding="utf-8")
    monkeypatch.setenv(variable, str(bundle))
    error = failure_of(new_transport(), start_server(tls=authority.context()).url)
    assert (error.code, error.effect, error.retryable) == ("tls", Effect.NONE, False)
    assert variable in error.message
    assert "ca_path" in error.next_step


def test_certificates_are_not_needed_for_http(
    server: ScriptedServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    server.expect(DELETE, OK)
    assert delete(new_transport(), server.url).status == 200


# Proxies


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxy(
    variable: str, server: ScriptedServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, server.url.replace("//", "//somebody:something@"))
    server.expect(f"DELETE {UNKNOWN_HOST}{PATH}", OK)
    delete(new_transport(), UNKNOWN_HOST)
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'somebody:something').decode()}"


def test_tunnel(
    server: ScriptedServer, new_transport: NewTransport, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.expect("CONNECT flashback.invalid:443", (head(200), authority.context("flashback.invalid")))
    server.expect(DELETE, OK)
    delete(new_transport(ca_path=authority.bundle), "https://flashback.invalid")
    assert TOKEN_CORE.encode() not in server.requests[0].raw


def test_proxy_that_speaks_tls(
    start_server: StartServer, new_transport: NewTransport, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its certificate is validated with the same bundle as that of the API."""
    proxy = start_server(tls=authority.context())
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    assert failure_of(new_transport(), UNKNOWN_HOST).effect is Effect.NONE
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    proxy.expect("CONNECT flashback.invalid:443", (*response(403), Act.CLOSE))
    error = failure_of(new_transport(ca_path=authority.bundle), "https://flashback.invalid")
    assert (error.code, error.effect) == ("unreachable", Effect.NONE)


@pytest.mark.parametrize(
    "proxy", ["http://", "http://[::1", "http://somebody:hunter2@:99999", "gopher://proxy", "http://a b"]
)
def test_proxy_that_is_no_url(proxy: str, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    error = failure_of(new_transport(), UNKNOWN_HOST)
    assert (error.code, error.effect) == ("unreachable", Effect.NONE)
    assert "hunter2" not in f"{error.message} {error.next_step}"


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("7", 7, 7),
        (" 7 ", 7, 7),
        ("0", 0, 0),
        ("3600", 3600, 3600),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600, 1e12),
        ("Fri, 31 Dec 99999999999999 23:59:59 GMT", 0, 0),
        ("-5", 0, 0),
        ("1e3", 0, 0),
        ("soon", 0, 0),
        ("", 0, 0),
        (",", 0, 0),
        # On Python 3.9, email.utils raises IndexError.
        ("-5 Apr , 1e9", 0, 0),
        ("\xff", 0, 0),
    ],
)
def test_retry_after(
    retry_after: str, least: float, most: float, server: ScriptedServer, new_transport: NewTransport
) -> None:
    server.expect(DELETE, response(429, b"", {"Retry-After": retry_after}))
    assert least <= delete(new_transport(), server.url).retry_after <= most
