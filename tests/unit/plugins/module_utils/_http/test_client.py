# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import gzip
import html
import json
import time
import typing as t
from urllib.parse import quote

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Effect, Failure, Origin
from ansible_collections.flashback.platform.plugins.module_utils._http import client, threads
from ansible_collections.flashback.platform.plugins.module_utils._http.client import (
    BACKOFF_BASE,
    BACKOFF_MAX,
    CheckModeViolation,
    Client,
)
from ansible_collections.flashback.platform.plugins.module_utils._http.response import Response as ApiResponse
from ansible_collections.flashback.platform.plugins.module_utils._http.response import error_text
from ansible_collections.flashback.platform.plugins.module_utils._http.threads import MAX_CONCURRENCY, for_each
from ansible_collections.flashback.platform.plugins.module_utils._redact import Redactor
from ansible_collections.flashback.platform.plugins.module_utils._text import MAX_MESSAGE_CHARS
from ansible_collections.flashback.platform.tests.unit.responses import (
    ABSENT,
    CLOSED,
    CODES,
    CREATE,
    DELETE,
    DELETED,
    FORBIDDEN,
    FOREIGN_404,
    GATEWAY_ERROR,
    HTML,
    ID,
    LIST,
    NOT_HTTP,
    OK,
    RATE_LIMITED,
    REFUSED,
    RESET,
    SERVER_ERROR,
    TOKEN,
    TOKEN_CORE,
    listing,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    Act,
    Responder,
    Response,
    ScriptedServer,
    head,
    response,
)

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import FakeClock, NewClient, StartServer


def delete(client: Client, **options: t.Any) -> t.Any:
    return client.call("DELETE", "/ai/llm/{}", ID, token=TOKEN, **options).fields


def failure_of(client: Client, method: str = "DELETE", path: str = "/ai/llm/{}", **options: t.Any) -> Failure:
    with pytest.raises(ApiError) as caught:
        client.call(method, path, *[ID] * path.count("{}"), token=TOKEN, **options)
    assert caught.value.failure.code in CODES
    failure = caught.value.failure
    return failure.at_proven_address() if client.address_proven else failure


# The request


@pytest.mark.parametrize(
    ("segment", "quoted"),
    [
        *[(f"a{char}b", f"a%{ord(char):02X}b") for char in "/?#&=;%{} \\"],
        ("%2e%2e", "%252e%252e"),
        ("../x", "..%2Fx"),
        ("...", "..."),
        ("clé", "cl%C3%A9"),
        ("\u2025", "%E2%80%A5"),
    ],
)
def test_segment_is_quoted(segment: str, quoted: str, server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(f"DELETE /ai/llm/{quoted}", OK)
    new_client().call("DELETE", "/ai/llm/{}", segment, token=TOKEN)


@pytest.mark.parametrize("segment", ["", " ", ".", "..", "a\nb", "a\x00", "\x7f", "a\x85", "\ud800"])
def test_bad_segment_is_never_sent(segment: str, new_client: NewClient) -> None:
    with pytest.raises(ValueError, match="must not"):
        new_client().call("DELETE", "/ai/llm/{}", segment, token=TOKEN)


def test_token_query_and_body_are_sent(server: ScriptedServer, new_client: NewClient) -> None:
    server.expect("PUT /prefix/ai/llm?workspaceId=a%26b%3Dc%23%C3%A9", OK)
    new_client(api_url=f"{server.url}/prefix").call(
        "PUT", "/ai/llm", token="abc", query={"workspaceId": "a&b=c#é"}, body={"name": "a"}
    )
    assert server.requests[0].headers["authorization"] == "Bearer abc"
    assert server.sent_bodies == [{"name": "a"}]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "PUT"])
def test_check_mode_sends_nothing_that_writes(method: str, server: ScriptedServer, new_client: NewClient) -> None:
    client = new_client(check_mode=True, allowed=frozenset({("POST", "/login"), (method, "/other/{}")}))
    with pytest.raises(CheckModeViolation):
        client.call(method, "/ai/llm/{}", ID, token=TOKEN)
    server.expect(LIST, response(200, listing()))
    client.call("GET", "/ai/llm", token=TOKEN)
    server.expect("POST /login", OK)
    client.call("POST", "/login", token=None)


# Responses that prove success


@pytest.mark.parametrize(
    ("steps", "result"),
    [
        (response(200, DELETED), DELETED),
        (response(201, DELETED), DELETED),
        (response(200, {"success": True, "news": [{"a": None}]}), {"success": True, "news": [{"a": None}]}),
        ((head(204),), {}),
        (response(204), {}),
        (response(200, b'\xef\xbb\xbf{"success": true}'), {"success": True}),
    ],
)
def test_success(steps: Response, result: dict[str, t.Any], server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(DELETE, steps)
    assert delete(new_client()) == result


def test_proof_of_one_operation(server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(DELETE, response(200, {"news": 5}), response(400, {"news": 5}))
    client = new_client()
    assert delete(client, proof=lambda response: response.body == {"news": 5}) == {"news": 5}
    assert failure_of(client, proof=lambda response: True).code == "rejected"


# Responses that do not


# Decision 1: a 2xx that does not say `success: true`, and is not a 204, proves nothing. The outcome is looked up.
@pytest.mark.parametrize(
    "body",
    [
        "",
        HTML,
        '{"success": tru',
        '[{"success": true}]',
        "null",
        "{}",
        '{"success": null}',
        '{"success": 1}',
        '{"success": "true"}',
        '{"message": "deleted"}',
        b'{"success": true, "message": "\xff\xfe"}',
        '{"success": ' + "9" * 10000 + "}",
        "[" * 200000,
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize(
    ("status", "code", "outcome_unknown"),
    [(200, "invalid_response", True), (500, "server_error", True), (403, "forbidden", False)],
)
def test_body_that_is_not_from_the_api(
    status: int, code: str, outcome_unknown: bool, body: str | bytes, server: ScriptedServer, new_client: NewClient
) -> None:
    server.expect(DELETE, response(status, body))
    error = failure_of(new_client())
    assert (error.code, error.http_status, error.origin is Origin.API) == (code, status, False)
    assert error.outcome_unknown is outcome_unknown


@pytest.mark.parametrize(
    ("status", "code", "outcome_unknown"),
    [
        (101, "invalid_response", True),
        (200, "server_error", False),
        (401, "unauthorized", False),
        (403, "forbidden", False),
        (404, "not_found", False),
        (429, "rate_limited", False),
        *[(status, "rejected", False) for status in (400, 402, 405, 407, 409, 410, 418, 499)],
        *[(status, "server_error", True) for status in (500, 501, 502, 503, 504, 599, 999)],
    ],
)
def test_code_depends_on_the_status(
    status: int, code: str, outcome_unknown: bool, server: ScriptedServer, new_client: NewClient
) -> None:
    server.expect(DELETE, (*response(status, REFUSED), Act.CLOSE))
    error = failure_of(new_client())
    assert (error.code, error.http_status, error.outcome_unknown) == (code, status, outcome_unknown)
    assert error.as_dict()["code"] == code
    if status >= 200:
        assert (error.message, error.origin is Origin.API) == (REFUSED["message"], True)


def test_404_is_not_found_only_from_the_api(server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(DELETE, FOREIGN_404, response(404, {"message": "no route"}), ABSENT)
    client = new_client()
    for _other in range(2):
        error = failure_of(client)
        assert (error.code, error.origin is Origin.API) == ("invalid_response", False)
        assert "api_url" in str(error)
    assert failure_of(client).code == "not_found"


@pytest.mark.parametrize("first", [ABSENT, OK, response(400, REFUSED), response(200, {"success": False})])
def test_api_url_is_not_blamed_once_the_api_has_answered(
    first: Response, server: ScriptedServer, new_client: NewClient
) -> None:
    server.expect(DELETE, first, FOREIGN_404)
    client = new_client()
    if first is OK:
        delete(client)
    else:
        failure_of(client)
    error = failure_of(client)
    assert error.code == "invalid_response"
    assert "api_url" not in str(error)
    assert "proxy" in error.next_step


def test_api_url_is_not_blamed_after_a_response_that_proves_success_without_saying_so(
    server: ScriptedServer, new_client: NewClient
) -> None:
    """Such as a list: the field `success` is not required in it."""
    server.expect(LIST, response(200, {"aiLlms": []}))
    server.expect(CREATE, FOREIGN_404)
    client = new_client()
    client.call("GET", "/ai/llm", token=TOKEN, proof=lambda response: "aiLlms" in response.body)
    assert "api_url" not in str(failure_of(client, "POST", "/ai/llm"))


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://User:p4ss@Login.example:8443/a/b;id=1?token=x#y", " to https://Login.example:8443/a/b"),
        ("/login?next=/ai", " to {url}/login"),
        ("//login.example", " to http://login.example"),
        ("https://login.example/hun%74er2", " to https://login.example/********"),
        ("https://login.example/hün;ter?3", " to https://login.example/********"),
        ("http://[", ""),
        ("mailto:someone", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_redirect_is_an_invalid_response(
    location: str | None, target: str, server: ScriptedServer, new_client: NewClient
) -> None:
    headers = {} if location is None else {"Location": location.encode().decode("latin-1")}
    server.expect(DELETE, response(302, b"", headers))
    error = failure_of(new_client(retries=3, secrets=["hunter2", "hün;ter?3"]))
    assert (error.code, error.http_status) == ("invalid_response", 302)
    assert error.message == f"a redirect{target.format(url=server.url)}, which is never followed"


# What a write may have done, by who answers.
FOREIGN_EFFECTS = {
    Effect.NONE: [
        *(307, 308, 400, 401, 402, 403, 404, 405, 407, 411, 413, 414, 415, 417, 421, 425, 426, 428, 429, 431, 451)
    ],
    Effect.POSSIBLE: [300, 301, 302, 303, 305, 399, 406, 409, 410, 412, 416, 422, 423, 424],
    Effect.PENDING: [
        101,
        200,
        202,
        206,
        299,
        408,
        418,
        420,
        444,
        460,
        463,
        498,
        499,
        500,
        501,
        502,
        503,
        504,
        520,
        999,
    ],
}


@pytest.mark.parametrize(
    ("status", "effect"), [(status, effect) for effect, statuses in FOREIGN_EFFECTS.items() for status in statuses]
)
def test_effect_of_a_write(status: int, effect: Effect, server: ScriptedServer, new_client: NewClient) -> None:
    for body in (HTML, {"message": "without success"}):
        server.expect(DELETE, (*response(status, body), Act.CLOSE))
        assert failure_of(new_client()).effect is effect
    server.expect("GET /ai/llm", (*response(status, HTML), Act.CLOSE))
    assert failure_of(new_client(), "GET", "/ai/llm").effect is Effect.NONE
    if status >= 200:
        server.expect(DELETE, response(status, REFUSED))
        assert failure_of(new_client()).effect is (Effect.NONE if status < 500 else Effect.POSSIBLE)


def test_refused_connection_proves_that_nothing_was_done(start_server: StartServer, new_client: NewClient) -> None:
    error = failure_of(new_client(api_url=start_server(listening=False).url))
    assert (error.code, error.http_status, error.outcome_unknown) == ("unreachable", None, False)


# The text of an error


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"message": "m", "error_message": "em", "error": "e"}, "m"),
        ({"error_message": "em", "error": "e"}, "em"),
        ({"message": "", "error_message": " ", "error": "e"}, "e"),
        ({"message": 5, "error_message": ["em"], "error": {"e": "e"}}, ""),
        ({"message": None, "error": " e "}, "e"),
        ({"error_code": "NO_PASSWORD_SET"}, "NO_PASSWORD_SET"),
        ({"error_message": "em", "error_code": "CODE"}, "em (CODE)"),
        ({"message": "m", "error_code": 5}, "m"),
        ({"message": "m", "error_code": ""}, "m"),
        ({"description": "d", "key": "sk-1"}, ""),
        (["message"], ""),
        (None, ""),
    ],
)
def test_error_text(body: t.Any, text: str) -> None:
    assert error_text(ApiResponse(400, body)) == text


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        ({"error_message": "Mistake", "error_code": "MISTAKE"}, "application/json", "Mistake (MISTAKE)"),
        ({"success": False}, "application/json", "JSON without a message"),
        ([1], "application/json", "JSON without a message"),
        ('{"message": "half', "application/json", "JSON without a message"),
        ('"a text"', "application/json", "JSON without a message"),
        ("", "", "an empty body"),
        (" \r\n", "text/html", "an empty body"),
        ("bad gateway", "text/plain", "bad gateway"),
        ("bad\x1b[31m\ngateway", "text/plain", "bad [31m gateway"),
        (HTML, "text/html", "an HTML page: 404 Not Found"),
        (HTML, "", "an HTML page: 404 Not Found"),
        ("\ufeff\n<h1>Bad &amp; Gateway</h1><p>nginx", "text/plain", "an HTML page: Bad & Gateway nginx"),
        ("Sign in <b>first</b>", "text/html; charset=utf-8", "an HTML page: Sign in first"),
        ("<html></html>", "text/html", "a body that is not text"),
        (b"\xff\xfe\xff", "text/plain", "a body that is not text"),
        (b"\x00\x01\x02", "application/octet-stream", "a body that is not text"),
        (b"caf\xe9", "text/plain; charset=latin-1", "caf"),
        (b"caf\xe9 h\xfcnter2", "text/plain", "caf ********"),
    ],
    ids=lambda value: repr(value)[:30],
)
@pytest.mark.parametrize("status", [400, 502])
def test_body_is_quoted(
    status: int, body: t.Any, content_type: str, message: str, server: ScriptedServer, new_client: NewClient
) -> None:
    server.expect(DELETE, response(status, body, {"Content-Type": content_type}))
    error = failure_of(new_client(secrets=["hünter2"]))
    assert error.message == message
    assert error.summary == f"the API answered {status}: {message}"


# gzip.compress() writes the time, which must not be in the name of a test.
@pytest.mark.parametrize(
    "body", [b"\xff\xff", gzip.compress(b"x" * 1000)[:10] + b"\xff" * 9], ids=["not gzip", "broken gzip"]
)
def test_broken_compression_is_not_an_empty_body(body: bytes, server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(DELETE, response(502, body, {"Content-Encoding": "gzip"}))
    assert failure_of(new_client()).message == "a body whose compression is broken"


@pytest.mark.parametrize(
    "message",
    [
        None,
        5,
        " \n",
        {"a": {"b": None}},
        {"\ud800": "\ud800"},
        "\ud800 a\x00b\x1b[31mred\r\nnext\u0085line",
        "é" * 1000,
        ["x" * 1_000_000],
    ],
    ids=lambda message: repr(message)[:20],
)
@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_message_is_short_and_printable(
    status: int, message: t.Any, server: ScriptedServer, new_client: NewClient
) -> None:
    server.expect(DELETE, response(status, {"success": False, "message": message}))
    error = failure_of(new_client())
    for text in (error.message, str(error)):
        assert 0 < len(text) <= MAX_MESSAGE_CHARS + 300
        assert text == " ".join(text.split())
        assert not any(ord(char) < 32 for char in text)
        assert text.encode("utf-8")


@pytest.mark.parametrize(
    "body",
    [b"x" * 5_000_000, b"\xff" * 5_000_000, HTML.encode(), b"\x1b[31m\r\n\x00", b"<p>" + b"x" * 5_000_000],
    ids=lambda body: repr(body[:10]),
)
def test_quotation_of_another_body_is_short_and_printable(
    body: bytes, server: ScriptedServer, new_client: NewClient
) -> None:
    server.expect(DELETE, response(502, body))
    message = failure_of(new_client()).message
    assert 0 < len(message) <= MAX_MESSAGE_CHARS + 1
    assert not any(ord(char) < 32 for char in message)


def test_nesting_of_any_depth(server: ScriptedServer, new_client: NewClient) -> None:
    """Among these is the depth that Python can still read, but not write."""
    client = new_client()
    for depth in range(700, 1000, 3):
        server.expect(DELETE, response(403, '{"message":' + "[" * depth + "]" * depth + "}"))
        assert failure_of(client).code == "forbidden"


@pytest.mark.parametrize(
    ("steps", "step"),
    [
        (response(401, REFUSED), "valid for one hour"),
        (RATE_LIMITED, "retries"),
        (SERVER_ERROR, "support"),
        (response(200, REFUSED), "support"),
        (response(400, REFUSED), "correct the options"),
        (response(408, HTML), "later"),
        (ABSENT, "Check the ID"),
        (FOREIGN_404, "api_url"),
        (response(200, HTML), "api_url"),
    ],
)
def test_next_step(steps: Response, step: str, server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(DELETE, steps)
    error = failure_of(new_client())
    assert step in error.next_step
    assert step in str(error)


# Attempts


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_count_the_attempts_after_the_first(
    retries: int, server: ScriptedServer, new_client: NewClient, clock: FakeClock
) -> None:
    server.expect(DELETE, *[response(503, {"success": False, "message": "under repair."})] * (retries + 1))
    error = failure_of(new_client(retries=retries))
    assert (error.code, error.message, len(clock.sleeps)) == ("server_error", "under repair.", retries)
    attempts = f" ({retries + 1} attempts)" if retries else "."
    assert error.summary.startswith(f"the API answered 503: under repair{attempts}")


@pytest.mark.parametrize(
    "transient",
    [
        *(RATE_LIMITED, SERVER_ERROR, GATEWAY_ERROR, RESET, CLOSED, NOT_HTTP),
        *(response(status, body) for status in (408, 425) for body in (HTML, REFUSED)),
    ],
)
@pytest.mark.parametrize("method", ["DELETE", "GET", "PUT"])
def test_transient_failure_is_repeated(
    method: str, transient: Response, server: ScriptedServer, new_client: NewClient, clock: FakeClock
) -> None:
    server.expect(f"{method} /ai/llm/{ID}", transient, transient, OK)
    assert new_client(retries=2).call(method, "/ai/llm/{}", ID, token=TOKEN).body == DELETED
    assert len(clock.sleeps) == 2


@pytest.mark.parametrize(
    "final",
    [
        response(200, HTML),
        response(200, REFUSED),
        *[
            response(status, body)
            for status in (301, 400, 401, 403, 404, 409, 422, 499, 501)
            for body in (REFUSED, HTML)
        ],
    ],
)
def test_other_failure_is_not_repeated(
    final: Response, server: ScriptedServer, new_client: NewClient, clock: FakeClock
) -> None:
    server.expect(DELETE, final)
    failure_of(new_client(retries=3))
    assert not clock.sleeps


def test_bad_certificate_is_not_retried(start_server: StartServer, new_client: NewClient, authority: t.Any) -> None:
    server = start_server(tls=authority.context())
    assert failure_of(new_client(api_url=server.url, retries=3)).code == "tls"
    assert server.connections == 1


LOST = [
    SERVER_ERROR,
    GATEWAY_ERROR,
    response(408, HTML),
    RESET,
    CLOSED,
    (head(200, {"Content-Length": "9"}), Act.CLOSE),
]


@pytest.mark.parametrize("steps", LOST)
def test_post_in_doubt_is_never_repeated(steps: Response, server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(CREATE, steps)
    assert failure_of(new_client(retries=3), "POST", "/ai/llm").outcome_unknown


@pytest.mark.parametrize("steps", LOST)
def test_repeatable_post_is_repeated(steps: Response, server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(CREATE, steps, OK)
    assert new_client(retries=3).call("POST", "/ai/llm", token=TOKEN, repeatable=True).body == DELETED


def test_post_that_certainly_did_nothing_is_repeated(server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(CREATE, RATE_LIMITED, response(425, HTML), response(408, REFUSED), OK)
    assert new_client(retries=3).call("POST", "/ai/llm", token=TOKEN).body == DELETED


def test_post_is_repeated_after_a_refused_connection(
    start_server: StartServer, new_client: NewClient, clock: FakeClock
) -> None:
    server = start_server(listening=False)
    server.expect(CREATE, OK)
    clock.on_sleep = server.listen
    assert new_client(api_url=server.url, retries=3).call("POST", "/ai/llm", token=TOKEN).body == DELETED


def test_reading_leaves_nothing_in_doubt(server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(LIST, SERVER_ERROR, RESET)
    assert failure_of(new_client(retries=1), "GET", "/ai/llm").outcome_unknown is False


@pytest.mark.parametrize(
    ("attempts", "outcome_unknown"),
    [
        ([RATE_LIMITED, ABSENT], False),
        ([SERVER_ERROR, ABSENT], True),
        ([SERVER_ERROR, RATE_LIMITED, ABSENT], True),
        ([RATE_LIMITED, RESET, ABSENT], True),
    ],
)
def test_doubt_remains_after_a_lost_response(
    attempts: list[Response], outcome_unknown: bool, server: ScriptedServer, new_client: NewClient
) -> None:
    server.expect(DELETE, *attempts)
    error = failure_of(new_client(retries=5))
    assert (error.http_status, error.outcome_unknown) == (404, outcome_unknown)


@pytest.mark.parametrize("method", ["DELETE", "GET"])
def test_doubt_from_before_remains(method: str, server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(f"{method} /ai/llm/{ID}", response(401, REFUSED))
    error = failure_of(new_client(), method, effect=Effect.PENDING)
    assert error.effect is (Effect.PENDING if method == "DELETE" else Effect.NONE)


# Waits


def test_waits_grow_and_differ(server: ScriptedServer, new_client: NewClient, clock: FakeClock) -> None:
    server.expect(DELETE, *[SERVER_ERROR] * 13)
    failure_of(new_client(retries=12))
    waits = clock.sleeps
    assert waits[0] >= BACKOFF_BASE == 0.5
    for shorter, longer in zip(waits[:5], waits[1:]):
        assert shorter < longer < 4 * shorter
    assert max(waits) == waits[-1] == BACKOFF_MAX == 60
    assert len({client.backoff(1) for _again in range(20)}) > 1


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [("7", 7, 7), ("0", 0.5, 1), ("3600", 60, 60), ("9" * 30, 60, 60), ("9" * 5000, 0.5, 60), ("soon", 0.5, 1)],
    ids=["7", "0", "3600", "30 digits", "5000 digits", "soon"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_within_bounds(
    status: int,
    retry_after: str,
    least: float,
    most: float,
    server: ScriptedServer,
    new_client: NewClient,
    clock: FakeClock,
) -> None:
    server.expect(DELETE, response(status, REFUSED, {"Retry-After": retry_after}), OK)
    delete(new_client(retries=1))
    assert len(clock.sleeps) == 1
    # Some time passes before the wait.
    assert least - 0.1 <= clock.sleeps[0] <= most


def test_each_worker_keeps_one_connection(server: ScriptedServer, new_client: NewClient) -> None:
    server.respond = Responder({}, (0.05, *OK))
    client = new_client()
    for_each(lambda id: client.call("DELETE", "/ai/llm/{}", id, token=TOKEN), [str(number) for number in range(80)])
    assert sorted(server.lines) == sorted(f"DELETE /ai/llm/{n}" for n in range(80))
    # The first requests of all workers come together, so that each needs a connection. No other is made.
    assert server.connections == MAX_CONCURRENCY


@pytest.mark.parametrize("body", ["json", "text", "html"])
def test_secret_that_a_long_response_repeats(body: str, server: ScriptedServer, new_client: NewClient) -> None:
    """It is long, so that little is left of the response without it."""
    secret = "s3cret-" + "0123456789" * 300
    text = " ".join([secret] * 200)
    shown: Response = response(400, {"success": False, "message": text})
    if body != "json":
        shown = response(400, f"<p>{text}" if body == "html" else text)
    server.expect(DELETE, shown)
    redactor = Redactor()
    redactor.add(secret)
    assert "s3cret" not in str(failure_of(new_client(redactor=redactor)))


# Failures of many requests


@pytest.mark.parametrize("failing", [RATE_LIMITED, SERVER_ERROR, GATEWAY_ERROR, RESET, CLOSED, NOT_HTTP])
def test_nothing_is_written_after_three_requests_that_failed_in_all_attempts(
    failing: Response, server: ScriptedServer, new_client: NewClient, clock: FakeClock
) -> None:
    client = new_client(retries=1)
    server.expect(DELETE, *[failing] * 6)
    sent = [failure_of(client) for _request in range(3)][-1]
    waits = len(clock.sleeps)
    for method in ("DELETE", "PUT", "POST"):
        error = failure_of(client, method)
        assert (error.origin, error.effect, error.http_status) == (Origin.NOT_SENT, Effect.NONE, None)
        assert (error.code, error.next_step) == (sent.code, sent.next_step)
        assert error.message.startswith("the request was not sent, because several requests before it failed: ")
        assert sent.message in error.message
    assert len(clock.sleeps) == waits
    # What an earlier attempt of the request may have done stays in doubt.
    error = failure_of(client, effect=Effect.PENDING)
    assert (error.origin, error.effect) == (Origin.OTHER, Effect.PENDING)
    # The list shows what became of the others, so it is read with all attempts. Its success ends the stop.
    server.expect(LIST, failing, OK)
    client.call("GET", "/ai/llm", token=TOKEN)
    server.expect(DELETE, OK)
    delete(client)


@pytest.mark.parametrize("between", [OK, ABSENT, FORBIDDEN, FOREIGN_404])
def test_another_response_between_failures_shows_that_the_api_works(
    between: Response, server: ScriptedServer, new_client: NewClient
) -> None:
    client = new_client()
    for _again in range(3):
        server.expect(DELETE, SERVER_ERROR, SERVER_ERROR, between)
        failure_of(client)
        failure_of(client)
        with contextlib.suppress(ApiError):
            delete(client)


def test_a_request_that_cannot_be_repeated_counts_less(server: ScriptedServer, new_client: NewClient) -> None:
    """A short interruption can hit all requests in flight, and the API may have received them."""
    client = new_client(retries=3)
    server.expect(CREATE, *[CLOSED] * 12)
    for _request in range(12):
        assert failure_of(client, "POST", "/ai/llm").effect is Effect.PENDING
    assert failure_of(client, "POST", "/ai/llm").origin is Origin.NOT_SENT


def test_a_request_that_waits_is_not_sent_again(
    server: ScriptedServer, new_client: NewClient, clock: FakeClock
) -> None:
    """The requests of other threads fail meanwhile."""
    client = new_client(retries=3)
    other = Failure("timeout", "no complete response", attempts=12)
    clock.on_sleep = lambda: client._breaker.fail(other)
    server.expect(DELETE, CLOSED)
    error = failure_of(client)
    assert (error.code, error.effect, error.attempts, len(clock.sleeps)) == ("unreachable", Effect.PENDING, 1, 1)


@pytest.mark.parametrize("successes", [(OK, ABSENT), (FORBIDDEN,)])
def test_responses_speed_the_client_up_again_after_a_429(
    successes: tuple[Response, ...], server: ScriptedServer, new_client: NewClient
) -> None:
    client = new_client(retries=1)
    server.expect(DELETE, RATE_LIMITED, OK, *successes * 21)
    delete(client)
    assert client._throttle._limit == MAX_CONCURRENCY // 2
    for _request in range(21 * len(successes)):
        with contextlib.suppress(ApiError):
            delete(client)
    assert client._throttle._limit == MAX_CONCURRENCY


def test_all_workers_wait_after_a_429(
    server: ScriptedServer, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real clock: no request arrives before the wait is over.

    The other responses come later, so that nobody sends another request before the 429 is read.
    """
    monkeypatch.setattr(threads, "time", time)
    monkeypatch.setattr(client, "BACKOFF_BASE", 1.0)
    arrivals: list[float] = []

    def respond(_request: t.Any) -> Response:
        arrivals.append(time.monotonic())
        if len(arrivals) == MAX_CONCURRENCY:
            return RATE_LIMITED
        return (0.5, *OK) if len(arrivals) < MAX_CONCURRENCY else OK

    server.respond = respond
    calls = new_client(retries=1)
    for_each(lambda id: calls.call("DELETE", "/ai/llm/{}", id, token=TOKEN), [str(number) for number in range(32)])
    assert len(arrivals) == 32 + 1
    refused = arrivals[MAX_CONCURRENCY - 1]
    assert not [moment for moment in arrivals if refused < moment < refused + 0.99]


# Secrets


@pytest.mark.parametrize(
    "echo",
    [
        {"success": False, "message": f"Bad token {TOKEN}"},
        {"success": False, "message": f"{'x' * (MAX_MESSAGE_CHARS - TOKEN.index(TOKEN_CORE) - 5)}{TOKEN}"},
        {"success": False, "message": {"authorization": f"Bearer {TOKEN}"}},
        {"success": False, "message": f"Bad token {quote(TOKEN)} {html.escape(TOKEN)} {json.dumps(TOKEN)}"},
        {"success": False, TOKEN: [TOKEN]},
        [TOKEN],
        TOKEN,
        f"<p>{TOKEN}</p>",
        f"<p>{html.escape(TOKEN)}</p>",
        f"<title>{html.escape(TOKEN)}</title>",
        f"<a href='/login?token={quote(TOKEN, safe='')}'>",
        '{"half": ' + json.dumps(TOKEN),
        '{"half": ' + json.dumps(TOKEN).replace("/", "\\/"),
        f"{' ' * MAX_MESSAGE_CHARS}{'x' * (MAX_MESSAGE_CHARS - 5)}{TOKEN}",
        # Entities of HTML 5, which only a reader of HTML decodes, and a token that the end of the quotation cuts.
        f"<p>{'x' * (MAX_MESSAGE_CHARS - 40)} eyJ&sol;&amp;&plus;&equals;&#x7e;{TOKEN_CORE}",
    ],
    ids=[str(number) for number in range(15)],
)
@pytest.mark.parametrize("status", [200, 301, 401, 404, 500])
def test_echo_of_the_token_is_hidden(status: int, echo: t.Any, server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(DELETE, response(status, echo, {"X-Echo": TOKEN, "Location": f"/{TOKEN}"}))
    error = failure_of(new_client())
    assert TOKEN_CORE[:5] not in f"{error} {error.message} {error.as_dict()}"


def test_other_secrets_are_hidden(server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(DELETE, response(400, {"success": False, "message": "hunter2 is weak"}))
    assert "hunter2" not in str(failure_of(new_client(secrets=["hunter2", ""])))


def test_status_line_with_the_token_is_not_quoted(server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(DELETE, (f"{TOKEN}\r\n\r\n".encode(), Act.CLOSE))
    assert TOKEN_CORE not in str(failure_of(new_client()))


def test_message_of_a_success(server: ScriptedServer, new_client: NewClient) -> None:
    server.expect(DELETE, response(200, {"success": True, "message": "a\nb hunter2"}))
    client = new_client(secrets=["hunter2"])
    assert client.call("DELETE", "/ai/llm/{}", ID, token=TOKEN).message == "a b ********"
