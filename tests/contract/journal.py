# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a run: a file that names each configuration before it is created, and each login.

It is for `make contract-clean`, after a run that could not clean up. A run that leaves nothing removes its journal. It
has IDs, but no secret. Each line is a JSON object with `event` and its fields; the first one has the event `run`.
"""

from __future__ import annotations

import json
import os
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

PATTERN = "contract-journal-*.jsonl"


class Journal:
    def __init__(self, path: Path, **fields: t.Any) -> None:
        """Raises OSError if the file cannot be written, or if it exists."""
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self.write("run", **fields)

    def write(self, event: str, **fields: t.Any) -> None:
        """Write a line, and wait until it is on the disk: the next request may be the last one of this process."""
        os.write(self._file, (json.dumps({"event": event, **fields}) + "\n").encode())
        os.fsync(self._file)

    def close(self, *, remove: bool) -> None:
        os.close(self._file)
        if remove:
            self._path.unlink()


class Journaled(t.NamedTuple):
    """What a journal says. open: the IDs of what may exist by name, None if it is not known. logins: the open ones."""

    path: Path
    api_url: str
    prefix: str
    workspaces: list[str]
    open: dict[str, str | None]
    logins: list[str]


def read(path: Path) -> Journaled:
    """Raises ValueError if the file is not a journal. A process that was killed may have cut the last line."""
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    if not events or events[0].get("event") != "run":
        raise ValueError(f"{path} is not a journal of the suite")
    names = {event["name"]: event.get("id") for event in events if "name" in event}
    revoked = {event["id"] for event in events if event["event"] == "revoked"}
    logins = [event["id"] for event in events if event["event"] == "login" and event["id"] not in revoked]
    first = events[0]
    return Journaled(path, first["api_url"], first["prefix"], first["workspaces"], names, logins)
