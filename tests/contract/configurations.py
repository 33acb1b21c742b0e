# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configurations that a run creates: with names of their own, all removed at the end, which the list proves."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from .connection import Request
from .errors import Ended, NoResponse, NotTried
from .listing import find, find_own, items_of
from .response import Json, Response

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from .client import Client
    from .plan import Plan

# How often the list is read until it shows a write, with growing pauses of up to a second: nine seconds in total.
MAX_LISTS = 12

# The pauses between the attempts to remove everything, in seconds.
PAUSES = (0, 1, 2, 4)


@dataclasses.dataclass
class Creation:
    """A creation, and what became of it. found: its response, or why there is none. id: empty if it is not known.

    pending: it may still come into existence. gone: it was refused, or its removal was requested, which proves nothing.
    kept: it is used until the end of the run.
    """

    sent: Json
    found: Response | Exception | None = None
    id: str = ""
    pending: bool = True
    gone: bool = False
    kept: bool = False

    @property
    def name(self) -> str:
        return str(self.sent["name"])

    @property
    def response(self) -> Response:
        return t.cast("Response", self.found)


class Left(t.NamedTuple):
    """What the run leaves, or may leave. id: empty if it is not known."""

    reason: str
    name: str
    id: str
    workspace_id: str


class Configurations:
    def __init__(
        self, client: Client, record: Callable[..., None], plan: Plan, prefix: str, credentials: tuple[str, str]
    ) -> None:
        """record: writes creations into a journal. prefix: of all names. credentials: the dummy key and secret."""
        self.client = client
        self.prefix = prefix
        self.key, self.secret = credentials
        self._record = record
        self._plan = plan
        self._number = 0
        self._all: list[Creation] = []
        self.left: list[Left] = []

    def fields(self, ending: str = "", **fields: t.Any) -> Json:
        """Return the fields of a configuration with a new name. A field with the value None is left out."""
        self._number += 1
        standard = {"name": f"{self.prefix}-{self._number:04}{ending}", "aiType": "OTHER", "secret": self.secret}
        standard.update(endpoint="https://models.example.com/v1", workspaceId=self.client.settings.workspace_id)
        return {name: value for name, value in {**standard, **fields}.items() if value is not None}

    def announce(self, fields: Json) -> Creation:
        """Write the journal before a creation. Until its response is there, it may come into existence at any time."""
        if len(self._all) >= self._plan.creations:
            raise Ended(f"it has sent {self._plan.creations} creations, as many as the plan allows")
        self._record("creating", name=fields["name"])
        self._all.append(Creation(fields))
        return self._all[-1]

    def send(self, fields: Json) -> Response:
        """Send a creation, and remember what it may have created. Raises NoResponse."""
        one = self.announce(fields)
        try:
            response = self.client.send("POST", "/ai/llm", body=fields)
        except (NoResponse, Ended) as exc:
            self._note(one, exc)
            raise
        self._note(one, response)
        return response

    def send_at_once(self, wanted: list[Json]) -> list[Response | NoResponse | Ended]:
        """Send creations at the same time, on connections of their own."""
        announced = [self.announce(fields) for fields in wanted]
        found: list[Response | NoResponse | Ended] = []
        try:
            self.client.send_at_once([Request("POST", "/ai/llm", body=fields) for fields in wanted], found)
        finally:
            for one, response in zip(announced, [*found, *[None] * len(wanted)]):
                self._note(one, response)
        return found

    def create(self, ending: str = "", *, reason: str = "needs a configuration", **fields: t.Any) -> Creation:
        """Create a configuration, and find out its ID. Raises NotTried with the reason if the API refuses it."""
        response = self.send(self.fields(ending, **fields))
        one = self._all[-1]
        if not response.ok:
            raise NotTried(f"{reason}: the creation answered {response}")
        if not one.id:
            item = self.wait_for(lambda items: find(items, name=one.name))
            if not item or not item.get("id"):
                raise NotTried(f"needs an ID, but after {response} none is listed")
            self._set_id(one, item["id"])
        return one

    def send_faulty(self, fields: Json, ending: str = "", **valid: t.Any) -> Response:
        """Send a creation with a fault. If it fails, one without the fault must succeed. Raises NotTried.

        ending, valid: what the one without the fault has, too.
        """
        response = self.send(fields)
        if not response.ok:
            self.create(ending, reason="proves nothing, because a creation without a fault fails, too", **valid)
        return response

    def _note(self, one: Creation, found: Response | Exception | None) -> None:
        """Note the response to a creation, or why there is none: None if it had no effect."""
        one.found = found
        if isinstance(found, Response):
            if found.ok and found.body.get("aiLlmId"):
                self._set_id(one, found.body["aiLlmId"])
            # What the API itself has refused is not created later. A response of a gateway says nothing.
            one.pending = not one.id and not found.refused and not found.has(success=False)
            one.gone = found.refused
        else:
            one.pending = isinstance(found, NoResponse) and found.sent
            one.gone = not one.pending

    def _set_id(self, one: Creation, id: t.Any) -> None:
        one.id, one.pending = str(id), False
        self._record("created", name=one.name, id=one.id)

    # The list

    def listed(self) -> list[Json]:
        """Return the configurations of the test workspace, in one request. Raises NotTried."""
        return items_of(self.client.list(self.client.settings.workspace_id))

    def wait_for(self, wanted: Callable[[list[Json]], t.Any], lag: str = "") -> t.Any:
        """List the configurations until a function of the items returns something. Returns None if it never does.

        lag: the write whose appearance is measured.
        """
        begin = time.monotonic()
        for number in range(MAX_LISTS):
            if found := wanted(self.listed()):
                self.client.measured.lag(lag, time.monotonic() - begin if number else 0)
                return found
            self.client.interrupts.sleep(min(0.1 * 2**number, 1))
        return None

    def item(self, one: Creation) -> Json:
        """Return the configuration as it is listed. Raises NotTried if it is not."""
        item: Json | None = self.wait_for(lambda items: find(items, id=one.id, name=one.name), "a creation")
        if item is None:
            raise NotTried("needs a new configuration in the list, but none is listed")
        return item

    # Removals

    def remove(self, one: Creation) -> Response:
        """Ask for the removal of a configuration. Only remove_all() proves that it is gone."""
        one.gone = True
        return self.client.send("DELETE", "/ai/llm/{}", one.id)

    def remove_unkept(self) -> None:
        """Ask for the removal of what a statement has created."""
        for one in self._all:
            if one.id and not one.kept and not one.gone:
                with contextlib.suppress(NotTried):
                    self.remove(one)

    def remove_all(self) -> None:
        """Remove everything, by ID and by the beginning of its name, until the list proves it. Sets `left`."""
        self.left = self._unproven("the run ended before it was removed")
        ids = [one.id for one in self._all if one.id and not one.gone]
        for pause in PAUSES if self._all else ():
            self.client.interrupts.sleep(pause)
            remove(self.client, ids)
            try:
                self.left = self._look()
            except NotTried as exc:
                self.left = self._unproven(f"no list proves that it is gone: {exc}")
            ids = [one.id for one in self.left if one.id]
            if not self.left:
                break

    def _look(self) -> list[Left]:
        """Return what is left. Raises NotTried if a list cannot be read."""
        own = find_own(self.client, self.client.settings.workspaces, self.prefix, {one.id for one in self._all})
        for one in self._all:
            one.pending = one.pending and not find(own, name=one.name)
        late = "not listed, but no response shows what its creation did, so it may appear later"
        keys = ("name", "id", "workspaceId")
        listed = [Left("still listed", *(str(item.get(key) or "") for key in keys)) for item in own]
        return listed + self._unproven(late, pending=True)

    def _unproven(self, reason: str, *, pending: bool = False) -> list[Left]:
        """Return what may exist, or only what is pending."""
        which = [one for one in self._all if (one.pending if pending else one.id or not one.gone)]
        return [Left(reason, one.name, one.id, one.sent.get("workspaceId", "")) for one in which]


def remove(client: Client, ids: list[str]) -> None:
    """Ask for the removal of configurations, until two get no response. A response proves nothing."""
    lost = 0
    for id in ids:
        try:
            client.send("DELETE", "/ai/llm/{}", id)
        except NotTried:
            lost += id not in client.protected
        if lost > 1:
            return
