# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a run, in Markdown, without private data: it can be attached to a public issue."""

from __future__ import annotations

import collections
import re
import typing as t
from datetime import datetime, timezone

from .plan import MOCK
from .settings import GALAXY
from .statement import AS_ASSUMED, DIFFERENT, NOT_TRIED, Finding

if t.TYPE_CHECKING:
    from .run import Run

DECISIONS = f"{GALAXY['repository']}/blob/main/docs/design.md#decision-"

# By exit status.
MEANING = {
    0: "Everything that was tried is as assumed",
    1: "An assumption is wrong, or the modules did something unexpected",
    2: "The API differs from its documentation",
    3: "Nothing is proven, or the run ended early",
    4: "Something was left behind",
    130: "The run was interrupted",
}


def summary(run: Run) -> list[str]:
    """What matters, in a few lines for people. It has no IDs."""
    number = collections.Counter(finding.result for finding in run.findings.values())
    counts = ", ".join(f"{number[result]} {result}" for result in (DIFFERENT, AS_ASSUMED, NOT_TRIED))
    lines = [f"{MEANING[run.status]} (status {run.status}): {counts}.", run.ended]
    left = [f"{one.name} ({one.reason})" for one in run.configurations.left]
    if run.smoke.is_wrong:
        lines.append("The modules did something unexpected.")
    left += [f"{len(run.client.open)} open logins"] if run.client.open else []
    if left:
        lines.append(f"Left behind: {', '.join(left)}.")
    if run.client.without_id:
        lines.append(f"{run.client.without_id} logins have no ID, so they stay open until the API ends them.")
    if run.earlier:
        lines.append(f"Left by earlier runs: {', '.join(sorted(run.earlier))}. Run `make contract-clean`.")
    return [line.strip() for line in lines if line]


def render(run: Run) -> str:
    server = f"**{MOCK}**" if run.settings.is_mock else "hidden" if run.settings.hide_host else run.settings.host
    differences = [line for finding in run.differences() for line in difference(finding, run)]
    rows = []
    for finding in run.findings.values():
        seen = redacted([finding.seen], run)[0]
        rows.append(f"| {finding.statement.text} | {finding.statement.origin} | {seen} | {finding.result} |")
    parts = {
        "# Contract report": [
            f"- server: {server}",
            f"- date: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC",
            f"- collection: flashback.platform {GALAXY['version']}",
            *(f"- {line}" for line in summary(run)),
            "",
            "This file has no token, password, email, ID, or name of yours. Please attach it to an issue, even if "
            f"nothing is different: <{GALAXY['issues']}>",
        ],
        "## What differs": differences or ["Nothing."],
        "## What the modules did": run.smoke.lines(),
        "## What was measured": redacted(run.measured.lines(), run),
        "## All statements": ["| statement | origin | seen | result |", "| --- | --- | --- | --- |", *rows],
        "## All responses": redacted(run.measured.table(), run),
    }
    return "\n".join("\n".join([heading, "", *lines, ""]) for heading, lines in parts.items())


def difference(finding: Finding, run: Run) -> list[str]:
    """Explain a difference to a user."""
    statement = finding.statement
    link = f" See [decision {statement.decision}]({DECISIONS}{statement.decision})." if statement.decision else ""
    return [
        f"- **{statement.text}** ({statement.source})",
        f"  - Seen: {redacted([finding.seen], run)[0]}",
        f"  - For you: {statement.for_you}{link}",
    ]


def redacted(lines: list[str], run: Run) -> list[str]:
    """Remove the values of the settings where they are whole words.

    Descriptions of responses have no values, so this is a second protection. It does not touch the texts of the suite,
    which a short ID could be a part of.
    """
    values = sorted(map(re.escape, run.settings.private), key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])({'|'.join(values)})(?![\w-])")
    return [pattern.sub("(removed)", line) for line in lines]
