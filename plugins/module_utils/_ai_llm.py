# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The AI LLM configurations of the Flashback Platform API. Knows no AnsibleModule."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from ansible_collections.flashback.platform.plugins.module_utils._client import (
    ApiError,
    Client,
    check_path_segment,
    one_line,
)

# What is returned and shown. An allow-list: "key", and whatever the API may add one day, stays out.
_FIELDS = ("id", "orgId", "workspaceId", "userId", "name", "aiType", "endpoint", "createdAt")
_REPO_FIELDS = ("id", "name", "createdAt")

# Repositories named in a sentence; error.repositories has all.
_NAMED = 10


class AiLlms:
    """The configurations that the client's token can reach."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self, workspace_id: str | None = None) -> list[dict[str, t.Any]]:
        """C(GET /ai/llm): every configuration, or those of one workspace. Dicts as serialize() makes them.

        The API's filter is not trusted (contract 7). Raises ApiError.
        """
        query = {"workspaceId": workspace_id} if workspace_id is not None else None
        items = self._client.request("GET", "/ai/llm", query=query).get("aiLlms")
        try:
            if not isinstance(items, list):
                raise ValueError("not a list")
            ai_llms = [serialize(item) for item in items]
        except ValueError:
            raise ApiError("invalid_response", "the answer holds no list of AI LLM configurations") from None
        return [ai_llm for ai_llm in ai_llms if workspace_id in (None, ai_llm["workspace_id"])]

    def find(
        self, *, id: str | None = None, name: str | None = None, workspace_id: str | None = None
    ) -> dict[str, t.Any] | None:
        """The configuration with this id, else the one of this name in the workspace. None if it is not listed.

        Raises ApiError: C(workspace_mismatch) if that with the id is not in the given workspace, C(ambiguous_name) if
        several bear the name (contract 8).
        """
        if id is not None:
            found = next((ai_llm for ai_llm in self.list() if ai_llm["id"] == id), None)
            if found and workspace_id not in (None, found["workspace_id"]):
                raise ApiError("workspace_mismatch", f"it belongs to workspace {found['workspace_id']}")
            return found
        same_name = [ai_llm for ai_llm in self.list(workspace_id) if ai_llm["name"] == name]
        if len(same_name) > 1:
            ids = ", ".join(ai_llm["id"] for ai_llm in same_name)
            raise ApiError("ambiguous_name", f"{len(same_name)} configurations bear this name: {ids}. Give the id")
        return same_name[0] if same_name else None

    def delete(self, id: str) -> bool:
        """C(DELETE /ai/llm/{id}), for good. True if this removed the configuration, False if there was none.

        Raises ApiError: C(in_use) or C(forbidden) for a 403 (contract 4).
        """
        try:
            self._client.request("DELETE", "/ai/llm/{}", id)
        except ApiError as error:
            if error.http_status == 404:
                if not error.documented:
                    self._confirm_absent(id, error)
                # Not found after a try whose answer was lost: that try removed it (contract 5).
                return error.maybe_done
            if error.http_status == 403:
                raise self._explain_refusal(id, error) from None
            raise
        return True

    def _confirm_absent(self, id: str, error: ApiError) -> None:
        """Believe a 404 of unknown origin only if the list shows no such configuration (contract 3)."""
        try:
            listed = self.find(id=id)
        except ApiError as list_error:
            raise ApiError(
                "invalid_response",
                f"{error.message}. Listing the configurations, to be sure, failed too: {list_error.message}",
                http_status=404,
                maybe_done=error.maybe_done,
            ) from None
        if listed:
            error.message += ". The configuration is still listed"
            error.maybe_done = False
            raise error

    def _explain_refusal(self, id: str, error: ApiError) -> ApiError:
        """Tell the two meanings of a 403 apart by the list, never by the text of the message (contract 4)."""
        try:
            listed = self.find(id=id)
        except ApiError:
            listed = None
        if listed and listed["repos"]:
            repositories = [{"id": repo["id"], "name": repo["name"]} for repo in listed["repos"]]
            return ApiError(
                "in_use",
                error.message,
                http_status=403,
                maybe_done=error.maybe_done,
                hint=f"It is used by {repository_names(listed)}. Unlink it there first.",
                details={"repositories": repositories},
            )
        error.hint = "The token may lack the permission, or a repository that it cannot see uses the configuration."
        return error


def serialize(item: t.Any) -> dict[str, t.Any]:
    """A configuration as modules return it: snake_case, texts or None, C(repos) a list of dicts; never a credential.

    Survives fields that are missing or of another type (contract 10). Raises ValueError for what is no configuration:
    without an id that can be addressed, neither its presence nor its absence proves anything.
    """
    ai_llm: dict[str, t.Any] = _texts(item, _FIELDS)
    check_path_segment(ai_llm["id"] or "")
    repos = item.get("repos")
    ai_llm["repos"] = [_texts(repo, _REPO_FIELDS) for repo in repos] if isinstance(repos, list) else []
    return camel_dict_to_snake_dict(ai_llm)


def repository_names(ai_llm: dict[str, t.Any]) -> str:
    """The repositories that use a configuration, for a sentence."""
    names = [f"{repo['name'] or 'unnamed'} ({repo['id']})" for repo in ai_llm["repos"]]
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    count = f"{len(names)} {'repository' if len(names) == 1 else 'repositories'}"
    return one_line(f"{count}: {', '.join(names[:_NAMED] + more)}")


def _texts(item: t.Any, fields: tuple[str, ...]) -> dict[str, t.Any]:
    values = item if isinstance(item, dict) else {}
    return {field: _text(values.get(field)) for field in fields}


def _text(value: t.Any) -> str | None:
    """The value if it is a text that Ansible can carry: JSON can spell lone surrogates, UTF-8 cannot."""
    try:
        value.encode("utf-8")
    except (AttributeError, UnicodeEncodeError):
        return None
    return t.cast("str", value)
