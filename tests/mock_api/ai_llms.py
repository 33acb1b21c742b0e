# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations on AI LLM configurations.

A comment with "Open:" marks a question that the documentation of the API does not answer, and the choice of this mock.
"""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from .messages import BadBodyError, error, read_object, success
from .seed import COUNTERS
from .state import STATE, AiLlm
from .switching import as_stored

if t.TYPE_CHECKING:
    from aiohttp import web

    from .messages import Json
    from .state import State

AI_TYPES = ("OPENAI", "GOOGLE", "ANTHROPIC", "AWS", "OTHER")

# The fields of requests. Open: unknown fields. Here: they are ignored.
UPDATABLE = ("name", "aiType", "endpoint", "key", "secret")
REQUIRED = ("name", "aiType", "endpoint", "secret", "workspaceId")

NOT_FOUND = "AI LLM configuration not found"
REMOVED = "AI LLM configuration deleted successfully"
NAME_TAKEN = "An AI LLM configuration with this name already exists in this workspace"


def _problem(body: Json, state: State) -> str | None:
    """Return the problem with the fields of a creation or update, or None. Open: null values. Here: an error."""
    for field in (*UPDATABLE, "workspaceId"):
        if field in body and (not isinstance(body[field], str) or not body[field]):
            return f"{field} must be a text that is not empty"
    if body.get("aiType", "OTHER") not in AI_TYPES and not state.is_on("unknown_types_accepted"):
        return f"aiType must be one of {', '.join(AI_TYPES)}"
    if "endpoint" in body and not _is_url(body["endpoint"]):
        return "endpoint must be a valid URL"
    return None


def _is_url(text: str) -> bool:
    """Open: the rule for an endpoint is not stated. Here: an absolute http or https URL."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


async def list_all(request: web.Request) -> web.Response:
    """Open: the response for a workspace that does not exist or cannot be reached. Here: an empty list."""
    state = request.app[STATE]
    workspace = request.query.get("workspaceId")
    if workspace in state.workspaces and state.is_on("filter_ignored"):
        workspace = None
    return success(aiLlms=[item for item in state.listed() if workspace in (None, item["workspaceId"])])


async def list_available(request: web.Request) -> web.Response:
    """Open: how a configuration becomes available. Here: whenever it works."""
    items = [ai_llm.listed for ai_llm in request.app[STATE].ai_llms.values() if ai_llm.works]
    return success(aiLlms=sorted(items, key=lambda item: str(item["createdAt"]), reverse=True))


async def create(request: web.Request) -> web.Response:
    state = request.app[STATE]
    try:
        body = await read_object(request)
    except BadBodyError as exc:
        return error(400, str(exc))
    if state.is_on("secret_optional"):
        body.setdefault("secret", "none")
    if state.is_on("workspace_optional"):
        body.setdefault("workspaceId", next(iter(state.workspaces)))
    missing = [field for field in REQUIRED if field not in body]
    if missing:
        return error(400, f"Missing fields: {', '.join(missing)}")
    problem = _problem(body, state)
    if problem:
        return error(400, problem)
    if body["workspaceId"] not in state.workspaces:
        return error(403, "You have no access to this workspace")
    body = as_stored(body, state)
    # Open: the status for a name that is taken. Here: 400, the only candidate on the page.
    if state.name_is_taken(body["name"], body["workspaceId"]):
        return error(400, NAME_TAKEN)
    ai_llm = AiLlm.new({field: body[field] for field in ("name", "aiType", "endpoint", "workspaceId")})
    ai_llm.store_credentials(body.get("key"), body["secret"])
    if state.is_on("key_listed"):
        ai_llm.listed["key"] = body.get("key")
    if state.is_on("creation_listed_late"):
        state.list_late(ai_llm, existed=False)
    state.ai_llms[ai_llm.listed["id"]] = ai_llm
    return success(aiLlmId=ai_llm.listed["id"], message="AI LLM configuration created successfully")


async def update(request: web.Request) -> web.Response:
    """Open: all statuses but 200. Here: as for the other operations."""
    state = request.app[STATE]
    ai_llm = state.ai_llms.get(request.match_info["id"])
    if ai_llm is None:
        return error(404, NOT_FOUND)
    try:
        body = await read_object(request)
    except BadBodyError as exc:
        return error(400, str(exc))
    changes = {field: body[field] for field in UPDATABLE if field in body}
    problem = _problem(changes, state)
    if problem:
        return error(400, problem)
    changes = as_stored(changes, state)
    # An unchanged name is always accepted, even if another configuration has the same name.
    renamed = changes.get("name", ai_llm.listed.get("name")) != ai_llm.listed.get("name")
    if renamed and state.name_is_taken(changes["name"], ai_llm.listed["workspaceId"]):
        return error(400, NAME_TAKEN)
    if state.is_on("update_listed_late"):
        state.list_late(ai_llm)
    ai_llm.store_credentials(changes.pop("key", None), changes.pop("secret", None))
    ai_llm.listed.update(changes)
    return success(aiLlmId=ai_llm.listed["id"], message="AI LLM configuration updated successfully")


async def delete(request: web.Request) -> web.Response:
    """Open: the texts of the error messages."""
    state = request.app[STATE]
    id = request.match_info["id"]
    ai_llm = state.ai_llms.get(id)
    if ai_llm is None:
        again = id in state.removed and state.is_on("second_removal_succeeds")
        return success(message=REMOVED) if again else error(404, NOT_FOUND)
    if ai_llm.listed["repos"]:
        return error(403, "Cannot delete an AI LLM configuration that is in use")
    if not ai_llm.deletable:
        return error(403, "Insufficient permissions")
    if state.is_on("removal_listed_late"):
        state.list_late(ai_llm)
    del state.ai_llms[id]
    state.removed.add(id)
    return success(message=REMOVED)


async def validate(request: web.Request) -> web.Response:
    """If the configuration does not work, the response is a 200 with `success: false`."""
    ai_llm = request.app[STATE].ai_llms.get(request.match_info["id"])
    if ai_llm is None:
        return error(404, NOT_FOUND)
    if ai_llm.validate():
        return success(message="AI LLM configuration validated successfully.")
    return error(200, "Validation failed: the provider refused the credentials")


async def stats(request: web.Request) -> web.Response:
    """Open: which calls are counted. Here: validations. Open: an unknown ID. Here: an empty list."""
    state = request.app[STATE]
    wanted = None if state.is_on("statistics_filter_ignored") else request.query.get("aiLlmId")
    return success(
        stats=[
            {"aiLlmId": id, **{name: str(ai_llm.counters[name]) for name in COUNTERS}}
            for id, ai_llm in state.ai_llms.items()
            if wanted in (None, id)
        ]
    )
