# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The validation of a configuration, which calls the provider."""

from __future__ import annotations

import typing as t

import pytest

from .configurations import Configuration
from .server import Server
from .statements import documented

if t.TYPE_CHECKING:
    from .conftest import Seen


@documented(decision=1, switch="failed_validation_answers_400")
def test_failed_validation_is_a_200(created: Configuration, server: Server, seen: Seen) -> None:
    """The validation of a configuration that does not work answers 200 with `success: false` and a `message`."""
    if not server.settings.validate:
        pytest.skip("needs FLASHBACK_TEST_VALIDATE, because a validation may cost money")
    answer = server.send("POST", "/ai/llm/{}/validate", created.id)
    seen(answer)
    assert answer.matches(200, success=False, message=str)
