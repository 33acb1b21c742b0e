# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make contract-clean`: remove what the journals of earlier runs name, after looking at each configuration."""

from __future__ import annotations

import typing as t

from .client import Client
from .configurations import PAUSES, remove
from .errors import NotTried
from .journal import PATTERN, Journaled, read
from .listing import NAME, find_own
from .measured import Measured
from .plan import Plan

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .interrupts import Interrupts
    from .response import Json
    from .settings import Settings

Say = t.Callable[[str], None]


def clean(settings: Settings, folder: Path, interrupts: Interrupts, confirm: Callable[[], bool], say: Say) -> bool:
    """Clean up after each journal in a folder. Returns whether nothing is left. Raises Ended, and ValueError."""
    journals = [read(path) for path in sorted(folder.glob(PATTERN))]
    own = [journal for journal in journals if journal.api_url == settings.api_url]
    say(f"{len(own)} of {len(journals)} journals in {folder} are about {settings.host}.")
    # Its own logins need no journal: they are revoked at the end.
    plan = Plan(requests=100000, creations=0, logins=100)
    client = Client(settings, interrupts, lambda event, **fields: None, Measured(), plan)
    try:
        return sum(not _clean_one(client, journal, confirm, say) for journal in own) == 0
    finally:
        client.begin_cleanup()
        client.revoke_all()


def _clean_one(client: Client, journal: Journaled, confirm: Callable[[], bool], say: Say) -> bool:
    def look() -> list[Json]:
        return find_own(client, journal.workspaces, journal.prefix, set(filter(None, journal.open.values())))

    def is_own(item: Json) -> bool:
        """Whether the suite has created it: its name, and its workspace. One that a repository uses now stays."""
        name = str(item.get("name"))
        is_named = NAME.match(name) and name.startswith(journal.prefix) and item.get("id")
        return bool(is_named and item.get("workspaceId") in journal.workspaces and not item.get("repos"))

    def shown(item: Json) -> str:
        return f"{item.get('name')}, ID {item.get('id')}, workspace {item.get('workspaceId')}"

    try:
        if not client.token:
            client.log_in_again()
        found = look()
        for item in found:
            say(f"{shown(item)}: {'made by the suite' if is_own(item) else 'changed or in use, so it stays'}")
        if any(map(is_own, found)) and not confirm():
            return False
        for pause in PAUSES:
            if ids := [str(item["id"]) for item in found if is_own(item)]:
                client.interrupts.sleep(pause)
                remove(client, ids)
                found = look()
        answers = [client.revoke(token_id) for token_id in journal.logins]
    except NotTried as exc:
        say(f"{journal.path.name}: {exc}. It names {', '.join(journal.open)}.")
        return False
    left = [*map(shown, found), *(f"a login: {one}" for one in answers if not one.ok and one.status != 404)]
    say(f"{journal.path.name}: {'; '.join(left) or 'nothing'} is left.")
    if not left:
        journal.path.unlink()
    return not left
