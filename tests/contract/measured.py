# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run measures besides its statements. None of it has private data."""

from __future__ import annotations

import collections
import re
import statistics
import threading
import typing as t

from .response import describe

if t.TYPE_CHECKING:
    from .response import Response

# The documented fields of what lists and logins have.
KNOWN = {
    "aiLlms": {"id", "orgId", "workspaceId", "userId", "name", "aiType", "endpoint", "key", "createdAt", "repos"},
    "workspaces": {"id", "name", "orgId", "users"},
    "accessToken": {"success", "accessToken", "refreshToken", "tokenId", "expiresAt", "user"},
}


class Measured:
    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        """secrets: the texts that no response may have."""
        self._secrets = secrets
        self._lock = threading.Lock()
        # By operation, status, content type and shape: the seconds of each response.
        self._responses: dict[tuple[str, int, str, str], list[float]] = collections.defaultdict(list)
        self._found: dict[str, set[str]] = collections.defaultdict(set)
        self._waits: list[str] = []
        self._lags: dict[str, float] = {}
        self.notes: list[str] = []
        # Where a response has shown a secret, and where JSON was called something else.
        self.exposed: set[str] = set()
        self.not_json: set[str] = set()

    def response(self, operation: str, response: Response, seconds: float, version: int) -> None:
        with self._lock:
            shape = re.sub(r"list of \d+", "list", describe(response.parsed))
            self._responses[operation, response.status, response.content_type, shape].append(seconds)
            cookies = re.findall(r"(?:^|, )([\w-]{1,40})=", response.headers.get("Set-Cookie", ""))
            self._found["cookies, which the suite never sends back"].update(cookies)
            self._found["protocol"].add({10: "HTTP/1.0", 11: "HTTP/1.1", 20: "HTTP/2"}.get(version, "unknown"))
            names = {name.title() for name in response.headers if re.fullmatch(r"[A-Za-z-]{1,40}", name)}
            self._found["header names"].update(names)
            for field, known in KNOWN.items():
                for item in response.items(field) if field != "accessToken" else [response.body]:
                    new = {
                        f"`{name}` of {field}"
                        for name in set(item) - known
                        if field in response.body and re.fullmatch("[A-Za-z_]+", name)
                    }
                    self._found["fields that are not documented"].update(new)
            if response.status == 429:
                wait = response.headers.get("Retry-After", "")
                self._waits.append(f"{wait} s" if wait.isdecimal() else "missing" if not wait else "a date or a text")
            if response.parsed is not None and "json" not in response.content_type:
                self.not_json.add(f"{operation} has {response.content_type}")
            places = {place for secret in self._secrets for place in response.places_of(secret)}
            self.exposed |= {f"{operation} shows it in {place}" for place in places}

    def lag(self, what: str, seconds: float) -> None:
        """Record how long it took until the list showed a write. what: empty if that is not known."""
        self._lags[what] = max(seconds, self._lags.get(what, 0))

    def lines(self) -> list[str]:
        seconds = [second for times in self._responses.values() for second in times] or [0.0]
        lags = ", ".join(f"{what} {lag:.1f} s" for what, lag in sorted(self._lags.items()) if what)
        waits = (
            f"{len(self._waits)}, with `Retry-After` {', '.join(sorted(set(self._waits)))}" if self._waits else "none"
        )
        return [
            f"- {len(seconds)} responses, median {statistics.median(seconds):.3f} s, longest {max(seconds):.3f} s",
            f"- the longest time until the list showed a write: {lags or 'not measured'}",
            f"- 429: {waits}",
            *(f"- {what}: {', '.join(sorted(names)) or 'none'}" for what, names in self._found.items()),
            *(f"- {note}" for note in self.notes),
        ]

    def table(self) -> list[str]:
        """The responses, as rows of Markdown."""
        rows = [
            "| operation | status | content type | body | number | median |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for (operation, status, kind, shape), times in sorted(self._responses.items()):
            median = f"{statistics.median(times):.3f} s"
            rows.append(f"| `{operation}` | {status} | {kind} | `{shape}` | {len(times)} | {median} |")
        return rows
