# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removals. The suite creates no configuration that is in use: FLASHBACK_TEST_IN_USE_ID names one."""

from __future__ import annotations

import typing as t
import uuid

from ..errors import NotTried
from ..listing import find
from ..response import Json, Response, is_a
from ..run import Run
from ..statement import Seen, responses, shared, statement

ABSENT = {"success": False}


class Removal(t.NamedTuple):
    """A removal, whether the first list after it has the configuration, and the response to a second removal."""

    response: Response
    is_listed: bool
    second: Response


@shared
def removal(run: Run) -> Removal:
    """Raises NotTried if the removal fails."""
    one = run.configurations.create()
    run.configurations.item(one)
    response = run.configurations.remove(one)
    if not response.ok:
        raise NotTried(f"needs a removal, which answered {response}")
    is_listed = find(run.configurations.listed(), id=one.id, name=one.name) is not None
    return Removal(response, is_listed, run.configurations.remove(one))


def first(run: Run) -> Response:
    return removal(run).response


def second(run: Run) -> Response:
    return removal(run).second


responses(
    ("removal_answers_200", "removal_answers_204", first, 200, {"success": True, "message": str}, {"creates": 1}),
    ("second_removal_is_a_404", "second_removal_succeeds", second, 404, ABSENT),
)


@statement("removal_listed_late")
def removal_is_in_the_next_list(run: Run) -> Seen:
    return not removal(run).is_listed, "still listed" if removal(run).is_listed else "not listed"


# The statements about the removal of an ID that does not exist: the switch, and the ID.
UNKNOWN = {
    "removal_of_an_unknown_id_is_a_404": ("unknown_id_answers_403", str(uuid.uuid4())),
    "removal_of_another_text_is_a_404": ("not_uuid_answers_500", "contract-no-uuid"),
    "removal_of_an_encoded_id_is_a_404": ("encoded_slash_answers_html", "contract/no uuid?ü"),
}

for statement_name, (switch, unknown_id) in UNKNOWN.items():

    def send(run: Run, unknown_id: str = unknown_id) -> Response:
        removal(run)
        return run.client.send("DELETE", "/ai/llm/{}", unknown_id)

    responses((statement_name, switch, send, 404, ABSENT))


@shared
def used(run: Run) -> Json:
    item = find(run.configurations.listed(), id=run.settings.in_use_id)
    if item is None:
        raise NotTried("FLASHBACK_TEST_IN_USE_ID is not in the list any more")
    return item


@statement("used_without_repos", permission="in_use_id")
def list_names_the_repositories(run: Run) -> Seen:
    repos = used(run).get("repos")
    return are_named(repos), f"a list of {len(repos)}" if isinstance(repos, list) else "no list"


@statement("in_use_answers_409", permission="in_use_id")
def removal_in_use_is_a_403(run: Run) -> Seen:
    if used(run).get("workspaceId") != run.settings.workspace_id or not are_named(used(run).get("repos")):
        raise NotTried("too dangerous: the list does not show that the configuration is in use")
    response = run.client.send("DELETE", "/ai/llm/{}", run.settings.in_use_id)
    if not run.configurations.wait_for(lambda items: find(items, id=run.settings.in_use_id)):
        return False, f"`{response}`, but the configuration is not listed any more"
    return response.matches(403, success=False), response


def are_named(repos: t.Any) -> bool:
    """Whether this is a list of repositories with their IDs and names, and not an empty one."""
    is_list = isinstance(repos, list) and bool(repos) and all(isinstance(repo, dict) for repo in repos)
    return is_list and all(is_a(repo.get(field), str) for repo in repos for field in ("id", "name"))
