# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the mock API: configurations, workspaces, the log of requests, and the faults for the next requests."""

from __future__ import annotations

import copy
import dataclasses
import typing as t
import uuid
from datetime import datetime, timezone

from aiohttp import web

from .faults import NO_FAULT, Fault
from .seed import COUNTERS
from .tokens import Limits, Tokens

if t.TYPE_CHECKING:
    from .messages import Json
    from .seed import Seed

# Fields of the seed's items that the real API does not have, or that are secret.
UNLISTED = ("deletable", "works", "stats", "secret")


@dataclasses.dataclass
class AiLlm:
    """A configuration. The mock does not store its credentials, only whether the provider accepts them."""

    listed: Json
    deletable: bool = True
    works: bool = True
    counters: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    credential_writes: int = 0

    @classmethod
    def from_seed(cls, item: Json) -> AiLlm:
        ai_llm = cls.new({field: value for field, value in item.items() if field not in UNLISTED})
        ai_llm.deletable = item.get("deletable", True)
        ai_llm.works = item.get("works", True)
        ai_llm.counters.update({name: int(count) for name, count in item.get("stats", {}).items()})
        return ai_llm

    @classmethod
    def new(cls, fields: Json) -> AiLlm:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return cls(
            {
                "id": str(uuid.uuid4()),
                "orgId": "org-123",
                "userId": "user-456",
                "createdAt": now,
                "repos": [],
                **fields,
                # Open: null according to one page, null or masked according to another. Here it is null.
                "key": None,
            }
        )

    def validate(self) -> bool:
        """Open: how a validation is counted. Here: as one call with some tokens, or without if the provider refuses."""
        calls = {"totalApiCalls": 1}
        if self.works:
            calls.update(totalTokensIn=12, totalTokensOut=3, totalLlmTokensIn=10, totalLlmTokensOut=2)
        for counter, count in calls.items():
            self.counters[counter] += count
        return self.works

    def store_credentials(self, key: str | None, secret: str | None) -> None:
        """Open: whether a secret works shows only in validation. Here all do but those that begin with "wrong"."""
        if secret is not None:
            self.works = not secret.startswith("wrong")
        if key is not None or secret is not None:
            self.credential_writes += 1


class State:
    def __init__(self, seed: Seed, static_token: str, limits: Limits) -> None:
        """limits: the limits of tokens after a reset."""
        self.initial_seed = seed
        self._static_token = static_token
        self._limits = limits
        self.switches: frozenset[str] = frozenset()
        self._late: dict[str, Json | None] = {}
        # What the functions of the switches remember.
        self.memory: dict[t.Any, t.Any] = {}
        self.reset()

    def reset(self, seed: Seed | None = None) -> None:
        """Return to the given seed, or to the first one. All tokens except the static token are removed."""
        seed = seed or self.initial_seed
        self.workspaces: dict[str, Json] = {workspace["id"]: workspace for workspace in seed.workspaces}
        self.ai_llms: dict[str, AiLlm] = {item["id"]: AiLlm.from_seed(item) for item in seed.ai_llms}
        self.users: dict[str, Json] = {user["email"]: user for user in seed.users}
        self.tokens = Tokens(self._static_token, dataclasses.replace(self._limits))
        self.requests: list[Json] = []
        self.faults: list[Fault] = []
        self.removed: set[str] = set()
        self.switch(frozenset())

    def is_on(self, switch: str) -> bool:
        return switch in self.switches

    def switch(self, switches: frozenset[str]) -> None:
        """Replace the switches. The next list shows all that was written before."""
        self.switches = switches
        self._late = {}
        self.memory = {}

    def list_late(self, ai_llm: AiLlm, *, existed: bool = True) -> None:
        """Before a write: let the next list show the configuration as it is now."""
        self._late.setdefault(ai_llm.listed["id"], copy.deepcopy(ai_llm.listed) if existed else None)

    def listed(self) -> list[Json]:
        """Return the configurations that the list shows."""
        late, self._late = self._late, {}
        shown = {id: ai_llm.listed for id, ai_llm in self.ai_llms.items()} | late
        return [item for item in shown.values() if item is not None]

    def next_fault(self, method: str, path: str) -> Fault:
        """Return the fault for this request, and count the request."""
        for fault in self.faults:
            if fault.matches(method, path):
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return NO_FAULT

    def name_is_taken(self, name: str, workspace_id: str) -> bool:
        return not self.is_on("duplicate_names_accepted") and any(
            ai_llm.listed.get("name") == name and ai_llm.listed["workspaceId"] == workspace_id
            for ai_llm in self.ai_llms.values()
        )


STATE = web.AppKey("state", State)
