# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""Read the file that describes a workspace, as data. Whoever can change the file gets no more than what a plan shows."""

from __future__ import annotations

import difflib
import os
import re
import stat
import typing as t

import yaml

from ..module_utils._ai_llm.api import AI_TYPES
from ..module_utils._options.checks import check_id, check_not_masked, check_text
from ..module_utils._text import excerpt

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_BYTES = 4 * 1024 * 1024

# The environment variable of each credential is in the item's key "key_env" or "secret_env".
CREDENTIALS = ("key", "secret")

# libyaml is ten times faster, but not in every installation.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE

_TAG = "tag:yaml.org,2002:"
_KINDS = {
    f"{_TAG}bool": "a boolean",
    f"{_TAG}float": "a number",
    f"{_TAG}int": "a number",
    f"{_TAG}merge": "a merge key",
    f"{_TAG}timestamp": "a date",
    f"{_TAG}value": "a default value",
}
# What is text for PyYAML, but not for every reader of YAML.
_NOT_ALWAYS_TEXT = re.compile(
    r"[-+]?(0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[-+]?\d+)?|\.inf)|\.nan|y|n",
    re.IGNORECASE | re.ASCII,
)
_HINTS = {
    "ai_llms": "write configurations",
    "key": "the file contains no secrets. Write key_env with the name of an environment variable",
    "secret": "the file contains no secrets. Write secret_env with the name of an environment variable",
    "update_credentials": "the playbook rotate sends credentials again",
}


class Variable(t.NamedTuple):
    """The name of an environment variable, and the line of the file that has it."""

    name: str
    line: int


class Item(t.NamedTuple):
    """A configuration. fields: the options `ai_type` and `endpoint`. variables: by "key" and "secret"."""

    name: str
    present: bool
    fields: dict[str, str]
    variables: dict[str, Variable]


class Description(t.NamedTuple):
    workspace_id: str
    items: list[Item]
    prune: bool
    prune_limit: int | None
    validate: bool


def read(path: str) -> tuple[Description | None, list[str]]:
    """Return the description of a workspace, and all problems of the file. With problems, the description is None."""
    name = excerpt(path)
    try:
        text = _load(path)
    except OSError as error:
        return None, [f"{name} cannot be read: {error.strerror}. The working directory is {excerpt(os.getcwd())}."]
    except ValueError as error:
        return None, [f"{name} {error}."]
    parser = _Parser()
    description = parser.parse(text)
    problems = [f"{name}, line {line}: {problem}." for line, problem in sorted(parser.problems)]
    return None if problems else description, problems


def _load(path: str) -> str:
    # A named pipe would block without this flag.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("is not a file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_BYTES} bytes")
    if data.startswith(b"$ANSIBLE_VAULT"):
        raise ValueError("is encrypted with Ansible Vault. It contains no secrets, so save it as plain text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"is not valid UTF-8 in line {line}: save it in this encoding") from None


class _Parser:
    """Collects problems as pairs of a line and a text. The texts do not quote values, which can be secrets."""

    def __init__(self) -> None:
        self.problems: list[tuple[int, str]] = []

    def parse(self, text: str) -> Description | None:
        unprintable = _UNPRINTABLE.search(text)
        if unprintable:
            self.problems.append((text.count("\n", 0, unprintable.start()) + 1, "remove the control character"))
            return None
        try:
            root = _Loader(text).get_single_node()
        except yaml.MarkedYAMLError as error:
            # Only these parts, because the text of the error quotes the line, which can have a secret.
            self.problems.append(
                (error.problem_mark.line + 1 if error.problem_mark else 1, f"not YAML, {error.problem}")
            )
            return None
        except RecursionError:
            self.problems.append((1, "the file is too deeply nested"))
            return None
        checks: dict[str, Callable[[yaml.Node], t.Any]] = {
            "workspace_id": lambda node: _text(node, check_id),
            "configurations": self._items,
            "prune": _boolean,
            "prune_limit": _number,
            "validate": _boolean,
        }
        values, lines = self._mapping(root, checks, ("workspace_id", "configurations"), "the file")
        values = {"prune": False, "prune_limit": None, "validate": False, **values}
        items = values.get("configurations")
        if items == [] and values["prune"] and values["prune_limit"] is None:
            self.problems.append(
                (
                    lines["configurations"],
                    "the list of configurations is empty, so prune would remove everything in the workspace. If this is"
                    " right, set prune_limit to the number of configurations to remove",
                )
            )
        if self.problems or items is None:
            return None
        return Description(values["workspace_id"], items, values["prune"], values["prune_limit"], values["validate"])

    def _items(self, node: yaml.Node) -> list[Item]:
        if not isinstance(node, yaml.SequenceNode) or node.tag != f"{_TAG}seq":
            raise ValueError(f"must be a list, not {_kind(node)}. For a workspace without configurations, write []")
        items = []
        first_lines: dict[str, int] = {}
        for child in node.value:
            values, lines = self._mapping(child, _ITEM, ("name",), "each configuration")
            if "name" not in values:
                continue
            name = values["name"]
            if name in first_lines:
                problem = (
                    f"the name '{excerpt(name)}' is already in line {first_lines[name]}: remove or rename one of them"
                )
                self.problems.append((lines["name"], problem))
            first_lines[name] = lines["name"]
            variables = {
                field: Variable(values[f"{field}_env"], lines[f"{field}_env"])
                for field in CREDENTIALS
                if f"{field}_env" in values
            }
            fields = {field: values[field] for field in ("ai_type", "endpoint") if field in values}
            items.append(Item(name, values.get("state", "present") == "present", fields, variables))
        return items

    def _mapping(
        self,
        node: yaml.Node | None,
        checks: Mapping[str, Callable[[yaml.Node], t.Any]],
        required: tuple[str, ...],
        what: str,
    ) -> tuple[dict[str, t.Any], dict[str, int]]:
        """Return the checked values of a mapping, and the lines of its keys."""
        values: dict[str, t.Any] = {}
        lines: dict[str, int] = {}
        line = _line(node) if node else 1
        if not isinstance(node, yaml.MappingNode) or node.tag != f"{_TAG}map":
            found = _kind(node) if node else "empty"
            self.problems.append((line, f"{what} must have keys and values, such as {required[0]}, but it is {found}"))
            return values, lines
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            try:
                if key not in checks:
                    raise ValueError(_unknown_key(key, list(checks)))
                if key in lines:
                    raise ValueError(f"the key {key} is already in line {lines[key]}: remove one of them")
                lines[key] = _line(key_node)
                try:
                    values[key] = checks[key](value_node)
                except ValueError as error:
                    raise ValueError(f"{key} {error}") from None
            except ValueError as error:
                self.problems.append((_line(key_node), str(error)))
        self.problems += [(line, f"{what} needs the key {key}") for key in required if key not in lines]
        return values, lines


def _unknown_key(key: str, known: list[str]) -> str:
    # A secret could be in the place of a key.
    shown = f"the key {key}" if re.fullmatch("[a-z_]{1,30}", key) else "a key that is not shown here"
    near = difflib.get_close_matches(key, known, 1)
    hint = _HINTS.get(key) or (f"write {near[0]}" if near else f"the known keys are {', '.join(known)}")
    return f"{shown} is unknown: {hint}"


def _scalar(node: yaml.Node, kind: str) -> yaml.ScalarNode:
    """Return the node. Raises ValueError if it is no scalar, or has a tag of its own."""
    if not isinstance(node, yaml.ScalarNode):
        raise ValueError(f"must be {kind}, not {_kind(node)}")
    if node.tag not in (f"{_TAG}str", f"{_TAG}null", *_KINDS) or (node.style and node.tag != f"{_TAG}str"):
        raise ValueError("must not have a tag, such as !vault: remove the tag")
    if node.tag == f"{_TAG}null":
        raise ValueError("has no value: add one, or remove the key")
    return node


def _text(node: yaml.Node, check: Callable[[str], str]) -> str:
    text = str(_scalar(node, "text").value)
    if not node.style and (node.tag != f"{_TAG}str" or _NOT_ALWAYS_TEXT.fullmatch(text)):
        kind = _KINDS.get(node.tag, "another type in some programs")
        raise ValueError(f"must be text, but YAML reads it as {kind}: put it in quotation marks")
    if "{{" in text or "{%" in text:
        raise ValueError(
            "must not have a template, because nothing in this file is evaluated. For a credential, write secret_env or"
            " key_env with the name of an environment variable"
        )
    return check(check_not_masked(text))


def _boolean(node: yaml.Node) -> bool:
    scalar = _scalar(node, "true or false")
    if scalar.tag != f"{_TAG}bool":
        raise ValueError("must be true or false, without quotation marks")
    return scalar.value.lower() in ("true", "yes", "on")


def _number(node: yaml.Node) -> int:
    scalar = _scalar(node, "a whole number")
    if scalar.tag != f"{_TAG}int" or not re.fullmatch("0|[1-9][0-9]{0,8}", scalar.value):
        raise ValueError("must be a whole number that is not negative, in digits, without quotation marks")
    return int(scalar.value)


def _one_of(*choices: str) -> Callable[[yaml.Node], str]:
    def check(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return lambda node: _text(node, check)


def _check_variable(name: str) -> str:
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("must be the name of an environment variable, in letters, digits, and underscores")
    if name.upper().startswith(("FLASHBACK_", "ANSIBLE_")):
        raise ValueError(
            "must not begin with FLASHBACK_ or ANSIBLE_, because such a variable is not for a provider: use another name"
        )
    return name


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a dictionary"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a single value"


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


_ITEM: dict[str, Callable[[yaml.Node], t.Any]] = {
    "name": lambda node: _text(node, check_text),
    "state": _one_of("present", "absent"),
    "ai_type": _one_of(*AI_TYPES),
    "endpoint": lambda node: _text(node, check_text),
    "key_env": lambda node: _text(node, _check_variable),
    "secret_env": lambda node: _text(node, _check_variable),
}
