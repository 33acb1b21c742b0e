# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Hypothesis sets the state of a machine in @initialize, and takes each public method as a rule.
# pylint: disable=attribute-defined-outside-init,too-many-public-methods,too-many-locals

"""Random calls of the modules against the mock API, with random faults: what a module says is compared with the state.

`before` and `after` are the configurations of the mock, by ID, as its control side shows them. With these faults, two
inferences of the modules may be wrong, and only these: an ID that never existed counts as removed if an attempt to
remove it stayed in doubt, and a 404 (decision 5) or a list without it (decision 11) followed. `_inferred` allows them,
and nothing else.

With a variant, the API behaves in a way that nobody knows to be wrong. Then a call may fail, but still says what
happened. `_is_hidden` allows one more error: a write to which the API itself answered 500 took effect, but is reported
as failed, because the list does not show it yet (decision 14), or with another value (decision 16).
"""

from __future__ import annotations

import collections
import itertools
import json
import math
import os
import re
import typing as t
import urllib.parse

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from ansible_collections.flashback.platform.plugins.module_utils._http import client, transport
from ansible_collections.flashback.platform.plugins.modules import ai_llm, ai_llm_info, ai_llms
from ansible_collections.flashback.platform.tests.mock_api.running import running_mock
from ansible_collections.flashback.platform.tests.mock_api.state import State
from ansible_collections.flashback.platform.tests.mock_api.switches import STORED
from ansible_collections.flashback.platform.tests.mock_api.tokens import Tokens
from ansible_collections.flashback.platform.tests.unit.helpers import run_module
from ansible_collections.flashback.platform.tests.unit.responses import TOKEN, TOKEN_CORE

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.flashback.platform.tests.mock_api.running import Mock
    from ansible_collections.flashback.platform.tests.unit.helpers import TaskResult

# How many calls of modules there are at least. "make random" makes more of them.
CALLS = int(os.environ.get("FLASHBACK_TEST_CALLS", "800"))
STEPS = 50
pytestmark = pytest.mark.timeout(300 + CALLS)

Items = dict[str, dict[str, t.Any]]

WORKSPACES = ("workspace-a", "workspace-b")
# The second one is in the Unicode form NFD.
NAMES = ("alpha", "two  Gro\u0308\u00dfen: 100 %", "a/b?c=d#e", "\N{ROCKET}" * 101, "<b>&amp;</b>")
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"

# The cores stay legible in every encoding of the rest, so that no output may have them.
SECRET_CORE, BAD_CORE, KEY_CORE, PASSWORD_CORE = "c0reOfTheSecret", "c0reOfTheBad", "c0reOfTheKey", "c0reOfThePassw0rd"
SECRET, KEY, PASSWORD = f'sk "ü+/{SECRET_CORE}', f"<k>&{KEY_CORE}", f"p ä'%{PASSWORD_CORE}"
USER = {"id": "user-1", "email": "user@example.com", "password": PASSWORD}
BAD_SECRET = f"wrong {BAD_CORE}"
SECRETS = {TOKEN: TOKEN_CORE, SECRET: SECRET_CORE, BAD_SECRET: BAD_CORE, KEY: KEY_CORE, PASSWORD: PASSWORD_CORE}

_ALL_SECRETS = " ".join(SECRETS)
_ECHO = f"{_ALL_SECRETS} {urllib.parse.quote(_ALL_SECRETS)} {json.dumps(_ALL_SECRETS)}"
_API_ERROR = {"success": False, "message": f"Refused: {_ECHO}", "error_code": _ECHO}
_HTML = f"<html><title>Gateway {_ECHO}</title><body>{_ECHO}</body></html>"
_RESPONSES: dict[str, dict[str, t.Any]] = {
    "reset": {"cut": "before"},
    "reset after the effect": {"cut": "after"},
    "429": {"status": 429, "body": _API_ERROR},
    "429 of a gateway": {"status": 429, "body": _HTML},
    "500": {"status": 500, "body": _API_ERROR},
    "500 after the effect": {"status": 500, "body": _API_ERROR, "after": True},
    "502 of a gateway": {"status": 502, "body": _HTML},
    "504 of a gateway after the effect": {"status": 504, "body": _HTML, "after": True},
    "200 with HTML": {"status": 200, "body": _HTML},
    "200 with HTML after the effect": {"status": 200, "body": _HTML, "after": True},
    "200 with {}": {"status": 200, "body": {}},
    "200 with {} after the effect": {"status": 200, "body": {}, "after": True},
    "200 that says no success": {"status": 200, "body": _API_ERROR},
    "302": {"status": 302, "headers": {"Location": "/elsewhere"}, "body": _HTML},
    "401": {"status": 401, "body": _API_ERROR},
    "403": {"status": 403, "body": _API_ERROR},
    "404 of a gateway": {"status": 404, "body": _HTML},
    # Only with the variants that have these.
    "303 after the effect": {"status": 303, "headers": {"Location": "/elsewhere"}, "body": _HTML, "after": True},
    "307": {"status": 307, "headers": {"Location": "/elsewhere"}, "body": _HTML},
    "nothing": {"delay": 60},
    "nothing after the effect": {"status": 200, "body": _HTML, "trickle": 60, "after": True},
}
_OF_VARIANTS = ("303 after the effect", "307", "nothing", "nothing after the effect")
# The responses that leave it open whether the request took effect.
_DOUBTFUL = sorted(name for name in _RESPONSES if re.match("reset|5|200 with", name))
_RARE_REQUESTS = (
    ("GET", "^/ai/llm"),
    ("GET", "^/workspace"),
    ("POST", "/validate$"),
    ("POST", "^/user/login$"),
    ("DELETE", "^/token/"),
)


def faults(*methods: str) -> st.SearchStrategy[list[dict[str, t.Any]]]:
    """Faults of the next requests, above all of the writes to configurations with these methods."""

    def build(request: tuple[str, str], response: str, times: int) -> dict[str, t.Any]:
        return {"method": request[0], "path": request[1], "times": times, **_RESPONSES[response]}

    writes = [(method, "^/ai/llm/?[^/]*$") for method in methods]
    requests = st.sampled_from(writes) | st.sampled_from((*writes, *_RARE_REQUESTS))
    responses = st.sampled_from(_DOUBTFUL) | st.sampled_from(sorted(_RESPONSES.keys() - set(_OF_VARIANTS)))
    return st.lists(st.builds(build, requests, responses, st.integers(1, 3)), min_size=1, max_size=3)


class Conditions(t.NamedTuple):
    """How a module is called. token_requests: how many requests the token of a login is good for."""

    check: bool
    diff: bool
    retries: int
    faults: list[dict[str, t.Any]]
    credentials: str
    token_requests: int | None

    @property
    def trouble(self) -> bool:
        """Whether the module may fail for reasons that lie outside of the configurations."""
        return bool(self.faults) or self.token_requests is not None


def conditions(*methods: str) -> st.SearchStrategy[Conditions]:
    """methods: those with which the call writes."""
    common = {
        "check": st.sampled_from((False, False, True)),
        "diff": st.booleans(),
        "retries": st.integers(0, 2),
        "faults": st.just([]) | faults(*methods),
    }
    token = {"credentials": st.just("token"), "token_requests": st.none()}
    logins = {
        "credentials": st.sampled_from(("password", "expired token and password")),
        "token_requests": st.sampled_from((None, None, None, None, 0, 1, 2, 3)),
    }
    return st.builds(Conditions, **common, **token) | st.builds(Conditions, **common, **logins)


# A configuration among those that there are, by its position; the last one stands for one that does not exist.
LAST_POSITION = 7
POSITIONS = st.integers(0, LAST_POSITION)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "ai_type": st.sampled_from(("OPENAI", "OTHER")),
        "endpoint": st.sampled_from(("https://one.example.com", "https://TWO.example.com/ü?q=1/")),
        "key": st.just(KEY),
        "secret": st.sampled_from((SECRET, SECRET, BAD_SECRET)),
    },
)
WORKSPACE = st.sampled_from(WORKSPACES)
# With an ID, most of the tasks name no workspace, or they would fail.
MAYBE_WORKSPACE = st.sampled_from((None, None, None, *WORKSPACES))
NAME = st.sampled_from(NAMES)
COMPLETE = {"ai_type": "OPENAI", "endpoint": "https://one.example.com", "secret": SECRET}
# Most of them are enough for a creation.
CREATABLE = st.one_of(*[FIELDS.map(lambda fields: {**COMPLETE, **fields})] * 3, FIELDS)
DECLARED = st.lists(
    st.tuples(NAME, st.sampled_from(("present", "present", "absent")), CREATABLE),
    max_size=5,
    unique_by=lambda declared: declared[0],
)
_SEED_ITEM = st.fixed_dictionaries(
    {
        "workspaceId": WORKSPACE,
        "name": NAME,
        "aiType": st.sampled_from(("OPENAI", "AWS")),
        "endpoint": st.just("https://one.example.com"),
        "deletable": st.sampled_from((True, True, True, True, True, False)),
        "repos": st.sampled_from(([], [], [], [], [{"id": "repo-1", "name": "docs"}])),
    }
)
_UNIQUE = st.lists(_SEED_ITEM, max_size=7, unique_by=lambda item: (item["workspaceId"], item["name"]))
# Some seeds have configurations with the same name.
SEEDS = st.one_of(_UNIQUE, _UNIQUE, st.lists(_SEED_ITEM, max_size=7))
CHANGES = ("created", "updated", "deleted")
RETURNED = {"name": "name", "workspace_id": "workspaceId", "ai_type": "aiType", "endpoint": "endpoint"}


# The error codes of calls that fail for the state of the configurations.
USUAL_CODES = {
    *("ambiguous_name", "forbidden", "in_use", "not_found", "partial_failure", "prune_limit_exceeded", "rejected"),
    *("validation_failed", "workspace_mismatch"),
}


class Variant(t.NamedTuple):
    """An API that behaves in another way.

    fails_with: the error codes with which other calls fail, too. switch: of the mock API. responses: what all faults
    are. timeout: seconds that replace the option. listed: what the list has in place of a configuration. hidden: the
    returned field that the list does not show. elsewhere: after how many requests of a task the user logs in elsewhere,
    which ends all tokens of earlier logins.
    """

    fails_with: tuple[str, ...] = ()
    switch: str = ""
    responses: tuple[str, ...] = ()
    timeout: float | None = None
    listed: t.Callable[[dict[str, t.Any]], dict[str, t.Any]] = dict
    hidden: str = ""
    elsewhere: int = 0


def switched(name: str, *fails_with: str) -> dict[str, Variant]:
    return {name: Variant(fails_with, name)}


VARIANTS: dict[str, Variant] = {
    **switched("creation_listed_late"),
    **switched("update_listed_late"),
    **switched("removal_listed_late"),
    # The API refuses to create again what it has stored with another name, or the list has a name that looks the same.
    **switched("names_normalized", "rejected", "ambiguous_name"),
    **switched("endpoint_gets_slash"),
    **switched("creation_without_id"),
    **switched("filter_ignored"),
    **switched("list_has_more", "invalid_response"),
    "items_without_workspace": Variant(("invalid_response",), "items_without_workspace", hidden="workspace_id"),
    **switched("unknown_id_answers_403", "forbidden"),
    "logins elsewhere": Variant(elsewhere=7),
    "redirects after the write": Variant(responses=("303 after the effect", "307")),
    "hanging": Variant(responses=("nothing", "nothing after the effect"), timeout=0.3),
    # Without this switch, the mock API itself would filter them out.
    "numbers as workspaces": Variant(
        ("invalid_response",), "filter_ignored", listed=lambda item: {**item, "workspaceId": 42}, hidden="workspace_id"
    ),
    "numbers as names": Variant(("invalid_response",), listed=lambda item: {**item, "name": 42}, hidden="name"),
}

LATE = {"creation_listed_late", "update_listed_late", "removal_listed_late"}
# With these switches, the list after an update has other values than the update.
OTHER_VALUES = {"update_listed_late", *STORED}


class Calls(RuleBasedStateMachine):
    """The calls. run() checks what holds for all of them, the rules check what holds for one kind."""

    mock: Mock
    made = 0
    requests = itertools.count(1)
    variant = Variant()

    @initialize(seed=SEEDS, refuses_twins=st.booleans())
    def begin(self, seed: list[dict[str, t.Any]], refuses_twins: bool) -> None:
        """refuses_twins: whether the API refuses a name that is taken. Its documentation does not say."""
        items = [{"id": f"id-{number}/ü", **item} for number, item in enumerate(seed)]
        self.mock.reset({"workspaces": list(WORKSPACES), "ai_llms": items, "users": [USER]})
        self.undeletable = {item["id"] for item in items if not item["deletable"]}
        self.refuses_twins = refuses_twins
        self.turn_switches_on()
        self.before = self.after = self.state()
        self.log: list[dict[str, t.Any]] = []
        self.open_sessions: list[dict[str, t.Any]] = []

    def turn_switches_on(self) -> None:
        """A list is up to date again after this: modules assume so at the beginning of a task (decision 14)."""
        twins = "" if self.refuses_twins else "duplicate_names_accepted"
        self.mock.switches(*filter(None, [self.variant.switch, twins]))

    def may_fail(self, how: Conditions) -> bool:
        """Whether a module may fail for reasons that lie outside of the configurations."""
        return how.trouble or bool(self.variant.fails_with)

    def stored(self, wanted: dict[str, t.Any], before: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The fields of a task as the API stores them. Values that the configuration had before are not sent."""
        field, store = STORED.get(self.variant.switch, ("", str))
        kept = (None, (before or {}).get(field))
        return {
            name: store(value) if RETURNED.get(name) == field and value not in kept else value
            for name, value in wanted.items()
        }

    def check_codes(self, ended: TaskResult) -> None:
        """A call that fails because of the variant says so with its error code, and with a message."""
        errors = [ended.error, *(outcome.get("error", {}) for outcome in ended.values.get("outcomes", []))]
        codes = {error["code"] for error in errors if error}
        assert codes <= {*USUAL_CODES, *self.variant.fails_with}
        assert not ended.failed or ended.msg

    # Calls of modules

    @rule(how=conditions("DELETE"), which=POSITIONS, workspace=MAYBE_WORKSPACE)
    def remove_by_id(self, how: Conditions, which: int, workspace: str | None) -> None:
        id = self.resolve(which)
        ended = self.run(ai_llm.main, how, id=id, state="absent", workspace_id=workspace)
        before = self.before.get(id)
        mismatch = before is not None and workspace not in (None, before["workspaceId"])
        self.check_single(ended, how, id, mismatch or (not how.check and self.is_held(id)))
        if not ended.failed:
            self.check_removal(ended, how, id)

    @rule(how=conditions("DELETE"), name=NAME, workspace=WORKSPACE)
    def remove_by_name(self, how: Conditions, name: str, workspace: str) -> None:
        ended = self.run(ai_llm.main, how, name=name, workspace_id=workspace, state="absent")
        found = self.named(name, workspace)
        id = found[0] if found else UNKNOWN_ID
        must_fail = len(found) > 1 or (not how.check and self.is_held(id))
        self.check_single(ended, how, id, must_fail)
        if not ended.failed:
            self.check_removal(ended, how, id)

    @rule(how=conditions("DELETE"), positions=st.lists(POSITIONS, max_size=9), workspace=MAYBE_WORKSPACE)
    def remove_many(self, how: Conditions, positions: list[int], workspace: str | None) -> None:
        ids = [self.resolve(which) for which in positions]
        ended = self.run(ai_llm.main, how, ids=ids, state="absent", workspace_id=workspace)
        unique = list(dict.fromkeys(ids))
        mismatch = any(id in self.before and workspace not in (None, self.before[id]["workspaceId"]) for id in unique)
        held = not how.check and any(map(self.is_held, unique))
        if not self.may_fail(how):
            assert ended.failed == (mismatch or held)
        if "outcomes" not in ended.values:
            self.check_nothing_done(ended)
            return
        outcomes = ended.values["outcomes"]
        assert [outcome["id"] for outcome in outcomes] == unique
        for outcome in outcomes:
            self.check_outcome(outcome, how, {"state": "absent"}, self.before.get(outcome["id"]))
        self.check_outcomes(ended, [outcome["id"] for outcome in outcomes])

    @rule(
        how=conditions("PUT"),
        which=POSITIONS,
        name=st.none() | NAME,
        workspace=MAYBE_WORKSPACE,
        fields=FIELDS,
        rotate=st.booleans(),
        validate=st.booleans(),
    )
    def ensure_by_id(
        self,
        how: Conditions,
        which: int,
        name: str | None,
        workspace: str | None,
        fields: dict[str, t.Any],
        rotate: bool,
        validate: bool,
    ) -> None:
        id = self.resolve(which)
        wanted = fields if name is None else {**fields, "name": name}
        ended = self.run(ai_llm.main, how, id=id, workspace_id=workspace, **self.present(wanted, rotate, validate))
        before = self.before.get(id)
        mismatch = before is not None and workspace not in (None, before["workspaceId"])
        renamed = before is not None and name not in (None, before["name"])
        taken = renamed and bool(self.named(str(name), t.cast("dict[str, t.Any]", before)["workspaceId"]))
        must_fail = before is None or mismatch or taken
        self.check_single(ended, how, id, must_fail, validate)
        if not ended.failed:
            self.check_update(ended, how, wanted, rotate, t.cast("dict[str, t.Any]", before))

    @rule(
        how=conditions("POST", "PUT"),
        name=NAME,
        workspace=WORKSPACE,
        fields=CREATABLE,
        rotate=st.booleans(),
        validate=st.booleans(),
    )
    def ensure_by_name(
        self, how: Conditions, name: str, workspace: str, fields: dict[str, t.Any], rotate: bool, validate: bool
    ) -> None:
        options = self.present(fields, rotate, validate)
        ended = self.run(ai_llm.main, how, name=name, workspace_id=workspace, **options)
        found = self.named(name, workspace)
        must_fail = len(found) > 1 or not (found or fields.keys() >= COMPLETE.keys())
        before = self.before[found[0]] if found else None
        self.check_single(ended, how, found[0] if found else None, must_fail, validate)
        if ended.failed:
            return
        if before:
            self.check_update(ended, how, {**fields, "name": name}, rotate, before)
            return
        assert ended.changed
        if not how.check:
            (new,) = self.after.keys() - self.before.keys()
            wanted = {**fields, "name": name, "workspace_id": workspace}
            assert self.has(self.after[new], self.stored(wanted))
            assert ended.values["ai_llm"]["id"] == new

    @rule(
        how=conditions("POST", "PUT", "DELETE"),
        workspace=WORKSPACE,
        declared=DECLARED,
        prune=st.booleans(),
        limit=st.sampled_from((None, None, None, 0, 1, 5)),
        rotate=st.booleans(),
        validate=st.booleans(),
    )
    def ensure_workspace(self, how: Conditions, **call: t.Any) -> None:
        self.call_ai_llms(how, **call)

    @rule(
        how=conditions("POST", "PUT", "DELETE"),
        workspace=WORKSPACE,
        declared=DECLARED,
        prune=st.booleans(),
        rotate=st.booleans(),
    )
    def plan_and_apply_workspace(self, how: Conditions, **call: t.Any) -> None:
        """Without faults, the check mode's result is that of the run after it, if nothing is in use."""
        how = how._replace(faults=[], token_requests=None, diff=True)
        planned = self.call_ai_llms(how._replace(check=True), limit=None, validate=False, **call)
        applied = self.call_ai_llms(how._replace(check=False), limit=None, validate=False, **call)
        if applied.failed:
            return
        assert planned.values["diff"] == applied.values["diff"]
        assert planned.changed == applied.changed
        statuses = [
            [(outcome["name"], outcome["outcome"]) for outcome in ended.values["outcomes"]]
            for ended in (planned, applied)
        ]
        assert statuses[0] == statuses[1]
        again = self.call_ai_llms(how, limit=None, validate=False, **{**call, "rotate": False})
        # Values that are stored in another way differ in each run (decision 16).
        assert not again.changed or self.variant.switch in STORED

    @rule(how=conditions("GET"), which=st.none() | POSITIONS, name=st.none() | NAME, workspace=st.none() | WORKSPACE)
    def read(self, how: Conditions, which: int | None, name: str | None, workspace: str | None) -> None:
        id = None if which is None else self.resolve(which)
        ended = self.run(ai_llm_info.main, how, id=id, name=name, workspace_id=workspace)
        assert self.after == self.before
        assert not ended.changed
        assert self.may_fail(how) or not ended.failed
        if not ended.failed:
            expected = [
                item["id"]
                for item in self.before.values()
                if id in (None, item["id"])
                and name in (None, item["name"])
                and workspace in (None, item["workspaceId"])
            ]
            assert [item["id"] for item in ended.values["ai_llms"]] == expected

    # What others do

    @rule(which=POSITIONS, number=st.integers(0, 2))
    def link(self, which: int, number: int) -> None:
        id = self.resolve(which)
        if id in self.after:
            self.mock.repos(id, [{"id": f"repo-{index}", "name": f"{TOKEN} {index}"} for index in range(number)])
            self.after = self.state()

    # The parts of the calls

    def call_ai_llms(
        self,
        how: Conditions,
        workspace: str,
        declared: Sequence[tuple[str, str, dict[str, t.Any]]],
        prune: bool,
        limit: int | None,
        rotate: bool,
        validate: bool,
    ) -> TaskResult:
        rotate = rotate and any(
            state == "present" and fields.keys() & {"key", "secret"} for _name, state, fields in declared
        )
        items = [{"name": name, "state": state, **fields} for name, state, fields in declared]
        ended = self.run(
            ai_llms.main,
            how,
            workspace_id=workspace,
            ai_llms=items,
            prune=prune,
            prune_limit=limit,
            validate=validate,
            update_credentials="always" if rotate else "on_create",
        )
        plan, pruned, must_fail = self.plan(workspace, items, prune, rotate)
        must_fail = must_fail or (limit is not None and len(pruned) > limit)
        assert not (must_fail and not ended.failed)
        if "outcomes" not in ended.values:
            self.check_nothing_done(ended)
            assert self.may_fail(how) or must_fail
            return ended
        assert not must_fail
        outcomes = ended.values["outcomes"]
        assert [outcome["name"] for outcome in outcomes] == [
            *(item["name"] for item in items),
            *(self.before[id]["name"] for id in pruned),
        ]
        assert [outcome["id"] for outcome in outcomes[len(items) :]] == pruned
        wanted = [*items, *({"state": "absent"} for _id in pruned)]
        for outcome, item, status, id in zip(outcomes, wanted, plan, [*self.ids_of(workspace, items), *pruned]):
            allowed = (status,) if not ended.failed else (status, "failed", "unknown", "skipped")
            assert outcome["outcome"] in allowed
            self.check_outcome(outcome, how, {**item, "workspace_id": workspace}, self.before.get(id or ""))
        self.check_outcomes(ended, [outcome["id"] for outcome in outcomes], workspace)
        self.check_order(outcomes, plan)
        held = [id for id, status in zip([*self.ids_of(workspace, items), *pruned], plan) if status == "deleted"]
        if not self.may_fail(how) and not validate:
            assert ended.failed == (not how.check and any(map(self.is_held, held)))
        if not ended.failed and not how.check:
            present = [
                self.after[outcome["id"]] for outcome, item in zip(outcomes, items) if item["state"] == "present"
            ]
            assert len(ended.values["ai_llms"]) == len(present)
            assert self.variant.switch in OTHER_VALUES or all(map(self.shows, ended.values["ai_llms"], present))
        return ended

    def plan(
        self, workspace: str, items: Sequence[dict[str, t.Any]], prune: bool, rotate: bool
    ) -> tuple[list[str], list[str], bool]:
        """The statuses to expect, the IDs to prune, and whether the task must fail before it writes."""
        statuses = []
        must_fail = False
        for item in items:
            found = self.named(item["name"], workspace)
            must_fail = must_fail or len(found) > 1
            if item["state"] == "absent":
                statuses.append("deleted" if found else "absent")
            elif not found:
                statuses.append("created")
                must_fail = must_fail or not item.keys() >= COMPLETE.keys()
            else:
                sends_credentials = rotate and bool(item.keys() & {"key", "secret"})
                differs = sends_credentials or not self.has(self.before[found[0]], item)
                statuses.append("updated" if differs else "unchanged")
        names = {item["name"] for item in items}
        others = [item for item in self.before.values() if item["workspaceId"] == workspace] if prune else []
        pruned = sorted((item["name"], item["id"]) for item in others if item["name"] not in names)
        return [*statuses, *("deleted" for _item in pruned)], [id for _name, id in pruned], must_fail

    def ids_of(self, workspace: str, items: Sequence[dict[str, t.Any]]) -> list[str | None]:
        return [next(iter(self.named(item["name"], workspace)), None) for item in items]

    def run(self, main: t.Callable[[], None], how: Conditions, **options: t.Any) -> TaskResult:
        """Call a module, and check what holds for every call."""
        credentials: dict[str, str] = {}
        if how.credentials != "password":
            credentials["access_token"] = TOKEN
        if how.credentials != "token":
            credentials.update(email=USER["email"], password=PASSWORD)
        self.mock.tokens(static=how.credentials == "token", requests=how.token_requests)
        kinds = itertools.cycle(self.variant.responses)
        selected = [{key: fault[key] for key in ("method", "path", "times")} for fault in how.faults]
        self.mock.faults(*([{**fault, **_RESPONSES[kind]} for fault, kind in zip(selected, kinds)] or how.faults))
        self.turn_switches_on()
        type(self).requests = itertools.count(1)
        self.before = self.after
        given = {name: value for name, value in {**options, **credentials}.items() if value is not None}
        ended = run_module(
            main, check=how.check, diff=how.diff, api_url=self.mock.url, retries=how.retries, timeout=60, **given
        )
        type(self).made += 1
        self.after = self.state()
        self.log = self.mock.requests()
        note(f"{options}\n-> {ended.values}\n   {self.log}\n   {self.before}\n-> {self.after}")
        if not how.trouble:
            self.check_codes(ended)
        # A module cannot recognize the other secrets.
        for secret, core in SECRETS.items():
            assert core not in ended.output or not _has(given, secret)
        if how.check:
            assert not [entry for entry in self.log if entry["method"] != "GET" and "/ai/llm" in entry["path"]]
            assert self.after == self.before
        if how.credentials != "token":
            # A login whose response is lost leaves a session, and so does a revocation that fails.
            open_before, self.open_sessions = self.open_sessions, self.mock.sessions()
            # So does one whose token was ended elsewhere.
            assert how.trouble or self.variant.elsewhere or self.open_sessions == open_before
        twins_before, twins = (self.twins(items) for items in (self.before, self.after))
        if not options.get("id"):
            # A task can rename a configuration by its ID to a name that another one has.
            assert all(number <= max(1, twins_before[name]) for name, number in twins.items())
        return ended

    def check_single(
        self,
        ended: TaskResult,
        how: Conditions,
        id: str | None,
        must_fail: bool,
        validate: bool = False,
    ) -> None:
        """Check a call for one configuration. id: its ID, None if the call may create it."""
        assert not (must_fail and not ended.failed)
        if not self.may_fail(how) and not validate and not must_fail:
            assert not ended.failed
        happened = self.after != self.before
        if happened:
            others = [{key: item for key, item in items.items() if key != id} for items in (self.before, self.after)]
            if id is None:
                assert others[0].items() <= others[1].items()
                assert len(others[1]) <= len(others[0]) + 1
            else:
                assert others[0] == others[1]
        if how.check:
            return
        if ended.failed and "error" not in ended.values:
            self.check_nothing_done(ended)
        elif ended.failed and ended.values["error"]["outcome_unknown"]:
            assert happened or not ended.changed
        else:
            sent_again = ended.changed and self.variant.switch in STORED
            inferred = ended.changed and id is not None and self._inferred(id)
            assert ended.changed == happened or inferred or sent_again or self._is_hidden(id)
            assert ended.changed or not ended.failed or not self._left_open(id) or ended.code == "in_use"

    def check_removal(self, ended: TaskResult, how: Conditions, id: str) -> None:
        assert how.check or id not in self.after
        if how.check:
            assert ended.changed == (id in self.before)
        if "ai_llm" in ended.values:
            assert self.shows(ended.values["ai_llm"], self.before[id])

    def check_update(
        self, ended: TaskResult, how: Conditions, wanted: dict[str, t.Any], rotate: bool, before: dict[str, t.Any]
    ) -> None:
        sends_credentials = rotate and bool(wanted.keys() & {"key", "secret"})
        assert ended.changed == (sends_credentials or not self.has(before, wanted))
        if how.check:
            visible = {RETURNED[field]: value for field, value in wanted.items() if field in RETURNED}
            assert self.shows(ended.values["ai_llm"], {**before, **visible})
        else:
            after = self.after[before["id"]]
            assert self.has(after, self.stored(wanted, before))
            assert (after["credentialWrites"] > before["credentialWrites"]) == sends_credentials
            assert self.shows(ended.values["ai_llm"], after) or self.variant.switch in OTHER_VALUES

    def check_outcome(
        self, outcome: dict[str, t.Any], how: Conditions, wanted: dict[str, t.Any], before: dict[str, t.Any] | None
    ) -> None:
        """Compare one of many outcomes with what became of the configuration."""
        status, error = outcome["outcome"], outcome.get("error")
        assert (status == "unknown") == bool(error and error["outcome_unknown"])
        assert error or status not in ("failed", "unknown")
        if before and outcome["name"] is not None:
            assert outcome["name"] == before["name"]
        if how.check:
            return
        id = before["id"] if before else outcome["id"]
        after = self.after.get(id) if id else None
        if status == "created":
            assert before is None
            assert after is not None
            assert self.has(after, self.stored(wanted))
        elif status == "updated":
            assert before is not None
            assert after is not None
            assert self.has(after, self.stored(wanted, before))
            assert after != before or self.variant.switch in STORED
        elif status == "deleted":
            assert after is None
            assert before or self._inferred(id)
        elif status == "absent":
            assert before is None
            assert after is None
        elif status == "unchanged":
            assert after == before
            assert self.has(t.cast("dict[str, t.Any]", before), wanted)
        elif status in ("failed", "skipped"):
            assert after == before or self._is_hidden(id)
            assert id is None or not self._left_open(id) or t.cast("dict[str, t.Any]", error)["code"] == "in_use"
            if before is None and "name" in wanted:
                assert not self.named(wanted["name"], wanted["workspace_id"], self.after) or self._is_hidden(id)

    def check_outcomes(self, ended: TaskResult, ids: Sequence[str | None], workspace: str | None = None) -> None:
        """What holds for all outcomes together, and for all configurations that they are not about."""
        outcomes = ended.values["outcomes"]
        statuses = [outcome["outcome"] for outcome in outcomes]
        errors = [outcome["error"] for outcome in outcomes if "error" in outcome]
        assert ended.changed == any(status in CHANGES for status in statuses)
        assert ended.failed == bool(errors)
        if errors:
            assert ended.code in ("partial_failure", *(error["code"] for error in errors))
            assert ended.values["error"]["outcome_unknown"] == any(error["outcome_unknown"] for error in errors)
        unknown = {
            self.stored({"name": outcome["name"]})["name"]
            for outcome in outcomes
            if outcome["outcome"] == "unknown" or (outcome["outcome"] == "failed" and self._is_hidden(None))
        }
        for id in self.before.keys() | self.after.keys():
            if id in ids or (id not in self.before and self.after[id]["name"] in unknown):
                continue
            assert self.after.get(id) == self.before.get(id)
        if workspace is not None:
            elsewhere = [
                [item for item in items.values() if item["workspaceId"] != workspace]
                for items in (self.before, self.after)
            ]
            assert elsewhere[0] == elsewhere[1]

    def check_order(self, outcomes: Sequence[dict[str, t.Any]], plan: Sequence[str]) -> None:
        """Removals come last, and only if nothing failed before."""
        pairs = [*zip(outcomes, plan)]
        failed_before = any("error" in outcome for outcome, planned in pairs if planned != "deleted")
        removals = [outcome["outcome"] for outcome, planned in pairs if planned == "deleted"]
        requests = [entry["method"] for entry in self.log if entry["path"].startswith("/ai/llm")]
        first = requests.index("DELETE") if "DELETE" in requests else len(requests)
        assert not {"POST", "PUT"} & set(requests[first:])
        assert "skipped" not in removals or failed_before
        if failed_before:
            assert set(removals) <= {"skipped"}
            assert "DELETE" not in requests

    def check_nothing_done(self, ended: TaskResult) -> None:
        """Check a call that failed before it wrote anything."""
        assert ended.failed
        assert not ended.changed
        assert self.after == self.before
        assert not ended.values.get("error", {}).get("outcome_unknown")

    def _inferred(self, id: str) -> bool:
        """Whether a module may count an ID that does not exist as removed: an attempt at it was in doubt."""
        attempts = self._writes(id)
        return id not in self.before and any(
            status is None or status >= 500 or status in (200, 302, 303) for status in attempts
        )

    def _is_hidden(self, id: str | None) -> bool:
        """Whether the API may have answered a write with 500 although it took effect, and the list does not show it."""
        return (self.variant.switch in LATE or self.variant.switch in STORED) and 500 in self._writes(id)

    def _left_open(self, id: str | None) -> bool:
        """Whether the effect of a write may still come: it was not the API that answered (decision 11).

        It does not come if repositories use the configuration: the API would refuse the earlier removal as well.
        """
        return any(status in (None, 502, 504) for status in self._writes(id))

    def _writes(self, id: str | None) -> list[int | None]:
        """The statuses of the writes to a configuration, or of its creation."""
        path = "/ai/llm" if id is None else f"/ai/llm/{urllib.parse.quote(id, safe='')}"
        return [entry["status"] for entry in self.log if entry["path"] == path and entry["method"] != "GET"]

    @staticmethod
    def present(fields: dict[str, t.Any], rotate: bool, validate: bool) -> dict[str, t.Any]:
        rotate = rotate and bool(fields.keys() & {"key", "secret"})
        return {**fields, "validate": validate, "update_credentials": "always" if rotate else "on_create"}

    @staticmethod
    def has(item: dict[str, t.Any], wanted: dict[str, t.Any]) -> bool:
        """Whether a configuration has the fields that are wanted, credentials aside."""
        return all(item[listed] == wanted.get(field, item[listed]) for field, listed in RETURNED.items())

    def shows(self, ai_llm: dict[str, t.Any], item: dict[str, t.Any]) -> bool:
        """Whether a module returns the fields of a configuration. A field that the list does not show may be null."""
        values = {field: item[listed] for field, listed in RETURNED.items()}
        hidden = {field: None for field in values if ai_llm[field] is None and field == self.variant.hidden}
        return self.project(ai_llm) == {"id": item["id"], **values, **hidden}

    @staticmethod
    def project(ai_llm: dict[str, t.Any]) -> dict[str, t.Any]:
        return {field: ai_llm[field] for field in ("id", *RETURNED)}

    @staticmethod
    def twins(items: Items) -> collections.Counter[tuple[str, str]]:
        return collections.Counter((item["workspaceId"], item["name"]) for item in items.values())

    def state(self) -> Items:
        return {item["id"]: item for item in self.mock.state()}

    def resolve(self, which: int) -> str:
        ids = [*self.after]
        return ids[which % len(ids)] if ids and which < LAST_POSITION else UNKNOWN_ID

    def named(self, name: str, workspace: str, items: Items | None = None) -> list[str]:
        items = self.before if items is None else items
        return [item["id"] for item in items.values() if (item["name"], item["workspaceId"]) == (name, workspace)]

    def is_held(self, id: str | None) -> bool:
        """Whether the API refuses the removal."""
        return id in self.before and (bool(self.before[id]["repos"]) or id in self.undeletable)


def _has(options: t.Any, text: str) -> bool:
    """Whether a text is among the options of a module."""
    if isinstance(options, (dict, list)):
        return any(_has(item, text) for item in (options.values() if isinstance(options, dict) else options))
    return bool(options == text)


def test_what_modules_say_is_what_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    # An example makes 32 calls or more: some steps call no module, and some examples have fewer steps.
    make_calls(monkeypatch, examples=CALLS // 30)
    assert Calls.made >= CALLS


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_modules_say_with_another_api(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_calls(monkeypatch, VARIANTS[variant], examples=max(2, CALLS // 1000))


def make_calls(monkeypatch: pytest.MonkeyPatch, variant: Variant = Calls.variant, *, examples: int) -> None:
    # No waits between attempts.
    monkeypatch.setattr(client, "BACKOFF_BASE", 0.0)
    monkeypatch.setattr(Calls, "variant", variant)
    state_listed, new_transport = State.listed, transport.Transport.__init__
    monkeypatch.setattr(State, "listed", lambda state: [variant.listed(item) for item in state_listed(state)])
    if variant.timeout:

        def hasty(self: transport.Transport, **options: t.Any) -> None:
            new_transport(self, **{**options, "timeout": variant.timeout})

        monkeypatch.setattr(transport.Transport, "__init__", hasty)
    if variant.elsewhere:
        accepts = Tokens.accepts

        def accepts_or_ends(self: Tokens, authorization: str) -> bool:
            for login in self._sessions if next(Calls.requests) % variant.elsewhere == 0 else []:
                login.issued = -math.inf
            return accepts(self, authorization)

        monkeypatch.setattr(Tokens, "accepts", accepts_or_ends)
    Calls.made = 0
    with running_mock(token=TOKEN) as mock:
        monkeypatch.setattr(Calls, "mock", mock, raising=False)
        run_state_machine_as_test(
            Calls,
            settings=settings(
                max_examples=examples,
                stateful_step_count=STEPS,
                deadline=None,
                report_multiple_bugs=False,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=[*HealthCheck],
            ),
        )
