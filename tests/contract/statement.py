# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements: a row of docs/assumptions.md says what a statement is, and a function checks it."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t
from collections.abc import Callable

from .errors import NotTried
from .response import Response
from .settings import ROOT

if t.TYPE_CHECKING:
    from .run import Run

AS_ASSUMED, DIFFERENT, NOT_TRIED = "as assumed", "different", "not tried"

# Whether the statement is right, and what was seen.
Seen = tuple[bool, t.Union[Response, str]]
T = t.TypeVar("T")

ROW = re.compile(
    r"^\| `(\w+)` \| (.*) \| (documented|assumed)(?:, \[decision (\d+)\]\(design\.md#decision-\4\))? \| (.*) \| .* \|$",
    re.MULTILINE,
)
ROWS = {row[0]: row[1:] for row in ROW.findall((ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8"))}


@dataclasses.dataclass(frozen=True)
class Statement:
    """for_you: what its failure means for users. decision: the design decision that needs it, or an empty text.

    switch: the switch of the mock API with which this statement, and no other, is wrong. creates, logins: how many of
    these the check needs at most. needs: the statements without which the check proves nothing. permission: the setting
    without which it is not tried. check: raises NotTried.
    """

    text: str
    source: str
    decision: str
    for_you: str
    check: Callable[[Run], Seen]
    switch: str
    creates: int = 0
    logins: int = 0
    needs: tuple[str, ...] = ()
    permission: str = ""

    @property
    def origin(self) -> str:
        return self.source + (f", decision {self.decision}" if self.decision else "")


@dataclasses.dataclass
class Finding:
    """seen: a description without private data. requests: how many the run had sent when it was found."""

    statement: Statement
    result: str = NOT_TRIED
    seen: str = "the run ended before"
    requests: int = 0


# In the order in which a run checks them.
STATEMENTS: dict[str, Statement] = {}


def statement(switch: str, name: str = "", **fields: t.Any) -> Callable[[Callable[[Run], Seen]], None]:
    """Register a function as the check of the statement with its name; `fields` are those of `Statement`."""

    def register(check: Callable[[Run], Seen]) -> None:
        key = name or check.__name__
        text, source, decision, for_you = ROWS[key]
        STATEMENTS[key] = Statement(text, source, decision, for_you, check, switch, **fields)

    return register


def responses(*rows: tuple[t.Any, ...]) -> None:
    """Register statements about one response each.

    A row has the name, the switch, the function that sends the request, the status, and if needed the body, and other
    fields of `Statement`. The status is a number, or `ok` or `refused`: any 2xx or 4xx. The body has values or types.
    """
    for name, switch, send, status, *rest in rows:

        def check(run: Run, send: t.Any = send, status: t.Any = status, body: t.Any = (*rest, {})[0]) -> Seen:
            response = send(run)
            is_right = response.status == status if isinstance(status, int) else getattr(response, status)
            return is_right and response.has(**body), response

        statement(switch, name, **(*rest, {}, {})[1])(check)


def shared(function: Callable[[Run], T]) -> Callable[[Run], T]:
    """Let a function run once in each run. All further calls get its result, or the reason why it was not tried."""

    @functools.wraps(function)
    def cached(run: Run) -> T:
        if function not in run.shared:
            try:
                run.shared[function] = function(run)
            except NotTried as exc:
                run.shared[function] = exc
        found = run.shared[function]
        if isinstance(found, NotTried):
            raise found
        return t.cast("T", found)

    return cached
