# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import os
import re
import time
import typing as t

import pytest
import yaml

from ansible_collections.flashback.platform.plugins.lookup import workspace_file
from ansible_collections.flashback.platform.plugins.lookup.workspace_file import described
from ansible_collections.flashback.platform.plugins.plugin_utils import _workspace_file

if t.TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cret-Value-77"
FILE = """\
workspace_id: workspace-123
configurations:
  - name: Team OpenAI
    ai_type: OPENAI
    endpoint: https://api.openai.com/v1
    secret_env: OPENAI_API_KEY
  - name: Team AWS
    key_env: AWS_KEY
    secret_env: AWS_SECRET
  - name: Old Bedrock
    state: absent
    secret_env: NOT_SET
  - name: By hand
prune: true
prune_limit: 2
"""
ITEM = "workspace_id: w\nconfigurations:\n  - name: A\n    "

# The text of the file, the line of its problem, and a part of the problem.
WRONG = [
    # Keys
    (f"{ITEM}secret: {SECRET}", 4, "the key secret is unknown: the file contains no secrets. Write secret_env"),
    (f"{ITEM}key: {SECRET}", 4, "Write key_env"),
    (f"{ITEM}endpiont: x", 4, "the key endpiont is unknown: write endpoint"),
    (f"{ITEM}{SECRET}: x", 4, "a key is unknown: write name or state"),
    (f"{ITEM}<<: {{name: B}}", 4, "a key is unknown"),
    (f"{ITEM}? [a]\n    : x", 4, "a key is unknown"),
    (f"{ITEM}name: B", 4, "name is already in line 3"),
    ("ai_llms: []\nworkspace_id: w\nconfigurations: []", 1, "write configurations"),
    ("workspace_id: w\nconfigurations: []\nupdate_credentials: always", 3, "the playbook rotate"),
    ("workspace_id: w\nworkspace_id: v\nconfigurations: []", 2, "workspace_id is already in line 1"),
    ("configurations: []", 1, "the file needs the key workspace_id"),
    ("workspace_id: w", 1, "the file needs the key configurations"),
    ("workspace_id: w\nconfigurations:\n  - ai_type: AWS", 3, "each configuration needs the key name"),
    # Shapes
    ("- workspace_id: w", 1, "the file must have keys with values, such as workspace_id"),
    ("", 0, "the file must have keys with values"),
    (f"$OTHER {SECRET}", 1, "the file must have keys with values"),
    ("workspace_id: w\nconfigurations: {}", 2, "configurations must be a list"),
    ("workspace_id: w\nconfigurations:", 2, "configurations must be a list"),
    ("workspace_id: w\nconfigurations: !x []", 2, "configurations must be a list"),
    ("workspace_id: w\nconfigurations:\n  - A", 3, "each configuration must have keys"),
    ("workspace_id: w\nconfigurations:\n  - [name, A]", 3, "each configuration must have keys"),
    (f"{ITEM}endpoint: [{SECRET}]", 4, "endpoint must be text, not a list"),
    (f"{ITEM}endpoint: {{a: {SECRET}}}", 4, "endpoint must be text, not a list or a dictionary"),
    # Text that YAML, or another reader of YAML, takes for something else
    *(
        (f"workspace_id: w\nconfigurations:\n  - name: {text}", 3, "name must be text, but YAML can read it as")
        for text in (
            *(
                "0123",
                "no",
                "Yes",
                "off",
                "true",
                "1e3",
                "1E-3",
                "12",
                "1_000",
                "0x1f",
                "0o17",
                "0b1",
                "1.5",
                ".5",
                "-7",
            ),
            *("2026-01-01", "12:30:45", ".inf", "-.INF", ".nan", "y", "N", "=", "1.", "+1"),
        )
    ),
    (f"{ITEM}endpoint:", 4, "endpoint has no value"),
    (f"{ITEM}endpoint: ~", 4, "endpoint has no value"),
    (f"{ITEM}state: null", 4, "state has no value"),
    # Tags
    (f"{ITEM}endpoint: !vault {SECRET}", 4, "endpoint must not have a tag"),
    (f"{ITEM}endpoint: !!python/name:os.system {SECRET}", 4, "endpoint must not have a tag"),
    (f"{ITEM}endpoint: !unsafe {SECRET}", 4, "endpoint must not have a tag"),
    (f"{ITEM}endpoint: !!binary {SECRET}", 4, "endpoint must not have a tag"),
    (f'{ITEM}endpoint: !!int "5"', 4, "endpoint must not have a tag"),
    ("workspace_id: w\nconfigurations:\n  - !x {name: A}", 3, "each configuration must have keys"),
    # Templates
    (f"{ITEM}endpoint: \"{{{{ lookup('pipe', '{SECRET}') }}}}\"", 4, "endpoint must not have a template"),
    (f"{ITEM}endpoint: 'a{{% if x %}}{SECRET}'", 4, "write secret_env"),
    (f"{ITEM}secret_env: '{{{{ x }}}}'", 4, "secret_env must not have a template"),
    # Values
    ("workspace_id: a b\nconfigurations: []", 1, "workspace_id must be an ID"),
    ("workspace_id: ..\nconfigurations: []", 1, "workspace_id must"),
    ('workspace_id: w\nconfigurations:\n  - name: "A "', 3, "name must not begin or end with white space"),
    ('workspace_id: w\nconfigurations:\n  - name: ""', 3, "name must not be empty"),
    ('workspace_id: w\nconfigurations:\n  - name: "a\\u200bb"', 3, "invisible character U+200B"),
    ("workspace_id: w\nconfigurations:\n  - name: |\n      A\n", 3, "name must not contain control characters"),
    (f"{ITEM}ai_type: ' AWS'", 4, "ai_type must not begin or end with white space"),
    (f"{ITEM}state: gone", 4, "state must be present or absent"),
    (f"{ITEM}endpoint: https://user:{SECRET}@example.com", 4, "must not contain a user or a password"),
    *(
        (f"{ITEM}secret_env: {name}", 4, "secret_env must be the name of an environment variable")
        for name in (
            "FLASHBACK_PASSWORD",
            "Flashback_Password",
            "ANSIBLE_VAULT",
            "a-b",
            "A B",
            f"'$A{SECRET}'",
            "'A\nB'",
            "Ä",
            "A=B",
        )
    ),
    ("workspace_id: w\nconfigurations: []\nprune: 'true'", 3, "prune must be true or false"),
    ("workspace_id: w\nconfigurations: []\nvalidate: 1", 3, "validate must be true or false"),
    *(
        (f"workspace_id: w\nconfigurations: []\nprune_limit: {number}", 3, "prune_limit must be a whole number")
        for number in ("-1", "'1'", "1.0", "0x3", "010", "1_0", "true", "12345678901", "1" * 5000)
    ),
    ("workspace_id: w\nconfigurations:\n  - name: A\n  - name: A", 4, "'A' is the name of another configuration"),
    ("workspace_id: w\nconfigurations: [{name: A}, {name: A}]", 2, "'A' is the name of another configuration"),
    ("prune: yes\nworkspace_id: w\nconfigurations: []", 3, "the list of configurations is empty"),
    # YAML
    (f"workspace_id: w\nconfigurations:\n  - name: [{SECRET}", 0, "the file is not valid YAML"),
    (f"workspace_id: w\n---\nsecret: {SECRET}", 2, "the file is not valid YAML: but found another document"),
    (f"workspace_id: *{SECRET.replace('-', '')}", 1, "the file is not valid YAML: found undefined alias"),
    ("workspace_id: w\nconfigurations: []\n\x07", 0, "line 3 has a control character"),
    (f"workspace_id: w\nconfigurations: {'[' * 100000}", 0, ""),
    ("a:\n" + "".join(f"{' ' * depth}a:\n" for depth in range(1, 2500)), 0, ""),
    (b"workspace_id: w\n\xff", 0, "line 2 is not UTF-8"),
    (b"a" * (_workspace_file.MAX_BYTES + 1), 0, "the file has more than 4194304 bytes"),
    ("$ANSIBLE_VAULT;1.1;AES256\n3061", 0, "the file is encrypted"),
]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file above, with its environment variables."""
    for name in ("OPENAI_API_KEY", "AWS_KEY", "AWS_SECRET"):
        monkeypatch.setenv(name, f"value of {name}")
    monkeypatch.delenv("NOT_SET", raising=False)
    path = tmp_path / "workspace.yml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "line", "problem"), WRONG, ids=[f"{n}-{row[2][:30]}" for n, row in enumerate(WRONG)])
def test_wrong_file(tmp_path: Path, text: str | bytes, line: int, problem: str) -> None:
    path = tmp_path / "w.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    start = time.monotonic()
    result = described(str(path), credentials="placeholder")
    assert time.monotonic() - start < 10
    assert sorted(result) == ["path", "problems"]
    (only,) = result["problems"]
    if line:
        assert only.startswith(f"{path}, line {line}: ")
    assert problem in only
    assert SECRET not in only


def test_all_problems_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "w.yml"
    path.write_text("configurations:\n  - name: 1\n    a: b\n  - x: y\nprune: 5\n", encoding="utf-8")
    lines = [int(re.findall(r"line (\d+)", problem)[0]) for problem in described(str(path))["problems"]]
    assert lines == [1, 2, 3, 4, 4, 5]
    path.write_text("a: b\n" * 100, encoding="utf-8")
    problems = described(str(path))["problems"]
    assert len(problems) == 21
    assert problems[-1] == "82 more problems are not shown."


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("missing", "No such file or directory. The working directory is"),
        ("folder", "Is a directory"),
        ("pipe", "this is not a file"),
        ("device", "this is not a file"),
    ],
)
def test_not_a_file(tmp_path: Path, kind: str, problem: str) -> None:
    path = tmp_path / "w.yml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    (only,) = described("/dev/zero" if kind == "device" else str(path))["problems"]
    assert problem in only


def test_reads_credentials(file: Path) -> None:
    result = described(str(file))
    aws = {
        "key": "value of AWS_KEY",
        "key_from": "AWS_KEY",
        "secret": "value of AWS_SECRET",
        "secret_from": "AWS_SECRET",
    }
    openai = {"secret": "value of OPENAI_API_KEY", "secret_from": "OPENAI_API_KEY"}
    assert result == {
        "path": os.path.realpath(file),
        "problems": [],
        "workspace_id": "workspace-123",
        "ai_llms": [
            {"name": "Team OpenAI", "ai_type": "OPENAI", "endpoint": "https://api.openai.com/v1", **openai},
            {"name": "Team AWS", **aws},
            {"name": "Old Bedrock", "state": "absent"},
            {"name": "By hand"},
        ],
        "prune": True,
        "prune_limit": 2,
        "validate": False,
        "variables": {
            "Team OpenAI": {"secret": "OPENAI_API_KEY"},
            "Team AWS": {"key": "AWS_KEY", "secret": "AWS_SECRET"},
            "By hand": {},
        },
    }


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_variable_that_is_not_set_is_a_problem_of_its_configuration(
    file: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("AWS_KEY")
    if value is not None:
        monkeypatch.setenv("AWS_KEY", value)
    variable = "the environment variable AWS_KEY of 'Team AWS'"
    problem = f"{file}, line 8: {variable} is not set, or is empty: set and export it first."
    assert described(str(file))["problems"] == [problem]
    assert described(str(file), only=["Team OpenAI"])["problems"] == []
    assert described(str(file), credentials="placeholder")["problems"] == []


def test_placeholders_read_no_variable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "AWS_KEY", "AWS_SECRET"):
        monkeypatch.delenv(name)
    items = described(str(file), credentials="placeholder")["ai_llms"]
    # Each item that can be created has what a creation needs, and the names of its variables.
    assert [sorted(item.keys() - {"ai_type", "endpoint"}) for item in items] == [
        ["name", "secret", "secret_from"],
        ["key", "key_from", "name", "secret", "secret_from"],
        ["name", "state"],
        ["name", "secret"],
    ]
    # The module would hide it in names, so nobody may know it, and its search takes time for each different one.
    (placeholder,) = {item[field] for item in items for field in ("key", "secret") if field in item}
    assert re.fullmatch("[0-9a-f]{32}", placeholder)
    assert placeholder != importlib.reload(workspace_file).PLACEHOLDER


def test_omit(file: Path) -> None:
    assert {key for item in described(str(file), credentials="omit")["ai_llms"] for key in item} == {
        *("name", "state", "ai_type", "endpoint")
    }


@pytest.mark.parametrize("only", [["Team AWS", "Team OpenAI"], ["Team OpenAI", "Team AWS", "Team AWS"], ["Team AWS"]])
def test_only_some_configurations(file: Path, only: list[str]) -> None:
    result = described(str(file), only=only)
    assert [item["name"] for item in result["ai_llms"]] == [
        *(["Team OpenAI"] if "Team OpenAI" in only else []),
        "Team AWS",
    ]
    # Whatever else the file changes is not sent, and an incomplete list must not prune the others.
    assert {key for item in result["ai_llms"] for key in item} <= {"name", "key", "key_from", "secret", "secret_from"}
    assert result["prune"] is False


@pytest.mark.parametrize(
    ("only", "named"),
    [
        (["Team OpenAI", "Ghost"], "Ghost"),
        (["Old Bedrock", "By hand"], "Old Bedrock, By hand"),
        ([], "no name was given"),
        ([""], "no name was given"),
        ([5], "5"),
        ([["Team AWS"]], "['Team AWS']"),
    ],
)
def test_only_with_wrong_names(file: Path, only: list[t.Any], named: str) -> None:
    assert described(str(file), only=only) == {
        "path": os.path.realpath(file),
        "problems": [f"These must be names of present configurations with key_env or secret_env: {named}."],
    }


def test_path_is_relative_to_the_current_folder_and_a_link_is_followed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "folder").mkdir()
    (file.parent / "folder" / "link.yml").symlink_to(file)
    monkeypatch.chdir(file.parent / "folder")
    monkeypatch.setenv("PWD", "/")
    assert described("link.yml")["path"] == os.path.realpath(file)
    monkeypatch.setenv("HOME", str(file.parent))
    assert described("~/workspace.yml")["problems"] == []


def test_text_in_many_notations(tmp_path: Path) -> None:
    path = tmp_path / "w.yml"
    names = [
        "a b",
        "12a",
        "no way",
        "1e",
        "v1.2.3",
        "0123",
        "no",
        "{x}",
        "# not a comment",
        "e5",
        "Ää 🚀",
        "null and void",
    ]
    quoted = "".join(f'  - name: "{name}"\n' for name in names)
    path.write_bytes(f"\ufeffworkspace_id: '7'\nconfigurations:\n{quoted}  - name: plain text\n".encode())
    result = described(str(path))
    assert result["problems"] == []
    assert [item["name"] for item in result["ai_llms"]] == [*names, "plain text"]
    assert (result["prune"], "prune_limit" in result) == (False, False)


def test_without_libyaml(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = described(str(file))
    monkeypatch.setattr(_workspace_file, "_Loader", _workspace_file.yaml.SafeLoader)
    assert described(str(file)) == fast
    file.write_text(f"a: {'[' * 100000}", encoding="utf-8")
    assert len(described(str(file))["problems"]) == 1
    file.write_text("workspace_id: w\nconfigurations:\n  - name: 5\n", encoding="utf-8")
    assert ", line 3: name must be text" in described(str(file))["problems"][0]


@pytest.mark.parametrize("text", ["secret_env: *s3cret", "secret_env: !s3cret!x A"])
@pytest.mark.parametrize("loader", [yaml.SafeLoader, _workspace_file._Loader])
def test_a_name_that_yaml_does_not_know_is_not_quoted(
    text: str, loader: type, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_workspace_file, "_Loader", loader)
    file.write_text(f"workspace_id: w\nconfigurations:\n- name: A\n  {text}\n", "utf-8")
    (problem,) = described(str(file))["problems"]
    assert problem.startswith(f"{file}, line 4: the file is not valid YAML: ")
    assert "s3cret" not in problem
