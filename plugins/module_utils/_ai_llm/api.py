# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The operations of the API on AI LLM configurations."""

from __future__ import annotations

import re
import typing as t

from .._errors import ApiError, Effect, Failure
from .._http.response import Response, proves_success, text_or_none, texts
from .._next_steps import BAD_LIST, DISAPPEARED
from .._redact import REDACTED
from .._text import check_path_segment, count, join_limited

if t.TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .._http.auth import AuthenticatedClient

# The types that this version knows. The platform may add others.
AI_TYPES = ("OPENAI", "GOOGLE", "ANTHROPIC", "AWS", "OTHER")

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


class AiLlms(t.NamedTuple):
    """The AI LLM configurations that the user can reach.

    The fields of a configuration are in snake_case here, as in the options and return values.
    """

    client: AuthenticatedClient

    def list(
        self,
        workspace_id: str | None = None,
        *,
        ids: Collection[str] | None = None,
        names: Sequence[str] = (),
        available: bool = False,
    ) -> Listing:
        """`GET /ai/llm`: all configurations, or those of one workspace, or those with some IDs in any workspace.

        :param names: With `ids`, those with one of these names, too.
        :param available: Use `GET /ai/llm/available`: configurations that are ready for use, newest first.
        :raises ApiError: The request failed, or the list is not complete, or a field that the caller compares has
            another type than documented. Such a list does not show what exists.

        This method filters the list itself, because the filter of the API is not trusted (decision 7). It ignores
        everything else about configurations that the caller does not ask for.
        """
        # A removal by ID needs no list, and the import takes 3 ms.
        from .._http.listing import read_list

        path = "/ai/llm/available" if available else "/ai/llm"
        query = {"workspaceId": workspace_id} if workspace_id is not None and not available else None
        # By ID: an API that lists one twice still has it once.
        listing: dict[str, AiLlm] = {}
        for item in read_list(self.client, path, "aiLlms", query=query):
            fields = item if isinstance(item, dict) else {}
            if workspace_id is not None:
                _expect(text_or_none(fields.get("workspaceId")), "workspaceId")
                if fields["workspaceId"] != workspace_id:
                    continue
            item_id = _expect(usable_id(fields.get("id")), "id")
            if ids is None or item_id in ids or fields.get("name") in names:
                _expect(fields.get("name") is None or text_or_none(fields["name"]) is not None, "name")
                repos = fields.get("repos")
                is_list = isinstance(repos, list) and all(isinstance(repo, dict) for repo in repos)
                _expect(repos is None or is_list, "repos")
                ai_llm = serialize_ai_llm(fields)
                # Two with one ID are no list to plan with: the task could remove what it must keep.
                _expect(listing.setdefault(item_id, ai_llm) == ai_llm, "id")
        return [*listing.values()]

    def statistics(self, ai_llm_id: str | None = None) -> dict[str | None, dict[str, int | None]]:
        """`GET /ai/llm/stats`: the usage counters of all configurations, or of one, by ID."""
        from .._http.listing import read_list

        query = None if ai_llm_id is None else {"aiLlmId": ai_llm_id}
        # A total in this response is the number of something else.
        items = read_list(self.client, "/ai/llm/stats", "stats", query=query, has_total=False)
        return {
            text_or_none(item.get("aiLlmId")): serialize_statistics(item) for item in items if isinstance(item, dict)
        }

    def create(self, fields: Mapping[str, t.Any]) -> str | None:
        """`POST /ai/llm` with `name`, `workspace_id`, `ai_type`, `endpoint`, `secret`, and optionally `key`.

        Returns the new ID; None if the API says that it created the configuration, but gives no usable ID.
        """
        response = self.client.call("POST", "/ai/llm", body=to_api(fields), proof=_created)
        return usable_id(response.fields.get("aiLlmId"))

    def update(self, ai_llm_id: str, fields: Mapping[str, t.Any]) -> None:
        """`PUT /ai/llm/{id}` with the fields to change, of a configuration that was just listed."""
        try:
            self.client.call("PUT", "/ai/llm/{}", ai_llm_id, body=to_api(fields))
        except ApiError as error:
            raise ApiError(_disappeared(error.failure)) from error

    def delete(self, ai_llm_id: str) -> None:
        """`DELETE /ai/llm/{id}`. Raises ApiError; with the code `not_found` if the configuration does not exist."""
        self.client.call("DELETE", "/ai/llm/{}", ai_llm_id)

    def validate(self, ai_llm_id: str) -> dict[str, t.Any]:
        """`POST /ai/llm/{id}/validate`: the platform calls the provider, which may cost money.

        Returns {valid, message}. A 200 with `success: false` is a valid result here, not a failure (decision 1).
        """
        try:
            response = self.client.call("POST", "/ai/llm/{}/validate", ai_llm_id, proof=_validated)
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
    """Return the failure of a request for a configuration that was just listed: the API's 404 means that it is gone."""
    return failure._replace(next_step=DISAPPEARED) if failure.code == "not_found" else failure


def repositories_of(ai_llm: AiLlm) -> list[dict[str, t.Any]]:
    """Return the repositories that use a configuration, as the return value `repositories` has them."""
    return [{"id": repo["id"], "name": repo["name"]} for repo in ai_llm["repos"]]


def repository_names(ai_llm: AiLlm) -> str:
    """Return the repositories that use a configuration, such as "2 repositories: docs (repo-1), shop (repo-2)"."""
    names = [f"{repo['name'] or 'unnamed'} ({repo['id']})" for repo in ai_llm["repos"]]
    return f"{count(len(names), 'repository', 'repositories')}: {join_limited(names)}"


def serialize_ai_llm(item: t.Any) -> AiLlm:
    """An AI LLM configuration: texts or None, and `repos`, a list of {id, name, created_at}.

    Fields that are missing or have another type become None, and `repos` becomes [] (decision 10). Asterisks replace
    the user and password in an endpoint, so that it differs from each endpoint that a task can have.
    """
    repos = item.get("repos") if isinstance(item, dict) else None
    serialized = [texts(repo, _REPO) for repo in repos] if isinstance(repos, list) else []
    ai_llm = {**texts(item, _AI_LLM), "repos": serialized}
    if "@" in (ai_llm["endpoint"] or ""):
        ai_llm["endpoint"] = re.sub(r"^([^/?#]*//)[^/?#]*@|^[^/?#]*:[^/?#]*@", rf"\g<1>{REDACTED}@", ai_llm["endpoint"])
    return ai_llm


def serialize_statistics(item: t.Any) -> dict[str, int | None]:
    """The usage counters of a configuration. The API sends decimal numbers as texts."""
    values = item if isinstance(item, dict) else {}
    return {name: _number(values.get(api_name)) for name, api_name in _COUNTERS.items()}


def to_api(fields: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The fields of a configuration to send, credentials included, with the names of the API."""
    return {_AI_LLM.get(name, name): value for name, value in fields.items()}


def usable_id(value: t.Any) -> str | None:
    """Return the ID that the API sent; None if it cannot be used in the path of a request."""
    try:
        return check_path_segment(text_or_none(value) or "")
    except ValueError:
        return None


def _expect(value: object, field: str) -> t.Any:
    """Return the value of a field of a listed configuration. Raises ApiError if there is none."""
    if not value:
        message = f"the list has a configuration whose {field} is missing, or is not what the API documents"
        raise ApiError(Failure("invalid_response", message, next_step=BAD_LIST))
    return value


def _number(value: t.Any) -> int | None:
    try:
        return int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    except ValueError:
        return None
