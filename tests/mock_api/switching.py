# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply the switches that are on to requests and responses."""

from __future__ import annotations

import json
import typing as t

from aiohttp import web

from .messages import html
from .switches import ANY, BEFORE, REWRITES, STORED, SWITCHES, Call

if t.TYPE_CHECKING:
    from .messages import Json
    from .state import State


class SwitchError(ValueError):
    """A switch does not exist. The message names it."""


def parse_switches(data: t.Any) -> frozenset[str]:
    """Return the switches that a request to the control interface names. Raises SwitchError."""
    if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
        raise SwitchError("The switches must be a list of names")
    unknown = sorted(set(data) - SWITCHES)
    if unknown:
        raise SwitchError(f"unknown switch {unknown[0]!r}, known are {', '.join(sorted(SWITCHES))}")
    return frozenset(data)


def respond_before(operation: str, request: web.Request, body: t.Any, state: State) -> web.Response | None:
    """Return the response of a switch to a request, or None."""
    call = Call(request, body if isinstance(body, dict) else {}, state)
    for scope, respond in (BEFORE[name] for name in sorted(state.switches & BEFORE.keys())):
        response = respond(call) if scope in (ANY, operation) else None
        if response is not None:
            return response
    return None


def as_stored(fields: Json, state: State) -> Json:
    """Return the fields of a creation or an update as the switches store them."""
    stored = dict(fields)
    for field, store in (STORED[name] for name in sorted(state.switches & STORED.keys())):
        if field in stored:
            stored[field] = store(stored[field])
    return stored


def rewrite(operation: str, response: web.StreamResponse, state: State) -> web.StreamResponse:
    """Return the response to an operation as the switches change it."""
    for scope, function in (REWRITES[name] for name in sorted(state.switches & REWRITES.keys())):
        if scope in (ANY, operation) and _is_json(response):
            response = _response(*function(response.status, json.loads(t.cast("web.Response", response).text or "")))
    return response


def _is_json(response: web.StreamResponse) -> bool:
    return isinstance(response, web.Response) and response.content_type == "application/json"


def _response(status: int, body: Json | str | web.Response | None) -> web.Response:
    if isinstance(body, web.Response):
        return body
    if body is None:
        return web.Response(status=status)
    return html(status, body) if isinstance(body, str) else web.json_response(body, status=status)
