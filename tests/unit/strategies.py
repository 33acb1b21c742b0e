# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hypothesis strategies for all responses that a server can send."""

from __future__ import annotations

import dataclasses
import json
import string

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ansible_collections.flashback.platform.tests.unit.responses import (
    DELETED,
    HTML,
    ID,
    NOT_FOUND,
    TOKEN,
    item,
    listing,
    repo,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import Act, Response, head

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ITEMS = st.lists(st.builds(item, id=st.just(ID) | JSON, repos=st.just([repo(1)]) | JSON, name=JSON) | JSON, max_size=3)
OBJECTS = st.fixed_dictionaries(
    {}, optional={"success": st.booleans() | JSON, "message": st.text() | JSON, "aiLlms": ITEMS | JSON}
)
BODIES = (
    (OBJECTS | JSON).map(lambda value: json.dumps(value).encode())
    | st.sampled_from([DELETED, NOT_FOUND, listing(), listing(item()), {"success": True, "aiLlmId": ID}]).map(
        lambda value: json.dumps(value).encode()
    )
    | st.sampled_from([b"", HTML.encode(), TOKEN.encode(), b"[" * 5000, b"<![x[", b"<p>&#" + b"9" * 5000 + b";"])
    | st.binary(max_size=50)
)
# Not 100, after which the client waits for more.
STATUSES = st.sampled_from([200, 200, 200, 204, 403, 404, 404, 429, 500, 503]) | st.integers(101, 999)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Connection",
            "Content-Encoding",
            "Content-Length",
            "Content-Type",
            "Location",
            "Retry-After",
            "Set-Cookie",
            "Transfer-Encoding",
        ]
    )
    | st.text(string.ascii_letters + string.punctuation + " ", max_size=5),
    st.sampled_from(
        ["gzip", "br", "chunked", "close", "keep-alive", "0", "7", "999", "-1", "utf-16", "http://[::1", "/"]
    )
    | st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=10),
    max_size=3,
)


@dataclasses.dataclass(frozen=True)
class GeneratedResponse:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def steps(self) -> Response:
        """Close the connection: if the length is wrong, the client would wait for more bytes.

        The header tells the client, which otherwise could send its next request on this connection.
        """
        fields = {"Connection": "close", "Content-Length": str(len(self.body)), **self.headers}
        return (head(self.status, fields) + self.body, Act.CLOSE)

    @property
    def is_final(self) -> bool:
        """Whether the response shows that the request had no effect: its status shows this, and no header hides it."""
        return 300 <= self.status < 500 and set(self.headers) <= {"Content-Type", "Location", "Retry-After"}

    @property
    def proves_success(self) -> bool:
        """Whether the response proves success for this API."""
        return self.status == 204 or (200 <= self.status < 300 and self.success is True)

    @property
    def success(self) -> object:
        """The field `success` of the body; None without it."""
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return body.get("success") if isinstance(body, dict) else None


GENERATED_RESPONSES = st.lists(
    st.builds(GeneratedResponse, STATUSES, HEADERS, BODIES),
    min_size=1,
    max_size=3,
)

property_test = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
