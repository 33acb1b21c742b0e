# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Information for Schemathesis about the mock API that openapi.yaml does not contain."""

from __future__ import annotations

import typing as t

import schemathesis  # type: ignore[import-not-found]  # its session of nox has it

# The statuses of the mock that the documentation of the API does not mention, by operation. The code marks them with
# "Open:". Schemathesis reports all other undocumented statuses.
OPEN_STATUSES = {
    "login": ("400",),
    "revokeToken": ("404",),
    "updateAiLlm": ("400", "404"),
}


@schemathesis.hook
def before_load_schema(_context: t.Any, schema: dict[str, t.Any]) -> None:
    """Add the statuses above, the status 401 for a wrong token, and the data of a login that succeeds."""
    error = {
        "description": "Open.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for path in schema["paths"].values():
        for operation in path.values():
            if "operationId" in operation:
                for status in ("401", *OPEN_STATUSES.get(operation["operationId"], ())):
                    operation["responses"].setdefault(status, error)
    login = schema["paths"]["/user/login"]["post"]["requestBody"]["content"]["application/json"]
    login["example"] = {"email": "demo@example.com", "password": "demo-password"}
