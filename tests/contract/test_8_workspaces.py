# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of workspaces."""

from __future__ import annotations

import typing as t

import pytest

from .server import Answer, Server
from .statements import documented

if t.TYPE_CHECKING:
    from .conftest import Seen


@documented(switch="workspaces_without_name")
def test_workspaces_have_names(workspaces: Answer, seen: Seen) -> None:
    """Each listed workspace has the texts `id` and `name`."""
    seen(workspaces)
    assert workspaces.matches(200, success=True, workspaces=list)
    items = workspaces.body["workspaces"]
    missing = [name for name in ("id", "name") if not all(isinstance(item.get(name), str) for item in items)]
    seen(f"not all have {' and '.join(missing)}" if missing else workspaces)
    assert not missing


@documented(decision=17, switch="workspaces_hidden")
def test_workspace_is_listed(workspaces: Answer, server: Server, seen: Seen) -> None:
    """A workspace whose configurations the user can reach is in the list of workspaces."""
    ids = [item.get("id") for item in workspaces.body.get("workspaces", [])]
    seen("listed" if server.settings.workspace_id in ids else f"not among {len(ids)} workspaces")
    assert server.settings.workspace_id in ids


@pytest.fixture(scope="module")
def workspaces(server: Server) -> Answer:
    return server.send("GET", "/workspace")
