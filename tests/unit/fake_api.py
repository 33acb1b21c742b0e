# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripted server with a state in place of a script: it has configurations, and issues tokens.

A test can change both at any request, and replace any response to the byte. The mock API can do neither.
"""

from __future__ import annotations

import json
import re
import typing as t
import urllib.parse

from ansible_collections.flashback.platform.tests.unit.helpers import TaskResult, run_module
from ansible_collections.flashback.platform.tests.unit.responses import ABSENT, OK, TOKEN, item, listing
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    Request,
    Response,
    ScriptedServer,
    response,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

EMAIL = "user@example.com"
PASSWORD_CORE = "c0reOfThePassw0rd"
PASSWORD = f" \"ä'&+%{PASSWORD_CORE} "
LOGIN = "POST /user/login"
UNAUTHORIZED = response(401, {"success": False, "message": "Invalid or expired access token"})


class After(t.NamedTuple):
    """A response that is sent in place of the API's own, after the request took effect."""

    response: Response


class FakeApi(ScriptedServer):
    """Answers each request as the API does, unless `next` says something else.

    configurations: by ID, as they are listed. valid: the tokens that it accepts.
    """

    def __init__(self, *configurations: dict[str, t.Any]) -> None:
        super().__init__()
        self.configurations = {configuration["id"]: configuration for configuration in configurations}
        self.workspaces: list[dict[str, t.Any]] = [{"id": "workspace-123", "name": "Development"}]
        self.valid = {TOKEN}
        self.logins = 0
        # Called before each request is answered, with its line.
        self.hook: Callable[[str], None] = lambda line: None
        self._next: list[tuple[str, list[Response | After | None]]] = []
        self.respond = self._respond

    def next(self, line: str, *responses: Response | After | None) -> None:
        """Answer the next requests whose line matches in this way. None stands for the API's own answer."""
        self._next.append((line, list(responses)))

    @property
    def lines(self) -> list[str]:
        """The requests in order: method, target, and the token in brackets, "given" for the option access_token."""
        return [" ".join(filter(None, (request.line, self._shown(request)))) for request in self.requests]

    def run(
        self, main: Callable[[], None], *, token: str | None = None, login: bool = False, **options: t.Any
    ) -> TaskResult:
        """Run a module against this API."""
        credentials: dict[str, t.Any] = {"access_token": token} if token else {}
        if login:
            credentials.update(email=EMAIL, password=PASSWORD)
        return run_module(main, **{"api_url": self.url, "retries": 0, **credentials, **options})

    def body(self, index: int) -> t.Any:
        """The JSON body of a request."""
        return json.loads(self.requests[index].body)

    @staticmethod
    def token_of(request: Request) -> str:
        """The bearer token of a request, an empty text without one."""
        return request.headers.get("authorization", "").partition("Bearer ")[2]

    def _shown(self, request: Request) -> str:
        token = self.token_of(request)
        return f"[{'given' if token == TOKEN else token}]" if token else ""

    def _respond(self, request: Request) -> Response:
        self.hook(request.line)
        for line, responses in self._next:
            if responses and (line == request.line or re.fullmatch(line, request.line)):
                instead = responses.pop(0)
                if isinstance(instead, After):
                    self._carry_out(request)
                    return instead.response
                return self._carry_out(request) if instead is None else instead
        return self._carry_out(request)

    def _carry_out(self, request: Request) -> Response:
        path = urllib.parse.unquote(request.target.partition("?")[0])
        if request.line == LOGIN:
            self.logins += 1
            self.valid.add(f"token-{self.logins}")
            return response(200, login_answer(self.logins))
        if self.token_of(request) not in self.valid:
            return UNAUTHORIZED
        if request.line == "GET /workspace":
            return response(200, {"success": True, "workspaces": self.workspaces})
        if request.method == "GET":
            return response(200, listing(*self.configurations.values()))
        if path.startswith("/token/"):
            return response(200, {"success": True})
        if path.endswith("/validate"):
            return response(200, {"success": True, "message": "It works"})
        return self._write(request, path.rpartition("/")[2])

    def _write(self, request: Request, id: str) -> Response:
        fields = json.loads(request.body or b"{}")
        visible = {name: value for name, value in fields.items() if name not in ("key", "secret")}
        if request.method == "POST":
            id = f"new-{len(self.configurations)}"
            self.configurations[id] = item(id=id, **visible)
            return response(200, {"success": True, "aiLlmId": id})
        found = self.configurations.get(id)
        if found is None:
            return ABSENT
        if request.method == "PUT":
            found.update(visible)
            return response(200, {"success": True, "aiLlmId": id})
        if found["repos"]:
            return response(403, {"success": False, "message": "Cannot delete"})
        del self.configurations[id]
        return OK


def login_answer(number: int, **fields: t.Any) -> dict[str, t.Any]:
    """The body of the answer to a login."""
    return {
        "success": True,
        "accessToken": f"token-{number}",
        "refreshToken": f"refresh-{number}",
        "tokenId": f"session-{number}",
        "expiresAt": 1_700_000_000,
        **fields,
    }
