# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Updates."""

from __future__ import annotations

import typing as t
import uuid

import pytest

from .configurations import Configurations, find
from .server import Answer, Json, Server
from .statements import assumed, documented

if t.TYPE_CHECKING:
    from .conftest import Seen

NEW_ENDPOINT = "https://models.example.com/v2"


@documented(switch="partial_update_refused")
def test_update_changes_only_the_sent_field(update: Update, seen: Seen) -> None:
    """An update with one field changes this field, and the others stay."""
    expected = {**update.before, "endpoint": NEW_ENDPOINT}
    wrong = [name for name, value in expected.items() if update.after.get(name) != value]
    seen(f"different: {', '.join(wrong)}" if update.answer.ok and wrong else update.answer)
    assert not wrong


@assumed(decision=1, switch="update_answers_204")
def test_update_returns_the_id(update: Update, seen: Seen) -> None:
    """An update answers 200 with `success: true` and the text `aiLlmId`."""
    seen(needs_success(update))
    assert update.answer.matches(200, success=True, aiLlmId=str)


@assumed(decision=14, switch="update_listed_late")
def test_update_is_in_the_next_list(update: Update, seen: Seen) -> None:
    """The first list after an update has the new values."""
    needs_success(update)
    is_new = update.first_listed.get("endpoint") == NEW_ENDPOINT
    seen("the new value" if is_new else "the old value")
    assert is_new


@assumed(switch="empty_update_refused")
def test_update_without_fields_succeeds(update: Update, server: Server, seen: Seen) -> None:
    """An update without fields succeeds."""
    answer = server.send("PUT", "/ai/llm/{}", update.id, body={})
    seen(answer)
    assert answer.ok


@assumed(decision=3, switch="unknown_update_answers_403")
def test_update_of_an_unknown_id_is_a_404(server: Server, configurations: Configurations, seen: Seen) -> None:
    """An update of an ID that does not exist answers 404 with `success: false`."""
    fields = configurations.fields(secret=None, workspaceId=None)
    answer = server.send("PUT", "/ai/llm/{}", str(uuid.uuid4()), body=fields)
    seen(answer)
    assert answer.matches(404, success=False)


class Update(t.NamedTuple):
    """An update, and the configuration before it, in the first list after it, and when the list shows the update."""

    id: str
    answer: Answer
    before: Json
    first_listed: Json
    after: Json


@pytest.fixture(scope="module")
def update(server: Server, configurations: Configurations) -> Update:
    created = configurations.create()
    before = {name: configurations.item(created).get(name) for name in ("name", "aiType", "workspaceId")}
    answer = server.send("PUT", "/ai/llm/{}", created.id, body={"endpoint": NEW_ENDPOINT})
    first_listed = find(configurations.listed(), id=created.id) or {}

    def updated(items: list[Json]) -> Json | None:
        item = find(items, id=created.id)
        return item if item and item.get("endpoint") == NEW_ENDPOINT else None

    after = configurations.wait_for(updated) if answer.ok else None
    return Update(created.id, answer, before, first_listed, after or first_listed)


def needs_success(update: Update) -> Answer:
    if not update.answer.ok:
        pytest.skip(f"needs an update, which answered {update.answer}")
    return update.answer
