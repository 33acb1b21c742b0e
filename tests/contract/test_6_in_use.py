# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration that a repository uses. The suite creates none: FLASHBACK_TEST_IN_USE_ID names it."""

from __future__ import annotations

import typing as t

import pytest

from .configurations import Configurations, find
from .server import Json, Server
from .statements import documented

if t.TYPE_CHECKING:
    from .conftest import Seen


@documented(decision=4, switch="used_without_repos")
def test_list_names_the_repositories(used: Json, seen: Seen) -> None:
    """`repos` of a configuration that is in use has the `id` and the `name` of each repository."""
    repos = used.get("repos")
    seen(f"a list of {len(repos)}" if isinstance(repos, list) else "no list")
    assert are_named(repos)


@documented(decision=4, switch="in_use_answers_409")
def test_removal_in_use_is_a_403(used: Json, server: Server, configurations: Configurations, seen: Seen) -> None:
    """The removal of a configuration that is in use answers 403 with `success: false`, and the configuration stays."""
    if not are_named(used.get("repos")):
        pytest.skip("too dangerous: the list does not show that the configuration is in use")
    answer = server.send("DELETE", "/ai/llm/{}", used["id"])
    seen(answer)
    assert answer.matches(403, success=False)
    if not configurations.wait_for(lambda items: find(items, id=used["id"])):
        seen(f"`{answer}`, but the configuration is not listed any more")
        raise AssertionError


@pytest.fixture(scope="module")
def used(server: Server, configurations: Configurations) -> Json:
    if not server.settings.in_use_id:
        pytest.skip("needs FLASHBACK_TEST_IN_USE_ID, a configuration that a repository uses")
    item = find(configurations.listed(), id=server.settings.in_use_id)
    return item if item else pytest.skip("FLASHBACK_TEST_IN_USE_ID is not in the list of the test workspace")


def are_named(repos: t.Any) -> bool:
    """Whether this is a list of repositories with their IDs and names, and not an empty one."""
    return (
        isinstance(repos, list)
        and bool(repos)
        and all(
            isinstance(repo, dict) and isinstance(repo.get("id"), str) and isinstance(repo.get("name"), str)
            for repo in repos
        )
    )
