# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The operations of the API on AI LLM configurations."""

from __future__ import annotations

import typing as t

from .._errors import ApiError, Effect, Failure, Origin
from .._http.response import Response, proves_success, text_or_none, texts
from .._next_steps import BAD_LIST, DISAPPEARED
from .._text import check_path_segment, count, join_limited

if t.TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .._http.auth import AuthenticatedClient

# Sent, but never read back (decision 9).
CREDENTIALS = ("key", "secret")

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

Listing = list[AiLlm]


class AiLlms:
    """The AI LLM configurations that the user can reach.

    The fields of a configuration are in snake_case here, as in the options and return values.
    """

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    def list(
        self, workspace_id: str | None = None, *, ids: Collection[str] | None = None, available: bool = False
    ) -> Listing:
        """`GET /ai/llm`: all configurations, or those of one workspace, or those with some IDs in any workspace.

        :param available: Use `GET /ai/llm/available`: configurations that are ready for use, newest first.
        :raises ApiError: The request failed, or the list is not complete, or an item has no usable ID, or no workspace
            although one is looked for. Such a list does not show what exists.

        This method filters the list itself, because the filter of the API is not trusted (decision 7).
        """
        # A removal by ID needs no list, and the import takes 1 ms.
        from .._http.listing import read_list

        path = "/ai/llm/available" if available else "/ai/llm"
        query = {"workspaceId": workspace_id} if workspace_id is not None and not available else None
        items = read_list(self._client, path, "aiLlms", query=query)
        # By ID: an API that lists one twice still has it once.
        listing: dict[str, AiLlm] = {}
        try:
            for item in items:
                # Serialize only the configurations that the caller needs: a large organization has a large list.
                item_id = id_of(item)
                if item_id in ids if ids is not None else workspace_id is None or item["workspaceId"] == workspace_id:
                    listing[item_id] = serialize_ai_llm(item)
        except (KeyError, ValueError):
            message = "the list has a configuration without a usable ID, or without its workspace"
            failure = Failure("invalid_response", message, next_step=BAD_LIST)
            raise ApiError(failure) from None
        return [*listing.values()]

    def statistics(self, ai_llm_id: str | None = None) -> dict[str | None, dict[str, int | None]]:
        """`GET /ai/llm/stats`: the usage counters of all configurations, or of one, by ID."""
        from .._http.listing import read_list

        query = None if ai_llm_id is None else {"aiLlmId": ai_llm_id}
        # A total in this response is the number of something else.
        items = read_list(self._client, "/ai/llm/stats", "stats", query=query, has_total=False)
        return {
            text_or_none(item.get("aiLlmId")): serialize_statistics(item) for item in items if isinstance(item, dict)
        }

    def create(self, fields: Mapping[str, t.Any]) -> str | None:
        """`POST /ai/llm` with `name`, `workspace_id`, `ai_type`, `endpoint`, `secret`, and optionally `key`.

        Returns the new ID; None if the API says that it created the configuration, but gives no usable ID.
        """
        response = self._client.call("POST", "/ai/llm", body=to_api(fields), proof=_created)
        try:
            return id_of(response.fields, "aiLlmId")
        except ValueError:
            return None

    def update(self, ai_llm_id: str, fields: Mapping[str, t.Any]) -> None:
        """`PUT /ai/llm/{id}` with the fields to change, of a configuration that was just listed."""
        try:
            self._client.call("PUT", "/ai/llm/{}", ai_llm_id, body=to_api(fields))
        except ApiError as error:
            raise ApiError(_disappeared(error.failure)) from error

    def delete(self, ai_llm_id: str) -> None:
        """`DELETE /ai/llm/{id}`. Raises ApiError; with the code `not_found` if the configuration does not exist."""
        self._client.call("DELETE", "/ai/llm/{}", ai_llm_id)

    def validate(self, ai_llm_id: str) -> dict[str, t.Any]:
        """`POST /ai/llm/{id}/validate`: the platform calls the provider, which may cost money.

        Returns {valid, message}. A 200 with `success: false` is a valid result here, not a failure (decision 1).
        """
        try:
            response = self._client.call("POST", "/ai/llm/{}/validate", ai_llm_id, proof=_validated)
        except ApiError as error:
            # A validation changes nothing.
            raise ApiError(_disappeared(error.failure)._replace(effect=Effect.NONE)) from error
        return {"valid": response.success, "message": response.message or "JSON without a message"}


def _created(response: Response) -> bool:
    # Only the API itself sends this field, so it proves success (decision 1).
    has_id = bool(text_or_none(response.fields.get("aiLlmId")))
    return response.success is not False and (has_id or proves_success(response))


def _validated(response: Response) -> bool:
    return response.success is not None


def _disappeared(failure: Failure) -> Failure:
    """Return the failure of a request for a configuration that was just listed: any 404 means that it was removed."""
    if failure.http_status != 404 or failure.origin is Origin.LOGIN:
        return failure
    return failure._replace(code="not_found", next_step=DISAPPEARED)


def repositories_of(ai_llm: AiLlm) -> list[dict[str, t.Any]]:
    """Return the repositories that use a configuration, as the return value `repositories` has them."""
    return [{"id": repo["id"], "name": repo["name"]} for repo in ai_llm["repos"]]


def repository_names(ai_llm: AiLlm) -> str:
    """Return the repositories that use a configuration, such as "2 repositories: docs (repo-1), shop (repo-2)"."""
    names = [f"{repo['name'] or 'unnamed'} ({repo['id']})" for repo in ai_llm["repos"]]
    return f"{count(len(names), 'repository', 'repositories')}: {join_limited(names)}"


def serialize_ai_llm(item: t.Any) -> AiLlm:
    """An AI LLM configuration: texts or None, and `repos`, a list of {id, name, created_at}.

    Fields that are missing or have another type become None, and `repos` becomes [] (decision 10).
    """
    repos = item.get("repos") if isinstance(item, dict) else None
    serialized = [texts(repo, _REPO) for repo in repos] if isinstance(repos, list) else []
    return {**texts(item, _AI_LLM), "repos": serialized}


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


def _number(value: t.Any) -> int | None:
    try:
        return int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    except ValueError:
        return None
