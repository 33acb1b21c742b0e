# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preflight: read, and create one configuration, before anything else. Each doubt stops the run."""

from __future__ import annotations

import typing as t

from .errors import Ended, NotTried, Stopped
from .listing import NAME, find
from .response import Json, is_a

if t.TYPE_CHECKING:
    from .run import Run


def preflight(run: Run) -> None:
    """Raises Ended with one reason."""
    try:
        run.login = None if run.client.token else run.client.log_in_again()
        check_workspaces(run)
        listed = check_list(run)
        check_use(run, listed)
        check_creation(run)
    except NotTried as exc:
        raise Stopped(str(exc)) from None


def check_workspaces(run: Run) -> None:
    """The user can reach the workspace, and it has the name that confirms the plan."""
    response = run.client.send("GET", "/workspace")
    if not response.has(workspaces=list):
        raise Stopped(f"the list of workspaces answered {response}", "workspaces_have_names" if response.ok else "")
    found = {str(item.get("id")): item.get("name") for item in response.items("workspaces")}
    number = len(found)
    if response.body["workspaces"] and not number:
        raise Stopped("the list of workspaces has no objects", "workspaces_have_names")
    for id, name in zip(run.settings.workspaces, (run.settings.confirm, None)):
        if id not in found:
            reason = f"the workspace is not among the {number} that the user can reach. Check the ID, and the user"
            raise Stopped(reason, "workspace_is_listed" if not number else "")
        listed = found[id]
        if not isinstance(listed, str):
            raise Stopped("the list does not show the name of the workspace", "workspaces_have_names")
        if name is not None and listed.strip() != name:
            raise Stopped("the workspace has another name than the one that confirms the plan")


def check_list(run: Run) -> list[Json]:
    """The list can be read, with and without its filter. Protects what it shows."""
    items: list[Json] = []
    for workspace in (*run.settings.workspaces, None):
        response = run.client.list(workspace)
        if not response.has(aiLlms=list):
            wrong = response.ok and response.parsed is not None
            raise Stopped(f"the list answered {response}", "list_returns_configurations" if wrong else "")
        items += response.items("aiLlms")
    run.client.protected = {str(item["id"]) for item in items if is_a(item.get("id"), str) or is_a(item.get("id"), int)}
    return items


def check_use(run: Run, listed: list[Json]) -> None:
    """No configuration is in use, but the named one, which is in the workspace. Names what earlier runs have left."""
    used_id = run.settings.in_use_id
    for item in listed:
        id, place = str(item.get("id")), item.get("workspaceId")
        if not is_a(place, str):
            reason = "the list does not show the workspace of each configuration, so the run could touch another one"
            raise Stopped(reason, "listed_configurations_are_identified")
        if item.get("repos") and id != used_id and place in run.settings.workspaces:
            raise Stopped(
                "a configuration in the workspace is in use, so this looks like production. Use a workspace for tests, "
                "or name the configuration in FLASHBACK_TEST_IN_USE_ID"
            )
        if NAME.match(str(item.get("name"))) and place in run.settings.workspaces:
            run.earlier.add(str(item["name"]))
    if used_id:
        used = find(listed, id=used_id)
        if used is None or used.get("workspaceId") != run.settings.workspace_id:
            raise Stopped("FLASHBACK_TEST_IN_USE_ID is not a configuration in the workspace")


def check_creation(run: Run) -> None:
    """A creation with a valid body is listed, is removed, and is not listed any more."""
    created = run.configurations.create(reason="nothing can be proven without a valid creation")
    name = created.name
    run.configurations.item(created)
    response = run.configurations.remove(created)
    if not response.ok:
        raise Ended(f"the removal of the first configuration answered {response}")
    gone = run.configurations.wait_for(lambda items: not find(items, id=created.id, name=name), "a removal")
    if not gone:
        raise Ended(f"the first configuration is still listed, although its removal answered {response}")
