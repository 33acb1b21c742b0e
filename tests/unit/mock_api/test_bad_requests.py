# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No request makes the mock API answer 500, unless a fault asks for that."""

from __future__ import annotations

import json
import socket
import typing as t
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.flashback.platform.tests.unit.mock_api.client import FREE, NEW, TOKEN, Client

DEEP = "[" * 500 + "]" * 500
VERY_DEEP = "[" * 100_000 + "]" * 100_000

BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "no body": (b"", {}),
    "a number": (b"5", {}),
    "deep": (DEEP.encode(), {}),
    "very deep": (VERY_DEEP.encode(), {}),
    "a deep field": (json.dumps(NEW)[:-1].encode() + f', "x": {DEEP}}}'.encode(), {}),
    "not a number": (b'{"name": NaN}', {}),
    "infinite": (b'{"name": 1e999}', {}),
    "too long a number": (b'{"name": ' + b"1" * 5000 + b"}", {}),
    "not UTF-8": (b'{"name": "\xff"}', {}),
    "no charset of texts": (json.dumps(NEW).encode(), {"Content-Type": "application/json; charset=hex"}),
    "not of its charset": (b"\xff", {"Content-Type": "application/json; charset=ascii"}),
    "not compressed": (json.dumps(NEW).encode(), {"Content-Encoding": "gzip"}),
    "broken URL": (json.dumps({**NEW, "endpoint": "http://["}).encode(), {}),
    "URL without a host": (json.dumps({**NEW, "endpoint": "http://:80"}).encode(), {}),
    "URL with a bad port": (json.dumps({**NEW, "endpoint": "http://a:99999"}).encode(), {}),
}


@pytest.mark.parametrize(("method", "path"), [("POST", "/ai/llm"), ("PUT", f"/ai/llm/{FREE}")])
@pytest.mark.parametrize("kind", BODIES)
def test_bad_body(method: str, path: str, kind: str, client: Client) -> None:
    body, headers = BODIES[kind]
    response = client.send(method, path, data=body, headers={"Content-Type": "application/json", **headers})
    assert response.status_code == 400
    assert response.json()["success"] is False
    assert response.json()["message"]
    assert len(client.ids()) == 6
    assert isinstance(client.mock.requests(), list)


def test_body_in_another_charset(client: Client) -> None:
    body = json.dumps({"name": "Größe"}, ensure_ascii=False).encode("latin-1")
    headers = {"Content-Type": "application/json; charset=latin-1"}
    assert client.send("PUT", f"/ai/llm/{FREE}", data=body, headers=headers).status_code == 200
    assert client.listed(FREE)["name"] == "Größe"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=9), children, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["name", "aiType", "endpoint", "key", "secret", "workspaceId", "id", "createdAt", "repos"])
TEXTS = st.text() | st.sampled_from(
    ["workspace-123", "OTHER", "https://a", "http://[", "wrong", "\ud800", "http://\u2100"]
)
OBJECTS = st.dictionaries(FIELDS, TEXTS | JSON)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=OBJECTS, method=st.sampled_from(["POST", "PUT"]))
def test_any_object(changes: dict[str, t.Any], method: str, client: Client) -> None:
    path = "/ai/llm" if method == "POST" else f"/ai/llm/{FREE}"
    response = client.send(method, path, data=json.dumps({**NEW, **changes} if method == "POST" else changes))
    assert response.status_code in (200, 400, 403)
    assert client.send("GET", "/ai/llm").status_code == 200
    assert client.send("GET", "/ai/llm/available").status_code == 200
    assert isinstance(client.mock.requests(), list)


@pytest.mark.parametrize(
    "target",
    [
        "/ai/llm/%ff",
        "/ai/llm/%",
        "/ai/llm/%zz/validate",
        "/ai/llm?workspaceId=%ff",
        "/ai/llm/\xff",
        "*",
        "/%00",
        "//",
        "x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "OPTIONS", "FOO"])
def test_any_target(method: str, target: str, client: Client) -> None:
    """Sent as it is, since no client would send some of these."""
    address = urlsplit(client.mock.url)
    head = f"{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((address.hostname, t.cast("int", address.port)), timeout=10) as connection:
        connection.sendall(head.encode("latin-1"))
        status_line = connection.makefile("rb").readline()
    assert status_line.split()[1][:1] in (b"2", b"4")


def test_what_is_not_http(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    address = urlsplit(client.mock.url)
    for sent in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nA: \0\r\n\r\n"):
        with socket.create_connection((address.hostname, t.cast("int", address.port)), timeout=10) as connection:
            connection.sendall(sent)
            assert connection.recv(100).split()[1] == b"400"
    assert caplog.text == ""
