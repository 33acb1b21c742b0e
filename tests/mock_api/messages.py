# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the body of a request, and build responses."""

from __future__ import annotations

import json
import typing as t

from aiohttp import web

Json = dict[str, t.Any]


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
    try:
        return json.loads(await request.read())
    except (RecursionError, ValueError):
        raise BadBodyError("The body must be JSON") from None


async def read_object(request: web.Request) -> Json:
    """Return the JSON object in the body. Raises BadBodyError if the body is something else."""
    value = await read_json(request)
    if not isinstance(value, dict):
        raise BadBodyError("The body must be a JSON object")
    return value
