# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Read the file that describes a workspace as data, so that its author gets no more than what a plan shows."""

from __future__ import annotations

import difflib
import os
import re
import stat
import typing as t

import yaml

from ..module_utils._options.checks import check_endpoint, check_id, check_text
from ..module_utils._text import excerpt

if t.TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 4 * 1024 * 1024

# libyaml is ten times faster, but not in every installation.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS = ("str", "null", "bool", "int", "float", "timestamp", "value")
# What is text for PyYAML, but not for every program that reads YAML.
_NOT_ALWAYS_TEXT = re.compile(
    r"(?ia)[-+]?(0x[\da-f_]+|0o[0-7_]+|0b[01_]+|(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[-+]?\d+)?|\.inf)|\.nan|y|n"
)
_NO_SECRETS = "the file contains no secrets. Write {} with the name of an environment variable"
_HINTS = {
    "ai_llms": "write configurations",
    "key": _NO_SECRETS.format("key_env"),
    "secret": _NO_SECRETS.format("secret_env"),
    "update_credentials": "the playbook rotate sends credentials again",
}
_EMPTY = (
    "the list of configurations is empty, so prune would remove everything in the workspace. If this is right, set"
    " prune_limit to the number of configurations to remove"
)


def read(path: str) -> tuple[dict[str, t.Any], list[str]]:
    """Return the values of the file, and all its problems, each with what to do. With problems, values can be missing.

    An item of `configurations` also has `lines`, the line of each of its keys. The texts quote no values, because these
    can be secrets.
    """
    problems: list[tuple[int, str]] = []
    values: dict[str, t.Any] = {}
    try:
        root = _Loader(_load(path)).get_single_node()
        values = {"prune": False, "validate": False, **_mapping(root, _FILE, "the file", problems)}
        if values.get("configurations") == [] and values["prune"] and "prune_limit" not in values:
            problems.append((values["lines"]["configurations"], _EMPTY))
    except yaml.MarkedYAMLError as error:
        # Only these parts of the error, because its text quotes the line. Without libyaml, the problem ends with what
        # follows "*" or "!", which can be a secret.
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        problem = re.sub(" ['\"].{2,}['\"]$", "", error.problem or "")
        problems.append((line, f"the file is not valid YAML: {problem}"))
    except OSError as error:
        problems.append((0, f"{error.strerror}. The working directory is {excerpt(os.getcwd())}"))
    except (ValueError, RecursionError) as error:
        problems.append((0, str(error)))
    name = excerpt(path)
    return values, [f"{name}{f', line {line}' if line else ''}: {problem}." for line, problem in sorted(problems)]


def _load(path: str) -> str:
    # Without this flag, a named pipe would block.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("this is not a file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"the file has more than {MAX_BYTES} bytes")
    if data.startswith(b"$ANSIBLE_VAULT"):
        raise ValueError("the file is encrypted. It contains no secrets, so save it as plain text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8: save the file in this encoding") from None
    control = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if control:
        raise ValueError(f"line {text.count(chr(10), 0, control.start()) + 1} has a control character: remove it")
    return text


def _mapping(
    node: yaml.Node | None, known: dict[str, _Read], what: str, problems: list[tuple[int, str]]
) -> dict[str, t.Any]:
    """Return the values of a mapping, and its `lines`."""
    lines: dict[str, int] = {}
    values: dict[str, t.Any] = {"lines": lines}
    if not isinstance(node, yaml.MappingNode) or _tag(node) != "map":
        problems.append((_line(node), f"{what} must have keys with values, such as {next(iter(known))}"))
        return values
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        line = _line(key_node)
        if key not in known:
            # A secret can be in the place of a key.
            shown = f"the key {key}" if re.fullmatch("[a-z_]{1,30}", key) else "a key"
            hint = " or ".join(difflib.get_close_matches(key, known, 1) or known)
            problems.append((line, f"{shown} is unknown: {_HINTS.get(key, f'write {hint}')}"))
        elif key in lines:
            problems.append((line, f"{key} is already in line {lines[key]}: remove one of them"))
        else:
            lines[key] = line
            try:
                values[key] = known[key](value_node, problems)
            except ValueError as error:
                problems.append((_line(value_node), f"{key} {error}"))
    missing = [key for key in _REQUIRED if key in known and key not in lines]
    problems += [(_line(node), f"{what} needs the key {key}") for key in missing]
    return values


def _items(node: yaml.Node, problems: list[tuple[int, str]]) -> list[dict[str, t.Any]]:
    if not isinstance(node, yaml.SequenceNode) or _tag(node) != "seq":
        raise ValueError("must be a list. For a workspace without configurations, write []")
    items = [_mapping(child, _ITEM, "each configuration", problems) for child in node.value]
    first: dict[str, int] = {}
    for item in (item for item in items if "name" in item):
        name, line = item["name"], item["lines"]["name"]
        if first.setdefault(name, id(item)) != id(item):
            problems.append(
                (line, f"'{excerpt(name)}' is the name of another configuration: remove or rename one of them")
            )
    return items


def _scalar(node: yaml.Node, needed: str, tag: str = "str", pattern: str = ".*") -> str:
    """Return the text of a value. Raises ValueError with the end of a sentence if it has another type or notation."""
    if not isinstance(node, yaml.ScalarNode):
        raise ValueError(f"must be {needed}, not a list or a dictionary")
    found, text = _tag(node), str(node.value)
    if found not in _SCALARS or (node.style and found != "str"):
        raise ValueError("must not have a tag, such as !vault: remove the tag")
    if found == "null":
        raise ValueError("has no value: add one, or remove the key")
    if tag == "str" and (found != "str" or (not node.style and _NOT_ALWAYS_TEXT.fullmatch(text))):
        raise ValueError("must be text, but YAML can read it as a number, a boolean, or a date: add quotation marks")
    if "{{" in text or "{%" in text:
        hint = "For a credential, write secret_env or key_env with the name of an environment variable"
        raise ValueError(f"must not have a template, because nothing in this file is evaluated. {hint}")
    if found != tag or not re.fullmatch(pattern, text, re.DOTALL):
        raise ValueError(f"must be {needed}")
    return text


def _tag(node: yaml.Node) -> str:
    return str(node.tag).replace("tag:yaml.org,2002:", "", 1)


def _line(node: yaml.Node | None) -> int:
    return int(node.start_mark.line) + 1 if node else 0


def _text(check: Callable[[str], str]) -> _Read:
    return lambda node, _problems: check(_scalar(node, "text"))


def _pattern(needed: str, pattern: str) -> _Read:
    return lambda node, _problems: _scalar(node, needed, pattern=pattern)


def _boolean(node: yaml.Node, _problems: list[tuple[int, str]]) -> bool:
    return _scalar(node, "true or false, without quotation marks", "bool").lower() in ("true", "yes", "on")


def _number(node: yaml.Node, _problems: list[tuple[int, str]]) -> int:
    return int(_scalar(node, "a whole number, 0 or more, without quotation marks", "int", "0|[1-9][0-9]{0,8}"))


_Read = t.Callable[[yaml.Node, "list[tuple[int, str]]"], t.Any]
_VARIABLE = (
    "the name of an environment variable: letters, digits, underscores, and not FLASHBACK_ or ANSIBLE_ at its start",
    "(?!(?i:FLASHBACK_|ANSIBLE_))[A-Za-z_][A-Za-z0-9_]*",
)
_ITEM: dict[str, _Read] = {
    "name": _text(check_text),
    "state": _pattern("present or absent", "present|absent"),
    "ai_type": _text(check_text),
    "endpoint": _text(check_endpoint),
    "key_env": _pattern(*_VARIABLE),
    "secret_env": _pattern(*_VARIABLE),
}
_FILE: dict[str, _Read] = {
    "workspace_id": _text(check_id),
    "configurations": _items,
    "prune": _boolean,
    "prune_limit": _number,
    "validate": _boolean,
}
_REQUIRED = ("workspace_id", "configurations", "name")
