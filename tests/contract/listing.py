# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find configurations in lists."""

from __future__ import annotations

import re
import typing as t

from .errors import NotTried
from .response import Json, Response

if t.TYPE_CHECKING:
    from .client import Client

NAME = re.compile(r"contract-[0-9a-f]{8}-\d{4}")


def find_own(client: Client, workspaces: list[str], prefix: str, ids: set[str]) -> list[Json]:
    """Return the listed configurations of a run: with one of its IDs, or with its names. Raises NotTried."""
    found: dict[str, Json] = {}
    for workspace in (*workspaces, None):
        for item in items_of(client.list(workspace)):
            if str(item.get("name")).startswith(prefix) or str(item.get("id") or "no ID") in ids:
                found[str(item.get("id") or item.get("name"))] = item
    return list(found.values())


def find(items: list[Json], *, id: str = "", name: str = "") -> Json | None:
    """Return the item with the ID, or with the name up to its number: the API may change the rest of a name."""
    number = "-".join(name.split("-")[:3])[: len("contract-00000000-0000")]
    for item in items:
        if (id and str(item.get("id")) == id) or (number and str(item.get("name")).startswith(number)):
            return item
    return None


def find_all(items: list[Json], names: set[str]) -> bool:
    return names <= {str(item.get("name")) for item in items}


def items_of(response: Response) -> list[Json]:
    if not response.has(aiLlms=list):
        raise NotTried(f"needs the list, which answered {response}")
    return response.items("aiLlms")
