# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creations, and what is stored."""

from __future__ import annotations

import typing as t
import unicodedata

import pytest

from .configurations import DUMMY_SECRET, Configuration, Configurations, find
from .server import Answer
from .statements import assumed, documented

if t.TYPE_CHECKING:
    from .conftest import Seen


@documented(decision=1, switch="creation_answers_201")
def test_creation_answers_200(created: Configuration, seen: Seen) -> None:
    """A creation answers 200 with `success: true`."""
    seen(created.answer)
    assert created.answer.matches(200, success=True)


@documented(decision=1, switch="creation_without_id")
def test_creation_returns_the_id(created: Configuration, seen: Seen) -> None:
    """A creation returns the ID of the configuration as the text `aiLlmId`."""
    seen(created.answer)
    assert created.answer.has(aiLlmId=str)


@assumed(decision=14, switch="creation_listed_late")
def test_creation_is_in_the_next_list(configurations: Configurations, seen: Seen) -> None:
    """The first list after a creation has the new configuration."""
    fields = configurations.fields()
    answer = configurations.send(fields)
    if not answer.ok:
        pytest.skip(f"needs a configuration, but the creation answered {answer}")
    is_listed = find(configurations.listed(), name=fields["name"])
    seen("listed" if is_listed else "not listed")
    assert is_listed


@documented(decision=16, switch="types_lowercased")
def test_fields_are_stored_as_sent(created: Configuration, configurations: Configurations, seen: Seen) -> None:
    """A plain name, the type and the endpoint are listed as they were sent."""
    item = configurations.item(created)
    different = [name for name in ("name", "aiType", "endpoint") if item.get(name) != created.sent[name]]
    seen(f"different: {', '.join(different)}" if different else "as sent")
    assert not different


@documented(decision=9, switch="key_listed")
def test_credentials_are_not_listed(created: Configuration, configurations: Configurations, seen: Seen) -> None:
    """The list shows neither the key nor the secret of a configuration. `key` is null or masked."""
    item = configurations.item(created)
    values = list(item.values())
    shown = [name for name in ("key", "secret") if created.sent[name] in values]
    seen(f"shows the {' and the '.join(shown)}" if shown else "`key` is " + ("masked" if item.get("key") else "null"))
    assert not shown


@assumed(decision=16, switch="double_spaces_collapsed")
def test_name_keeps_double_white_space(stored: Stored, seen: Seen) -> None:
    """Double white space in a name is stored as it was sent."""
    assert stored("name", "{}-two  blanks", seen)


@assumed(decision=16, switch="names_trimmed")
def test_name_keeps_white_space_at_its_end(stored: Stored, seen: Seen) -> None:
    """White space at the end of a name is stored as it was sent."""
    assert stored("name", "{}-blank ", seen)


@assumed(decision=16, switch="names_normalized")
def test_name_keeps_its_unicode_form(stored: Stored, seen: Seen) -> None:
    """A name in the Unicode form NFD is stored as it was sent."""
    assert stored("name", "{}-" + unicodedata.normalize("NFD", "Größe"), seen)


@assumed(decision=16, switch="emoji_replaced")
def test_name_keeps_emoji(stored: Stored, seen: Seen) -> None:
    """A name with an emoji is stored as it was sent."""
    assert stored("name", "{}-\N{ROCKET}", seen)


@assumed(decision=16, switch="long_names_refused")
def test_name_can_have_255_characters(stored: Stored, seen: Seen) -> None:
    """A name of 255 characters is stored as it was sent."""
    assert stored("name", "{:x<255}", seen)


@assumed(decision=16, switch="endpoint_host_lowercased")
def test_endpoint_keeps_upper_case(stored: Stored, seen: Seen) -> None:
    """A host in upper case in an endpoint is stored as it was sent."""
    assert stored("endpoint", "https://MODELS.example.com/v1", seen)


@assumed(decision=16, switch="endpoint_gets_slash")
def test_endpoint_gets_no_slash(stored: Stored, seen: Seen) -> None:
    """An endpoint without a path and a slash at its end is stored as it was sent."""
    assert stored("endpoint", "https://models.example.com", seen)


@assumed(decision=16, switch="endpoint_loses_slash")
def test_endpoint_keeps_its_slash(stored: Stored, seen: Seen) -> None:
    """An endpoint with a slash at its end is stored as it was sent."""
    assert stored("endpoint", "https://models.example.com/v1/", seen)


@documented(decision=8, switch="duplicate_names_accepted")
def test_second_configuration_with_the_name_is_refused(second: Answer, seen: Seen) -> None:
    """A creation with a name that another configuration in the workspace has is refused with a 4xx."""
    seen(second)
    assert second.refused


@assumed(decision=8, switch="duplicate_name_answers_409")
def test_second_configuration_with_the_name_is_a_400(second: Answer, seen: Seen) -> None:
    """A creation with a name that is taken answers 400 with `success: false`."""
    if not second.refused:
        pytest.skip(f"needs a refused creation, which answered {second}")
    seen(second)
    assert second.matches(400, success=False)


@documented(switch="secret_optional")
def test_creation_needs_a_secret(configurations: Configurations, seen: Seen) -> None:
    """A creation without `secret` is refused with a 4xx."""
    answer = configurations.send(configurations.fields(secret=None))
    seen(answer)
    assert answer.refused


@documented(switch="workspace_optional")
def test_creation_needs_a_workspace(configurations: Configurations, seen: Seen) -> None:
    """A creation without `workspaceId` is refused with a 4xx."""
    answer = configurations.send(configurations.fields(workspaceId=None))
    seen(answer)
    assert answer.refused


@documented(decision=10, switch="unknown_types_accepted")
def test_creation_needs_a_known_type(configurations: Configurations, seen: Seen) -> None:
    """A creation with an unknown `aiType` is refused with a 4xx."""
    answer = configurations.send(configurations.fields(aiType="CONTRACT"))
    seen(answer)
    assert answer.refused


Stored = t.Callable[[str, str, "Seen"], bool]


@pytest.fixture
def stored(configurations: Configurations) -> Stored:
    """Creates a configuration with a value, and tells whether it is listed as it was sent. `{}` is the usual name."""

    def is_stored(field: str, value: str, seen: Seen) -> bool:
        fields = configurations.fields()
        fields[field] = value.format(fields["name"])
        answer = configurations.send(fields)
        if not answer.ok:
            seen(answer)
            return False
        item = configurations.wait_for(lambda items: find(items, name=fields["name"]))
        is_same = bool(item) and item.get(field) == fields[field]
        seen("as sent" if is_same else "stored with another value" if item else "not listed")
        return is_same

    return is_stored


@pytest.fixture(scope="module")
def second(created: Configuration, configurations: Configurations) -> Answer:
    """The response to a second creation with the same name."""
    return configurations.send(configurations.fields(name=created.sent["name"], secret=DUMMY_SECRET))
