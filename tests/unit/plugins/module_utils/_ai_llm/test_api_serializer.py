# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm.api import (
    serialize_ai_llm,
    serialize_statistics,
    text_or_none,
    usable_id,
)
from ansible_collections.flashback.platform.tests.unit.responses import ID, item, repo


def test_only_known_fields_are_returned() -> None:
    assert serialize_ai_llm(item(secret="s", apiKeyId="k", news=[1], repos=[{**repo(1), "token": "t"}])) == {
        "id": ID,
        "org_id": "org-123",
        "workspace_id": "workspace-123",
        "user_id": "user-456",
        "name": "Staging OpenAI",
        "ai_type": "OPENAI",
        "endpoint": "https://api.openai.com/v1",
        "created_at": "2024-01-15T10:30:00.000Z",
        "repos": [{"id": "repo-1", "name": "my-ai-repo-1", "created_at": "2024-01-16T08:00:00.000Z"}],
    }


@pytest.mark.parametrize("value", [None, True, 5, 1.5, [], ["a"], {}, {"a": "b"}, "\ud800", b"bytes"])
def test_values_that_are_no_texts_become_none(value: t.Any) -> None:
    fields = ("orgId", "workspaceId", "userId", "name", "aiType", "endpoint", "createdAt")
    ai_llm = serialize_ai_llm(item(**dict.fromkeys(fields, value), repos=[{"id": value, "name": value}, value]))
    assert {key: field for key, field in ai_llm.items() if field is not None} == {
        "id": ID,
        "repos": [{"id": None, "name": None, "created_at": None}] * 2,
    }
    assert text_or_none(value) is None


@pytest.mark.parametrize("repos", [None, True, 5, "repo-1", {}, {"id": "repo-1"}, []])
def test_repos_that_are_no_list_become_empty(repos: t.Any) -> None:
    assert serialize_ai_llm(item(repos=repos))["repos"] == []


def test_unknown_type_is_returned() -> None:
    assert serialize_ai_llm(item(aiType="NEWCOMER"))["ai_type"] == "NEWCOMER"


@pytest.mark.parametrize("listed", [{"id": ID}, {}, None, 5, "a", []])
def test_missing_fields_become_none(listed: t.Any) -> None:
    ai_llm = serialize_ai_llm(listed)
    assert (ai_llm["name"], ai_llm["repos"], len(ai_llm)) == (None, [], 9)


@pytest.mark.parametrize("value", [None, 5, "", " ", ".", "..", "a\n", "\ud800", []])
def test_id_that_cannot_be_used(value: t.Any) -> None:
    assert usable_id(value) is None
    assert usable_id("a/b") == "a/b"


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("https://user:pa@ss@example.com/v1?a=b@c", "https://********@example.com/v1?a=b@c"),
        ("https://user@example.com", "https://********@example.com"),
        ("user:pass@example.com", "********@example.com"),
        ("models@region", "models@region"),
        ("https://example.com/v1/@user", "https://example.com/v1/@user"),
        ("https://example.com?user=a@b", "https://example.com?user=a@b"),
    ],
)
def test_user_and_password_of_an_endpoint_are_not_shown(endpoint: str, shown: str) -> None:
    assert serialize_ai_llm(item(endpoint=endpoint))["endpoint"] == shown


@pytest.mark.parametrize(
    ("sent", "number"),
    [("5", 5), (5, 5), ("9007199254740993", 9007199254740993), ("many", None), (True, None), (1.5, None), (None, None)],
)
def test_counters_are_numbers_or_none(sent: t.Any, number: int | None) -> None:
    statistics = serialize_statistics({"totalApiCalls": sent})
    assert (statistics["api_calls"], statistics["blocks"]) == (number, None)
