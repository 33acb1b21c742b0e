# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is checked: the mock API, or the server that the environment names."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

import yaml

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from ..mock_api.running import Mock

ROOT = Path(__file__).resolve().parents[2]
GALAXY: dict[str, t.Any] = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))

# A configuration of the mock's seed that a repository uses.
USED_IN_MOCK = "16fd2706-8baf-433b-82eb-8c7fada847da"

WORDS = {**dict.fromkeys(("1", "true", "yes", "on"), True), **dict.fromkeys(("0", "false", "no", "off"), False)}


class SettingsError(ValueError):
    """The environment does not say enough, or contradicts itself. The message says what to do."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """Each field but the last comes from a variable, see `variable()`.

    confirm: the name of the workspace, which confirms the plan. in_use_id: a configuration that a repository uses; the
    suite tries to remove it. second_workspace_id: another workspace for tests. foreign_workspace_id: a workspace that
    the user cannot reach. many: how many configurations the list must show at the same time. largest: whether to look
    for the largest values. minutes: when the run ends.
    """

    api_url: str
    access_token: str = ""
    email: str = ""
    password: str = dataclasses.field(default="", repr=False)
    ca_path: str = ""
    workspace_id: str = ""
    confirm: str = ""
    in_use_id: str = ""
    second_workspace_id: str = ""
    foreign_workspace_id: str = ""
    wrong_password: bool = False
    without_workspace: bool = False
    validate: bool = False
    wait_for_expiry: bool = False
    largest: bool = False
    hide_host: bool = False
    many: int = 25
    minutes: int = 15
    is_mock: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings | None:
        """Return the settings for a server, None if the environment names none. Raises SettingsError."""
        values = {}
        for field in dataclasses.fields(cls)[:-1]:
            text = environment.get(variable(field.name), "")
            if text := text if field.name == "password" else text.strip():
                values[field.name] = _parsed(field.name, str(field.type), text)
        if "api_url" in values:
            settings = cls(**{**values, "api_url": values["api_url"].rstrip("/")})
            settings._check()
            return settings
        if lost := [variable(name) for name in ("access_token", "email", "password", "workspace_id") if name in values]:
            raise SettingsError(
                f"FLASHBACK_API_URL is not set, but {' and '.join(lost)}. Set it to check a server, or unset the "
                "others to check the mock API."
            )
        return None

    @classmethod
    def for_mock(cls, mock: Mock) -> Settings:
        user = mock.user or {}
        values: dict[str, t.Any] = {
            "workspace_id": "workspace-123",
            "second_workspace_id": "workspace-456",
            "in_use_id": USED_IN_MOCK,
        }
        values |= {"confirm": "Development", "foreign_workspace_id": "workspace-of-others"}
        values |= dict.fromkeys(("wrong_password", "without_workspace", "validate", "largest", "is_mock"), True)
        return cls(mock.url, email=user["email"], password=user["password"], **values)

    def _check(self) -> None:
        parts = urlsplit(self.api_url)
        is_url = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
        if not is_url or parts.query or parts.fragment:
            raise SettingsError("FLASHBACK_API_URL must be an http or https URL without credentials and query.")
        if not self.workspace_id:
            raise SettingsError(
                "FLASHBACK_API_URL is set, but FLASHBACK_TEST_WORKSPACE_ID is not. Name a workspace for tests, never "
                "one that production uses. To check the mock API instead, unset FLASHBACK_API_URL."
            )
        if not self.access_token and not self.can_log_in:
            raise SettingsError("Set FLASHBACK_EMAIL and FLASHBACK_PASSWORD, or FLASHBACK_ACCESS_TOKEN.")
        if self.workspace_id in (self.second_workspace_id, self.foreign_workspace_id):
            raise SettingsError("The workspaces in FLASHBACK_TEST_… must be different ones.")

    @property
    def workspaces(self) -> list[str]:
        """The workspaces in which the suite writes."""
        return [id for id in (self.workspace_id, self.second_workspace_id) if id]

    @property
    def host(self) -> str:
        """The host and the port of the server, without credentials or a path."""
        return urlsplit(self.api_url).netloc

    @property
    def can_log_in(self) -> bool:
        return bool(self.email and self.password)

    @property
    def private(self) -> list[str]:
        """The values that no report may contain."""
        ids = (self.workspace_id, self.in_use_id, self.second_workspace_id, self.foreign_workspace_id)
        values = (self.access_token, self.email, self.password, self.confirm, *ids, self.host if self.hide_host else "")
        return [value for value in values if value]


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    is_shared = field in ("api_url", "access_token", "email", "password", "ca_path")
    return ("FLASHBACK_" if is_shared else "FLASHBACK_TEST_") + field.upper()


def _parsed(field: str, kind: str, text: str) -> t.Any:
    if kind == "bool" and text.lower() not in WORDS:
        raise SettingsError(f"{variable(field)} must be true or false.")
    if kind == "int" and not (text.isdecimal() and 0 < int(text) <= 1000):
        raise SettingsError(f"{variable(field)} must be an integer from 1 to 1000.")
    return WORDS[text.lower()] if kind == "bool" else int(text) if kind == "int" else text
