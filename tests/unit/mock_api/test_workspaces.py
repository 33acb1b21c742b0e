# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workspaces of the mock API."""

from __future__ import annotations

from ansible_collections.flashback.platform.tests.unit.mock_api.client import NEW, Client


def test_list(client: Client) -> None:
    status, body = client.ask("GET", "/workspace")
    assert (status, body["success"]) == (200, True)
    assert [(workspace["id"], workspace["name"]) for workspace in body["workspaces"]] == [
        ("workspace-123", "Development"),
        ("workspace-456", "Production"),
    ]
    assert {user["role"] for workspace in body["workspaces"] for user in workspace["users"]} == {
        "ADMIN",
        "READ",
        "WRITE",
    }


def test_errors(client: Client) -> None:
    assert client.send("GET", "/workspace", headers={"Authorization": ""}).status_code == 401
    for status, message in ((404, "User not found"), (500, "Failed")):
        client.mock.faults({"path": "^/workspace$", "status": status, "body": {"success": False, "message": message}})
        assert client.ask("GET", "/workspace") == (status, {"success": False, "message": message})


def test_of_another_seed(client: Client) -> None:
    """An ID alone is enough."""
    client.mock.reset({"workspaces": ["w", {"id": "v", "name": "V"}]})
    assert client.ask("GET", "/workspace")[1]["workspaces"] == [
        {"id": "w", "name": "Workspace w", "orgId": "org-123", "users": []},
        {"id": "v", "name": "V", "orgId": "org-123", "users": []},
    ]
    assert client.ask("POST", "/ai/llm", json={**NEW, "workspaceId": "v"})[0] == 200
    client.mock.reset({})
    assert client.ask("GET", "/workspace")[1]["workspaces"] == []
