# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removals."""

from __future__ import annotations

import typing as t
import uuid

import pytest

from .configurations import Configurations, find
from .server import Answer, Server
from .statements import assumed, documented

if t.TYPE_CHECKING:
    from .conftest import Seen


@documented(decision=1, switch="removal_answers_204")
def test_removal_answers_200(removal: Removal, seen: Seen) -> None:
    """A removal answers 200 with `success: true` and the text `message`."""
    seen(removal.answer)
    assert removal.answer.matches(200, success=True, message=str)


@assumed(decision=14, switch="removal_listed_late")
def test_removal_is_in_the_next_list(removal: Removal, seen: Seen) -> None:
    """The first list after a removal does not have the configuration."""
    if not removal.answer.ok:
        pytest.skip(f"needs a removal, which answered {removal.answer}")
    seen("still listed" if removal.is_listed else "not listed")
    assert not removal.is_listed


@documented(decision=5, switch="second_removal_succeeds")
def test_second_removal_is_a_404(removal: Removal, seen: Seen) -> None:
    """The removal of a configuration that was just removed answers 404 with `success: false`."""
    seen(removal.second_answer)
    assert removal.second_answer.matches(404, success=False)


@documented(decision=3, switch="unknown_id_answers_403")
def test_removal_of_an_unknown_id_is_a_404(remove: Remove, seen: Seen) -> None:
    """The removal of a UUID that never existed answers 404 with `success: false`."""
    answer = remove(str(uuid.uuid4()))
    seen(answer)
    assert answer.matches(404, success=False)


@assumed(decision=3, switch="not_uuid_answers_500")
def test_removal_of_another_text_is_a_404(remove: Remove, seen: Seen) -> None:
    """The removal of an ID that is not a UUID answers 404 with `success: false`."""
    answer = remove("contract-no-uuid")
    seen(answer)
    assert answer.matches(404, success=False)


@assumed(decision=3, switch="encoded_slash_answers_html")
def test_removal_of_an_encoded_id_is_a_404(remove: Remove, seen: Seen) -> None:
    """The removal of an ID that needs percent-encoding answers 404 with `success: false`."""
    answer = remove("contract/no uuid?ü")
    seen(answer)
    assert answer.matches(404, success=False)


class Removal(t.NamedTuple):
    """A removal, whether the first list after it has the configuration, and the response to a second removal."""

    answer: Answer
    is_listed: bool
    second_answer: Answer


@pytest.fixture(scope="module")
def removal(configurations: Configurations, remove: Remove) -> Removal:
    created = configurations.create()
    configurations.item(created)
    answer = remove(created.id)
    return Removal(answer, find(configurations.listed(), id=created.id) is not None, remove(created.id))


Remove = t.Callable[[str], Answer]


@pytest.fixture(scope="module")
def remove(server: Server) -> Remove:
    return lambda id: server.send("DELETE", "/ai/llm/{}", id)
