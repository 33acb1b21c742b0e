# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import contextlib
import email.utils
import gzip
import html
import json
import socket
import ssl
import sys
import threading
import time
import typing as t
from urllib.parse import quote

import pytest
import yaml

from ansible_collections.flashback.platform.plugins.module_utils import _client
from ansible_collections.flashback.platform.plugins.module_utils._client import (
    FIRST_WAIT,
    LONGEST_QUOTE,
    LONGEST_WAIT,
    MOST_AT_ONCE,
    ApiError,
    CheckModeViolation,
    Client,
    MissingLibrary,
    check_access_token,
    check_api_url,
    check_path_segment,
    check_text,
    for_each,
)
from ansible_collections.flashback.platform.tests.unit.helpers import (
    CODES,
    DELETE,
    DELETED,
    ID,
    LIST,
    NOT_FOUND,
    REFUSED,
    ROOT,
    TOKEN,
    TOKEN_CORE,
    listing,
)
from ansible_collections.flashback.platform.tests.unit.wire import Act, Answer, ScriptedServer, answer, head, trickle

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ansible_collections.flashback.platform.tests.unit.conftest import Authority, Waits

    Connect = Callable[..., Client]
    StartServer = Callable[..., ScriptedServer]

GOOD = answer(200, DELETED)
HTML = "<html><body><h1>It works!</h1></body></html>"


def delete(client: Client) -> dict[str, t.Any]:
    return client.request("DELETE", "/ai/llm/{}", ID)


def failure_of(client: Client) -> ApiError:
    with pytest.raises(ApiError) as caught:
        delete(client)
    assert caught.value.code in CODES
    return caught.value


# What is sent


def test_request_as_it_travels(server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, GOOD)
    assert delete(connect()) == DELETED
    (request,) = server.requests
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert request.headers["user-agent"] == f"flashback.platform/{version}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers.get("content-length", "0") == "0"
    assert not {"content-type", "transfer-encoding", "cookie"} & set(request.headers)
    assert request.body == b""


@pytest.mark.parametrize(
    ("segment", "quoted"),
    [
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("a b", "a%20b"),
        (" ", None),
        ("a&b=c", "a%26b%3Dc"),
        ("a;b", "a%3Bb"),
        ("a\\b", "a%5Cb"),
        ("a%2Fb", "a%252Fb"),
        ("%2e%2e", "%252e%252e"),
        ("..%2f", "..%252f"),
        ("../x", "..%2Fx"),
        ("...", "..."),
        (".a", ".a"),
        ("{}", "%7B%7D"),
        ("{0}", "%7B0%7D"),
        ("clé", "cl%C3%A9"),
        ("%", "%25"),
        ("鍵", "%E9%8D%B5"),
        ("\u2025", "%E2%80%A5"),
        ("", None),
        (".", None),
        ("..", None),
        ("a\nb", None),
        ("a\x00", None),
        ("\x7f", None),
        ("a\x85", None),
        ("\ud800", None),
    ],
)
def test_segment_is_one_and_whole_or_refused(
    segment: str, quoted: str | None, server: ScriptedServer, connect: Connect
) -> None:
    if quoted is None:
        with pytest.raises(ValueError, match="must not"):
            check_path_segment(segment)
        with pytest.raises(ValueError, match="must not"):
            connect().request("DELETE", "/ai/llm/{}", segment)
    else:
        server.expect(f"DELETE /ai/llm/{quoted}", GOOD)
        assert check_path_segment(segment) == segment
        connect().request("DELETE", "/ai/llm/{}", segment)


def test_query_is_quoted(server: ScriptedServer, connect: Connect) -> None:
    server.expect("GET /ai/llm?workspaceId=a%26b%3Dc%23%C3%A9", answer(200, listing()))
    connect().request("GET", "/ai/llm", query={"workspaceId": "a&b=c#é"})


@pytest.mark.parametrize(
    ("suffix", "prefix"), [("", ""), ("/", ""), ("/api/v1", "/api/v1"), ("/api/v1//", "/api/v1"), ("/a%20b/", "/a%20b")]
)
def test_api_url_may_have_a_prefix(suffix: str, prefix: str, server: ScriptedServer, connect: Connect) -> None:
    server.expect(f"DELETE {prefix}/ai/llm/{ID}", GOOD)
    delete(connect(api_url=check_api_url(f" {server.url}{suffix}\n")))


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "backend.flashback.tech",
        "//backend.flashback.tech",
        "/ai/llm",
        "ftp://backend.flashback.tech",
        "file:///etc/passwd",
        "http+unix://socket",
        "https://",
        "https:///path",
        "https://:443",
        "https://user@host",
        "https://user:hunter2@host",
        "https://:hunter2@host/path",
        "https://@host",
        "https://host?",
        "https://host/?a=b",
        "https://host#",
        "https://host/#a",
        "https://host:port",
        "https://host:0",
        "https://host:65536",
        "https://[::1",
        "https://ho st",
        "https://host/a b",
        "https://host\n.evil",
        "https://host/\x00",
    ],
)
def test_bad_api_url_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|is not)") as caught:
        check_api_url(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "token", ["", " \n", "a b", "a\nb", "a\rb", "a\x00b", "a\x7f", "clé", "a\u2028b", "Bearer abc"]
)
def test_bad_access_token_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(ValueError, match=r"^must") as caught:
        check_access_token(token)
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize("text", [TOKEN, f" {TOKEN}", f"{TOKEN}\n", f"\t{TOKEN}\r\n"])
def test_access_token_is_stripped(text: str) -> None:
    assert check_access_token(text) == TOKEN


@pytest.mark.parametrize("text", ["", " ", "\n", "a\tb", "a\x1b[31m", "\udfff"])
def test_bad_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not"):
        check_text(text)


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "PUT"])
def test_read_only_client_writes_nothing(method: str, server: ScriptedServer, connect: Connect) -> None:
    client = connect(read_only=True)
    with pytest.raises(CheckModeViolation):
        client.request(method, "/ai/llm/{}", ID)
    server.expect(LIST, answer(200, listing()))
    client.request("GET", "/ai/llm")


@pytest.mark.parametrize("variable", [None, "NETRC"])
def test_netrc_does_not_replace_the_token(
    variable: str | None, server: ScriptedServer, connect: Connect, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = home / (".netrc" if variable is None else "elsewhere")
    netrc.write_text("machine 127.0.0.1 login somebody password something\n", encoding="utf-8")
    netrc.chmod(0o600)
    if variable:
        monkeypatch.setenv(variable, str(netrc))
    server.expect(DELETE, GOOD)
    delete(connect())
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_connection_is_kept(server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, answer(404, NOT_FOUND), GOOD)
    client = connect()
    failure_of(client)
    delete(client)
    assert server.connections == 1


def test_missing_requests(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    with pytest.raises(MissingLibrary, match=r"^requests$"):
        connect()


# What is answered


@pytest.mark.parametrize(
    ("steps", "result"),
    [
        (answer(200, DELETED), DELETED),
        (answer(201, DELETED), DELETED),
        (answer(200, {"success": True, "news": [{"a": None}]}), {"success": True, "news": [{"a": None}]}),
        (answer(200, DELETED, {"Content-Type": "text/html; charset=klingon"}), DELETED),
        (answer(200, gzip.compress(json.dumps(DELETED).encode()), {"Content-Encoding": "gzip"}), DELETED),
        (
            (head(200, {"Transfer-Encoding": "chunked"}) + b'10\r\n{"success": true\r\n1\r\n}\r\n0\r\n\r\n',),
            {"success": True},
        ),
        ((head(200), b'{"success": true}', Act.CLOSE), {"success": True}),
        ((head(100), *answer(200, DELETED)), DELETED),
        ((head(204),), {}),
        (answer(204), {}),
    ],
)
def test_good_answer(steps: Answer, result: dict[str, t.Any], server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, steps)
    assert delete(connect()) == result


@pytest.mark.parametrize(
    "body",
    [
        "",
        HTML,
        '{"success": tru',
        "[]",
        '[{"success": true}]',
        '"success"',
        "null",
        "true",
        "1",
        "{}",
        '{"success": null}',
        '{"success": 1}',
        '{"success": "true"}',
        '{"message": "deleted"}',
        b'{"success": true, "message": "\xff\xfe"}',
        b"\x00\xff" * 100,
        '{"success": ' + "9" * 10000 + "}",
        "[" * 200000,
        '{"success":' * 100000,
    ],
)
@pytest.mark.parametrize(
    ("status", "code", "maybe_done"),
    [(200, "invalid_response", True), (500, "server_error", True), (403, "forbidden", False)],
)
def test_body_that_is_not_this_apis(
    status: int, code: str, maybe_done: bool, body: str | bytes, server: ScriptedServer, connect: Connect
) -> None:
    server.expect(DELETE, answer(status, body))
    error = failure_of(connect())
    assert (error.code, error.http_status, error.documented) == (code, status, False)
    assert error.maybe_done is maybe_done


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (101, "invalid_response"),
        (200, "server_error"),
        (400, "rejected"),
        (401, "unauthorized"),
        (402, "rejected"),
        (403, "forbidden"),
        (405, "rejected"),
        (407, "rejected"),
        (409, "rejected"),
        (410, "rejected"),
        (418, "rejected"),
        (429, "rate_limited"),
        (499, "rejected"),
        (500, "server_error"),
        (501, "server_error"),
        (502, "server_error"),
        (503, "server_error"),
        (504, "server_error"),
        (599, "server_error"),
        (999, "server_error"),
    ],
)
def test_status_tells_the_code(status: int, code: str, server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, (*answer(status, REFUSED), Act.CLOSE))
    error = failure_of(connect())
    assert (error.code, error.http_status) == (code, status)
    assert error.as_dict()["code"] == code
    if status >= 200:
        assert error.message == REFUSED["message"]


def test_404_is_believed_only_from_the_api(server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, answer(404, NOT_FOUND), answer(404, HTML), answer(404, {"message": "no route"}))
    client = connect()
    assert failure_of(client).documented is True
    for _other in range(2):
        error = failure_of(client)
        assert (error.code, error.documented) == ("invalid_response", False)
        assert "api_url" in str(error)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308, 399])
@pytest.mark.parametrize(
    "location",
    [None, "", "/ai/llm", "//elsewhere.invalid", "http://[::1", "http://a b:99999/", "\xff\xfe", "javascript:0"],
)
def test_redirect_is_never_followed(
    status: int, location: str | None, server: ScriptedServer, connect: Connect
) -> None:
    server.expect(DELETE, answer(status, b"", {} if location is None else {"Location": location}))
    error = failure_of(connect(retries=3))
    assert (error.code, error.http_status, error.maybe_done) == ("invalid_response", status, False)


@pytest.mark.parametrize(
    "message",
    [
        None,
        True,
        5,
        1e300,
        "",
        " \n",
        [],
        ["a", ["b"]],
        {"a": {"b": None}},
        "\ud800 alone \udfff",
        {"\ud800": "\ud800"},
        "a\x00b\x1b[31mred\r\nnext\u0085line",
        "é" * 1000,
        "x" * 5_000_000,
        ["x" * 5_000_000],
    ],
)
@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_what_is_quoted_is_short_and_printable(
    status: int, message: t.Any, server: ScriptedServer, connect: Connect
) -> None:
    server.expect(DELETE, answer(status, {"success": False, "message": message}))
    error = failure_of(connect())
    for text in (error.message, str(error)):
        assert 0 < len(text) <= LONGEST_QUOTE + 300
        assert text == " ".join(text.split())
        assert not any(ord(char) < 32 for char in text)
        assert text.encode("utf-8")


@pytest.mark.parametrize("body", [b"x" * 5_000_000, b"\xff" * 5_000_000, HTML.encode(), b"\x1b[31m\r\n\x00"])
def test_excerpt_of_another_body_is_short_and_printable(body: bytes, server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, answer(502, body))
    message = failure_of(connect()).message
    assert 0 < len(message) <= LONGEST_QUOTE + 1
    assert not any(ord(char) < 32 for char in message)


def test_nesting_of_any_depth_is_survived(server: ScriptedServer, connect: Connect) -> None:
    """Above all of the depth at which Python can still read an answer, and no more write it."""
    client = connect()
    for depth in range(700, 1000):
        server.expect(DELETE, answer(403, '{"message":' + "[" * depth + "]" * depth + "}"))
        assert failure_of(client).code == "forbidden"


def test_body_without_an_end_is_not_read_to_it(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_client, "LARGEST_BODY", 1 << 20)
    server.expect(DELETE, (head(200), *[b" " * (1 << 20)] * 500))
    assert failure_of(connect()).code == "invalid_response"


# What goes wrong on the wire


@pytest.mark.parametrize(
    ("line", "steps", "code"),
    [
        ("connect", (0.05, Act.RESET), "unreachable"),
        ("connect", (Act.CLOSE,), "unreachable"),
        (DELETE, (Act.RESET,), "unreachable"),
        (DELETE, (Act.CLOSE,), "unreachable"),
        (DELETE, (head(200, {"Content-Length": "100"}), Act.RESET), "unreachable"),
        (DELETE, (head(200, {"Content-Length": "18"}), b'{"success": true}', Act.CLOSE), "unreachable"),
        (DELETE, (head(404, {"Content-Length": "100"}), b'{"success": false}', Act.CLOSE), "unreachable"),
        (DELETE, (head(204, {"Transfer-Encoding": "chunked"})[:-2], Act.RESET), "unreachable"),
        (DELETE, (head(200, {"Transfer-Encoding": "chunked"}), b"10\r\n{", Act.CLOSE), "unreachable"),
        (DELETE, (head(200, {"Transfer-Encoding": "chunked"}), b"zz\r\n{}", Act.CLOSE), "unreachable"),
        (DELETE, (b"HTTP/1.1 200 OK\r\nContent-Le", Act.CLOSE), "invalid_response"),
        (DELETE, (b"HTTP/1.1 2", Act.CLOSE), "invalid_response"),
        (DELETE, (b"HTTP/1.1 OK\r\n\r\n", Act.CLOSE), "invalid_response"),
        (DELETE, (b"SSH-2.0-OpenSSH_9.6\r\n", Act.CLOSE), "invalid_response"),
        (DELETE, (b"\x15\x03\x01\x00\x02\x02\x16", Act.CLOSE), "invalid_response"),
        (DELETE, (b"\x00" * 100000, Act.CLOSE), "invalid_response"),
        (DELETE, (head(200, {"X": "x" * 100000}), Act.CLOSE), "invalid_response"),
        (DELETE, (head(200, {"Content-Length": "5, 6"}), b"{}", Act.CLOSE), "invalid_response"),
        (DELETE, (head(200, {f"X-{i}": "x" for i in range(200)}), Act.CLOSE), None),
        (DELETE, (head(200, {"Content-Length": "-1"}), b"{}", Act.CLOSE), None),
        (DELETE, (head(200, {"Content-Length": "many"}), b"{}", Act.CLOSE), None),
        (DELETE, (b"HTTP/1.1 200 OK\r\n: no name\r\n\xff\xfe: x\r\n folded\r\n\r\n{}", Act.CLOSE), "invalid_response"),
        (DELETE, (b"HTTP/9.9 200 OK\r\n\r\n{}", Act.CLOSE), None),
        (DELETE, answer(200, DELETED, {"Content-Encoding": "gzip"}), "invalid_response"),
        (DELETE, answer(200, gzip.compress(b"x" * 1000)[:-20], {"Content-Encoding": "gzip"}), "invalid_response"),
        (DELETE, answer(200, DELETED, {"Content-Encoding": "br, gzip, deflate"}), "invalid_response"),
        (DELETE, (head(103), *answer(200, DELETED)), "invalid_response"),
    ],
)
def test_lost_answer(line: str, steps: Answer, code: str | None, server: ScriptedServer, connect: Connect) -> None:
    server.expect(line, steps)
    error = failure_of(connect())
    assert code in (None, error.code)
    assert error.maybe_done


@pytest.mark.parametrize(
    ("line", "steps"),
    [
        ("connect", (Act.HANG,)),
        (DELETE, (Act.HANG,)),
        (DELETE, trickle(head(200))),
        (DELETE, (b"HTTP/1.1 200 OK\r\n", *trickle(b"X-Header: " + b"x" * 100))),
        (DELETE, (head(200, {"Content-Length": "1000"}), *trickle(b"x" * 100))),
        (DELETE, (head(200, {"Transfer-Encoding": "chunked"}), *trickle(b"1\r\nx\r\n" * 20))),
        (DELETE, (head(200), *trickle(b"x" * 100))),
        (DELETE, (head(200, {"Content-Length": "9"}), Act.HANG)),
        (DELETE, trickle(head(100) * 5)),
    ],
)
def test_timeout_bounds_the_whole_answer(line: str, steps: Answer, server: ScriptedServer, connect: Connect) -> None:
    server.expect(line, steps)
    client = connect(timeout=0.3)
    start = time.monotonic()
    error = failure_of(client)
    assert time.monotonic() - start < 1.5
    assert (error.code, error.http_status, error.maybe_done) == ("timeout", None, True)


def test_connection_given_up_is_not_used_again(server: ScriptedServer, connect: Connect) -> None:
    late = b"".join(step for step in answer(404, NOT_FOUND) if isinstance(step, bytes))
    server.expect(DELETE, (0.5, late), GOOD)
    assert delete(connect(timeout=0.3, retries=1)) == DELETED
    assert server.connections == 2


def test_early_answer_is_not_taken_for_the_next(server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, (head(103), 0.2, *answer(200, DELETED)))
    client = connect()
    assert failure_of(client).http_status == 103
    server.expect(DELETE, answer(404, NOT_FOUND))
    assert failure_of(client).http_status == 404


@pytest.mark.parametrize("host", ["host.invalid", "a..b", "x" * 64, "xn--a"])
def test_unknown_host(host: str, connect: Connect) -> None:
    error = failure_of(connect(api_url=f"http://{host}"))
    assert (error.code, error.http_status, error.maybe_done) == ("unreachable", None, False)


def test_refused_connection(start_server: StartServer, connect: Connect) -> None:
    error = failure_of(connect(api_url=start_server(listening=False).url))
    assert (error.code, error.http_status, error.maybe_done) == ("unreachable", None, False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems refuse what does not fit the backlog")
def test_connection_that_nobody_accepts(connect: Connect) -> None:
    with socket.socket() as deaf, socket.socket() as first:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        first.connect(deaf.getsockname())
        error = failure_of(connect(api_url=f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout=0.5))
    assert (error.code, error.maybe_done) == ("timeout", False)


# Tries and waits


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_count_the_tries_after_the_first(
    retries: int, server: ScriptedServer, connect: Connect, waits: Waits
) -> None:
    server.expect(DELETE, *[answer(503, {"success": False, "message": "under repair"})] * (retries + 1))
    error = failure_of(connect(retries=retries))
    assert (error.code, error.message, len(waits)) == ("server_error", "under repair", retries)


@pytest.mark.parametrize(
    "passing", [answer(429, REFUSED), answer(500, REFUSED), answer(502, HTML), (Act.RESET,), (Act.CLOSE,)]
)
@pytest.mark.parametrize("method", ["DELETE", "GET", "PUT"])
def test_what_may_pass_is_tried_again(
    method: str, passing: Answer, server: ScriptedServer, connect: Connect, waits: Waits
) -> None:
    server.expect(f"{method} /ai/llm/{ID}", passing, passing, GOOD)
    assert connect(retries=2).request(method, "/ai/llm/{}", ID) == DELETED
    assert len(waits) == 2


@pytest.mark.parametrize(
    "lasting",
    [
        answer(200, HTML),
        answer(200, REFUSED),
        *[answer(status, REFUSED) for status in (301, 400, 401, 403, 404, 409, 422)],
        answer(404, HTML),
    ],
)
def test_what_does_not_pass_is_not_tried_again(
    lasting: Answer, server: ScriptedServer, connect: Connect, waits: Waits
) -> None:
    server.expect(DELETE, lasting)
    failure_of(connect(retries=3))
    assert not waits


@pytest.mark.parametrize(
    ("steps", "repeated"),
    [
        (answer(429, REFUSED), True),
        (answer(500, REFUSED), False),
        (answer(502, HTML), False),
        ((Act.RESET,), False),
        ((Act.CLOSE,), False),
        ((head(200, {"Content-Length": "9"}), Act.CLOSE), False),
    ],
)
def test_post_is_never_repeated_blindly(
    steps: Answer, repeated: bool, server: ScriptedServer, connect: Connect
) -> None:
    server.expect("POST /ai/llm", steps, *([GOOD] if repeated else []))
    client = connect(retries=3)
    if repeated:
        client.request("POST", "/ai/llm")
    else:
        with pytest.raises(ApiError) as caught:
            client.request("POST", "/ai/llm")
        assert caught.value.maybe_done


def test_reading_leaves_nothing_in_doubt(server: ScriptedServer, connect: Connect) -> None:
    server.expect(LIST, answer(500, REFUSED), (Act.RESET,))
    with pytest.raises(ApiError) as caught:
        connect(retries=1).request("GET", "/ai/llm")
    assert caught.value.maybe_done is False


def test_waits_grow_and_differ(server: ScriptedServer, connect: Connect, waits: Waits) -> None:
    server.expect(DELETE, *[answer(500, REFUSED)] * 13)
    failure_of(connect(retries=12))
    assert waits[0] >= FIRST_WAIT == 0.5
    for shorter, longer in zip(waits[:5], waits[1:]):
        assert shorter < longer < 4 * shorter
    assert max(waits) == waits[-1] == LONGEST_WAIT == 60
    assert len({_client._wait(0, 0) for _again in range(20)}) > 1


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("7", 7, 7),
        (" 7 ", 7, 7),
        ("0", 0.5, 1),
        ("3600", 60, 60),
        ("9" * 30, 60, 60),
        ("9" * 5000, 0.5, 60),
        # The ID of a test must not depend on the time: the workers of pytest-xdist compare what they collect.
        pytest.param(email.utils.formatdate(time.time() + 3600, usegmt=True), 60, 60, id="in one hour"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60, 60),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.5, 1),
        ("Fri, 31 Dec 99999999999999 23:59:59 GMT", 0.5, 60),
        ("-5", 0.5, 1),
        ("1e3", 0.5, 1),
        ("soon", 0.5, 1),
        ("", 0.5, 1),
        (",", 0.5, 1),
        ("\xff", 0.5, 1),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_within_bounds(
    status: int, retry_after: str, least: float, most: float, server: ScriptedServer, connect: Connect, waits: Waits
) -> None:
    server.expect(DELETE, answer(status, REFUSED, {"Retry-After": retry_after}), GOOD)
    delete(connect(retries=1))
    assert len(waits) == 1
    # How long a wait is still to be is told by a clock that goes on.
    assert least - 0.1 <= waits[0] <= most


def test_retry_after_may_be_a_date(server: ScriptedServer, connect: Connect, waits: Waits) -> None:
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    server.expect(DELETE, answer(503, REFUSED, {"Retry-After": date}), GOOD)
    delete(connect(retries=1))
    assert 20 < waits[0] <= 30


@pytest.mark.parametrize(
    ("tries", "maybe_done"),
    [
        ([answer(429, REFUSED), answer(404, NOT_FOUND)], False),
        ([answer(500, REFUSED), answer(404, NOT_FOUND)], True),
        ([answer(500, REFUSED), answer(429, REFUSED), answer(404, NOT_FOUND)], True),
        ([answer(429, REFUSED), (Act.RESET,), answer(404, NOT_FOUND)], True),
    ],
)
def test_doubt_stays_once_an_answer_was_lost(
    tries: list[Answer], maybe_done: bool, server: ScriptedServer, connect: Connect
) -> None:
    server.expect(DELETE, *tries)
    error = failure_of(connect(retries=5))
    assert (error.http_status, error.maybe_done) == (404, maybe_done)


# Certificates


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_bundle_of_the_environment_is_obeyed(
    variable: str, start_server: StartServer, connect: Connect, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server(tls=authority.context())
    server.expect(DELETE, GOOD)
    monkeypatch.setenv(variable, authority.bundle)
    delete(connect(api_url=server.url))


def test_bundle_of_the_environment_does_not_override_ca_path(
    start_server: StartServer,
    connect: Connect,
    authority: Authority,
    stranger: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = start_server(tls=authority.context())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle)
    error = failure_of(connect(api_url=server.url, ca_path=stranger.bundle, retries=3))
    assert (error.code, error.maybe_done, server.connections) == ("tls", False, 1)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", stranger.bundle)
    server.expect(DELETE, GOOD)
    delete(connect(api_url=server.url, ca_path=authority.bundle))


@pytest.mark.parametrize("ca_path", [True, False])
@pytest.mark.filterwarnings("error")
def test_nothing_overrides_validate_certs(
    ca_path: bool,
    start_server: StartServer,
    connect: Connect,
    authority: Authority,
    stranger: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = start_server(tls=authority.context("elsewhere.invalid"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", stranger.bundle)
    server.expect(DELETE, GOOD)
    delete(connect(api_url=server.url, validate_certs=False, ca_path=stranger.bundle if ca_path else None))


@pytest.mark.parametrize("host", ["127.0.0.1", "elsewhere.invalid"])
def test_bad_certificate(host: str, start_server: StartServer, connect: Connect, authority: Authority) -> None:
    """Its authority is unknown, or it is for another host."""
    server = start_server(tls=authority.context(host))
    ca_path = None if host == "127.0.0.1" else authority.bundle
    error = failure_of(connect(api_url=server.url, ca_path=ca_path, retries=3))
    assert (error.code, error.http_status, error.maybe_done) == ("tls", None, False)
    assert server.connections == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_bundle_of_the_environment_that_cannot_be_read(
    content: str | None,
    start_server: StartServer,
    connect: Connect,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content, encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    error = failure_of(connect(api_url=start_server(tls=authority.context()).url))
    assert (error.code, error.maybe_done) == ("tls", False)


@pytest.mark.parametrize(
    "steps", [(b"SSH-2.0-OpenSSH_9.6\r\n", Act.CLOSE), (b"HTTP/1.1 400 Bad Request\r\n\r\n", Act.CLOSE)]
)
def test_what_answers_does_not_speak_tls(steps: Answer, start_server: StartServer, connect: Connect) -> None:
    server = start_server()
    server.expect("connect", steps)
    assert failure_of(connect(api_url=server.url.replace("http:", "https:"))).code == "tls"


# Proxies


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxy(variable: str, server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, server.url.replace("//", "//somebody:something@"))
    server.expect(f"DELETE http://flashback.invalid/ai/llm/{ID}", GOOD)
    delete(connect(api_url="http://flashback.invalid"))
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'somebody:something').decode()}"


@pytest.mark.parametrize("no_proxy", ["127.0.0.1", "*", "example.invalid,127.0.0.0/8"])
def test_no_proxy(
    no_proxy: str, server: ScriptedServer, start_server: StartServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", start_server().url)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    server.expect(DELETE, GOOD)
    delete(connect())


def test_tunnel(
    server: ScriptedServer, connect: Connect, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.expect("CONNECT flashback.invalid:443", (head(200), authority.context("flashback.invalid")))
    server.expect(DELETE, GOOD)
    delete(connect(api_url="https://flashback.invalid", ca_path=authority.bundle))
    assert TOKEN_CORE.encode() not in server.requests[0].raw


@pytest.mark.parametrize("status", [403, 407, 502])
def test_tunnel_refused_proves_that_nothing_was_sent(
    status: int, server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url.replace("//", "//somebody:hunter2@"))
    server.expect("CONNECT flashback.invalid:443", *[(*answer(status, HTML), Act.CLOSE)] * 2)
    error = failure_of(connect(api_url="https://flashback.invalid", retries=1))
    assert (error.code, error.http_status, error.maybe_done) == ("unreachable", None, False)
    assert "hunter2" not in str(error)


def test_refused_proxy_proves_that_nothing_was_sent(
    start_server: StartServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", start_server(listening=False).url.replace("//", "//somebody:hunter2@"))
    error = failure_of(connect(api_url="http://flashback.invalid"))
    assert (error.code, error.maybe_done) == ("unreachable", False)
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    "proxy", ["http://", "http://[::1", "http://somebody:hunter2@:99999", "gopher://proxy", "http://a b"]
)
def test_proxy_that_is_no_url(proxy: str, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    error = failure_of(connect(api_url="http://flashback.invalid"))
    assert (error.code, error.maybe_done) == ("unreachable", False)
    assert "hunter2" not in str(error)


# Secrets


@pytest.mark.parametrize(
    "echo",
    [
        {"success": False, "message": f"Bad token {TOKEN}"},
        {"success": False, "message": f"{'x' * (LONGEST_QUOTE - TOKEN.index(TOKEN_CORE) - 5)}{TOKEN}"},
        {"success": False, "message": {"authorization": f"Bearer {TOKEN}"}},
        {"success": False, TOKEN: [TOKEN]},
        [TOKEN],
        TOKEN,
        f"<p>{TOKEN}</p>",
        f"<p>{html.escape(TOKEN)}</p>",
        f"<a href='/login?token={quote(TOKEN, safe='')}'>",
        '{"half": ' + json.dumps(TOKEN),
        '{"half": ' + json.dumps(TOKEN).replace("/", "\\/"),
        f"{' ' * LONGEST_QUOTE}{'x' * (LONGEST_QUOTE - 5)}{TOKEN}",
    ],
)
@pytest.mark.parametrize("status", [200, 301, 401, 404, 500])
def test_token_that_is_echoed_is_hidden(status: int, echo: t.Any, server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, answer(status, echo, {"X-Echo": TOKEN, "Location": f"/{TOKEN}"}))
    error = failure_of(connect())
    assert TOKEN_CORE[:5] not in f"{error} {error.message} {error.as_dict()}"


def test_other_secrets_are_hidden(server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, answer(400, {"success": False, "message": "hunter2 is weak"}))
    assert "hunter2" not in str(failure_of(connect(secrets=["hunter2", ""])))


def test_error_of_the_status_line_hides_the_token(server: ScriptedServer, connect: Connect) -> None:
    server.expect(DELETE, (f"{TOKEN}\r\n\r\n".encode(), Act.CLOSE))
    assert TOKEN_CORE not in str(failure_of(connect()))


def test_certificate_without_names(start_server: StartServer, connect: Connect, authority: Authority) -> None:
    """A context without a certificate fails the handshake on the server's side."""
    server = start_server(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    assert failure_of(connect(api_url=server.url, ca_path=authority.bundle)).code == "tls"


# Many at once


def test_for_each_keeps_the_order() -> None:
    assert for_each(lambda number: number * 2, range(100)) == list(range(0, 200, 2))
    assert for_each(str, [1]) == ["1"]
    assert for_each(str, []) == []


def test_for_each_has_a_few_under_way_at_once() -> None:
    """The barrier lets threads pass only together, and none of the ninth round is there before."""
    barrier = threading.Barrier(MOST_AT_ONCE)
    under_way: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        under_way.append(number)
        most.append(len(under_way))
        barrier.wait(10)
        under_way.remove(number)

    for_each(work, range(8 * MOST_AT_ONCE))
    assert max(most) == MOST_AT_ONCE == 8


def test_for_each_hands_on_what_is_raised() -> None:
    def fail_at_5(number: int) -> None:
        if number == 5:
            raise CheckModeViolation("five")

    with pytest.raises(CheckModeViolation, match="five"):
        for_each(fail_at_5, range(20))


def test_each_worker_keeps_one_connection(server: ScriptedServer, connect: Connect) -> None:
    server.respond = lambda _request: (0.01, *GOOD)
    client = connect()
    for_each(lambda id: client.request("DELETE", "/ai/llm/{}", id), [str(number) for number in range(80)])
    assert sorted(request.line for request in server.requests) == sorted(f"DELETE /ai/llm/{n}" for n in range(80))
    # The first of each worker come together, so that each needs a connection; no other is made.
    assert server.connections == MOST_AT_ONCE


def test_a_429_slows_all_down(server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a real clock: no request comes in the second that the API asks for, but for those that were under way."""
    monkeypatch.setattr(_client, "time", time)
    times: list[float] = []
    refused: list[float] = []

    def respond(_request: t.Any) -> Answer:
        times.append(time.monotonic())
        if len(times) == MOST_AT_ONCE:
            refused.append(times[-1])
            return answer(429, REFUSED, {"Retry-After": "1"})
        return (0.1, *GOOD)

    server.respond = respond
    client = connect(retries=1)
    for_each(lambda id: client.request("DELETE", "/ai/llm/{}", id), [str(number) for number in range(24)])
    assert len(times) == 24 + 1
    assert not [moment for moment in times if refused[0] < moment < refused[0] + 0.99]


def test_429s_halve_what_is_under_way_at_once() -> None:
    pace = _client._Pace()
    # The refusals of requests that were under way together.
    for _refusal in range(MOST_AT_ONCE):
        pace.slow_down(5)
    entered = threading.Event()

    def enter() -> None:
        with pace:
            entered.set()

    with contextlib.ExitStack() as under_way:
        for _request in range(MOST_AT_ONCE // 2):
            under_way.enter_context(pace)
        threading.Thread(target=enter, daemon=True).start()
        assert not entered.wait(0.1)
    assert entered.wait(10)


def test_429s_stop_nothing_for_ever(waits: Waits) -> None:
    pace = _client._Pace()
    for _refusal in range(20):
        pace.slow_down(1)
        waits.sleep(2)
    with pace:
        pass
