# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of the mock API that holds it to openapi.yaml."""

from __future__ import annotations

import copy
import typing as t

import requests
import yaml
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from ansible_collections.flashback.platform.tests.unit.helpers import ROOT

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.mock_api.running import Mock

TOKEN = "the-token"

# Configurations of the seed.
FREE = "550e8400-e29b-41d4-a716-446655440000"
USED = "16fd2706-8baf-433b-82eb-8c7fada847da"
FORBIDDEN = "886313e1-3b8a-5372-9b90-0c9aee199e5d"
BROKEN = "3d813cbb-47fb-32ba-91df-831e1593ac29"
TWIN = "21f7f8de-8051-5b89-8680-0195ef798b6a"

NEW = {
    "name": "New",
    "aiType": "OPENAI",
    "endpoint": "https://api.openai.com/v1",
    "secret": "sk-1",
    "workspaceId": "workspace-123",
}


def _closed(schema: t.Any) -> t.Any:
    """The description without room for other fields, so that no misspelt field passes, and none of the mock's own."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if "properties" in schema else closed


SPEC: dict[str, t.Any] = yaml.safe_load((ROOT / "tests" / "mock_api" / "openapi.yaml").read_text(encoding="utf-8"))
SPEC["components"]["schemas"] = _closed(SPEC["components"]["schemas"])

Log = list[tuple[str, str, t.Optional[int]]]


class Client:
    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.openapi = OpenAPI.from_dict({**copy.deepcopy(SPEC), "servers": [{"url": mock.url}]})
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {mock.token}"

    def send(self, method: str, path: str, **options: t.Any) -> requests.Response:
        return self.session.request(method, self.mock.url + path, timeout=10, **options)

    def ask(self, method: str, path: str, **options: t.Any) -> tuple[int, dict[str, t.Any]]:
        """The status and the body of a response. Raises if the request or the response is not as documented."""
        response = self.send(method, path, **options)
        request = RequestsOpenAPIRequest(response.request)
        self.openapi.validate_request(request)
        self.openapi.validate_response(request, RequestsOpenAPIResponse(response))
        return response.status_code, response.json()

    def ids(self, path: str = "/ai/llm") -> list[str]:
        status, body = self.ask("GET", path)
        assert (status, body["success"]) == (200, True)
        return [item["id"] for item in body["aiLlms"]]

    def listed(self, id: str) -> dict[str, t.Any]:
        _status, body = self.ask("GET", "/ai/llm")
        return t.cast("dict[str, t.Any]", next(item for item in body["aiLlms"] if item["id"] == id))

    def log(self) -> Log:
        return [(entry["method"], entry["path"], entry["status"]) for entry in self.mock.requests()]
