# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of configurations."""

from __future__ import annotations

import uuid

from ..errors import NotTried
from ..listing import find, find_all
from ..response import Response, is_a
from ..run import Run
from ..statement import Seen, responses, statement
from .creation import created

# Fields with which APIs say that there is more, and the objects in which they are.
MORE = ("hasMore", "has_more", "next", "nextPage", "nextCursor", "nextPageToken")
TOTAL = ("total", "totalCount")
NO_ID = {"None"}
PAGING = ("pagination", "paging", "page", "meta", "links", "_links")


def of_workspace(run: Run) -> Response:
    return run.client.list(run.settings.workspace_id)


def of_nothing(run: Run) -> Response:
    return run.client.list(str(uuid.uuid4()))


responses(
    ("list_returns_configurations", "list_without_success", of_workspace, 200, {"success": True, "aiLlms": list}),
    ("unknown_workspace_is_empty", "unknown_workspace_answers_404", of_nothing, 200, {"aiLlms": []}),
)


@statement("items_without_workspace")
def listed_configurations_are_identified(run: Run) -> Seen:
    run.configurations.item(created(run))
    response = of_workspace(run)
    items = response.items("aiLlms")
    missing = {name for item in items for name in ("id", "name", "workspaceId") if not is_a(item.get(name), str)}
    if len(items) < len(response.body["aiLlms"]):
        missing.add("fields at all")
    return not missing, f"not all have the texts {', '.join(sorted(missing))}" if missing else "all have them"


@statement("unused_without_repos")
def unused_configuration_has_empty_repos(run: Run) -> Seen:
    item = run.configurations.item(created(run))
    repos = item.get("repos")
    seen = f"a list of {len(repos)}" if isinstance(repos, list) else "null" if "repos" in item else "no field"
    return repos == [], seen


@statement("filter_ignored")
def filter_selects_a_workspace(run: Run) -> Seen:
    everything = run.client.list().items("aiLlms")
    others = {
        str(item.get("id")) for item in everything if item.get("workspaceId") != run.settings.workspace_id
    } - NO_ID
    if not others:
        raise NotTried("needs a configuration in another workspace")
    wrong = others & {str(item.get("id")) for item in run.configurations.listed()}
    return not wrong, f"{len(wrong)} of {len(others)} configurations of other workspaces are listed"


@statement("foreign_workspace_answers_500", permission="foreign_workspace_id")
def foreign_workspace_is_closed(run: Run) -> Seen:
    response = run.client.list(run.settings.foreign_workspace_id)
    return response.status in (403, 404) or response.matches(200, aiLlms=[]), response


@statement("list_has_more")
def list_shows_no_sign_of_more(run: Run) -> Seen:
    signs = signs_of_more(run.client.list())
    return not signs, ", ".join(signs) or "no sign"


@statement("list_is_cut")
def list_is_not_cut(run: Run) -> Seen:
    wanted = [run.configurations.fields() for _number in range(run.settings.many)]
    responses = run.configurations.send_at_once(wanted)
    names = {fields["name"] for fields, answer in zip(wanted, responses) if isinstance(answer, Response) and answer.ok}
    if not names:
        raise NotTried(f"needs configurations, but the first creation ended with {responses[0]}")
    run.configurations.wait_for(lambda items: find_all(items, names), "many creations")
    listed = {str(item.get("name")) for item in run.configurations.listed()}
    missing = len(names - listed)
    return (
        not missing,
        f"{missing} are missing, {len(listed)} are listed" if missing else f"complete up to {len(listed)}",
    )


@statement("new_connections_list_late", creates=1, needs=("creation_is_in_the_next_list",))
def list_on_a_new_connection(run: Run) -> Seen:
    name = run.configurations.create().name
    run.client.open_new_connection()
    is_listed = find(run.configurations.listed(), name=name) is not None
    return is_listed, "listed" if is_listed else "not listed"


def signs_of_more(response: Response) -> list[str]:
    """Return the fields that say that the list is not complete."""
    places = [response.body, *(response.body[name] for name in PAGING if isinstance(response.body.get(name), dict))]
    shown = len(response.items("aiLlms"))
    more = [name for place in places for name in MORE if place.get(name)]
    totals = [name for place in places for name in TOTAL if is_a(place.get(name), int) and place[name] > shown]
    return [*more, *totals, *(["Link header"] if response.next_link else [])]
