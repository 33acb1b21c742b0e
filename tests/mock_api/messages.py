# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the body of a request, and build responses."""

from __future__ import annotations

import json
import math
import typing as t

from aiohttp import web

Json = dict[str, t.Any]

# Python can read deeper values, but cannot write them again for the log of requests.
MAX_DEPTH = 100


class BadBodyError(ValueError):
    """The body is not valid. The message gives the reason."""


def error(status: int, message: str) -> web.Response:
    return web.json_response({"success": False, "message": message}, status=status)


def success(**fields: t.Any) -> web.Response:
    return web.json_response({"success": True, **fields})


def html(status: int, title: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return a response of a web framework or a gateway, not of the API."""
    return web.Response(status=status, headers=headers, text=f"<h1>{title}</h1>", content_type="text/html")


def no_content() -> web.Response:
    return web.Response(status=204)


async def read_json(request: web.Request) -> t.Any:
    """Return the JSON value in the body. Raises BadBodyError if the body is not JSON."""
    raw = await request.read()
    if "Content-Encoding" in request.headers:
        raise BadBodyError("The body must not be compressed")
    try:
        text = raw.decode(request.charset or "utf-8")
    except (LookupError, ValueError):
        raise BadBodyError("The body must be UTF-8, or what the charset of its Content-Type says") from None
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (RecursionError, ValueError):
        raise BadBodyError("The body must be JSON") from None
    if _deeper_than(value, MAX_DEPTH):
        raise BadBodyError(f"The body must not be nested more than {MAX_DEPTH} levels deep")
    return value


async def read_object(request: web.Request) -> Json:
    """Return the JSON object in the body. Raises BadBodyError if the body is something else."""
    value = await read_json(request)
    if not isinstance(value, dict):
        raise BadBodyError("The body must be a JSON object")
    return value


def _finite(text: str) -> float:
    """Return the number, but refuse NaN and infinity. Python reads and writes them, but they are not valid JSON."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _deeper_than(value: t.Any, limit: int) -> bool:
    level = [value]
    for _level in range(limit + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return bool(level)
