# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names can exist at the same time, and which requests."""

from __future__ import annotations

import typing as t
import unicodedata

from ..client import AT_ONCE
from ..connection import Request
from ..errors import NotTried
from ..listing import find, find_all
from ..response import Response
from ..run import Run
from ..statement import Seen, responses, shared, statement
from .creation import created

IS_REFUSED = "second_configuration_with_the_name_is_refused"


@shared
def second(run: Run) -> Response:
    """The response to a second creation with the same name."""
    return run.configurations.send_faulty(run.configurations.fields(name=created(run).name))


IS_400 = "second_configuration_with_the_name_is_a_400"

responses(
    (IS_REFUSED, "duplicate_names_accepted", second, "refused", {}, {"creates": 2}),
    (IS_400, "duplicate_name_answers_409", second, 400, {"success": False}, {"needs": (IS_REFUSED,)}),
)


@statement("removed_names_stay_taken", creates=3)
def name_is_free_after_removal(run: Run) -> Seen:
    one = run.configurations.create()
    if not run.configurations.remove(one).ok:
        raise NotTried("needs a removal")
    run.configurations.wait_for(lambda items: not find(items, name=one.name))
    response = run.configurations.send_faulty(one.sent)
    return response.ok, response


NFC, NFD = (unicodedata.normalize(form, "-Größe") for form in ("NFC", "NFD"))

# The statements about two names that differ only in how they end: the switch, the two ends, and what they need.
SIMILAR = {
    "names_differ_by_case": ("names_unique_without_case", "-case", "-CASE", ()),
    "names_differ_by_unicode_form": ("names_unique_in_nfc", NFC, NFD, ("name_keeps_its_unicode_form",)),
    "names_differ_by_white_space": ("names_unique_trimmed", "-x", "-x ", ("name_keeps_white_space_at_its_end",)),
}

for statement_name, (switch, end, other_end, needs) in SIMILAR.items():

    def check(run: Run, end: str = end, other_end: str = other_end) -> Seen:
        first = run.configurations.create(end)
        other = {**first.sent, "name": first.name.removesuffix(end) + other_end}
        response = run.configurations.send_faulty(other, other_end)
        if not response.ok:
            return False, response
        both = run.configurations.wait_for(lambda items: find_all(items, {first.name, other["name"]}))
        return bool(both), "both exist" if both else "not both are listed"

    statement(switch, statement_name, creates=3, needs=needs)(check)


@statement("names_unique_everywhere", creates=3, permission="second_workspace_id")
def names_are_unique_in_a_workspace(run: Run) -> Seen:
    name, place = run.configurations.create().name, run.settings.second_workspace_id
    response = run.configurations.send_faulty(
        run.configurations.fields(name=name, workspaceId=place), workspaceId=place
    )
    return response.ok, response


@statement("races_make_twins", creates=3, needs=(IS_REFUSED,))
def one_of_two_creations_succeeds(run: Run) -> Seen:
    fields = run.configurations.fields()
    answers = run.configurations.send_at_once([fields, fields])
    number = sum(isinstance(answer, Response) and answer.ok for answer in answers)
    if not number:
        run.configurations.create(reason="proves nothing, because a single creation fails, too")
    return number == 1, f"{number} succeeded"


@statement("crowds_refused", creates=AT_ONCE + 1)
def eight_at_once(run: Run) -> Seen:
    answers = run.configurations.send_at_once([run.configurations.fields() for _number in range(AT_ONCE)])
    ids = [str(one.body["aiLlmId"]) for one in answers if isinstance(one, Response) and one.body.get("aiLlmId")]
    removed: list[t.Any] = []
    run.client.send_at_once([Request("DELETE", "/ai/llm/{}", (id,)) for id in ids], removed)
    wrong = [answer for answer in answers + removed if not (isinstance(answer, Response) and answer.ok)]
    if wrong:
        run.configurations.create(reason="proves nothing, because a single creation fails, too")
    return not wrong, str(wrong[0]) if wrong else "all succeeded"
