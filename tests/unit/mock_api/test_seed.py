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
        ("", "is empty"),
        ("5", "must be an object"),
        ("a: [", "not valid YAML, line 1"),
        ("a: 'é\x07'", "not valid YAML"),
        ("a: 2024-13-45", "not valid YAML"),
        ("a: !!python/none x", "not valid YAML, line 1"),
        ("[" * 5000, "not valid YAML"),
        ("ai_lms: []", "unknown key 'ai_lms'"),
        ("ai_llms: 5", "ai_llms must be a list"),
        ("ai_llms: [5]", "ai_llms, item 1: must be an object"),
        ("ai_llms: [{id: a, workspaceId: w}, {workspaceId: w}]", "ai_llms, item 2: id is missing"),
        ("ai_llms: [{id: '', workspaceId: w}]", "ai_llms, item 1: id must not be empty"),
        ("ai_llms: [{id: 5, workspaceId: w}]", "ai_llms, item 1 (5): id must be a text"),
        ("ai_llms: [{id: a}]", "ai_llms, item 1 (a): workspaceId is missing"),
        (
            "ai_llms: [{id: a, workspaceId: w}, {id: a, workspaceId: w}]",
            "item 2 (a): an item before it has the same id",
        ),
        ("ai_llms: [{id: a, workspaceId: w, createdAt: 2024-01-01}]", "createdAt must be a text"),
        ("ai_llms: [{id: a, workspaceId: w, color: 2024-01-01}]", "a value that JSON cannot express"),
        ("ai_llms: [{id: a, workspaceId: w, works: 'no'}]", "works must be true or false"),
        ("ai_llms: [{id: a, workspaceId: w, repos: [r]}]", "repos must be a list of objects"),
        ("ai_llms: [{id: a, workspaceId: w, repos: r}]", "repos must be a list"),
        ("ai_llms: [{id: a, workspaceId: w, stats: {calls: 1}}]", "stats: calls is unknown"),
        ("ai_llms: [{id: a, workspaceId: w, stats: {totalAlerts: -1}}]", "totalAlerts must be a decimal number"),
        ("ai_llms: [&a {id: a, workspaceId: w, more: *a}]", "JSON cannot express"),
        ("users: [{id: '1'}]", "users, item 1: email is missing"),
        ("users: [{email: a}]", "users, item 1 (a): id is missing"),
        ("users: [{email: a, id: '1', password: 5}]", "password must be a text"),
        (
            "users: [{email: a, id: '1'}, {email: a, id: '2'}]",
            "users, item 2 (a): an item before it has the same email",
        ),
        ("workspaces: [5]", "workspaces, item 1: must be an object"),
        ("workspaces: [{id: w, users: [u]}]", "users must be a list of objects"),
        ("workspaces: [w, {id: w}]", "workspaces, item 2 (w): an item before it has the same id"),
        ("workspaces: [{name: W}]", "workspaces, item 1: id is missing"),
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
