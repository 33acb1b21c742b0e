# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""What a task asks for."""

from __future__ import annotations

import typing as t
from types import MappingProxyType

if t.TYPE_CHECKING:
    from collections.abc import Mapping


class Wanted(t.NamedTuple):
    """A configuration as the task describes it."""

    # The plan finds the configuration by its ID if it is set, else by its name in the workspace of the rules.
    id: str | None
    name: str | None
    # Whether it must exist.
    present: bool
    # The options that are set for it, including credentials.
    fields: dict[str, t.Any]
    # Where the values of its credentials come from, by field, in the words of the task.
    sources: Mapping[str, str] = MappingProxyType({})


class Rules(t.NamedTuple):
    """Rules for all configurations of the task."""

    # The workspace to which all must belong.
    workspace_id: str | None = None
    # Whether to send credentials with updates.
    rotate: bool = False
    # Whether to remove the configurations that the task does not name.
    prune: bool = False
    # The largest number to remove for that reason; None for any number.
    prune_limit: int | None = None
    # The only plan to apply, see plan_id.py; None for any plan.
    plan_id: str | None = None
    # Whether the platform checks each configuration that exists after the creations and updates.
    validate: bool = False
    # The address of the API, because a plan belongs to one.
    api_url: str = ""


class Mode(t.NamedTuple):
    """How the task runs."""

    # Whether to predict the changes, not to make them.
    check: bool
    # Whether to return the values before and after the changes.
    diff: bool
