# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mock API's application: the seven operations of openapi.yaml, and a control side below C(/_mock).

Where the documentation leaves a thing open, a comment that begins with "Open:" marks what was chosen here.

The control side:

* C(GET /_mock/requests): the requests to the API since the last reset or list of faults, in order:
  C({method, path, body, status}), the path as it travelled. C(status) is null when no answer was sent.
* C(POST /_mock/reset): start afresh, from the seed or from the JSON that is sent, which looks like the seed.
* C(PUT /_mock/repos/{id}): link a configuration to just these repositories, a list of C({id, name}).
* C(PUT /_mock/faults): the faults of the requests to come, a list, in place of those that were left; the log of
  requests begins anew. Keys of a fault, all optional: C(method) and C(path) (a regular expression) say which requests,
  C(times) how many of them (1); then C(delay) in seconds, and either C(cut) (C(before) or C(after) the request takes
  effect, the connection is reset) or an answer made of C(status), C(headers) and C(body) (a text, or else JSON), sent
  with C(trickle) seconds before each byte. C(after) true lets the request take effect before that answer.
* C(POST /_mock/stop): end the server.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
import typing as t
import uuid
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from aiohttp import web

SEED = Path(__file__).with_name("seed.yml")

AI_TYPES = ("OPENAI", "GOOGLE", "ANTHROPIC", "AWS", "OTHER")

Json = dict[str, t.Any]


class State:
    """What the API knows, what it was asked, and the faults that are to come."""

    def __init__(self, seed: Json) -> None:
        self.workspaces: set[str] = set(seed.get("workspaces", []))
        self.ai_llms: dict[str, Json] = {item["id"]: new_item(item) for item in copy.deepcopy(seed.get("ai_llms", []))}
        self.requests: list[Json] = []
        self.faults: list[Json] = []

    def next_fault(self, method: str, path: str) -> Json | None:
        for fault in self.faults:
            if method == fault.get("method", method) and re.search(fault.get("path", ""), path):
                fault["times"] = fault.get("times", 1) - 1
                if fault["times"] <= 0:
                    self.faults.remove(fault)
                return fault
        return None


STATE = web.AppKey("state", State)
STOP = web.AppKey("stop", asyncio.Event)


def new_item(fields: Json) -> Json:
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": str(uuid.uuid4()),
        "orgId": "org-123",
        "userId": "user-456",
        "createdAt": now,
        "repos": [],
        "deletable": True,
        "works": True,
        **fields,
    }


def as_listed(item: Json) -> Json:
    """Open: "key" is null according to one page, null or masked according to another. Here it is null."""
    hidden = ("deletable", "works", "secret")
    return {**{name: value for name, value in item.items() if name not in hidden}, "key": None}


def error(status: int, message: str) -> web.Response:
    return web.json_response({"success": False, "message": message}, status=status)


def success(**fields: t.Any) -> web.Response:
    return web.json_response({"success": True, **fields})


async def json_body(request: web.Request) -> Json | None:
    try:
        body = await request.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def what_is_wrong(body: Json) -> str | None:
    """Open: the server checks the endpoint's format, by a rule that is not stated. Here: an absolute http(s) URL."""
    for field in ("name", "aiType", "endpoint", "key", "secret", "workspaceId"):
        if field in body and (not isinstance(body[field], str) or not body[field]):
            return f"{field} must be a text that is not empty"
    if body.get("aiType", "OTHER") not in AI_TYPES:
        return f"aiType must be one of {', '.join(AI_TYPES)}"
    if "endpoint" in body:
        parts = urlsplit(body["endpoint"])
        if parts.scheme not in ("http", "https") or not parts.netloc:
            return "endpoint must be a valid URL"
    return None


def name_is_taken(state: State, name: str, workspace_id: str, but: str | None = None) -> bool:
    return any(
        item["name"] == name and item["workspaceId"] == workspace_id and item["id"] != but
        for item in state.ai_llms.values()
    )


async def list_ai_llms(request: web.Request) -> web.Response:
    """Open: what a workspace answers that does not exist or cannot be reached. Here: an empty list."""
    workspace = request.query.get("workspaceId")
    items = request.app[STATE].ai_llms.values()
    return success(aiLlms=[as_listed(item) for item in items if workspace in (None, item["workspaceId"])])


async def list_available(request: web.Request) -> web.Response:
    """Open: how a configuration becomes available. Here: whenever it works."""
    items = [item for item in request.app[STATE].ai_llms.values() if item["works"]]
    return success(aiLlms=[as_listed(item) for item in sorted(items, key=lambda item: item["createdAt"], reverse=True)])


async def create(request: web.Request) -> web.Response:
    state = request.app[STATE]
    body = await json_body(request)
    if body is None:
        return error(400, "The body must be a JSON object")
    missing = [field for field in ("name", "aiType", "endpoint", "secret", "workspaceId") if field not in body]
    if missing:
        return error(400, f"Missing fields: {', '.join(missing)}")
    wrong = what_is_wrong(body)
    if wrong:
        return error(400, wrong)
    if body["workspaceId"] not in state.workspaces:
        return error(403, "You have no access to this workspace")
    # Open: the status for a name that is taken. Here: 400, the only candidate on the page.
    if name_is_taken(state, body["name"], body["workspaceId"]):
        return error(400, "An AI LLM configuration with this name already exists in this workspace")
    # Open: whether a stored secret works shows only in validation. Here: all do but those that begin with "wrong".
    item = new_item({**body, "works": not body["secret"].startswith("wrong")})
    state.ai_llms[item["id"]] = item
    return success(aiLlmId=item["id"], message="AI LLM configuration created successfully")


async def update(request: web.Request) -> web.Response:
    """Open: all statuses but 200. Here: as for the other operations."""
    state = request.app[STATE]
    item = state.ai_llms.get(request.match_info["id"])
    if item is None:
        return error(404, "AI LLM configuration not found")
    body = await json_body(request)
    if body is None:
        return error(400, "The body must be a JSON object")
    wrong = what_is_wrong(body)
    if wrong:
        return error(400, wrong)
    changes: Json = {field: body[field] for field in ("name", "aiType", "endpoint", "key", "secret") if field in body}
    if name_is_taken(state, changes.get("name") or item["name"], item["workspaceId"], but=item["id"]):
        return error(400, "An AI LLM configuration with this name already exists in this workspace")
    item.update(changes)
    if "secret" in changes:
        item["works"] = not changes["secret"].startswith("wrong")
    return success(aiLlmId=item["id"], message="AI LLM configuration updated successfully")


async def delete(request: web.Request) -> web.Response:
    state = request.app[STATE]
    item = state.ai_llms.get(request.match_info["id"])
    # Open: the texts of the messages.
    if item is None:
        return error(404, "AI LLM configuration not found")
    if item["repos"]:
        return error(403, "Cannot delete an AI LLM configuration that is in use")
    if not item["deletable"]:
        return error(403, "Insufficient permissions")
    del state.ai_llms[item["id"]]
    return success(message="AI LLM configuration deleted successfully")


async def validate(request: web.Request) -> web.Response:
    item = request.app[STATE].ai_llms.get(request.match_info["id"])
    if item is None:
        return error(404, "AI LLM configuration not found")
    if item["works"]:
        return success(message="AI LLM configuration validated successfully.")
    return web.json_response({"success": False, "message": "Validation failed: the provider refused the credentials"})


async def stats(request: web.Request) -> web.Response:
    """Open: what is counted when. Here: nothing ever is."""
    names = ("ApiCalls", "TokensIn", "TokensOut", "LlmTokensIn", "LlmTokensOut", "PolicyViolations", "Alerts", "Blocks")
    wanted = request.query.get("aiLlmId")
    return success(
        stats=[
            {"aiLlmId": ai_llm_id, **{f"total{name}": "0" for name in names}}
            for ai_llm_id in request.app[STATE].ai_llms
            if wanted in (None, ai_llm_id)
        ]
    )


async def control_requests(request: web.Request) -> web.Response:
    return web.json_response(request.app[STATE].requests)


async def control_faults(request: web.Request) -> web.Response:
    request.app[STATE].requests = []
    request.app[STATE].faults = await request.json()
    return web.Response(status=204)


async def control_repos(request: web.Request) -> web.Response:
    request.app[STATE].ai_llms[request.match_info["id"]]["repos"] = await request.json()
    return web.Response(status=204)


async def control_stop(request: web.Request) -> web.Response:
    request.app[STOP].set()
    return web.Response(status=204)


def create_app(seed_file: Path = SEED, *, token: str = "demo-token", latency: float = 0) -> web.Application:
    """seed_file: YAML, see seed.yml. token: the only bearer token accepted. latency: seconds that each answer takes."""
    seed = yaml.safe_load(seed_file.read_text(encoding="utf-8"))

    async def control_reset(request: web.Request) -> web.Response:
        fresh = State(await request.json() if request.can_read_body else seed)
        vars(request.app[STATE]).update(vars(fresh))
        return web.Response(status=204)

    @web.middleware
    async def api_side(request: web.Request, handler: t.Any) -> web.StreamResponse:
        if request.path.startswith("/_mock/"):
            return t.cast("web.StreamResponse", await handler(request))
        state = request.app[STATE]
        entry: Json = {"method": request.method, "path": request.raw_path, "body": None, "status": None}
        if request.can_read_body:
            entry["body"] = await json_body(request)
        state.requests.append(entry)
        fault = state.next_fault(request.method, request.raw_path) or {}
        await asyncio.sleep(latency + fault.get("delay", 0))
        if fault.get("cut") == "before":
            return reset(request)
        response = None
        if "status" not in fault or fault.get("after"):
            response = await answer(request, handler)
        if fault.get("cut") == "after":
            return reset(request)
        if response is None or "status" in fault:
            response = await faulty(request, fault)
        entry["status"] = response.status
        return response

    async def answer(request: web.Request, handler: t.Any) -> web.StreamResponse:
        # Open: the body of a 401. Here: as that of every other error.
        if request.headers.get("Authorization") != f"Bearer {token}":
            return error(401, "Invalid or expired access token")
        try:
            return t.cast("web.StreamResponse", await handler(request))
        except web.HTTPException as exc:
            # What a web framework says of a path or a verb that it does not know, which is not what this API says.
            return web.Response(status=exc.status, text=f"<h1>{exc.reason}</h1>", content_type="text/html")

    app = web.Application(middlewares=[api_side], client_max_size=1 << 30)
    app[STATE] = State(seed)
    app[STOP] = asyncio.Event()
    app.add_routes(
        [
            web.get("/ai/llm", list_ai_llms, allow_head=False),
            web.post("/ai/llm", create),
            web.get("/ai/llm/available", list_available, allow_head=False),
            web.get("/ai/llm/stats", stats, allow_head=False),
            web.put("/ai/llm/{id}", update),
            web.delete("/ai/llm/{id}", delete),
            web.post("/ai/llm/{id}/validate", validate),
            web.get("/_mock/requests", control_requests),
            web.post("/_mock/reset", control_reset),
            web.put("/_mock/faults", control_faults),
            web.put("/_mock/repos/{id}", control_repos),
            web.post("/_mock/stop", control_stop),
        ]
    )
    return app


def reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def faulty(request: web.Request, fault: Json) -> web.StreamResponse:
    body = fault.get("body", "")
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    response = web.StreamResponse(status=fault["status"], headers=fault.get("headers"))
    if "Content-Type" not in response.headers:
        response.content_type = "text/html" if isinstance(body, str) else "application/json"
    response.content_length = len(content)
    await response.prepare(request)
    trickle = fault.get("trickle", 0)
    for part in [content[i : i + 1] for i in range(len(content))] if trickle else [content]:
        await asyncio.sleep(trickle)
        await response.write(part)
    await response.write_eof()
    return response
