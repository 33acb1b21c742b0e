# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The operations of the API on workspaces."""

from __future__ import annotations

import typing as t

from ._http.answer import Answer, has_list, texts

if t.TYPE_CHECKING:
    from ._http.auth import Session

# The name of each field here and in the API. Other fields are not returned (decision 10).
_WORKSPACE = {"id": "id", "name": "name", "org_id": "orgId"}
_USER = {"user_id": "userId", "role": "role"}
_PERSON = {"email": "email", "name": "name", "last_name": "lastName"}


class Workspaces:
    """The workspaces that the user of the session can reach."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def list(self) -> list[dict[str, t.Any]]:
        """`GET /workspace`: all workspaces, in the API's order. Raises ApiError."""
        items = self._session.call("GET", "/workspace", proof=_has_workspaces)["workspaces"]
        return [serialize_workspace(item) for item in items]


def _has_workspaces(answer: Answer) -> bool:
    return has_list(answer, "workspaces")


def serialize_workspace(item: t.Any) -> dict[str, t.Any]:
    """A workspace: texts or None, and `users`, a list of {user_id, role, email, name, last_name}."""
    users = item.get("users") if isinstance(item, dict) else None
    serialized = [
        {**texts(user, _USER), **texts(user.get("user") if isinstance(user, dict) else None, _PERSON)}
        for user in (users if isinstance(users, list) else [])
    ]
    return {**texts(item, _WORKSPACE), "users": serialized}
