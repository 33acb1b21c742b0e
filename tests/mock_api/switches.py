# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switches: with one of them, the mock API does the opposite of what one statement of tests/contract says.

The handlers of the operations ask for those in `IN_HANDLERS`. A switch in `BEFORE` can respond before the handler, one
in `STORED` changes a value before it is stored, and one in `REWRITES` changes a response. switching.py applies them.
"""

from __future__ import annotations

import json
import math
import re
import time
import typing as t
import unicodedata
import uuid
from datetime import datetime, timezone
from urllib.parse import urlsplit

from aiohttp import web

from .messages import error, html, success

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .messages import Json
    from .state import AiLlm, State


class Call(t.NamedTuple):
    """A request. body: empty if it is no JSON object."""

    request: web.Request
    body: Json
    state: State

    @property
    def id(self) -> str:
        return self.request.match_info["id"]

    @property
    def port(self) -> int:
        """The port of the client, which identifies its connection."""
        return self.request.transport.get_extra_info("peername")[1] if self.request.transport else 0

    @property
    def taken_by(self) -> AiLlm | None:
        """The configuration in the same workspace that has the name in the body."""
        return next(iter(self.like(str)), None)

    def like(self, key: Callable[[str], str], *, everywhere: bool = False) -> list[AiLlm]:
        """Return the configurations in the same workspace whose names have the same key as the name in the body."""
        name, place = key(str(self.body.get("name"))), self.body.get("workspaceId")
        known = [one for one in self.state.ai_llms.values() if everywhere or one.listed["workspaceId"] == place]
        return [one for one in known if key(str(one.listed.get("name"))) == name]


ANY = ""
LOGIN, REVOCATION = "POST /user/login", "DELETE /token/{id}"
LIST, CREATION = "GET /ai/llm", "POST /ai/llm"
UPDATE, REMOVAL, VALIDATION = "PUT /ai/llm/{id}", "DELETE /ai/llm/{id}", "POST /ai/llm/{id}/validate"
STATISTICS, WORKSPACES = "GET /ai/llm/stats", "GET /workspace"

Respond = t.Callable[[Call], t.Optional[web.Response]]
# A rewritten body can be a JSON object, the title of an HTML page, None for no body, or a whole response.
Rewrite = t.Callable[[int, "Json"], tuple[int, t.Any]]


def when(condition: Callable[[Call], t.Any], status: int, message: str) -> Respond:
    return lambda call: error(status, message) if condition(call) else None


def answer(old: int, new: int, message: str = "") -> Rewrite:
    """Replace a status, if the message has this part. A 204 has no body."""

    def rewrite(status: int, body: Json) -> tuple[int, t.Any]:
        is_meant = status == old and message in str(body.get("message", ""))
        return (new, None if new == 204 else body) if is_meant else (status, body)

    return rewrite


def body_of(status: int, change: Callable[[Json], t.Any]) -> Rewrite:
    """Replace the body of the responses with this status."""
    return lambda actual, body: (actual, change(body) if actual == status else body)


def without(field: str) -> Rewrite:
    return body_of(200, lambda body: _without(body, field))


def items(field: str, change: Callable[[Json], Json]) -> Rewrite:
    return body_of(200, lambda body: {**body, field: [change(item) for item in body[field]]})


def value(field: str, change: Callable[[t.Any], t.Any]) -> Rewrite:
    return body_of(200, lambda body: {**body, field: change(body[field])} if field in body else body)


def clash(key: Callable[[str], str], *, everywhere: bool = False) -> Respond:
    """Refuse a name that is the same as another one only after this change of both."""
    return when(lambda call: not call.taken_by and call.like(key, everywhere=everywhere), 400, "A similar name exists")


def _without(body: Json, field: str) -> Json:
    return {name: item for name, item in body.items() if name != field}


def _is_uuid(text: str) -> bool:
    return bool(re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text))


def _never_existed(call: Call) -> bool:
    return call.id not in {*call.state.ai_llms, *call.state.removed}


def _was_used(call: Call) -> bool:
    """Whether an earlier creation had this name."""
    log = [entry for entry in call.state.requests[:-1] if (entry["method"], entry["path"]) == ("POST", "/ai/llm")]
    same = [entry for entry in log if all(entry["body"].get(f) == call.body.get(f) for f in ("name", "workspaceId"))]
    return any(entry["status"] == 200 for entry in same)


def _expire_all(call: Call) -> None:
    for session in call.state.tokens._sessions:
        session.issued = -math.inf


def _renew(call: Call) -> None:
    token = call.request.headers.get("Authorization", "").removeprefix("Bearer ")
    if session := call.state.tokens._by_access_token.get(token):
        session.issued = time.monotonic()


def _hide_newest(call: Call) -> None:
    """Let the list miss the newest configuration, if it is the first request of a connection."""
    ports = call.state.memory.setdefault("ports", set())
    newest = list(call.state.ai_llms.values())[-1:]
    if (call.request.method, call.request.path) == ("GET", "/ai/llm") and call.port not in ports:
        call.state.list_late(newest[0], existed=False)
    ports.add(call.port)


def _refuse_crowd(call: Call) -> web.Response | None:
    """Refuse a creation, if the last five of them were the first ones of their connections."""
    ports = call.state.memory.setdefault("ports", [])
    ports.append(call.port)
    crowd = [port for port in ports[-5:] if ports.count(port) == 1]
    return error(500, "Too many at once") if len(crowd) == 5 else None


def _make_twin(call: Call) -> web.Response | None:
    """Accept a name that is taken, if the last creation used it on another connection."""
    name, port = call.state.memory.get("last", ("", 0))
    call.state.memory["last"] = call.body.get("name"), call.port
    return _copy(call) if call.taken_by and name == call.body.get("name") and port != call.port else None


def _copy(call: Call) -> web.Response:
    one = t.cast("AiLlm", call.taken_by)
    twin = type(one).new({**_without(one.listed, "createdAt"), "id": str(uuid.uuid4())})
    call.state.ai_llms[twin.listed["id"]] = twin
    return success(aiLlmId=twin.listed["id"])


def _rename(call: Call) -> web.Response | None:
    if call.id not in call.state.ai_llms or not call.like(str, everywhere=True):
        return None
    call.state.ai_llms[call.id].listed.update(call.body)
    return success(aiLlmId=call.id)


def _clear_key(call: Call) -> None:
    if call.id in call.state.ai_llms and not {"key", "secret"} & set(call.body):
        call.state.ai_llms[call.id].listed["key"] = ""


def _with_numbers(counters: Json) -> Json:
    return {name: item if name == "aiLlmId" else int(item) for name, item in counters.items()}


def _place(call: Call) -> str:
    """The workspace in the query that does not exist, or an empty text."""
    place = call.request.query.get("workspaceId", "")
    return "" if place in call.state.workspaces else place


def _is_foreign(call: Call) -> bool:
    return bool(_place(call)) and not _is_uuid(_place(call))


def _is_odd(call: Call) -> bool:
    return _never_existed(call) and not _is_uuid(call.id) and "%" not in call.request.raw_path


def _is_new_uuid(call: Call) -> bool:
    return _never_existed(call) and _is_uuid(call.id)


def _session(call: Call) -> str | None:
    return call.state.tokens.session_of(call.request.headers.get("Authorization", ""))


IN_HANDLERS = (
    *("creation_listed_late", "duplicate_names_accepted", "filter_ignored", "key_listed", "removal_listed_late"),
    *("revocation_ends_access_token", "second_removal_succeeds", "secret_optional", "statistics_filter_ignored"),
    *("unknown_types_accepted", "update_listed_late", "workspace_optional"),
)

# By name: the operation that the switch is for, and its function.
BEFORE: dict[str, tuple[str, Callable[[Call], web.Response | None]]] = {
    "crowds_refused": (CREATION, _refuse_crowd),
    "empty_update_refused": (UPDATE, when(lambda call: not call.body, 400, "The body has no field to update")),
    "encoded_slash_answers_html": (ANY, lambda call: html(404, "No") if "%2F" in call.request.raw_path else None),
    "expired_token_accepted": (ANY, _renew),
    "foreign_workspace_answers_500": (LIST, when(_is_foreign, 500, "Failed to list")),
    "login_ends_others": (LOGIN, _expire_all),
    "long_names_refused": (CREATION, when(lambda call: len(str(call.body.get("name"))) > 100, 400, "Too long")),
    "names_unique_everywhere": (CREATION, clash(str, everywhere=True)),
    "names_unique_in_nfc": (CREATION, clash(lambda name: unicodedata.normalize("NFC", name))),
    "names_unique_trimmed": (CREATION, clash(str.strip)),
    "names_unique_without_case": (CREATION, clash(str.lower)),
    "new_connections_list_late": (ANY, _hide_newest),
    "not_uuid_answers_500": (REMOVAL, when(_is_odd, 500, "Failed")),
    "partial_update_refused": (
        UPDATE,
        when(lambda call: call.body and not set(call.body) >= {"name", "aiType"}, 400, "Missing"),
    ),
    "races_make_twins": (CREATION, _make_twin),
    "removed_names_stay_taken": (CREATION, when(_was_used, 400, "This name was used")),
    "renames_make_twins": (UPDATE, _rename),
    "renames_refused": (UPDATE, when(lambda call: set(call.body) == {"name"}, 400, "The name is final")),
    "revocation_needs_own_token": (REVOCATION, when(lambda call: _session(call) != call.id, 403, "Not your login")),
    "secret_needs_key": (UPDATE, when(lambda call: set(call.body) == {"secret"}, 400, "Missing: key")),
    "unknown_id_answers_403": (REMOVAL, when(_is_new_uuid, 403, "Forbidden")),
    "unknown_workspace_answers_404": (LIST, when(lambda call: _is_uuid(_place(call)), 404, "Workspace not found")),
    "updates_clear_key": (UPDATE, _clear_key),
}

# By name: the field that the switch is for, and its function.
STORED: dict[str, tuple[str, Callable[[str], str]]] = {
    "double_spaces_collapsed": ("name", lambda name: re.sub(r"(?<=\S)\s\s+(?=\S)", " ", name)),
    "emoji_replaced": ("name", lambda name: re.sub("[\U00010000-\U0010ffff]", "?", name)),
    "endpoint_gets_slash": ("endpoint", lambda url: url if urlsplit(url).path else f"{url}/"),
    "endpoint_host_lowercased": ("endpoint", lambda url: re.sub("//[^/]*", lambda host: host[0].lower(), url)),
    "endpoint_loses_slash": ("endpoint", lambda url: url.rstrip("/")),
    "names_normalized": ("name", lambda name: unicodedata.normalize("NFC", name)),
    "names_trimmed": ("name", str.strip),
    "plain_endpoints_get_port": ("endpoint", lambda url: re.sub("(models.example.com)(?=/v1$)", r"\1:443", url)),
    "types_lowercased": ("aiType", str.lower),
}

# By name: the operation that the switch is for, and its function.
REWRITES: dict[str, tuple[str, Rewrite]] = {
    "counters_are_numbers": (STATISTICS, items("stats", _with_numbers)),
    "creation_answers_201": (CREATION, answer(200, 201)),
    "creation_without_id": (CREATION, without("aiLlmId")),
    "duplicate_name_answers_409": (CREATION, answer(400, 409, "already exists")),
    "expires_at_in_milliseconds": (LOGIN, value("expiresAt", lambda end: end * 1000)),
    "expires_at_is_text": (
        LOGIN,
        value("expiresAt", lambda end: datetime.fromtimestamp(end, timezone.utc).isoformat()),
    ),
    "failed_validation_answers_400": (VALIDATION, answer(200, 400, "failed")),
    "in_use_answers_409": (REMOVAL, answer(403, 409, "in use")),
    "items_without_workspace": (LIST, items("aiLlms", lambda item: _without(item, "workspaceId"))),
    "json_called_text": (ANY, lambda status, body: (status, web.Response(status=status, text=json.dumps(body)))),
    "list_has_more": (LIST, body_of(200, lambda body: {**body, "hasMore": True})),
    "list_is_cut": (LIST, value("aiLlms", lambda listed: listed[:20])),
    "list_without_success": (LIST, without("success")),
    "login_without_refresh_token": (LOGIN, without("refreshToken")),
    "login_without_token_id": (LOGIN, without("tokenId")),
    "refusals_without_message": (UPDATE, body_of(404, lambda body: _without(body, "message"))),
    "removal_answers_204": (REMOVAL, answer(200, 204)),
    "revocation_answers_204": (REVOCATION, answer(200, 204)),
    "second_revocation_succeeds": (REVOCATION, answer(404, 204)),
    "token_lives_a_day": (LOGIN, value("expiresAt", lambda end: end + 23 * 3600)),
    "unknown_update_answers_403": (UPDATE, answer(404, 403)),
    "unused_without_repos": (LIST, items("aiLlms", lambda item: item if item["repos"] else _without(item, "repos"))),
    "update_answers_204": (UPDATE, answer(200, 204)),
    "used_without_repos": (LIST, items("aiLlms", lambda item: {**item, "repos": []})),
    "workspaces_hidden": (WORKSPACES, value("workspaces", lambda listed: [])),
    "workspaces_without_name": (WORKSPACES, items("workspaces", lambda item: _without(item, "name"))),
    "wrong_password_without_code": (LOGIN, body_of(401, lambda body: {"success": False})),
    "wrong_token_answers_403": (ANY, answer(401, 403, "access token")),
    "wrong_token_answers_html": (ANY, body_of(401, lambda body: body if "error_code" in body else "Unauthorized")),
}


SWITCHES = frozenset({*IN_HANDLERS, *BEFORE, *STORED, *REWRITES})
