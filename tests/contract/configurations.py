# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configurations that the suite creates: at most thirty, with names of their own, all removed at the end."""

from __future__ import annotations

import secrets
import time
import typing as t

import pytest
import requests

from .server import Answer, Json, Server

MAX_CREATIONS = 30

# The mock API takes a secret that begins with "wrong" as one that the provider refuses.
DUMMY_SECRET = "wrong-contract-dummy-secret"

# How often the list is read until it shows a write, with growing pauses of up to a second: nine seconds in total.
MAX_LISTS = 12


class Configuration(t.NamedTuple):
    """A configuration that exists: its ID, the fields that were sent, and the response to its creation."""

    id: str
    sent: Json
    answer: Answer


class Configurations:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.workspace_id = server.settings.workspace_id
        self.prefix = f"contract-{secrets.token_hex(4)}"
        self._creations = 0
        # What has to be removed at the end: names by ID, and the names of creations whose outcome is not known.
        self._known: dict[str, str] = {}
        self._unclear: set[str] = set()

    def fields(self, ending: str = "", **fields: t.Any) -> Json:
        """Return the fields of a configuration with a new name. A field with the value None is left out."""
        standard = {
            "name": f"{self.prefix}-{self._creations:02}{ending}",
            "aiType": "OTHER",
            "endpoint": "https://models.example.com/v1",
            "secret": DUMMY_SECRET,
            "workspaceId": self.workspace_id,
        }
        return {name: value for name, value in {**standard, **fields}.items() if value is not None}

    def send(self, fields: Json) -> Answer:
        """Send a creation, and remember what it may have created."""
        if self._creations >= MAX_CREATIONS:
            pytest.skip(f"the suite has created {MAX_CREATIONS} configurations, which is its limit")
        self._creations += 1
        self._unclear.add(fields["name"])
        try:
            answer = self.server.send("POST", "/ai/llm", body=fields)
        except (pytest.skip.Exception, KeyboardInterrupt):
            # A 429 proves that nothing was created, and an interruption comes before the request.
            self._unclear.remove(fields["name"])
            raise
        if answer.has(aiLlmId=str):
            self._known[answer.body["aiLlmId"]] = fields["name"]
        if answer.refused or answer.has(aiLlmId=str):
            self._unclear.remove(fields["name"])
        return answer

    def create(self, ending: str = "", **fields: t.Any) -> Configuration:
        """Create a configuration that a test needs. Skips the test if this is not possible."""
        sent = self.fields(ending, **fields)
        answer = self.send(sent)
        if not answer.ok:
            pytest.skip(f"needs a configuration, but the creation answered {answer}")
        return Configuration(self._id_of(answer, sent), sent, answer)

    def _id_of(self, answer: Answer, sent: Json) -> str:
        """Return the ID of a new configuration. If the response does not have it, look it up by its name."""
        if answer.has(aiLlmId=str):
            return str(answer.body["aiLlmId"])
        item = self.wait_for(lambda items: find(items, name=sent["name"]))
        if item is None:
            pytest.skip(f"needs a configuration, but after {answer} none is listed")
        return str(item["id"])

    def listed(self) -> list[Json]:
        """Return the configurations of the test workspace, in one request. Skips the test if this is not possible."""
        return self._items(self.server.list(self.workspace_id))

    def wait_for(self, wanted: t.Callable[[list[Json]], t.Any]) -> t.Any:
        """List the configurations until a function of the items returns something. Returns None if it never does."""
        for number in range(MAX_LISTS):
            found = wanted(self.listed())
            if found:
                return found
            time.sleep(min(0.1 * 2**number, 1))
        return None

    def item(self, configuration: Configuration) -> Json:
        """Return the configuration as it is listed. Skips the test if it is not."""
        item = self.wait_for(lambda items: find(items, id=configuration.id))
        return item if item else pytest.skip("needs a new configuration in the list, but none is listed")

    @staticmethod
    def _items(answer: Answer) -> list[Json]:
        if not answer.has(aiLlms=list):
            pytest.skip(f"needs the list, which answered {answer}")
        return [item for item in answer.body["aiLlms"] if isinstance(item, dict)]

    def remove_all(self) -> None:
        """Remove everything that the suite has created, by ID, and by the beginning of its name."""
        self.server.interrupts.begin_cleanup()
        for pause in (0, 1, 2):
            time.sleep(pause)
            try:
                listed = self._items(self.server.list())
            except (requests.RequestException, pytest.skip.Exception):
                listed = []
            for item in listed:
                if str(item.get("name")).startswith(self.prefix):
                    self._known[str(item.get("id"))] = str(item["name"])
                    self._unclear = {name for name in self._unclear if not find([item], name=name)}
            for id in list(self._known):
                if self._remove(id):
                    del self._known[id]
            if not self.left:
                return

    def _remove(self, id: str) -> bool:
        try:
            answer = self.server.send("DELETE", "/ai/llm/{}", id)
        except (requests.RequestException, pytest.skip.Exception):
            return False
        return answer.ok or answer.status == 404

    @property
    def left(self) -> list[str]:
        """What is not removed, or may exist, for people."""
        return [
            *(f"{name}, ID {id}" for id, name in self._known.items()),
            *(f"{name}, if you find it: it is not listed, but may still be created" for name in sorted(self._unclear)),
        ]


def find(items: list[Json], *, id: str = "", name: str = "") -> Json | None:
    """Return the item with the ID, or with the name up to its number: the API may change the rest of a name."""
    number = "-".join(name.split("-")[:3])[: len("contract-00000000-00")]
    for item in items:
        if item.get("id") == id or (number and str(item.get("name")).startswith(number)):
            return item
    return None
