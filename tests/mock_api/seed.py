# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seed: the first state of the mock API, from a YAML file or from a request to the control interface."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import yaml

from .messages import Json

SEED = Path(__file__).with_name("seed.yml")

COUNTERS = tuple(
    f"total{name}"
    for name in (
        "ApiCalls",
        "TokensIn",
        "TokensOut",
        "LlmTokensIn",
        "LlmTokensOut",
        "PolicyViolations",
        "Alerts",
        "Blocks",
    )
)

KINDS = {str: "a text", int: "an integer", bool: "true or false", list: "a list", dict: "an object"}

# The types of the fields that the mock uses. All other fields are listed without a check.
AI_LLM_FIELDS: dict[str, type] = {
    **dict.fromkeys(("id", "workspaceId", "name", "aiType", "endpoint", "orgId", "userId", "createdAt", "secret"), str),
    "deletable": bool,
    "works": bool,
    "repos": list,
    "stats": dict,
}

WORKSPACE_FIELDS: dict[str, type] = {**dict.fromkeys(("id", "name", "orgId"), str), "users": list}

# The default values of a user.
USER: Json = {"name": "", "orgId": "org-123"}

USER_FIELDS: dict[str, type] = {
    **dict.fromkeys(("email", "id", "name", "lastName", "orgId", "password"), str),
    "active": bool,
    "mfa": bool,
}


SECTIONS = ("workspaces", "ai_llms", "users")


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
    if data is None:
        raise SeedError("is empty")
    if not isinstance(data, dict):
        raise SeedError("must be an object with the keys workspaces, ai_llms and users")
    unknown = sorted(set(map(str, data)) - set(SECTIONS))
    if unknown:
        raise SeedError(f"unknown key {unknown[0]!r}, known are {', '.join(SECTIONS)}")
    own_users = _items("users", _list(data, "users"), USER_FIELDS, ["email", "id"])
    workspaces = [{"id": item} if isinstance(item, str) else item for item in _list(data, "workspaces")]
    return Seed(
        workspaces=[
            {"name": f"Workspace {item['id']}", "orgId": "org-123", "users": [], **item}
            for item in _items("workspaces", workspaces, WORKSPACE_FIELDS, ["id"])
        ],
        ai_llms=_items("ai_llms", _list(data, "ai_llms"), AI_LLM_FIELDS, ["id", "workspaceId"]),
        users=[{**USER, **user} for user in own_users] if "users" in data else users or [],
    )


def _list(data: Json, section: str) -> list[t.Any]:
    items = data.get(section)
    if items is None:
        return []
    if not isinstance(items, list):
        raise SeedError(f"{section} must be a list")
    return items


def _items(section: str, items: list[t.Any], fields: dict[str, type], required: list[str]) -> list[Json]:
    """Return a copy of the items of a section. The first required field identifies an item."""
    identity = required[0]
    seen: set[str] = set()
    for number, item in enumerate(items, 1):
        named = item.get(identity) if isinstance(item, dict) else None
        label = f"{section}, item {number}" + (f" ({named})" if named else "")
        problem = _problem(item, fields, required)
        if not problem and item[identity] in seen:
            problem = f"an item before it has the same {identity}"
        if problem:
            raise SeedError(f"{label}: {problem}")
        seen.add(item[identity])
    return t.cast("list[Json]", json.loads(json.dumps(items)))


def _problem(item: t.Any, fields: dict[str, type], required: list[str]) -> str | None:
    """Return the problem with an item, or None."""
    if not isinstance(item, dict):
        return "must be an object"
    for field in required:
        if field not in item:
            return f"{field} is missing"
        if item[field] == "":
            return f"{field} must not be empty"
    for field, kind in fields.items():
        if field in item and not _is_a(item[field], kind):
            return f"{field} must be {KINDS[kind]}"
    for field in ("repos", "users"):
        if not all(_is_a(part, dict) for part in item.get(field, [])):
            return f"{field} must be a list of objects"
    for counter, count in item.get("stats", {}).items():
        if counter not in COUNTERS:
            return f"stats: {counter} is unknown, known are {', '.join(COUNTERS)}"
        if not str(count).isdecimal():
            return f"stats: {counter} must be a decimal number"
    try:
        json.dumps(item)
    except (RecursionError, TypeError, ValueError):
        return "it holds a value that JSON cannot express, such as a date without quotes"
    return None


def _is_a(value: t.Any, kind: type) -> bool:
    # In Python, a bool is also an int.
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
