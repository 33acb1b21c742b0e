# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import typing as t

import pytest
import requests
import yaml
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from ansible_collections.flashback.platform.tests.mock_api.running import Mock, running_mock
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT

if t.TYPE_CHECKING:
    from collections.abc import Iterator


def closed(schema: t.Any) -> t.Any:
    """The description without room for other fields, so that no misspelt field passes, and none of the mock's own."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    fields = {key: closed(value) for key, value in schema.items()}
    return {**fields, "additionalProperties": False} if "properties" in schema else fields


SPEC: dict[str, t.Any] = yaml.safe_load((ROOT / "tests" / "mock_api" / "openapi.yaml").read_text(encoding="utf-8"))
SPEC["components"]["schemas"] = closed(SPEC["components"]["schemas"])


class Client:
    """Sends requests with the token of the mock."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.openapi = OpenAPI.from_dict({**copy.deepcopy(SPEC), "servers": [{"url": mock.url}]})

    def send(self, method: str, path: str, token: str = "", **options: t.Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token or self.mock.token}"}
        return requests.request(method, self.mock.url + path, headers=headers, timeout=10, **options)

    def ask(self, method: str, path: str, token: str = "", **options: t.Any) -> tuple[int, dict[str, t.Any]]:
        """The status and the body of a response. Raises if the request or the response is not as in openapi.yaml."""
        response = self.send(method, path, token, **options)
        request = RequestsOpenAPIRequest(response.request)
        self.openapi.validate_request(request)
        self.openapi.validate_response(request, RequestsOpenAPIResponse(response))
        return response.status_code, response.json()

    def listed(self) -> dict[str, dict[str, t.Any]]:
        """All configurations, by ID."""
        return {item["id"]: item for item in self.ask("GET", "/ai/llm")[1]["aiLlms"]}


@pytest.fixture
def mock() -> Iterator[Mock]:
    with running_mock(token="the-token") as mock:
        yield mock


@pytest.fixture
def client(mock: Mock) -> Client:
    return Client(mock)
