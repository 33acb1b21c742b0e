# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import logging
import typing as t

import pytest
from hypothesis import given

from ansible_collections.flashback.platform.plugins.modules.ai_llm_info import main
from ansible_collections.flashback.platform.tests.unit.answers import ANY_ANSWERS, HTML, Drawn, property_test
from ansible_collections.flashback.platform.tests.unit.helpers import (
    CODES,
    ID,
    LIST,
    NOT_FOUND,
    REFUSED,
    TOKEN,
    TOKEN_CORE,
    Ended,
    item,
    listing,
    run_module,
)
from ansible_collections.flashback.platform.tests.unit.wire import Answer, Request, ScriptedServer, answer

if t.TYPE_CHECKING:
    from collections.abc import Callable

    Info = Callable[..., Ended]

ALL = answer(200, listing(item(), item(id="b", name="Another"), item(id="c", workspaceId="workspace-456")))


@pytest.fixture
def info(server: ScriptedServer) -> Info:
    def info(**params: t.Any) -> Ended:
        ended = run_module(main, **{"api_url": server.url, "access_token": TOKEN, "retries": 0, **params})
        for secret in (TOKEN_CORE, item()["key"]):
            assert secret not in ended.output
        return ended

    return info


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("params", "line", "ids"),
    [
        ({}, LIST, [ID, "b", "c"]),
        ({"id": "b"}, LIST, ["b"]),
        ({"id": "B"}, LIST, []),
        ({"id": "b", "name": "Staging OpenAI"}, LIST, []),
        ({"name": "Staging OpenAI"}, LIST, [ID, "c"]),
        ({"workspace_id": "workspace-456"}, f"{LIST}?workspaceId=workspace-456", ["c"]),
        ({"workspace_id": "nowhere"}, f"{LIST}?workspaceId=nowhere", []),
        ({"available": True}, f"{LIST}/available", [ID, "b", "c"]),
        ({"available": True, "workspace_id": "workspace-456"}, f"{LIST}/available", ["c"]),
    ],
)
def test_what_fits_all_options_is_listed(
    params: dict[str, t.Any], line: str, ids: list[str], check: bool, server: ScriptedServer, info: Info
) -> None:
    server.expect(line, ALL)
    ended = info(check=check, **params)
    assert not ended.failed
    assert not ended.changed
    assert [ai_llm["id"] for ai_llm in ended.result["ai_llms"]] == ids


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (answer(401, REFUSED), "unauthorized"),
        (answer(403, REFUSED), "forbidden"),
        (answer(404, NOT_FOUND), "not_found"),
        (answer(404, HTML), "invalid_response"),
        (answer(429, REFUSED), "rate_limited"),
        (answer(500, REFUSED), "server_error"),
    ],
)
def test_failure(steps: Answer, code: str, server: ScriptedServer, info: Info) -> None:
    server.expect(LIST, steps)
    assert info().code == code


@pytest.mark.parametrize("option", ["id", "name", "workspace_id"])
@pytest.mark.parametrize("value", ["", " ", "a\x00b"])
def test_bad_input_is_named_and_sends_nothing(option: str, value: str, info: Info) -> None:
    ended = info(**{option: value})
    assert ended.failed
    assert ended.result["msg"].startswith(f"{option} ")


@property_test
@given(gets=ANY_ANSWERS)
def test_any_answer_ends_in_a_list_or_a_clean_failure(
    gets: list[Drawn], server: ScriptedServer, info: Info, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "urllib3")
    left = list(gets)

    def respond(_request: Request) -> Answer:
        return (left.pop(0) if len(left) > 1 else left[0]).steps

    server.respond = respond
    ended = info(retries=2, timeout=10)
    assert not ended.changed
    assert (ended.code in CODES) if ended.failed else isinstance(ended.result["ai_llms"], list)
