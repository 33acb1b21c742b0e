# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A response of the API, and its description without the values in it, because a report must not have private data."""

from __future__ import annotations

import contextlib
import json
import re
import typing as t

if t.TYPE_CHECKING:
    import requests

Json = dict[str, t.Any]


class Response:
    """body: the JSON object in it, empty if there is none. parsed: the JSON value, None if there is none."""

    def __init__(self, raw: requests.Response, content: bytes) -> None:
        self.status = raw.status_code
        self.headers = raw.headers
        self.content = content
        self.next_link = "next" in raw.links
        self.parsed: t.Any = None
        with contextlib.suppress(ValueError, RecursionError):
            self.parsed = json.loads(content)
        self.body: Json = self.parsed if isinstance(self.parsed, dict) else {}

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        return 400 <= self.status < 500

    @property
    def content_type(self) -> str:
        kind = self.headers.get("Content-Type", "none").partition(";")[0].strip().lower()
        return kind if re.fullmatch(r"none|[a-z]+/[a-z.+-]{1,40}", kind) else "other"

    def matches(self, status: int, **fields: t.Any) -> bool:
        """Whether the response has this status, and these fields in its body: with a value, or of a type."""
        return self.status == status and self.has(**fields)

    def has(self, **fields: t.Any) -> bool:
        values = [(self.body.get(name), wanted) for name, wanted in fields.items()]
        return all(is_a(value, wanted) if isinstance(wanted, type) else value == wanted for value, wanted in values)

    def items(self, field: str) -> list[Json]:
        """Return the objects in a list of the body. A list that is not one, or items that are not objects, are none."""
        found = self.body.get(field)
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def places_of(self, secret: str) -> set[str]:
        """Return where a text is in the response, such as `aiLlms[].key`."""
        found = set(_places(self.parsed, secret, ""))
        if not found and secret in self.content.decode(errors="replace"):
            found.add("the body")
        return found | ({"a header"} if any(secret in value for value in self.headers.values()) else set())

    def __str__(self) -> str:
        text = "with HTML" if "html" in self.content_type else "with another text" if self.content else "without a body"
        return f"{self.status} {text if self.parsed is None else describe(self.parsed)}"


def describe(value: t.Any) -> str:
    """Describe a JSON value by its types. Only booleans, and error codes such as NO_AUTH_USER, are shown."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{field_name(name)}: {_code(name, item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return f"list of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return "text" if isinstance(value, str) else "number"


def is_a(value: t.Any, kind: type) -> bool:
    # In Python, a bool is also an int.
    return isinstance(value, kind) and not isinstance(value, bool)


def field_name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]{1,30}", name) else "other field"


def _code(name: str, value: t.Any) -> str:
    is_code = name in ("code", "error_code") and isinstance(value, str) and re.fullmatch("[A-Z_]{1,40}", value)
    return str(value) if is_code else describe(value)


def _places(value: t.Any, secret: str, place: str) -> t.Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, secret, f"{place}.{field_name(name)}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from _places(item, secret, f"{place}[]")
    elif isinstance(value, str) and secret in value:
        yield place
