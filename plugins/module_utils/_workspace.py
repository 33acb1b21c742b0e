# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The operations of the API on workspaces."""

from __future__ import annotations

import typing as t

from ansible_collections.flashback.platform.plugins.module_utils._answer import Answer, has_list
from ansible_collections.flashback.platform.plugins.module_utils._serialize import serialize_workspace

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.plugins.module_utils._auth import Session


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
