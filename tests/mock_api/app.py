# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mock API's application: the operations of openapi.yaml, and the control interface in `/_mock` (control.py)."""

from __future__ import annotations

import asyncio
import contextlib
import typing as t

from aiohttp import web

from . import ai_llms, control, sessions, workspaces
from .control import STOP
from .faults import cut_connection, send_fault
from .messages import BadBodyError, Json, error, html, read_json
from .state import STATE, State
from .switching import respond_before, rewrite

if t.TYPE_CHECKING:
    from .seed import Seed
    from .tokens import Limits

# The ID of an object, a quoted segment of the path. The framework's own pattern excludes braces.
ID = "{id:[^/]+}"

ROUTES = [
    web.get("/ai/llm", ai_llms.list_all, allow_head=False),
    web.post("/ai/llm", ai_llms.create),
    web.get("/ai/llm/available", ai_llms.list_available, allow_head=False),
    web.get("/ai/llm/stats", ai_llms.stats, allow_head=False),
    web.put(f"/ai/llm/{ID}", ai_llms.update),
    web.delete(f"/ai/llm/{ID}", ai_llms.delete),
    web.post(f"/ai/llm/{ID}/validate", ai_llms.validate),
    web.post("/user/login", sessions.log_in),
    web.delete(f"/token/{ID}", sessions.revoke),
    web.get("/workspace", workspaces.list_all, allow_head=False),
    web.get("/_mock/requests", control.requests),
    web.get("/_mock/sessions", control.sessions),
    web.get("/_mock/state", control.state),
    web.put("/_mock/tokens", control.tokens),
    web.post("/_mock/reset", control.reset),
    web.put("/_mock/faults", control.faults),
    web.put(f"/_mock/repos/{ID}", control.repos),
    web.put("/_mock/switches", control.switches),
    web.post("/_mock/stop", control.stop),
]


def create_app(seed: Seed, *, token: str, limits: Limits, latency: float = 0) -> web.Application:
    """token: an access token that needs no login. limits: the first limits of tokens. latency: seconds per response."""

    @web.middleware
    async def middleware(request: web.Request, handler: t.Any) -> web.StreamResponse:
        if request.path.startswith("/_mock/"):
            return await control.handle(request, handler)
        entry = await log(request)
        fault = request.app[STATE].next_fault(request.method, request.raw_path)
        await asyncio.sleep(latency + fault.delay)
        response = await respond(request, handler, entry["body"]) if fault.takes_effect else None
        if fault.cut:
            return cut_connection(request)
        if response is None or fault.status is not None:
            response = await send_fault(request, fault)
        entry["status"] = response.status
        return response

    app = web.Application(middlewares=[middleware], client_max_size=1 << 30)
    app[STATE] = State(seed, token, limits)
    app[STOP] = asyncio.Event()
    app.add_routes(ROUTES)
    return app


async def respond(request: web.Request, handler: t.Any, body: t.Any) -> web.StreamResponse:
    """Process a request to the API, and change its response as the switches say."""
    state = request.app[STATE]
    resource = request.match_info.route.resource
    operation = f"{request.method} {resource.canonical}" if resource else ""
    response = respond_before(operation, request, body, state) or await process(request, handler)
    return rewrite(operation, response, state)


async def process(request: web.Request, handler: t.Any) -> web.StreamResponse:
    """Process a request to the API, if its token is valid."""
    needs_token = request.match_info.handler is not sessions.log_in
    if needs_token and not request.app[STATE].tokens.accepts(request.headers.get("Authorization", "")):
        # Open: the body of a 401. Here: as that of every other error.
        return error(401, "Invalid or expired access token")
    try:
        return t.cast("web.StreamResponse", await handler(request))
    except web.HTTPException as exc:
        # An unknown path or method gets the response of a web framework, not of this API.
        allow = {"Allow": exc.headers["Allow"]} if "Allow" in exc.headers else {}
        return html(exc.status, exc.reason, allow)


async def log(request: web.Request) -> Json:
    """Add the request to the log. Returns its entry, whose status is still null."""
    state = request.app[STATE]
    session = state.tokens.session_of(request.headers.get("Authorization", ""))
    entry: Json = {
        "method": request.method,
        "path": request.raw_path,
        "body": None,
        "status": None,
        "session": session,
    }
    with contextlib.suppress(BadBodyError):
        entry["body"] = await read_json(request)
    # A request to a path similar to the login path may contain a password, for example if the path is mistyped.
    if "/user/" in request.path:
        entry["body"] = sessions.masked(entry["body"])
    state.requests.append(entry)
    return entry
