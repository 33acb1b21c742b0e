# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The AI LLM configurations of the Flashback Platform API. Knows no AnsibleModule."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.dict_transformations import (
    camel_dict_to_snake_dict,
    snake_dict_to_camel_dict,
)

from ansible_collections.flashback.platform.plugins.module_utils._client import (
    ApiError,
    Client,
    check_path_segment,
    one_line,
)

# What is returned and shown. An allow-list: "key", and whatever the API may add one day, stays out.
_FIELDS = ("id", "orgId", "workspaceId", "userId", "name", "aiType", "endpoint", "createdAt")
_REPO_FIELDS = ("id", "name", "createdAt")

# Sent, and never read back (contract 9).
CREDENTIALS = ("key", "secret")

# Repositories named in a sentence; error.repositories has all.
_NAMED = 10


class AiLlms:
    """The configurations that the client's token can reach."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self, workspace_id: str | None = None, *, available: bool = False) -> list[dict[str, t.Any]]:
        """C(GET /ai/llm): every configuration, or those of one workspace. Dicts as serialize() makes them.

        available: C(GET /ai/llm/available), only those that are ready for use, newest first.
        The API's filter is not trusted (contract 7). Raises ApiError.
        """
        path = "/ai/llm/available" if available else "/ai/llm"
        query = {"workspaceId": workspace_id} if workspace_id is not None and not available else None
        items = self._client.request("GET", path, query=query).get("aiLlms")
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

    def create(self, fields: dict[str, t.Any]) -> dict[str, t.Any]:
        """C(POST /ai/llm) with C(name), C(workspace_id), C(ai_type), C(endpoint), C(secret), and maybe C(key).

        Returns the new configuration as it is listed, since the API answers its id only; or, if it is not listed yet,
        as far as it is known. Raises ApiError. A lost answer is made up for by the list: a configuration that bears the
        name now is the one just created (contract 6).
        """
        try:
            answer = self._client.request("POST", "/ai/llm", body=snake_dict_to_camel_dict(fields))
        except ApiError as error:
            if not error.maybe_done:
                raise
            created = self._find_if_listed(name=fields["name"], workspace_id=fields["workspace_id"])
            if created is None:
                raise
            return created
        try:
            new_id = check_path_segment(_text(answer.get("aiLlmId")) or "")
        except ValueError:
            created = self._find_if_listed(name=fields["name"], workspace_id=fields["workspace_id"])
            if created is None:
                message = "the API created it, but neither tells its ID nor lists it"
                raise ApiError("invalid_response", message, result={"changed": True}) from None
            return created
        created = self._find_if_listed(id=new_id, workspace_id=fields["workspace_id"])
        return created or {**merged(None, fields), "id": new_id}

    def update(self, id: str, changes: dict[str, t.Any]) -> None:
        """C(PUT /ai/llm/{id}) with only those fields that are to change. Raises ApiError, C(not_found) among others."""
        self._client.request("PUT", "/ai/llm/{}", id, body=snake_dict_to_camel_dict(changes))

    def validate(self, id: str) -> dict[str, t.Any]:
        """C(POST /ai/llm/{id}/validate): let the platform call the provider, which may cost tokens.

        Returns C({valid, message}): a 200 with C(success: false) is an answer here, not a failure (contract 1).
        """
        try:
            answer = self._client.request("POST", "/ai/llm/{}/validate", id, failure_is_answer=True)
        except ApiError as error:
            # It changes nothing, so that there is no outcome to be in doubt of.
            error.maybe_done = False
            raise
        return {"valid": answer.get("success") is True, "message": self._client.words(answer)}

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
        listed = self._find_if_listed(id=id)
        if listed and listed["repos"]:
            repositories = [{"id": repo["id"], "name": repo["name"]} for repo in listed["repos"]]
            return ApiError(
                "in_use",
                error.message,
                http_status=403,
                hint=f"It is used by {repository_names(listed)}. Unlink it there first.",
                details={"repositories": repositories},
            )
        error.hint = "The token may lack the permission, or a repository that it cannot see uses the configuration."
        return error

    def _find_if_listed(self, **identity: str) -> dict[str, t.Any] | None:
        """As find(), where a failure to list must not hide what is known already."""
        try:
            return self.find(**identity)
        except ApiError:
            return None


def merged(ai_llm: dict[str, t.Any] | None, changes: dict[str, t.Any]) -> dict[str, t.Any]:
    """The configuration that the changes make of another, or of none. Credentials are left out."""
    shown = {field: value for field, value in changes.items() if field not in CREDENTIALS}
    return {**(ai_llm or {**camel_dict_to_snake_dict(dict.fromkeys(_FIELDS)), "repos": []}), **shown}


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
