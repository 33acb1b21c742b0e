# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said if no response comes. test_transport.py has what it means."""

from __future__ import annotations

import http.client
import re
import ssl
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Effect, Failure
from ansible_collections.flashback.platform.plugins.module_utils._http.connection import requests, urllib3
from ansible_collections.flashback.platform.plugins.module_utils._http.no_response import (
    explain,
    refused_by_proxy,
    timed_out,
)
from ansible_collections.flashback.platform.plugins.module_utils._http.transport import Transport
from ansible_collections.flashback.platform.tests.unit.real_proxy import real_proxy
from ansible_collections.flashback.platform.tests.unit.responses import (
    CLOSED,
    DELETE,
    HTML,
    ID,
    NOT_HTTP,
    OK,
    RESET,
    TOKEN,
    TOKEN_CORE,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    Act,
    ScriptedServer,
    Step,
    head,
    response,
)

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.flashback.platform.tests.unit.conftest import Authority, NewTransport, StartServer

PATH = f"/ai/llm/{ID}"
VARIABLES = "HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
# The fake password of all proxies here.
PASSWORD = "hunter2"


def failure_of(transport: Transport, url: str) -> Failure:
    with pytest.raises(ApiError) as caught:
        transport.send("DELETE", url + PATH, token=TOKEN)
    error = caught.value.failure
    for secret in (PASSWORD, TOKEN_CORE):
        assert secret not in f"{error} {error.message} {error.next_step}"
    return error


@pytest.mark.parametrize(
    ("timeout", "words"), [(1, "1 second"), (2, "2 seconds"), (30, "30 seconds"), (0.3, "0.3 seconds")]
)
@pytest.mark.parametrize("sent", [True, False])
def test_timeout_names_the_option(timeout: float, words: str, sent: bool) -> None:
    error = timed_out(timeout, sent=sent)
    assert (error.code, error.effect is Effect.PENDING, error.retryable) == ("timeout", sent, True)
    assert error.message == f"no complete response within the timeout of {words}"
    assert "option timeout" in error.next_step


@pytest.mark.parametrize("status", [403, 407, 502])
@pytest.mark.parametrize(
    "proxy",
    [
        f"http://somebody:{PASSWORD}@proxy.invalid:3128",
        f"https://somebody:{PASSWORD}@proxy.invalid:3128/",
        f"somebody:{PASSWORD}@proxy.invalid:3128",
        f"http://somebody:{PASSWORD}//@proxy.invalid:3128/path",
        f"http://somebody:{PASSWORD}/@proxy.invalid:3128?query",
        f"http://somebody:{PASSWORD}@{PASSWORD}@proxy.invalid:3128#fragment",
        f"http://somebody:{PASSWORD}?#@proxy.invalid:3128",
        "http://proxy.invalid:3128",
    ],
)
def test_proxy_is_named_without_its_credentials(proxy: str, status: int) -> None:
    error = refused_by_proxy(proxy, status)
    assert (error.code, error.effect, error.retryable) == ("unreachable", Effect.NONE, True)
    assert error.message == f"the proxy proxy.invalid:3128 refused the request with status {status}"
    assert VARIABLES in error.next_step
    assert ("credentials" in error.next_step) is (status == 407)
    assert PASSWORD not in error.message + error.next_step


def bad_certificate(why: str) -> ssl.SSLCertVerificationError:
    exc = ssl.SSLCertVerificationError(1, "certificate verify failed")
    exc.verify_message = why
    return exc


FIRST, SECOND = OSError(5, "outer"), OSError(111, "Connection refused")
FIRST.__cause__, SECOND.__context__ = SECOND, FIRST


# Those that no server causes in a test, or only on some systems.
@pytest.mark.parametrize(
    ("exc", "code", "words"),
    [
        (OSError(113, "No route to host"), "unreachable", "No route to host"),
        (FIRST, "unreachable", "Connection refused"),
        (RuntimeError("secret"), "unreachable", "RuntimeError"),
        (requests.ConnectionError(OSError(101, "Network is unreachable")), "unreachable", "Network is unreachable"),
        (requests.exceptions.ConnectTimeout(urllib3.exceptions.ConnectTimeoutError("x")), "timeout", "10 seconds"),
        (requests.exceptions.InvalidURL("x"), "unreachable", "not valid"),
        (requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."), "unreachable", "of a proxy"),
        (http.client.InvalidURL("x"), "unreachable", "not valid"),
        (http.client.LineTooLong("header line"), "invalid_response", "did not send an HTTP response"),
        (ssl.SSLError(1, "[SSL] some error"), "tls", "no secure connection"),
        (bad_certificate("expired"), "tls", "not valid: expired"),
        (bad_certificate("Missing Subject Key Identifier"), "tls", "issue its certificates again"),
        (urllib3.exceptions.SSLError(type("CertificateError", (ValueError,), {})("x")), "tls", "for another host name"),
    ],
)
@pytest.mark.parametrize("proxy", [None, f"http://somebody:{PASSWORD}@proxy.invalid:3128"])
def test_exception_is_explained_in_words(proxy: str | None, exc: BaseException, code: str, words: str) -> None:
    error = explain(exc, sent=False, timeout=10, proxy=proxy)
    assert (error.code, error.effect) == (code, Effect.NONE)
    assert words in f"{error.message} {error.next_step}"
    assert error.next_step
    assert "secret" not in error.message
    assert PASSWORD not in error.message + error.next_step
    # A new certificate must not be taken for a reason to validate none.
    assert ("validate_certs" in error.next_step) is (words in ("not valid: expired", "for another host name"))


# What servers cause


def test_refused_connection(start_server: StartServer, new_transport: NewTransport) -> None:
    error = failure_of(new_transport(), start_server(listening=False).url)
    assert error.message == "cannot connect: Connection refused"
    assert error.next_step == "Check api_url, and whether this host can connect to it."


def test_unknown_host(new_transport: NewTransport) -> None:
    error = failure_of(new_transport(), "http://host.invalid")
    assert (error.code, error.effect, error.retryable) == ("unreachable", Effect.NONE, True)
    assert error.message.startswith("cannot connect: ")
    assert "Error" not in error.message
    assert "api_url" in error.next_step


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (NOT_HTTP, "the server did not send an HTTP response"),
        *[
            (steps, "the connection broke before the response was complete")
            for steps in (CLOSED, RESET, (head(200, {"Content-Length": "9"}), Act.CLOSE))
        ],
    ],
)
@pytest.mark.parametrize("proxy", [False, True])
def test_response_that_does_not_come(
    proxy: bool,
    steps: tuple[Step, ...],
    message: str,
    server: ScriptedServer,
    new_transport: NewTransport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "http://flashback.invalid" if proxy else server.url
    if proxy:
        use_proxy(monkeypatch, server.port, f"somebody:{PASSWORD}@")
    server.expect(f"DELETE {url}{PATH}" if proxy else DELETE, steps)
    error = failure_of(new_transport(), url)
    assert error.message.startswith(message)
    way = f" through the proxy 127.0.0.1:{server.port}, which comes from the environment"
    assert (way in error.message, VARIABLES in error.next_step) == (proxy, proxy)
    assert ("api_url" in error.next_step) is not proxy


@pytest.mark.parametrize("steps", [NOT_HTTP, (b"HTTP/1.1 400 Bad Request\r\n\r\n", Act.CLOSE)])
def test_server_that_does_not_speak_tls(
    steps: tuple[Step, ...], server: ScriptedServer, new_transport: NewTransport
) -> None:
    server.expect("connect", steps)
    error = failure_of(new_transport(), server.url.replace("http:", "https:"))
    assert (error.code, error.retryable) == ("tls", True)
    assert error.message.startswith("no secure connection: ")
    assert "api_url with http://" in error.next_step


@pytest.mark.parametrize(
    ("host", "words"),
    [("127.0.0.1", r"unable to get local issuer certificate|self.signed"), ("elsewhere.invalid", r"127\.0\.0\.1|host")],
)
def test_bad_certificate(
    host: str, words: str, start_server: StartServer, new_transport: NewTransport, authority: Authority
) -> None:
    """Its authority is unknown, or it is for another host."""
    server = start_server(tls=authority.context(host))
    error = failure_of(new_transport(ca_path=None if host == "127.0.0.1" else authority.bundle), server.url)
    assert (error.code, error.effect, error.retryable) == ("tls", Effect.NONE, False)
    assert error.message.startswith("the certificate of the server is not valid: ")
    assert re.search(words, error.message)
    assert "ca_path" in error.next_step


# Proxies


@pytest.fixture(scope="module")
def proxy_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real proxy that asks for the user `somebody`, with the password."""
    with real_proxy(tmp_path_factory.mktemp("proxy"), f"--basic-auth=somebody:{PASSWORD}") as port:
        yield port


def use_proxy(monkeypatch: pytest.MonkeyPatch, port: int, credentials: str = "") -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, f"http://{credentials}127.0.0.1:{port}")


def assert_refused(error: Failure, port: int, status: int) -> None:
    assert (error.code, error.effect) == ("unreachable", Effect.NONE)
    assert error.message == f"the proxy 127.0.0.1:{port} refused the request with status {status}"
    assert VARIABLES in error.next_step


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("user", ["somebody", "nobody", None])
def test_real_proxy(
    user: str | None,
    tls: bool,
    proxy_port: int,
    start_server: StartServer,
    new_transport: NewTransport,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = start_server(tls=authority.context() if tls else None)
    use_proxy(monkeypatch, proxy_port, f"{user}:{PASSWORD}@" if user else "")
    transport = new_transport(ca_path=authority.bundle)
    if user == "somebody":
        server.expect(DELETE, OK)
        assert transport.send("DELETE", server.url + PATH, token=TOKEN).status == 200
        assert "proxy-authorization" not in server.requests[0].headers
    else:
        error = failure_of(transport, server.url)
        assert_refused(error, proxy_port, 407)
        assert "credentials" in error.next_step


@pytest.mark.parametrize("status", [400, 403, 407, 502, 503])
def test_tunnel_that_is_refused(
    status: int, server: ScriptedServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_proxy(monkeypatch, server.port, f"somebody:{PASSWORD}@")
    server.expect("CONNECT flashback.invalid:443", (*response(status, HTML), Act.CLOSE))
    assert_refused(failure_of(new_transport(), "https://flashback.invalid"), server.port, status)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_refused_connection_to_a_proxy(
    scheme: str, start_server: StartServer, new_transport: NewTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = start_server(listening=False)
    use_proxy(monkeypatch, proxy.port, f"somebody:{PASSWORD}@")
    error = failure_of(new_transport(), f"{scheme}://flashback.invalid")
    assert error.message == (
        f"cannot connect through the proxy 127.0.0.1:{proxy.port}, which comes from the environment: Connection refused"
    )
    assert VARIABLES in error.next_step
