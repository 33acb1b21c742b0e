# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a run: what it sends at most. It is printed, and confirmed, before anything is sent."""

from __future__ import annotations

import typing as t

from .settings import SettingsError, variable
from .statement import STATEMENTS, Statement

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .settings import Settings

MOCK = "THE MOCK API. This run proves nothing about a server. To check one, set FLASHBACK_API_URL."

# What the preflight and the smoke run create, and what the search for the largest values does.
ALWAYS, LARGEST = 2, 36


class Plan(t.NamedTuple):
    """At most how many of each the run sends, besides its cleanup."""

    requests: int
    creations: int
    logins: int

    @classmethod
    def of(cls, settings: Settings) -> Plan:
        tried = [statement for statement in STATEMENTS.values() if is_allowed(statement, settings)]
        creations = ALWAYS + sum(one.creates for one in tried) + settings.many + settings.largest * LARGEST
        logins = 1 + sum(one.logins for one in tried) if settings.can_log_in else 0
        return cls(4 * creations + 200, creations, logins)


def is_allowed(statement: Statement, settings: Settings) -> bool:
    return not statement.permission or bool(getattr(settings, statement.permission))


def describe(plan: Plan, settings: Settings, folder: str) -> str:
    """Return the plan for people."""
    missing = sorted({variable(one.permission) for one in STATEMENTS.values() if not is_allowed(one, settings)})
    refused = (
        f"the removal of {settings.in_use_id}, if the list shows that a repository uses it; the API must refuse"
        if settings.in_use_id
        else "nothing"
    )
    rows = {
        "server": MOCK if settings.is_mock else settings.api_url,
        "user": settings.email or "the owner of the access token",
        "workspace": f"{settings.workspace_id}, if its name is {settings.confirm or 'the one that you type'}",
        "creates": f"at most {plan.creations} configurations with dummy credentials, named contract-…"
        + (f"; two of them in {settings.second_workspace_id}" if settings.second_workspace_id else ""),
        "removes": f"these {plan.creations} at most, and no other ones",
        "asks for": refused,
        "reads": "in the whole organization: configurations, workspaces, usage statistics",
        "requests": f"at most {plan.requests} within {settings.minutes} minutes, and those of the cleanup",
        "logins": f"{plan.logins}, and one more whenever the token ends; it revokes all of them",
        "may cost": "a validation, for which the platform may call the provider" if settings.validate else "nothing",
        "writes": f"a report and a journal in {folder}",
        "leaves out": f"what needs {', '.join(missing)}" if missing else "nothing",
    }
    return "\n".join(f"  {name:<11}{text}" for name, text in rows.items())


def confirm(settings: Settings, ask: Callable[[str], str] | None) -> str:
    """Return the name of the workspace, which confirms the plan. ask: None if there is no terminal.

    The preflight compares the name with the one that the API lists. Raises SettingsError if there is none.
    """
    if not settings.confirm and ask is None:
        raise SettingsError("There is no terminal to ask. Set FLASHBACK_TEST_CONFIRM to the name of the workspace.")
    name = settings.confirm or (ask("To start, type the name of this workspace: ").strip() if ask else "")
    if not name:
        raise SettingsError("Not confirmed, so nothing was sent.")
    return name
