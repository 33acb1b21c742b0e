# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of modules share: running one, and the API's objects."""

from __future__ import annotations

import contextlib
import io
import json
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

if t.TYPE_CHECKING:
    from collections.abc import Callable

# The collection's.
ROOT = Path(__file__).resolve().parents[2]

# The core stays legible in every way of escaping the rest, so that it is what no output may hold.
TOKEN_CORE = "c0reOfTheT0ken"
TOKEN = f'eyJ/"<&>+={TOKEN_CORE}'

ID = "550e8400-e29b-41d4-a716-446655440000"
DELETE = f"DELETE /ai/llm/{ID}"
LIST = "GET /ai/llm"

DELETED: dict[str, t.Any] = {"success": True, "message": "AI LLM configuration deleted successfully"}
NOT_FOUND: dict[str, t.Any] = {"success": False, "message": "AI LLM configuration not found"}
REFUSED: dict[str, t.Any] = {"success": False, "message": "Forbidden by the API"}

CODES = {
    "ambiguous_name",
    "forbidden",
    "in_use",
    "invalid_response",
    "not_found",
    "rate_limited",
    "rejected",
    "server_error",
    "timeout",
    "tls",
    "unauthorized",
    "unreachable",
    "workspace_mismatch",
    "partial_failure",
    "validation_failed",
}


def item(**fields: t.Any) -> dict[str, t.Any]:
    """A configuration as the API lists it, with a key that is to be shown nowhere."""
    return {
        "id": ID,
        "orgId": "org-123",
        "workspaceId": "workspace-123",
        "userId": "user-456",
        "name": "Staging OpenAI",
        "aiType": "OPENAI",
        "endpoint": "https://api.openai.com/v1",
        "key": "sk-never-to-be-shown",
        "createdAt": "2024-01-15T10:30:00.000Z",
        "repos": [],
        **fields,
    }


def repo(number: int) -> dict[str, t.Any]:
    return {"id": f"repo-{number}", "name": f"my-ai-repo-{number}", "createdAt": "2024-01-16T08:00:00.000Z"}


def listing(*items: t.Any) -> dict[str, t.Any]:
    return {"success": True, "aiLlms": list(items)}


class Ended(t.NamedTuple):
    """How a module ended."""

    output: str
    result: dict[str, t.Any]

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed", False))

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed", False))

    @property
    def code(self) -> str | None:
        """The error code of a failure, None for one without."""
        return t.cast("str | None", self.result.get("error", {}).get("code"))

    @property
    def warnings(self) -> str:
        return json.dumps(self.result.get("warnings", []))


def run_module(main: Callable[[], None], *, check: bool = False, diff: bool = False, **params: t.Any) -> Ended:
    """Run a module's main() as Ansible does, but in this process. An exception that escapes it fails the test."""
    arguments = {
        **params,
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        # From Python 3.12 on, ansible-core's own logging stops at a NUL, before the module sees it.
        "_ansible_no_log": True,
    }
    output = io.StringIO()
    warnings._global_warnings.clear()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
        patch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        if hasattr(basic, "_ANSIBLE_PROFILE"):
            patch.setattr(basic, "_ANSIBLE_PROFILE", "legacy")
        with pytest.raises(SystemExit) as exited:
            main()
    ended = Ended(output.getvalue(), json.loads(output.getvalue()))
    assert exited.value.code == (1 if ended.failed else 0)
    return ended
