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
    """Raises ValueError."""
    try:
        faults = [Fault(**item) for item in data]
        for fault in faults:
            re.compile(fault.path)
    except (TypeError, re.error) as exc:
        raise ValueError(f"faults: {exc}") from None
    if any(fault.cut not in (None, "before", "after") for fault in faults):
        raise ValueError("faults: cut must be before or after")
    return faults


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
