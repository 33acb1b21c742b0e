# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements: what a test says about the API, and where it comes from.

A statement is documented by the vendor, or assumed by a decision in docs/design.md. If the API differs, a
documented statement fails the run, and an assumed one is only reported.
"""

from __future__ import annotations

import inspect
import typing as t
from collections.abc import Callable

Test = Callable[..., None]


class Statement(t.NamedTuple):
    """What a test states.

    source: "documented" or "assumed". decision: the design decision that needs the statement, None if no decision does.
    switch: the switch of the mock API with which this statement, and no other, is wrong.
    """

    name: str
    text: str
    source: str
    decision: int | None
    switch: str


def documented(*, switch: str, decision: int | None = None) -> Callable[[Test], Test]:
    """Mark a test whose statement is in the vendor's documentation."""
    return lambda test: _mark(test, "documented", decision, switch)


def assumed(*, switch: str, decision: int | None = None) -> Callable[[Test], Test]:
    """Mark a test whose statement is not documented."""
    return lambda test: _mark(test, "assumed", decision, switch)


def statement_of(test: t.Any) -> Statement:
    return t.cast("Statement", test.statement)


def _mark(test: Test, source: str, decision: int | None, switch: str) -> Test:
    text = inspect.cleandoc(test.__doc__ or "").replace("\n", " ")
    vars(test)["statement"] = Statement(test.__name__.removeprefix("test_"), text, source, decision, switch)
    return test
