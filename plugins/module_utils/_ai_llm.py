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
    excerpt,
    for_each,
)

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

# What is returned and shown. An allow-list: "key", and whatever the API may add one day, stays out.
_FIELDS = ("id", "orgId", "workspaceId", "userId", "name", "aiType", "endpoint", "createdAt")
_REPO_FIELDS = ("id", "name", "createdAt")

# Sent, and never read back (contract 9).
CREDENTIALS = ("key", "secret")

_FORBIDDEN = "The token may lack the permission, or a repository that it cannot see uses the configuration."

# Things named in a sentence; the other return values have all.
_NAMED = 10


class AiLlms:
    """The configurations that the client's token can reach."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def listed(
        self, workspace_id: str | None = None, *, ids: Collection[str] | None = None, available: bool = False
    ) -> list[dict[str, t.Any]]:
        """C(GET /ai/llm): every configuration, or those of one workspace, or those of some IDs, as serialize() has it.

        available: C(GET /ai/llm/available), only those that are ready for use, newest first.
        The API's filter is not trusted (contract 7). Raises ApiError; for an item without an ID that can be addressed
        too, since such a list proves neither presence nor absence.
        """
        path = "/ai/llm/available" if available else "/ai/llm"
        query = {"workspaceId": workspace_id} if workspace_id is not None and not available else None
        items = self._client.request("GET", path, query=query).get("aiLlms")
        try:
            if not isinstance(items, list):
                raise ValueError("not a list")
            kept = []
            for item in items:
                # Only what is asked for is kept: the list of a large organization is large.
                item_id = _id_of(item)
                if (ids is None or item_id in ids) and workspace_id in (None, item.get("workspaceId")):
                    kept.append(serialize(item))
            return kept
        except ValueError:
            raise ApiError("invalid_response", "the answer holds no list of AI LLM configurations") from None

    def find(
        self, *, id: str | None = None, name: str | None = None, workspace_id: str | None = None
    ) -> dict[str, t.Any] | None:
        """The configuration with this id, else the one of this name in the workspace. None if it is not listed.

        Raises ApiError: C(workspace_mismatch) if that with the id is not in the given workspace, C(ambiguous_name) if
        several bear the name (contract 8).
        """
        if id is not None:
            found = next(iter(self.listed(ids=[id])), None)
            if found and workspace_id not in (None, found["workspace_id"]):
                raise ApiError("workspace_mismatch", excerpt(f"it belongs to workspace {found['workspace_id']}"))
            return found
        same_name = [ai_llm for ai_llm in self.listed(workspace_id) if ai_llm["name"] == name]
        if len(same_name) > 1:
            ids = some([ai_llm["id"] for ai_llm in same_name])
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
            new_id = _id_of(answer, "aiLlmId")
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

    def delete(self, ids: Sequence[str]) -> list[Removal]:
        """C(DELETE /ai/llm/{id}) for each of the IDs, for good, a few at once. One list at the most explains refusals.

        Raises nothing of its own: each removal has its outcome. C(in_use) and C(forbidden) are told apart by the list,
        never by the text of the message (contract 4); a 404 that is not this API's is believed only if the list shows
        no such configuration (contract 3).
        """
        removals = for_each(self._delete, ids)
        doubtful = [removal for removal in removals if removal.error and removal.error.http_status in (403, 404)]
        if doubtful:
            try:
                listed = {ai_llm["id"]: ai_llm for ai_llm in self.listed(ids={removal.id for removal in doubtful})}
                for removal in doubtful:
                    removal.settle(listed.get(removal.id))
            except ApiError as list_error:
                for removal in doubtful:
                    removal.leave_open(list_error)
        return removals

    def _delete(self, id: str) -> Removal:
        try:
            self._client.request("DELETE", "/ai/llm/{}", id)
        except ApiError as error:
            if error.http_status == 404 and error.documented:
                # Not found after a try whose answer was lost: that try removed it (contract 5).
                return Removal(id, deleted=error.maybe_done)
            return Removal(id, error=error)
        return Removal(id, deleted=True)

    def _find_if_listed(self, **identity: str) -> dict[str, t.Any] | None:
        """As find(), where a failure to list must not hide what is known already."""
        try:
            return self.find(**identity)
        except ApiError:
            return None


class Removal:
    """How the removal of one configuration ended.

    deleted: this removed it. error: why it is not removed. Neither: there was none.
    """

    def __init__(self, id: str, *, deleted: bool = False, error: ApiError | None = None) -> None:
        self.id = id
        self.deleted = deleted
        self.error = error

    def settle(self, listed: dict[str, t.Any] | None) -> None:
        """Decide on a 403, or a 404 of unknown origin, by what is listed under the ID."""
        error = t.cast("ApiError", self.error)
        if error.http_status == 404 and listed is None:
            self.deleted, self.error = error.maybe_done, None
        elif error.http_status == 404:
            error.message += ". The configuration is still listed"
            error.maybe_done = False
        elif listed and listed["repos"]:
            error.code = "in_use"
            error.hint = f"It is used by {repository_names(listed)}. Unlink it there first."
            error.details["repositories"] = [{"id": repo["id"], "name": repo["name"]} for repo in listed["repos"]]
            error.maybe_done = False
        else:
            error.hint = _FORBIDDEN

    def leave_open(self, list_error: ApiError) -> None:
        """Say what is known of a 403, or a 404 of unknown origin, when there is no list to decide by."""
        error = t.cast("ApiError", self.error)
        if error.http_status == 404:
            error.message += f". Listing the configurations, to be sure, failed too: {list_error.message}"
        else:
            error.hint = _FORBIDDEN

    def outcome(self) -> dict[str, t.Any]:
        """An item of the C(outcomes) return value."""
        if self.error:
            return {"id": self.id, "outcome": "failed", "error": self.error.as_dict()}
        return {"id": self.id, "outcome": "deleted" if self.deleted else "absent"}


def merged(ai_llm: dict[str, t.Any] | None, changes: dict[str, t.Any]) -> dict[str, t.Any]:
    """The configuration that the changes make of another, or of none. Credentials are left out."""
    shown = {field: value for field, value in changes.items() if field not in CREDENTIALS}
    return {**(ai_llm or {**camel_dict_to_snake_dict(dict.fromkeys(_FIELDS)), "repos": []}), **shown}


def serialize(item: t.Any) -> dict[str, t.Any]:
    """A configuration as modules return it: snake_case, texts or None, C(repos) a list of dicts; never a credential.

    Survives fields that are missing or of another type (contract 10).
    """
    ai_llm: dict[str, t.Any] = _texts(item, _FIELDS)
    repos = item.get("repos")
    ai_llm["repos"] = [_texts(repo, _REPO_FIELDS) for repo in repos] if isinstance(repos, list) else []
    return camel_dict_to_snake_dict(ai_llm)


def _id_of(item: t.Any, field: str = "id") -> str:
    """The ID that the item holds. Raises ValueError if it is none that can be addressed."""
    return check_path_segment(_text(item.get(field) if isinstance(item, dict) else None) or "")


def repository_names(ai_llm: dict[str, t.Any]) -> str:
    """The repositories that use a configuration, for a sentence."""
    names = [f"{repo['name'] or 'unnamed'} ({repo['id']})" for repo in ai_llm["repos"]]
    count = f"{len(names)} {'repository' if len(names) == 1 else 'repositories'}"
    return f"{count}: {some(names)}"


def some(names: Sequence[str]) -> str:
    """The first few of the names, cut, and how many more there are, for a sentence."""
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*map(excerpt, names[:_NAMED]), *more])


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
