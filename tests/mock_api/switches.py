# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switches: with one of them, the mock API does the opposite of what one test of tests/contract states.

The handlers of the operations ask for the switches in `IN_HANDLERS`. Every other switch is a function here, which
refuses a request, changes a value before it is stored, or rewrites a response. switching.py applies them.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata
import uuid
from datetime import datetime, timezone
from urllib.parse import urlsplit

from .messages import error, html

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from .messages import Json
    from .state import State

IN_HANDLERS = {
    "revocation_ends_access_token": "The revocation of a login ends its access token, too.",
    "filter_ignored": "The list ignores its filter if the workspace exists.",
    "creation_listed_late": "The first list after a creation does not have the new configuration.",
    "update_listed_late": "The first list after an update has the old values.",
    "removal_listed_late": "The first list after a removal still has the configuration.",
    "key_listed": "The list shows the key of each configuration that was created with one.",
    "duplicate_names_accepted": "Configurations in the same workspace can have the same name.",
    "secret_optional": "A creation needs no secret.",
    "workspace_optional": "A creation needs no workspace. Without one, it uses the first.",
    "unknown_types_accepted": "A configuration can have any type.",
    "second_removal_succeeds": "A removal answers 200 for an ID that was removed before.",
    "statistics_filter_ignored": "The statistics ignore their filter.",
}

# By name: the operation or the field that the switch is for, and its function. A rewritten body can be a JSON object,
# the title of an HTML page, or None for no body.
REFUSALS: dict[str, tuple[str, Callable[[web.Request, Json, State], web.Response | None]]] = {}
STORED: dict[str, tuple[str, Callable[[str], str]]] = {}
REWRITES: dict[str, tuple[str, Callable[[int, Json], tuple[int, Json | str | None]]]] = {}

ANY = ""
LOGIN, REVOCATION = "POST /user/login", "DELETE /token/{id}"
LIST, CREATION = "GET /ai/llm", "POST /ai/llm"
UPDATE, REMOVAL, VALIDATION = "PUT /ai/llm/{id}", "DELETE /ai/llm/{id}", "POST /ai/llm/{id}/validate"
STATISTICS, WORKSPACES = "GET /ai/llm/stats", "GET /workspace"

Function = t.TypeVar("Function", bound="Callable[..., t.Any]")


def _switch(table: dict[str, tuple[str, t.Any]], scope: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        table[function.__name__] = scope, function
        return function

    return register


# Login


@_switch(REWRITES, LOGIN)
def login_without_refresh_token(status: int, body: Json) -> tuple[int, Json]:
    """A login returns no `refreshToken`."""
    return status, _without(body, "refreshToken")


@_switch(REWRITES, LOGIN)
def login_without_token_id(status: int, body: Json) -> tuple[int, Json]:
    """A login returns no `tokenId`."""
    return status, _without(body, "tokenId")


@_switch(REWRITES, LOGIN)
def expires_at_is_text(status: int, body: Json) -> tuple[int, Json]:
    """`expiresAt` is a text in ISO 8601."""
    if "expiresAt" in body:
        body["expiresAt"] = datetime.fromtimestamp(body["expiresAt"], timezone.utc).isoformat()
    return status, body


@_switch(REWRITES, LOGIN)
def expires_at_in_milliseconds(status: int, body: Json) -> tuple[int, Json]:
    """`expiresAt` is in milliseconds."""
    if "expiresAt" in body:
        body["expiresAt"] *= 1000
    return status, body


@_switch(REWRITES, LOGIN)
def token_lives_a_day(status: int, body: Json) -> tuple[int, Json]:
    """`expiresAt` is a day from now."""
    if "expiresAt" in body:
        body["expiresAt"] += 23 * 3600
    return status, body


@_switch(REWRITES, LOGIN)
def wrong_password_without_code(status: int, body: Json) -> tuple[int, Json]:
    """The response to a login with a wrong password has a message, but no `error_code`."""
    return status, {"success": False, "message": "Wrong password"} if status == 401 else body


@_switch(REWRITES, ANY)
def wrong_token_answers_403(status: int, body: Json) -> tuple[int, Json]:
    """A request with a wrong access token answers 403."""
    return 403 if status == 401 and "error_code" not in body else status, body


@_switch(REWRITES, ANY)
def wrong_token_answers_html(status: int, body: Json) -> tuple[int, t.Any]:
    """The response to a request with a wrong access token is an HTML page."""
    return status, "Unauthorized" if status == 401 and "error_code" not in body else body


@_switch(REWRITES, REVOCATION)
def revocation_answers_204(status: int, body: Json) -> tuple[int, Json | None]:
    """A revocation answers 204."""
    return (204, None) if status == 200 else (status, body)


@_switch(REWRITES, REVOCATION)
def second_revocation_succeeds(status: int, body: Json) -> tuple[int, Json]:
    """A second revocation answers 200."""
    return (200, {"success": True}) if status == 404 else (status, body)


# List


@_switch(REWRITES, LIST)
def list_without_success(status: int, body: Json) -> tuple[int, Json]:
    """The list has no `success`."""
    return status, _without(body, "success") if status == 200 else body


@_switch(REWRITES, LIST)
def items_without_workspace(status: int, body: Json) -> tuple[int, Json]:
    """The listed configurations have no `workspaceId`."""
    return status, _with_items(body, lambda item: _without(item, "workspaceId"))


@_switch(REWRITES, LIST)
def unused_without_repos(status: int, body: Json) -> tuple[int, Json]:
    """The listed configurations that no repository uses have no `repos`."""
    return status, _with_items(body, lambda item: item if item["repos"] else _without(item, "repos"))


@_switch(REWRITES, LIST)
def used_without_repos(status: int, body: Json) -> tuple[int, Json]:
    """The list does not show which repositories use a configuration."""
    return status, _with_items(body, lambda item: {**item, "repos": []})


@_switch(REFUSALS, LIST)
def unknown_workspace_answers_404(request: web.Request, _body: Json, state: State) -> web.Response | None:
    """The list of a workspace that does not exist answers 404."""
    known = (None, *state.workspaces)
    return error(404, "Workspace not found") if request.query.get("workspaceId") not in known else None


@_switch(REWRITES, LIST)
def list_has_more(status: int, body: Json) -> tuple[int, Json]:
    """The list says that it is not complete."""
    return status, {**body, "hasMore": True} if status == 200 else body


# Creation


@_switch(REWRITES, CREATION)
def creation_answers_201(status: int, body: Json) -> tuple[int, Json]:
    """A creation answers 201."""
    return 201 if status == 200 else status, body


@_switch(REWRITES, CREATION)
def creation_without_id(status: int, body: Json) -> tuple[int, Json]:
    """The response to a creation has no `aiLlmId`."""
    return status, _without(body, "aiLlmId")


@_switch(STORED, "aiType")
def types_lowercased(ai_type: str) -> str:
    """Types are stored in lower case."""
    return ai_type.lower()


@_switch(STORED, "name")
def names_trimmed(name: str) -> str:
    """White space at the ends of names is removed."""
    return name.strip()


@_switch(STORED, "name")
def double_spaces_collapsed(name: str) -> str:
    """Double white space in names becomes one space."""
    return re.sub(r"(?<=\S)\s\s+(?=\S)", " ", name)


@_switch(STORED, "name")
def names_normalized(name: str) -> str:
    """Names are stored in the Unicode form NFC."""
    return unicodedata.normalize("NFC", name)


@_switch(STORED, "name")
def emoji_replaced(name: str) -> str:
    """Emoji in names are replaced by question marks."""
    return re.sub("[\U00010000-\U0010ffff]", "?", name)


@_switch(REFUSALS, CREATION)
def long_names_refused(_request: web.Request, body: Json, _state: State) -> web.Response | None:
    """A creation with a name of more than 100 characters answers 400."""
    return error(400, "The name is too long") if len(str(body.get("name"))) > 100 else None


@_switch(STORED, "endpoint")
def endpoint_host_lowercased(endpoint: str) -> str:
    """The host of an endpoint is stored in lower case."""
    host = urlsplit(endpoint).netloc
    return endpoint.replace(host, host.lower(), 1)


@_switch(STORED, "endpoint")
def endpoint_gets_slash(endpoint: str) -> str:
    """An endpoint without a path gets a slash at its end."""
    return endpoint if urlsplit(endpoint).path else f"{endpoint}/"


@_switch(STORED, "endpoint")
def endpoint_loses_slash(endpoint: str) -> str:
    """A slash at the end of an endpoint is removed."""
    return endpoint.rstrip("/")


@_switch(REWRITES, CREATION)
def duplicate_name_answers_409(status: int, body: Json) -> tuple[int, Json]:
    """A creation with a name that is taken answers 409."""
    return 409 if "already exists" in body.get("message", "") else status, body


# Update


@_switch(REFUSALS, UPDATE)
def partial_update_refused(_request: web.Request, body: Json, _state: State) -> web.Response | None:
    """An update with some of the fields answers 400."""
    complete = body.keys() >= {"name", "aiType", "endpoint"}
    return error(400, "name, aiType and endpoint are required") if body and not complete else None


@_switch(REFUSALS, UPDATE)
def empty_update_refused(_request: web.Request, body: Json, _state: State) -> web.Response | None:
    """An update without fields answers 400."""
    return None if body else error(400, "The body has no field to update")


@_switch(REWRITES, UPDATE)
def update_answers_204(status: int, body: Json) -> tuple[int, Json | None]:
    """An update answers 204."""
    return (204, None) if status == 200 else (status, body)


@_switch(REWRITES, UPDATE)
def unknown_update_answers_403(status: int, body: Json) -> tuple[int, Json]:
    """An update of an ID that does not exist answers 403."""
    return 403 if status == 404 else status, body


# Removal


@_switch(REWRITES, REMOVAL)
def removal_answers_204(status: int, body: Json) -> tuple[int, Json | None]:
    """A removal answers 204."""
    return (204, None) if status == 200 else (status, body)


@_switch(REFUSALS, REMOVAL)
def unknown_id_answers_403(request: web.Request, _body: Json, state: State) -> web.Response | None:
    """The removal of a UUID that never existed answers 403."""
    return error(403, "Insufficient permissions") if _is_uuid(request) and _never_existed(request, state) else None


@_switch(REFUSALS, REMOVAL)
def not_uuid_answers_500(request: web.Request, _body: Json, state: State) -> web.Response | None:
    """The removal of an ID that is not a UUID answers 500, unless the ID needs percent-encoding."""
    if _is_uuid(request) or not _never_existed(request, state) or "%" in request.raw_path:
        return None
    return error(500, "Failed to delete the AI LLM configuration")


@_switch(REFUSALS, ANY)
def encoded_slash_answers_html(request: web.Request, _body: Json, _state: State) -> web.Response | None:
    """A path with an encoded slash answers 404 with an HTML page, as some gateways do."""
    return html(404, "Not Found") if "%2F" in request.raw_path else None


@_switch(REWRITES, REMOVAL)
def in_use_answers_409(status: int, body: Json) -> tuple[int, Json]:
    """The removal of a configuration that repositories use answers 409."""
    return 409 if "in use" in body.get("message", "") else status, body


# Statistics, workspaces, validation


@_switch(REWRITES, STATISTICS)
def counters_are_numbers(status: int, body: Json) -> tuple[int, Json]:
    """The counters of the statistics are numbers."""
    for item in body.get("stats", []):
        item.update({name: int(count) for name, count in item.items() if name != "aiLlmId"})
    return status, body


@_switch(REWRITES, WORKSPACES)
def workspaces_without_name(status: int, body: Json) -> tuple[int, Json]:
    """The listed workspaces have no `name`."""
    for item in body.get("workspaces", []):
        del item["name"]
    return status, body


@_switch(REWRITES, WORKSPACES)
def workspaces_hidden(status: int, body: Json) -> tuple[int, Json]:
    """The list of workspaces is empty."""
    return status, {**body, "workspaces": []} if "workspaces" in body else body


@_switch(REWRITES, VALIDATION)
def failed_validation_answers_400(status: int, body: Json) -> tuple[int, Json]:
    """The validation of a configuration that does not work answers 400."""
    return 400 if status == 200 and not body["success"] else status, body


def _without(body: Json, field: str) -> Json:
    return {name: value for name, value in body.items() if name != field}


def _with_items(body: Json, change: Callable[[Json], Json]) -> Json:
    return {**body, "aiLlms": [change(item) for item in body["aiLlms"]]} if "aiLlms" in body else body


def _is_uuid(request: web.Request) -> bool:
    try:
        return bool(uuid.UUID(request.match_info["id"]))
    except ValueError:
        return False


def _never_existed(request: web.Request, state: State) -> bool:
    return request.match_info["id"] not in {*state.ai_llms, *state.removed}


# The descriptions of all switches, by name.
SWITCHES: dict[str, str] = {
    **IN_HANDLERS,
    **{
        name: str(function.__doc__)
        for table in (REFUSALS, STORED, REWRITES)
        for name, (_scope, function) in table.items()
    },
}
