# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A seed that cannot be used is refused with the file, the item, and what is wrong with it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.tests.mock_api.seed import SEED, SeedError, parse_seed, read_seed

if t.TYPE_CHECKING:
    from pathlib import Path


def test_seed_of_the_mock() -> None:
    assert len(read_seed(SEED).ai_llms) == 6


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "seed: None is not of type 'object'"),
        ("a: [", "not valid YAML, line 1"),
        ("a: 'é\x07'", "not valid YAML"),
        ("a: 2024-13-45", "not valid YAML"),
        ("a: !!python/none x", "not valid YAML, line 1"),
        ("[" * 5000, "not valid YAML"),
        ("ai_lms: []", "'ai_lms' was unexpected"),
        ("ai_llms: [{id: a, workspaceId: w}, {workspaceId: w}]", "seed.ai_llms[1]: 'id' is a required property"),
        ("ai_llms: [{id: '', workspaceId: w}]", "seed.ai_llms[0].id: '' should be non-empty"),
        ("ai_llms: [{id: a, workspaceId: w, works: 'no'}]", "seed.ai_llms[0].works: 'no' is not of type 'boolean'"),
        ("ai_llms: [{id: a, workspaceId: w, stats: {calls: 1}}]", "seed.ai_llms[0].stats: 'calls' is not one of"),
        ("ai_llms: [{id: a, workspaceId: w, stats: {totalAlerts: '-1'}}]", "seed.ai_llms[0].stats.totalAlerts: '-1'"),
        ("ai_llms: [{id: a, workspaceId: w}, {id: a, workspaceId: w}]", "ai_llms: 2 items have the id 'a'"),
        ("ai_llms: [{id: a, workspaceId: w, color: 2024-01-01}]", "a value that JSON cannot express"),
        ("ai_llms: [&a {id: a, workspaceId: w, more: *a}]", "JSON cannot express"),
        ("users: [{email: a}]", "seed.users[0]: 'id' is a required property"),
        ("users: [{email: a, id: '1'}, {email: a, id: '2'}]", "users: 2 items have the email 'a'"),
        ("workspaces: [w, {id: w}]", "workspaces: 2 items have the id 'w'"),
        ("workspaces: [{name: W}]", "seed.workspaces[0]: 'id' is a required property"),
    ],
)
def test_bad_seed(text: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "seed.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SeedError) as refused:
        read_seed(file)
    assert str(refused.value).startswith(f"seed {file}: ")
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    for file in (tmp_path / "missing.yml", tmp_path):
        with pytest.raises(SeedError, match=r"^seed .*: "):
            read_seed(file)
    file = tmp_path / "latin-1.yml"
    file.write_bytes(b"ai_llms: [\xff]")
    with pytest.raises(SeedError, match="not valid YAML"):
        read_seed(file)


def test_little_is_enough() -> None:
    seed = parse_seed({"workspaces": None, "ai_llms": [{"id": "a", "workspaceId": "w", "future": {"field": 1}}]})
    assert seed.ai_llms == [{"id": "a", "workspaceId": "w", "future": {"field": 1}}]
    assert seed.workspaces == []
