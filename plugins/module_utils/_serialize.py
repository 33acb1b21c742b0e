# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Turn API objects into return values: allow-lists of fields, in snake_case, without credentials."""

from __future__ import annotations

import typing as t

from ansible_collections.flashback.platform.plugins.module_utils._text import check_path_segment

if t.TYPE_CHECKING:
    from collections.abc import Mapping

# The name of each field here and in the API. Other fields are not returned: "key", and any new ones (decision 10).
_AI_LLM = {
    "id": "id",
    "org_id": "orgId",
    "workspace_id": "workspaceId",
    "user_id": "userId",
    "name": "name",
    "ai_type": "aiType",
    "endpoint": "endpoint",
    "created_at": "createdAt",
}
_REPO = {"id": "id", "name": "name", "created_at": "createdAt"}
_WORKSPACE = {"id": "id", "name": "name", "org_id": "orgId"}
_USER = {"user_id": "userId", "role": "role"}
_PERSON = {"email": "email", "name": "name", "last_name": "lastName"}
_COUNTERS = {
    "api_calls": "totalApiCalls",
    "tokens_in": "totalTokensIn",
    "tokens_out": "totalTokensOut",
    "llm_tokens_in": "totalLlmTokensIn",
    "llm_tokens_out": "totalLlmTokensOut",
    "policy_violations": "totalPolicyViolations",
    "alerts": "totalAlerts",
    "blocks": "totalBlocks",
}

AiLlm = dict[str, t.Any]


def serialize_ai_llm(item: t.Any) -> AiLlm:
    """An AI LLM configuration: texts or None, and `repos`, a list of {id, name, created_at}.

    Fields that are missing or have another type become None, and `repos` becomes [] (decision 10).
    """
    repos = item.get("repos") if isinstance(item, dict) else None
    serialized = [_texts(repo, _REPO) for repo in repos] if isinstance(repos, list) else []
    return {**_texts(item, _AI_LLM), "repos": serialized}


def serialize_workspace(item: t.Any) -> dict[str, t.Any]:
    """A workspace: texts or None, and `users`, a list of {user_id, role, email, name, last_name}."""
    users = item.get("users") if isinstance(item, dict) else None
    serialized = [
        {**_texts(user, _USER), **_texts(user.get("user") if isinstance(user, dict) else None, _PERSON)}
        for user in (users if isinstance(users, list) else [])
    ]
    return {**_texts(item, _WORKSPACE), "users": serialized}


def serialize_statistics(item: t.Any) -> dict[str, int | None]:
    """The usage counters of a configuration. The API sends decimal numbers as texts."""
    values = item if isinstance(item, dict) else {}
    return {name: _number(values.get(api_name)) for name, api_name in _COUNTERS.items()}


def to_api(fields: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The fields of a configuration to send, credentials included, with the names of the API."""
    return {_AI_LLM.get(name, name): value for name, value in fields.items()}


def id_of(item: t.Any, field: str = "id") -> str:
    """Return the ID in an object of the API. Raises ValueError if it cannot be used in the path of a request."""
    return check_path_segment(text_or_none(item.get(field) if isinstance(item, dict) else None) or "")


def text_or_none(value: t.Any) -> str | None:
    """Return the value if it is a text that UTF-8 can encode, else None. JSON can contain lone surrogates."""
    try:
        value.encode("utf-8")
    except (AttributeError, UnicodeEncodeError):
        return None
    return t.cast("str", value)


def _texts(item: t.Any, fields: dict[str, str]) -> dict[str, t.Any]:
    values = item if isinstance(item, dict) else {}
    return {name: text_or_none(values.get(api_name)) for name, api_name in fields.items()}


def _number(value: t.Any) -> int | None:
    try:
        return int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    except ValueError:
        return None
