# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.
"""What a task warns of, if it has read a list."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from .._redact import REDACTED
from .._text import MAX_NAMES, count, excerpt, join_limited
from .._workspace import check_workspace
from .alike import difference, look_alikes
from .api import repository_names

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._http.auth import AuthenticatedClient
    from .api import AiLlm, Listing
    from .outcome import Change, Outcome
    from .wanted import Mode, Rules, Wanted


def warnings_of(
    client: AuthenticatedClient,
    wanted: Sequence[Wanted],
    rules: Rules,
    mode: Mode,
    listed: Listing,
    outcomes: Sequence[Outcome],
) -> tuple[str, ...]:
    """Return the warnings of a task.

    :param listed: What the plan was made from: all configurations of the workspace, or those with the IDs of the task.
    """
    changes = [outcome.change for outcome in outcomes]
    warnings = [*_same_endpoints(changes), *_endpoints_with_users(listed)]
    if all(item.id is None for item in wanted):
        warnings += _look_alikes(wanted, changes, listed, rules)
        if not listed and all(change.action == "keep" for change in changes):
            warnings += check_workspace(client, t.cast("str", rules.workspace_id))
    if mode.check:
        warnings += [*_prunes_everything(changes, len(wanted), rules), *_uses(changes)]
    else:
        warnings += [text for outcome in outcomes for text in _stored_differently(outcome)]
    return tuple(warnings)


def _look_alikes(wanted: Sequence[Wanted], changes: Sequence[Change], listed: Listing, rules: Rules) -> Iterator[str]:
    # A listed name that the task names, too, is known to its author.
    declared = {item.name for item in wanted}
    missing = [change.label for change in changes if change.before is None]
    pairs = look_alikes(missing, [item for item in listed if item["name"] not in declared])
    if pairs:
        yield (
            f"Names of the task are not listed in workspace '{rules.workspace_id}', but names that look the same are:"
            f" {join_limited(pairs)}. If they are the same, copy the listed name into the task."
        )


def _same_endpoints(changes: Sequence[Change]) -> Iterator[str]:
    """Warn about endpoints that are all that changes, and that are probably stored as they are listed."""
    same = [
        change.label
        for change in changes
        if change.before and list(change.fields) == ["endpoint"] and change.before["endpoint"]
        if _normal(change.fields["endpoint"]) == _normal(change.before["endpoint"])
    ]
    if same:
        yield (
            "The new endpoint differs from the listed one only in a slash at its end or in the case of its host:"
            f" {join_limited(same)}. If the platform stores it like this, each run reports this change. To avoid it,"
            " use the listed endpoint in the task."
        )


def _normal(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return endpoint
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl().rstrip("/")


def _endpoints_with_users(listed: Listing) -> Iterator[str]:
    found = [f"'{item['name']}' ({item['id']})" for item in listed if f"{REDACTED}@" in (item["endpoint"] or "")]
    if found:
        yield (
            "A listed endpoint contains a user or a password, which is not shown here, but which everybody sees who can"
            f" read the configuration: {join_limited(found)}. Give it an endpoint without them."
        )


def _prunes_everything(changes: Sequence[Change], declared: int, rules: Rules) -> Iterator[str]:
    pruned = len(changes) - declared
    if pruned and rules.prune_limit is None and not any(change.before for change in changes[:declared]):
        yield (
            f"prune would remove everything in workspace '{rules.workspace_id}': {count(pruned, 'configuration')}."
            " Check that the list of the task is complete, or set prune_limit, so that such a run fails."
        )


def _uses(changes: Sequence[Change]) -> Iterator[str]:
    """Warn about removals that the API would refuse now. It is no failure: an earlier task may unlink them."""
    used = [change for change in changes if change.removes_used]
    if used:
        names = [
            f"'{excerpt(change.label)}' by {repository_names(t.cast('AiLlm', change.before))}"
            for change in used[:MAX_NAMES]
        ]
        more = f"; and {len(used) - MAX_NAMES} more, see outcomes" if len(used) > MAX_NAMES else ""
        which = "This AI LLM configuration is" if len(used) == 1 else f"{len(used)} AI LLM configurations are"
        yield f"{which} in use, and the API would refuse the removal now: {'; '.join(names)}{more}."


def _stored_differently(outcome: Outcome) -> Iterator[str]:
    """Warn about each field that the API lists with another value than a creation or an update sent."""
    sent, stored = outcome.change.fields, outcome.ai_llm
    if stored and outcome.status in ("created", "updated"):
        for field in ("name", "ai_type", "endpoint"):
            if field in sent and stored[field] not in (None, sent[field]):
                yield (
                    f"The platform has stored {field} of '{excerpt(outcome.change.label)}' in another form than the"
                    f" task sent. The sent and the stored value are {difference(sent[field], stored[field])}. Each run"
                    " will report a change until the task has the stored value."
                )
