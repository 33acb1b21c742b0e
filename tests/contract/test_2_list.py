# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of configurations."""

from __future__ import annotations

import typing as t
import uuid

import pytest

from .configurations import Configuration, Configurations
from .server import Answer, Server
from .statements import assumed, documented

if t.TYPE_CHECKING:
    from .conftest import Seen

# Fields with which APIs say that there is more, and the objects in which they are.
MORE = ("hasMore", "has_more", "next", "nextPage", "nextCursor", "nextPageToken")
TOTAL = ("total", "totalCount")
PAGING = ("pagination", "paging", "page", "meta", "links", "_links")


@documented(decision=1, switch="list_without_success")
def test_list_returns_configurations(server: Server, seen: Seen) -> None:
    """The list answers 200 with `success: true` and the list `aiLlms`."""
    answer = server.list(server.settings.workspace_id)
    seen(answer)
    assert answer.matches(200, success=True, aiLlms=list)


@assumed(decision=7, switch="items_without_workspace")
def test_listed_configurations_are_identified(
    created: Configuration, configurations: Configurations, seen: Seen
) -> None:
    """Each listed configuration has the texts `id`, `name` and `workspaceId`."""
    configurations.item(created)
    items = configurations.listed()
    missing = {name for item in items for name in ("id", "name", "workspaceId") if not isinstance(item.get(name), str)}
    seen(f"not all have {', '.join(sorted(missing))}" if missing else "all have them")
    assert not missing


@assumed(decision=4, switch="unused_without_repos")
def test_unused_configuration_has_empty_repos(
    created: Configuration, configurations: Configurations, seen: Seen
) -> None:
    """`repos` of a configuration that no repository uses is an empty list."""
    item = configurations.item(created)
    repos = item.get("repos")
    seen(f"a list of {len(repos)}" if isinstance(repos, list) else "null" if "repos" in item else "no field")
    assert repos == []


@documented(decision=7, switch="filter_ignored")
def test_filter_selects_a_workspace(server: Server, configurations: Configurations, seen: Seen) -> None:
    """With `workspaceId`, the list has no configurations of other workspaces."""
    everything = server.list()
    others = {
        item["id"]
        for item in everything.body.get("aiLlms", [])
        if item.get("workspaceId") not in (None, configurations.workspace_id)
    }
    if not others:
        pytest.skip("needs a configuration in another workspace")
    wrong = others & {item["id"] for item in configurations.listed()}
    seen(f"{len(wrong)} of {len(others)} configurations of other workspaces are listed")
    assert not wrong


@assumed(decision=17, switch="unknown_workspace_answers_404")
def test_unknown_workspace_is_empty(server: Server, seen: Seen) -> None:
    """The list of a workspace that does not exist is empty."""
    answer = server.list(str(uuid.uuid4()))
    seen(answer)
    assert answer.matches(200, aiLlms=[])


@assumed(decision=15, switch="list_has_more")
def test_list_is_complete(server: Server, seen: Seen) -> None:
    """The list shows no sign of further pages."""
    signs = signs_of_more(server.list())
    seen(", ".join(signs) or "no sign")
    assert not signs


def signs_of_more(answer: Answer) -> list[str]:
    """Return the fields that say that the list is not complete."""
    places = [answer.body, *(answer.body[name] for name in PAGING if isinstance(answer.body.get(name), dict))]
    shown = len(answer.body.get("aiLlms", []))
    more = [name for place in places for name in MORE if place.get(name)]
    totals = [name for place in places for name in TOTAL if isinstance(place.get(name), int) and place[name] > shown]
    return [*more, *totals, *(["Link header"] if answer.next_link else [])]
