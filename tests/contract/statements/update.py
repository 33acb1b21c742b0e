# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Updates."""

from __future__ import annotations

import typing as t
import uuid

from ..configurations import Creation
from ..errors import NotTried
from ..listing import find
from ..response import Json, Response
from ..run import Run
from ..statement import Seen, responses, shared, statement

NEW_ENDPOINT = "https://models.example.com/v2"
UNKNOWN = "update_of_an_unknown_id_is_a_404"
REASON = {"success": False, "message": str}
WORKS = "update_changes_only_the_sent_field"


class Update(t.NamedTuple):
    """An update, and the configuration before it, in the first list after it, and when the list shows the update."""

    id: str
    response: Response
    before: Json
    first_listed: Json
    after: Json


def change(run: Run, id: str, **fields: str) -> Response:
    return run.client.send("PUT", "/ai/llm/{}", id, body=fields)


def wait_until(run: Run, one: Creation, **fields: str) -> Json | None:
    """Return the configuration when it is listed with the fields. Returns None if it never is."""

    def updated(items: list[Json]) -> Json | None:
        item = find(items, id=one.id, name=one.name)
        return item if item and fields.items() <= item.items() else None

    return t.cast("Json | None", run.configurations.wait_for(updated, "an update"))


@shared
def update(run: Run) -> Update:
    one = run.configurations.create()
    one.kept = True
    before = {name: run.configurations.item(one).get(name) for name in ("name", "aiType", "workspaceId")}
    response = change(run, one.id, endpoint=NEW_ENDPOINT)
    first_listed = find(run.configurations.listed(), id=one.id, name=one.name) or {}
    after = wait_until(run, one, endpoint=NEW_ENDPOINT) if response.ok else None
    return Update(one.id, response, before, first_listed, after or first_listed)


def needs_success(run: Run) -> Update:
    if not update(run).response.ok:
        raise NotTried(f"needs an update, which answered {update(run).response}")
    return update(run)


def needs_update(run: Run) -> Response:
    return needs_success(run).response


def empty_update(run: Run) -> Response:
    return change(run, needs_success(run).id)


@shared
def unknown_update(run: Run) -> Response:
    """The response to a valid update of an ID that does not exist."""
    return change(run, str(uuid.uuid4()), endpoint=NEW_ENDPOINT)


def needs_refusal(run: Run) -> Response:
    if not unknown_update(run).refused:
        raise NotTried(f"needs a refusal, which answered {unknown_update(run)}")
    return unknown_update(run)


@statement("partial_update_refused", creates=1)
def update_changes_only_the_sent_field(run: Run) -> Seen:
    expected = {**update(run).before, "endpoint": NEW_ENDPOINT}
    wrong = [name for name, value in expected.items() if update(run).after.get(name) != value]
    is_different = update(run).response.ok and wrong
    return not wrong, f"different: {', '.join(wrong)}" if is_different else update(run).response


@statement("update_listed_late")
def update_is_in_the_next_list(run: Run) -> Seen:
    is_new = needs_success(run).first_listed.get("endpoint") == NEW_ENDPOINT
    return is_new, "the new value" if is_new else "the old value"


responses(
    ("update_returns_the_id", "update_answers_204", needs_update, 200, {"success": True, "aiLlmId": str}),
    ("update_without_fields_succeeds", "empty_update_refused", empty_update, "ok"),
    (UNKNOWN, "unknown_update_answers_403", unknown_update, 404, {"success": False}, {"needs": (WORKS,)}),
    ("refusals_have_a_message", "refusals_without_message", needs_refusal, "refused", REASON, {"needs": (WORKS,)}),
)


@statement("updates_clear_key", creates=1, needs=(WORKS,))
def update_keeps_credentials(run: Run) -> Seen:
    def validated() -> t.Any:
        response = run.client.send("POST", "/ai/llm/{}/validate", one.id) if run.settings.validate else None
        return response and (response.status, response.body.get("success"))

    one = run.configurations.create(key=run.configurations.key)
    before = run.configurations.item(one).get("key"), validated()
    change(run, one.id, endpoint=NEW_ENDPOINT)
    item = wait_until(run, one, endpoint=NEW_ENDPOINT) or {}
    is_same = (item.get("key"), validated()) == before
    return is_same, "as before" if is_same else "`key` or the validation is different"


@statement("secret_needs_key", creates=1, needs=(WORKS,))
def update_of_the_secret_keeps_the_key(run: Run) -> Seen:
    one = run.configurations.create(key=run.configurations.key)
    before = run.configurations.item(one).get("key")
    response = change(run, one.id, secret=f"{run.configurations.secret}-2")
    is_same = run.configurations.item(one).get("key") == before
    return response.ok and is_same, response if is_same else "`key` is different"


@statement("renames_refused", creates=1, needs=(WORKS,))
def update_renames(run: Run) -> Seen:
    one = run.configurations.create()
    name = f"{one.sent['name']}-renamed"
    response = change(run, one.id, name=name)
    item = wait_until(run, one, name=name) if response.ok else None
    return item is not None, response if item or not response.ok else "the old name is still listed"


@statement("renames_make_twins", creates=2, needs=("update_renames", "second_configuration_with_the_name_is_refused"))
def rename_to_a_taken_name_is_refused(run: Run) -> Seen:
    one, other = run.configurations.create(), run.configurations.create()
    response = change(run, one.id, name=other.name)
    return response.refused, response
