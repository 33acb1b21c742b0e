# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The usage statistics of configurations."""

from __future__ import annotations

import typing as t

import pytest

from .server import Server, describe
from .statements import assumed, documented

if t.TYPE_CHECKING:
    from .conftest import Seen


@documented(switch="statistics_filter_ignored")
def test_statistics_of_one_configuration(server: Server, seen: Seen) -> None:
    """With `aiLlmId`, the statistics answer 200 with the list `stats`, which has no other configuration."""
    ids = [item.get("aiLlmId") for item in statistics(server)]
    if len(ids) < 2:
        pytest.skip("needs the statistics of two configurations")
    answer = server.send("GET", "/ai/llm/stats", query={"aiLlmId": ids[0]})
    seen(answer)
    assert answer.matches(200, success=True, stats=list)
    assert [item.get("aiLlmId") for item in answer.body["stats"]] == ids[:1]


@assumed(decision=10, switch="counters_are_numbers")
def test_counters_are_texts(server: Server, seen: Seen) -> None:
    """The counters of the statistics are decimal numbers in texts."""
    counters = [value for item in statistics(server) for name, value in item.items() if name.startswith("total")]
    if not counters:
        pytest.skip("needs statistics")
    seen(", ".join(sorted({describe(value) for value in counters})))
    assert all(isinstance(value, str) and value.isdecimal() for value in counters)


def statistics(server: Server) -> list[dict[str, t.Any]]:
    answer = server.send("GET", "/ai/llm/stats")
    if not answer.has(stats=list):
        pytest.skip(f"needs statistics, which answered {answer}")
    return t.cast("list[dict[str, t.Any]]", answer.body["stats"])
