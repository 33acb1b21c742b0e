# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation on workspaces."""

from __future__ import annotations

import typing as t

from .messages import success
from .state import STATE

if t.TYPE_CHECKING:
    from aiohttp import web


async def list_all(request: web.Request) -> web.Response:
    """Open: the order of the list. Here: the order of the seed. Each user can reach all workspaces of the mock."""
    return success(workspaces=list(request.app[STATE].workspaces.values()))
