# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.tests.mock_api.running import Mock, running_mock
from ansible_collections.flashback.platform.tests.unit.mock_api.client import TOKEN, Client

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def mock() -> Iterator[Mock]:
    with running_mock(token=TOKEN) as mock:
        yield mock


@pytest.fixture
def client(mock: Mock) -> Client:
    return Client(mock)
