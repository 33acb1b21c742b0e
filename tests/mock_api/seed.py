# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seed: the first state of the mock API, from a YAML file or from a request to the control interface."""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from pathlib import Path

import yaml

from .messages import Json

SEED = Path(__file__).with_name("seed.yml")

# For each section, the fields that its items need. The first one is unique.
SECTIONS = {"workspaces": ("id",), "ai_llms": ("id", "workspaceId"), "users": ("email", "id")}

COUNTERS = (
    "totalApiCalls",
    "totalTokensIn",
    "totalTokensOut",
    "totalLlmTokensIn",
    "totalLlmTokensOut",
    "totalPolicyViolations",
    "totalAlerts",
    "totalBlocks",
)

# The default values of a user.
USER: Json = {"name": "", "orgId": "org-123"}


class SeedError(ValueError):
    """The seed is not valid. The message names the item and the problem."""


class Seed(t.NamedTuple):
    workspaces: list[Json]
    ai_llms: list[Json]
    users: list[Json]


def read_seed(path: Path) -> Seed:
    """Read the seed from a YAML file. Raises SeedError with the file's name."""
    try:
        return parse_seed(_load(path))
    except SeedError as exc:
        raise SeedError(f"seed {path}: {exc}") from None


def _load(path: Path) -> t.Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise SeedError(exc.strerror or "cannot be read") from None
    except yaml.MarkedYAMLError as exc:
        line = f", line {exc.problem_mark.line + 1}" if exc.problem_mark else ""
        raise SeedError(f"not valid YAML{line}: {exc.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise SeedError(f"not valid YAML: {' '.join(str(exc).split())}") from None


def parse_seed(data: t.Any, users: list[Json] | None = None) -> Seed:
    """Return the seed from YAML or JSON data. If the data has no users, use the given ones. Raises SeedError."""
    try:
        data = json.loads(json.dumps(data))
    except (RecursionError, TypeError, ValueError):
        raise SeedError("it holds a value that JSON cannot express, such as a date without quotes") from None
    if not isinstance(data, dict) or set(data) - set(SECTIONS):
        raise SeedError(f"it must be an object with no other keys than {', '.join(SECTIONS)}")
    workspaces, ai_llms, listed_users = (_items(section, data.get(section) or []) for section in SECTIONS)
    return Seed(
        [{"name": f"Workspace {item['id']}", "orgId": "org-123", "users": [], **item} for item in workspaces],
        ai_llms,
        [{**USER, **user} for user in listed_users] if "users" in data else users or [],
    )


def _items(section: str, data: t.Any) -> list[Json]:
    """Return the items of a section. Those of workspaces can be IDs. Raises SeedError."""
    items = [{"id": item} if isinstance(item, str) else item for item in data] if isinstance(data, list) else [data]
    for number, item in enumerate(items, 1):
        lacking = [field for field in SECTIONS[section] if not isinstance(item, dict) or not item.get(field)]
        if lacking:
            raise SeedError(f"{section}, item {number}: {lacking[0]} is missing")
        if unknown := set(item.get("stats", {})) - set(COUNTERS):
            raise SeedError(f"{section}, item {number}: stats must not have {unknown.pop()!r}")
    key = SECTIONS[section][0]
    ((most_common, count),) = Counter(str(item[key]) for item in items).most_common(1) or [("", 0)]
    if count > 1:
        raise SeedError(f"{section}: {count} items have the {key} {most_common!r}")
    return items
