# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a run, in Markdown, without private data: it can be attached to a public issue."""

from __future__ import annotations

import collections
import dataclasses
import typing as t
from datetime import datetime, timezone
from pathlib import Path

import yaml

from .statements import Statement

if t.TYPE_CHECKING:
    from .settings import Settings

AS_ASSUMED, DIFFERENT, NOT_TRIED = "as assumed", "different", "not tried"

GALAXY = Path(__file__).parents[2] / "galaxy.yml"


@dataclasses.dataclass
class Finding:
    statement: Statement
    result: str = NOT_TRIED
    seen: str = "the run ended before"


def counts(findings: list[Finding]) -> str:
    number = collections.Counter(finding.result for finding in findings)
    return ", ".join(f"{number[result]} {result}" for result in (DIFFERENT, AS_ASSUMED, NOT_TRIED))


def render(findings: list[Finding], settings: Settings) -> str:
    """Return the report. What differs comes first, then everything in the order of the suite."""
    galaxy = yaml.safe_load(GALAXY.read_text(encoding="utf-8"))
    lines = [
        "# Contract report",
        "",
        f"- server: {'the mock API' if settings.is_mock else settings.host}",
        f"- date: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC",
        f"- collection: flashback.platform {galaxy['version']}",
        f"- result: {counts(findings)}",
        "",
        "This file contains no token, password, email, or ID. If something is different, please attach it to an issue: "
        f"<{galaxy['issues']}>",
        "",
        "| statement | documented or assumed | seen | result |",
        "| --- | --- | --- | --- |",
    ]
    for finding in sorted(findings, key=lambda finding: finding.result != DIFFERENT):
        result = f"**{DIFFERENT}**" if finding.result == DIFFERENT else finding.result
        cells = (finding.statement.text, origin(finding.statement), finding.seen, result)
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return redact("\n".join([*lines, ""]), settings)


def origin(statement: Statement) -> str:
    return statement.source + (f", decision {statement.decision}" if statement.decision else "")


def redact(text: str, settings: Settings) -> str:
    """Remove the values of the settings. Descriptions of responses have no values, so this is a second protection."""
    for value in sorted(filter(None, settings.private), key=len, reverse=True):
        text = text.replace(value, "(removed)")
    return text
