# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-playbook and the scripts of pipelines, and watch the mock API, for pipelines.py and plans.py.

Both are called with FOLDER URL: the folder in which they run, and the address of the mock API. The environment has the
credentials of the platform and of the providers, and MOCK_TOKEN.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
import urllib.request
from pathlib import Path

FOLDER, URL = Path(sys.argv[1]), sys.argv[2]
PROVIDERS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")
# Without the proxies of the environment.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Run(t.NamedTuple):
    """A command that ended.

    log: what it printed. output: the same on one line and without doubled quotation marks, because YAML breaks and
    quotes messages. requests: those that the API received. writes: method and the status of those that write
    configurations.
    """

    succeeded: bool
    log: str
    output: str
    requests: list[t.Any]
    writes: list[str]


def mock(method: str, path: str, body: t.Any = None) -> t.Any:
    """Send a request to the mock API, such as one to its control interface."""
    request = urllib.request.Request(f"{URL}/{path}", method=method)
    request.add_header("Authorization", f"Bearer {os.environ['MOCK_TOKEN']}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with OPENER.open(request, timeout=60) as response:
        return json.loads(response.read() or "null")


def state() -> dict[str, t.Any]:
    """The configurations of the workspace, by name."""
    return {item["name"]: item for item in mock("GET", "_mock/state") if item["workspaceId"] == "workspace-123"}


def run(command: list[str], variables: dict[str, str] | None = None, *, providers: bool = False) -> Run:
    """Run a command in the folder. Programs that change the folder of a command often leave PWD as it was."""
    env = {**os.environ, **(variables or {}), "PWD": "/"}
    if not providers:
        env = {name: value for name, value in env.items() if name not in PROVIDERS}
    before = len(mock("GET", "_mock/requests"))
    ended = subprocess.run(
        command, cwd=FOLDER, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    requests = mock("GET", "_mock/requests")[before:]
    writes = [
        f"{item['method']} {item['status']}"
        for item in requests
        if item["method"] != "GET" and item["path"].startswith("/ai/llm")
    ]
    # This is shown if the test fails.
    print(f"$ {command}\n{ended.stdout}\n{writes}")
    return Run(ended.returncode == 0, ended.stdout, " ".join(ended.stdout.split()).replace("''", "'"), requests, writes)


def variables_of(text: str) -> dict[str, str]:
    """The variables of a file with lines such as "name=value"."""
    return dict(line.split("=", 1) for line in text.splitlines())
