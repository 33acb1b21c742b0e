# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workspaces, usage statistics, the validation, and at last what all responses of the run have shown."""

from __future__ import annotations

from ..errors import NotTried
from ..response import Json, Response, describe
from ..run import Run
from ..statement import Seen, responses, shared, statement
from .creation import created


@shared
def workspaces(run: Run) -> Response:
    return run.client.send("GET", "/workspace")


@statement("workspaces_without_name")
def workspaces_have_names(run: Run) -> Seen:
    response = workspaces(run)
    items = response.items("workspaces")
    missing = [name for name in ("id", "name") if not all(isinstance(item.get(name), str) for item in items)]
    is_right = response.matches(200, success=True, workspaces=list) and len(items) == len(response.body["workspaces"])
    return is_right and not missing, f"not all have {' and '.join(missing)}" if missing else response


@statement("workspaces_hidden")
def workspace_is_listed(run: Run) -> Seen:
    is_listed = run.settings.workspace_id in [item.get("id") for item in workspaces(run).items("workspaces")]
    return is_listed, "listed" if is_listed else "not listed"


@shared
def statistics(run: Run) -> list[Json]:
    response = run.client.send("GET", "/ai/llm/stats")
    if not response.has(stats=list):
        raise NotTried(f"needs statistics, which answered {response}")
    return response.items("stats")


@statement("statistics_filter_ignored")
def statistics_of_one_configuration(run: Run) -> Seen:
    ids = [item["aiLlmId"] for item in statistics(run) if isinstance(item.get("aiLlmId"), str)]
    if len(ids) < 2:
        raise NotTried("needs the statistics of two configurations")
    response = run.client.send("GET", "/ai/llm/stats", query={"aiLlmId": ids[0]})
    is_right = response.matches(200, success=True, stats=list)
    return is_right and [item.get("aiLlmId") for item in response.items("stats")] == ids[:1], response


@statement("counters_are_numbers")
def counters_are_texts(run: Run) -> Seen:
    counters = [value for item in statistics(run) for name, value in item.items() if name.startswith("total")]
    if not counters:
        raise NotTried("needs statistics")
    is_right = all(isinstance(value, str) and value.isdecimal() for value in counters)
    return is_right, ", ".join(sorted({describe(value) for value in counters}))


def validated(run: Run) -> Response:
    return run.client.send("POST", "/ai/llm/{}/validate", created(run).id)


INVALID = {"success": False, "message": str}

ALLOWED = {"permission": "validate"}

responses(("failed_validation_is_a_200", "failed_validation_answers_400", validated, 200, INVALID, ALLOWED))


@statement("key_listed")
def credentials_are_not_returned(run: Run) -> Seen:
    masked = "masked" if run.configurations.item(created(run)).get("key") else "null"
    return not run.measured.exposed, "; ".join(sorted(run.measured.exposed)) or f"`key` is {masked}"


@statement("json_called_text")
def responses_are_json(run: Run) -> Seen:
    return not run.measured.not_json, "; ".join(sorted(run.measured.not_json)) or "all have it"
