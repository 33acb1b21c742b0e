# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is tested: the mock API, or the server that the environment names."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from ..mock_api.running import Mock

# A configuration of the mock's seed that a repository uses.
USED_IN_MOCK = "16fd2706-8baf-433b-82eb-8c7fada847da"


class SettingsError(ValueError):
    """The environment does not say enough to test a server. The message says what is missing."""


class Settings(t.NamedTuple):
    """Each field but the last comes from an environment variable.

    api_url: FLASHBACK_API_URL. access_token: FLASHBACK_ACCESS_TOKEN. email, password: FLASHBACK_EMAIL and
    FLASHBACK_PASSWORD. ca_path: FLASHBACK_CA_PATH, a file with certificate authorities.
    workspace_id: FLASHBACK_TEST_WORKSPACE_ID, where the suite creates and removes configurations.
    in_use_id: FLASHBACK_TEST_IN_USE_ID, a configuration that a repository uses; the suite tries to remove it.
    wrong_password: FLASHBACK_TEST_WRONG_PASSWORD, whether to log in with a wrong password, once.
    validate: FLASHBACK_TEST_VALIDATE, whether to validate a configuration, which may cost money.
    """

    api_url: str
    access_token: str
    email: str
    password: str
    workspace_id: str
    in_use_id: str = ""
    wrong_password: bool = False
    validate: bool = False
    ca_path: str = ""
    is_mock: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings | None:
        """Return the settings for a server, None if the environment names none. Raises SettingsError."""

        def read(name: str) -> str:
            return environment.get(f"FLASHBACK_{name}", "").strip()

        api_url = read("API_URL").rstrip("/")
        if not api_url:
            return None
        parts = urlsplit(api_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise SettingsError("FLASHBACK_API_URL must be an http or https URL without credentials.")
        if not read("TEST_WORKSPACE_ID"):
            raise SettingsError(
                "FLASHBACK_API_URL is set, but FLASHBACK_TEST_WORKSPACE_ID is not. The suite creates and removes "
                "configurations, so name a workspace for tests, never one that production uses. To test the mock API "
                "instead, unset FLASHBACK_API_URL."
            )
        password = environment.get("FLASHBACK_PASSWORD", "")
        if not read("ACCESS_TOKEN") and not (read("EMAIL") and password):
            raise SettingsError("Set FLASHBACK_EMAIL and FLASHBACK_PASSWORD, or FLASHBACK_ACCESS_TOKEN.")
        return cls(
            api_url=api_url,
            access_token=read("ACCESS_TOKEN"),
            email=read("EMAIL"),
            password=password,
            workspace_id=read("TEST_WORKSPACE_ID"),
            in_use_id=read("TEST_IN_USE_ID"),
            wrong_password=_is_true("TEST_WRONG_PASSWORD", read("TEST_WRONG_PASSWORD")),
            validate=_is_true("TEST_VALIDATE", read("TEST_VALIDATE")),
            ca_path=read("CA_PATH"),
        )

    @classmethod
    def for_mock(cls, mock: Mock) -> Settings:
        user = mock.user or {}
        return cls(
            api_url=mock.url,
            access_token="",
            email=user["email"],
            password=user["password"],
            workspace_id="workspace-123",
            in_use_id=USED_IN_MOCK,
            wrong_password=True,
            validate=True,
            is_mock=True,
        )

    @property
    def host(self) -> str:
        """The host and the port of the server, without credentials or a path."""
        parts = urlsplit(self.api_url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    @property
    def can_log_in(self) -> bool:
        return bool(self.email and self.password)

    @property
    def private(self) -> list[str]:
        """The values that no output may contain."""
        return [self.access_token, self.email, self.password, self.workspace_id, self.in_use_id]


def _is_true(name: str, text: str) -> bool:
    if text.lower() in ("", "0", "false", "no", "off"):
        return False
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    raise SettingsError(f"FLASHBACK_{name} must be true or false.")
