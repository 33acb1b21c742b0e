# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creations, and what is stored."""

from __future__ import annotations

import typing as t
import unicodedata

from ..configurations import Creation
from ..errors import NotTried
from ..listing import find
from ..response import Response
from ..run import Run
from ..statement import Seen, responses, shared, statement

TYPES = ("OPENAI", "GOOGLE", "ANTHROPIC", "AWS", "OTHER")


@shared
def created(run: Run) -> Creation:
    """A configuration that checks read, but do not change."""
    one = run.configurations.create(key=run.configurations.key)
    one.kept = True
    return one


def first(run: Run) -> Response:
    return created(run).response


responses(
    ("creation_answers_200", "creation_answers_201", first, 200, {"success": True}, {"creates": 1}),
    ("creation_returns_the_id", "creation_without_id", first, "ok", {"aiLlmId": str}),
)


@statement("creation_listed_late", creates=1)
def creation_is_in_the_next_list(run: Run) -> Seen:
    fields = run.configurations.fields()
    if not run.configurations.send(fields).ok:
        raise NotTried("needs a configuration")
    is_listed = find(run.configurations.listed(), name=fields["name"]) is not None
    return is_listed, "listed" if is_listed else "not listed"


@statement("plain_endpoints_get_port")
def fields_are_stored_as_sent(run: Run) -> Seen:
    item = run.configurations.item(created(run))
    different = [name for name in ("name", "endpoint") if item.get(name) != created(run).sent[name]]
    return not different, f"different: {', '.join(different)}" if different else "as sent"


@statement("types_lowercased", creates=10)
def types_are_stored_as_sent(run: Run) -> Seen:
    seen = {kind: is_stored(run, run.configurations.fields(aiType=kind), "aiType") for kind in TYPES}
    wrong = [f"{kind}: {what}" for kind, (is_right, what) in seen.items() if not is_right]
    return not wrong, ", ".join(wrong) or "as sent"


def is_stored(run: Run, fields: dict[str, str], field: str) -> Seen:
    """Send a creation, and compare a field with what is listed."""
    response = run.configurations.send_faulty(fields)
    if not response.ok:
        return False, response
    item = run.configurations.wait_for(lambda items: find(items, name=fields["name"]))
    is_same = bool(item) and item.get(field) == fields[field]
    return is_same, "as sent" if is_same else "stored with another value" if item else "not listed"


NFD = unicodedata.normalize("NFD", "Größe")

# The statements about what is stored: the switch, the field, and the value, in which {} is the usual name.
STORED = {
    "name_keeps_double_white_space": ("double_spaces_collapsed", "name", "{}-a  b"),
    "name_keeps_white_space_at_its_end": ("names_trimmed", "name", "{}-blank "),
    "name_keeps_its_unicode_form": ("names_normalized", "name", "{}-" + NFD),
    "name_keeps_emoji": ("emoji_replaced", "name", "{}-\N{ROCKET}"),
    "name_can_have_255_characters": ("long_names_refused", "name", "{:x<255}"),
    "endpoint_keeps_upper_case": ("endpoint_host_lowercased", "endpoint", "https://MODELS.example.com/v1"),
    "endpoint_gets_no_slash": ("endpoint_gets_slash", "endpoint", "https://models.example.com"),
    "endpoint_keeps_its_slash": ("endpoint_loses_slash", "endpoint", "https://models.example.com/v1/"),
}

for statement_name, (switch, field, value) in STORED.items():

    def check(run: Run, field: str = field, value: str = value) -> Seen:
        fields = run.configurations.fields()
        return is_stored(run, {**fields, field: value.format(fields["name"])}, field)

    statement(switch, statement_name, creates=2)(check)

# The statements about refusals: the switch, the wrong field, and the permission.
REFUSED = {
    "creation_needs_a_secret": ("secret_optional", {"secret": None}, ""),
    "creation_needs_a_workspace": ("workspace_optional", {"workspaceId": None}, "without_workspace"),
    "creation_needs_a_known_type": ("unknown_types_accepted", {"aiType": "CONTRACT"}, ""),
}

for statement_name, (switch, wrong, permission) in REFUSED.items():

    def send(run: Run, wrong: t.Any = wrong) -> Response:
        return run.configurations.send_faulty(run.configurations.fields(**wrong))

    responses((statement_name, switch, send, "refused", {}, {"creates": 2, "permission": permission}))
