# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: on request of a test, the mock API answers a request with a wrong or late response, or not at all."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import typing as t

from aiohttp import web

# A token of HTTP, and a header's text without line breaks and other control characters.
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_TEXT = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")

# The server sets these itself.
OWN_HEADERS = {"content-length", "transfer-encoding"}


class FaultError(ValueError):
    """A requested fault is not valid. The message gives the reason."""


@dataclasses.dataclass
class Fault:
    """A fault as control.py describes it."""

    method: str | None = None
    path: str = ""
    times: int = 1
    delay: float = 0
    cut: str | None = None
    after: bool = False
    status: int | None = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    body: t.Any = ""
    trickle: float = 0

    def matches(self, method: str, path: str) -> bool:
        return self.method in (None, method) and re.search(self.path, path) is not None

    @property
    def takes_effect(self) -> bool:
        """Whether the request takes effect, independent of its response."""
        return self.cut == "after" or (self.cut is None and (self.status is None or self.after))


NO_FAULT = Fault()


def parse_faults(data: t.Any) -> list[Fault]:
    """Raises FaultError."""
    if not isinstance(data, list):
        raise FaultError("The faults must be a list")
    faults = []
    for number, item in enumerate(data, 1):
        problem = _problem(item)
        if problem:
            raise FaultError(f"Fault {number}: {problem}")
        faults.append(Fault(**item))
    return faults


def _problem(item: t.Any) -> str | None:
    """Return the problem with a fault, or None."""
    if not isinstance(item, dict):
        return "must be an object"
    known = {field.name for field in dataclasses.fields(Fault)}
    unknown = sorted(item.keys() - known)
    if unknown:
        return f"unknown key {unknown[0]!r}, known are {', '.join(sorted(known))}"
    checks: dict[str, tuple[t.Callable[[t.Any], bool], str]] = {
        "method": (lambda value: isinstance(value, str), "a text"),
        "path": (_is_pattern, "a regular expression"),
        "times": (lambda value: _is_number(value, int) and value >= 1, "an integer from 1 on"),
        "delay": (lambda value: _is_number(value, (int, float)) and value >= 0, "a number of seconds"),
        "cut": (lambda value: value in ("before", "after"), "before or after"),
        "after": (lambda value: isinstance(value, bool), "true or false"),
        "status": (lambda value: _is_number(value, int) and 200 <= value <= 599, "an integer from 200 to 599"),
        "headers": (_are_headers, "an object of header texts without line breaks, and no Content-Length"),
        "trickle": (lambda value: _is_number(value, (int, float)) and value >= 0, "a number of seconds"),
    }
    for key, (is_right, expected) in checks.items():
        if key in item and not is_right(item[key]):
            return f"{key} must be {expected}"
    useless = sorted({"after", "body", "headers", "trickle"} & item.keys())
    if useless and "status" not in item:
        return f"{useless[0]} needs a status"
    return None


def _is_number(value: t.Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _is_pattern(value: t.Any) -> bool:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError, TypeError):
        return False
    return True


def _are_headers(value: t.Any) -> bool:
    return isinstance(value, dict) and all(
        HEADER_NAME.fullmatch(name)
        and name.lower() not in OWN_HEADERS
        and isinstance(text, str)
        and HEADER_TEXT.fullmatch(text)
        for name, text in value.items()
    )


async def send_fault(request: web.Request, fault: Fault) -> web.StreamResponse:
    """Send the response that the fault describes."""
    content = (fault.body if isinstance(fault.body, str) else json.dumps(fault.body)).encode(errors="replace")
    response = web.StreamResponse(status=fault.status or 200, headers=fault.headers)
    if response.status in (204, 304) or request.method == "HEAD":
        # HTTP allows no body here. The client would read it as the beginning of the next response.
        content = b""
    if "Content-Type" not in response.headers:
        response.content_type = "text/html" if isinstance(fault.body, str) else "application/json"
    response.content_length = len(content)
    await response.prepare(request)
    for part in [content[i : i + 1] for i in range(len(content))] if fault.trickle else [content]:
        await asyncio.sleep(fault.trickle)
        await response.write(part)
    await response.write_eof()
    return response


def cut_connection(request: web.Request) -> web.Response:
    """Reset the connection. The response that is returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
