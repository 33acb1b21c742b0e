# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mock API answers as openapi.yaml says, so that what is tested against it holds for what is documented."""

from __future__ import annotations

import typing as t
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.flashback.platform.tests.unit.mock_api.client import (
    BROKEN,
    FORBIDDEN,
    FREE,
    NEW,
    SPEC,
    TOKEN,
    USED,
    Client,
)


def fields_of(schema: str) -> set[str]:
    return set(SPEC["components"]["schemas"][schema]["properties"])


def test_list_and_available(client: Client) -> None:
    everything = client.ids()
    assert len(everything) == len(set(everything)) == 6
    assert client.ids("/ai/llm?workspaceId=workspace-123") == everything[:3]
    assert client.ids("/ai/llm?workspaceId=nowhere") == []
    newest_first = sorted(everything, key=lambda id: str(client.listed(id)["createdAt"]), reverse=True)
    assert client.ids("/ai/llm/available") == [id for id in newest_first if id != BROKEN]
    used = client.listed(USED)
    assert [repo["name"] for repo in used["repos"]] == ["my-ai-repo"]
    assert set(used) == fields_of("AiLlm")


def test_stats(client: Client) -> None:
    for path, ids in (("/ai/llm/stats", client.ids()), (f"/ai/llm/stats?aiLlmId={USED}", [USED])):
        status, body = client.ask("GET", path)
        assert (status, body["success"]) == (200, True)
        assert [counters["aiLlmId"] for counters in body["stats"]] == ids
        assert all(set(counters) == fields_of("AiLlmStatsItem") for counters in body["stats"])


def test_stats_count_validations(client: Client) -> None:
    def counted(id: str) -> dict[str, str]:
        _status, body = client.ask("GET", f"/ai/llm/stats?aiLlmId={id}")
        return t.cast("dict[str, str]", body["stats"][0])

    before = {id: counted(id) for id in (FREE, BROKEN, USED)}
    assert before[FREE]["totalApiCalls"] == before[FREE]["totalAlerts"] == "0"
    assert before[USED]["totalTokensIn"] == "9007199254740993"  # not exact as a float
    for id in (FREE, FREE, BROKEN, USED):
        client.ask("POST", f"/ai/llm/{id}/validate")
    assert counted(FREE)["totalApiCalls"] == "2"
    assert int(counted(FREE)["totalTokensIn"]) > 0
    assert counted(BROKEN) == {**before[BROKEN], "totalApiCalls": "1"}
    assert int(counted(USED)["totalTokensIn"]) > int(before[USED]["totalTokensIn"])
    assert client.ask("GET", "/ai/llm/stats?aiLlmId=no-such")[1]["stats"] == []


def test_delete(client: Client) -> None:
    for id, status in ((USED, 403), (FORBIDDEN, 403), ("no-such", 404), (FREE, 200), (FREE, 404)):
        answered, body = client.ask("DELETE", f"/ai/llm/{id}")
        assert (answered, body["success"]) == (status, status == 200)
        assert body["message"]
    client.mock.faults({"status": 500, "body": {"success": False, "message": "Deletion failed"}})
    assert client.ask("DELETE", f"/ai/llm/{BROKEN}")[0] == 500
    assert FREE not in client.ids()
    assert {USED, FORBIDDEN, BROKEN} <= set(client.ids())


def test_create(client: Client) -> None:
    status, body = client.ask("POST", "/ai/llm", json=NEW)
    assert (status, body["success"]) == (200, True)
    created = client.listed(body["aiLlmId"])
    public = set(NEW) - {"secret"}
    assert {field: created[field] for field in public} == {field: NEW[field] for field in public}
    assert created["key"] is None
    for fields, expected in (
        (NEW, 400),
        ({**NEW, "name": "Newer", "endpoint": "no URL"}, 400),
        ({**NEW, "name": "Newer", "key": ""}, 400),
        ({**NEW, "name": "Newer", "workspaceId": "nowhere"}, 403),
        ({**NEW, "workspaceId": "workspace-456"}, 200),
    ):
        status, body = client.ask("POST", "/ai/llm", json=fields)
        assert (status, body["success"]) == (expected, expected == 200)


@pytest.mark.parametrize("field", ["name", "aiType", "endpoint", "secret", "workspaceId"])
def test_create_needs(field: str, client: Client) -> None:
    """Such requests are not as documented, their responses are."""
    for fields in ({**NEW, field: 5}, {name: value for name, value in NEW.items() if name != field}):
        response = client.send("POST", "/ai/llm", json=fields)
        assert response.status_code == 400
        assert response.json()["success"] is False
        assert field in response.json()["message"]
    assert len(client.ids()) == 6


def test_create_ignores_unknown_fields(client: Client) -> None:
    """Otherwise an "id" would overwrite a configuration, even one that is in use, and others would be listed back."""
    before = client.listed(USED)
    extra = {"id": USED, "createdAt": 5, "repos": 7, "deletable": False, "color": "red", "stats": {}}
    response = client.send("POST", "/ai/llm", json={**NEW, **extra})
    assert response.status_code == 200
    created = client.listed(response.json()["aiLlmId"])
    assert created["id"] != USED
    assert client.listed(USED) == before
    assert set(created) == fields_of("AiLlm")
    assert client.ids("/ai/llm/available")[0] == created["id"]
    assert client.ask("DELETE", f"/ai/llm/{created['id']}")[0] == 200


def test_update_and_validate(client: Client) -> None:
    def validated(id: str) -> tuple[int, bool]:
        status, body = client.ask("POST", f"/ai/llm/{id}/validate")
        return status, body["success"]

    assert validated(FREE) == (200, True)
    assert validated(BROKEN) == (200, False)
    assert validated("no-such") == (404, False)
    changes = {"name": "Renamed", "aiType": "OTHER", "endpoint": "https://elsewhere.example.com", "secret": "wrong"}
    status, body = client.ask("PUT", f"/ai/llm/{FREE}", json=changes)
    assert (status, body["success"], body["aiLlmId"]) == (200, True, FREE)
    updated = client.listed(FREE)
    assert [updated[field] for field in ("name", "aiType", "endpoint")] == list(changes.values())[:3]
    assert validated(FREE) == (200, False)
    assert FREE not in client.ids("/ai/llm/available")
    for status in (403, 500):
        client.mock.faults({"status": status, "body": {"success": False, "message": "No"}})
        assert validated(FREE) == (status, False)


def test_update_answers(client: Client) -> None:
    """All but 200 is open."""
    answers: list[tuple[str, t.Any, int]] = [
        ("no-such", {}, 404),
        (FREE, {"name": "Staging Anthropic"}, 400),
        (FREE, {"name": ""}, 400),
        (FREE, {"name": None}, 400),
        (FREE, {"aiType": "NEWCOMER"}, 400),
        (FREE, {"endpoint": "ftp://host"}, 400),
        (FREE, ["a list"], 400),
        (FREE, {"name": "Staging OpenAI"}, 200),
        (FREE, {"workspaceId": "workspace-456", "id": "other"}, 200),
        (FREE, {}, 200),
    ]
    for id, changes, status in answers:
        response = client.send("PUT", f"/ai/llm/{id}", json=changes)
        assert (response.status_code, response.json()["success"]) == (status, status == 200)
    assert client.listed(FREE)["workspaceId"] == "workspace-123"


def test_token_is_needed(client: Client) -> None:
    for authorization in ("Bearer another", f"Basic {TOKEN}", TOKEN, ""):
        response = client.send("DELETE", f"/ai/llm/{FREE}", headers={"Authorization": authorization})
        assert response.status_code == 401
        assert response.json()["success"] is False
    assert FREE in client.ids()


def test_unknown_path_or_method_gets_html(client: Client) -> None:
    """Like the response of a gateway, which is not this API's."""
    for method, path in (("GET", "/elsewhere"), ("PATCH", f"/ai/llm/{FREE}"), ("GET", f"/ai/llm/{FREE}")):
        response = client.send(method, path)
        assert response.status_code in (404, 405)
        assert response.headers["Content-Type"].startswith("text/html")
        assert ("Allow" in response.headers) is (response.status_code == 405)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda id: id not in (".", "..")))
@example(id="{id}")
@example(id="}{")
@example(id="a/b?c#d;e=f&g")
@example(id="%2F%25%7B")
@example(id="available")
@example(id="stats")
@example(id="a\nb ü\0")
def test_every_quoted_id_is_routed(id: str, client: Client) -> None:
    client.mock.reset({"workspaces": ["w"], "ai_llms": [{"id": id, "workspaceId": "w", "name": "A"}]})
    path = f"/ai/llm/{quote(id, safe='')}"
    client.mock.repos(id, [{"id": "r", "name": "R"}])
    assert client.send("DELETE", path).status_code == 403
    client.mock.repos(id, [])
    assert client.send("PUT", path, json={"endpoint": "https://example.com"}).json() == {
        "success": True,
        "aiLlmId": id,
        "message": "AI LLM configuration updated successfully",
    }
    assert client.send("POST", f"{path}/validate").status_code == 200
    assert client.send("DELETE", path).status_code == 200
    assert client.ids() == []
