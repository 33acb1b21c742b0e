# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of the tests, and responses of the API."""

from __future__ import annotations

import typing as t

from ansible_collections.flashback.platform.tests.unit.scripted_server import Act, response

# No encoding changes the middle part of the token, so tests can search for it in any output.
TOKEN_CORE = "c0reOfTheT0ken"
TOKEN = f"eyJ/&+=~{TOKEN_CORE}"
# Credentials of a configuration: two that the task sends, and one that the API lists.
SECRET = "sk-secret-of-the-task"
KEY = "key-of-the-task"
LISTED_KEY = "sk-never-to-be-shown"

ID = "550e8400-e29b-41d4-a716-446655440000"
WORKSPACE = "workspace-123"
NAME = "Staging OpenAI"

# Request lines
DELETE = f"DELETE /ai/llm/{ID}"
LIST = "GET /ai/llm"
LIST_WORKSPACE = f"{LIST}?workspaceId={WORKSPACE}"
LIST_WORKSPACES = "GET /workspace"
CREATE = "POST /ai/llm"
UPDATE = f"PUT /ai/llm/{ID}"
VALIDATE = f"POST /ai/llm/{ID}/validate"

# Error codes of the documentation
CODES = {
    "ambiguous_name",
    "forbidden",
    "in_use",
    "invalid_response",
    "not_found",
    "partial_failure",
    "rate_limited",
    "rejected",
    "server_error",
    "timeout",
    "tls",
    "unauthorized",
    "unreachable",
    "validation_failed",
    "workspace_mismatch",
    "login_failed",
    "plan_changed",
    "prune_limit_exceeded",
}


def item(**fields: t.Any) -> dict[str, t.Any]:
    """A configuration as the API lists it, with a key that must not be shown."""
    return {
        "id": ID,
        "orgId": "org-123",
        "workspaceId": WORKSPACE,
        "userId": "user-456",
        "name": NAME,
        "aiType": "OPENAI",
        "endpoint": "https://api.openai.com/v1",
        "key": LISTED_KEY,
        "createdAt": "2024-01-15T10:30:00.000Z",
        "repos": [],
        **fields,
    }


def repo(number: int) -> dict[str, t.Any]:
    return {"id": f"repo-{number}", "name": f"my-ai-repo-{number}", "createdAt": "2024-01-16T08:00:00.000Z"}


def repositories(*numbers: int) -> list[dict[str, str]]:
    """The return value `repositories` for some of these."""
    return [{"id": f"repo-{number}", "name": f"my-ai-repo-{number}"} for number in numbers]


def listing(*items: t.Any) -> dict[str, t.Any]:
    return {"success": True, "aiLlms": list(items)}


# Bodies
HTML = "<html><head><title>404 Not Found</title></head><body><h1>Nothing here</h1></body></html>"
DELETED: dict[str, t.Any] = {"success": True, "message": "AI LLM configuration deleted successfully"}
NOT_FOUND: dict[str, t.Any] = {"success": False, "message": "AI LLM configuration not found"}
REFUSED: dict[str, t.Any] = {"success": False, "message": "Forbidden by the API"}
OTHER = item(id="other", name="Another")

# Responses
OK = response(200, DELETED)
ABSENT = response(404, NOT_FOUND)
FOREIGN_404 = response(404, HTML)
FORBIDDEN = response(403, REFUSED)
RATE_LIMITED = response(429, REFUSED)
# A documented 500 of the API, and a 500 of a gateway.
SERVER_ERROR = response(500, REFUSED)
GATEWAY_ERROR = response(502, HTML)

# Responses that never come
CLOSED = (Act.CLOSE,)
RESET = (Act.RESET,)
HANG = (Act.HANG,)
NOT_HTTP = (b"SSH-2.0-OpenSSH_9.6\r\n", Act.CLOSE)

# Lists
LISTED = response(200, listing(OTHER, item()))
NOT_LISTED = response(200, listing(OTHER))
IN_USE = response(200, listing({**OTHER, "repos": [repo(9)]}, item(repos=[repo(1), repo(2)])))

WRITTEN = response(200, {"success": True, "aiLlmId": ID})
VALID = response(200, {"success": True, "message": "It works"})
NOT_VALID = response(200, {"success": False, "message": "The provider refused the key"})
WORKSPACES = response(200, {"success": True, "workspaces": [{"id": WORKSPACE, "name": "Development"}]})
