# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The operations of the API on workspaces."""

from __future__ import annotations

import typing as t

from ._errors import ApiError, Failure
from ._http.listing import read_list
from ._http.response import texts
from ._next_steps import BAD_LIST

if t.TYPE_CHECKING:
    from ._http.auth import AuthenticatedClient

# The name of each field here and in the API. Other fields are not returned (decision 10).
_WORKSPACE = {"id": "id", "name": "name", "org_id": "orgId"}
_USER = {"user_id": "userId", "role": "role"}
_PERSON = {"email": "email", "name": "name", "last_name": "lastName"}


def list_workspaces(client: AuthenticatedClient, **wanted: str) -> list[dict[str, t.Any]]:
    """`GET /workspace`: the workspaces that the user can reach, in the API's order.

    :param wanted: Return only those with this `id` and `name`.
    :raises ApiError: The request failed, or the `id` of a workspace, or another field that decides, is not a text.
        Such a list does not show what exists.
    """
    found = []
    for item in read_list(client, "/workspace", "workspaces"):
        workspace = serialize_workspace(item)
        if any(workspace[field] not in (None, "", value) for field, value in wanted.items()):
            continue
        unusable = [field for field in ("id", *wanted) if not workspace[field]]
        if unusable:
            message = f"the list has a workspace without a usable {unusable[0]}"
            raise ApiError(Failure("invalid_response", message, next_step=BAD_LIST))
        found.append(workspace)
    return found


def serialize_workspace(item: t.Any) -> dict[str, t.Any]:
    """A workspace: texts or None, and `users`, a list of {user_id, role, email, name, last_name}."""
    users = item.get("users") if isinstance(item, dict) else None
    serialized = [
        {**texts(user, _USER), **texts(user.get("user") if isinstance(user, dict) else None, _PERSON)}
        for user in (users if isinstance(users, list) else [])
    ]
    return {**texts(item, _WORKSPACE), "users": serialized}


def check_workspace(client: AuthenticatedClient, workspace_id: str) -> tuple[str, ...]:
    """Return a warning if a workspace that lists nothing is not known: with a mistyped ID, a task would succeed."""
    lead = f"Workspace '{workspace_id}' has no configuration"
    try:
        known = list_workspaces(client, id=workspace_id)
    except ApiError as error:
        return (f"{lead}. The check whether this workspace exists failed: {error.failure}",)
    if known:
        return ()
    return (
        f"{lead}, and is not among the workspaces that the user can reach. Check workspace_id: the module"
        " workspace_info lists the IDs.",
    )
