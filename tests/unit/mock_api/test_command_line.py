# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the mock API, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import requests

from ansible_collections.flashback.platform.tests.mock_api.running import running_mock
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT

MOCK = [sys.executable, "-m", "tests.mock_api"]
PYTHON = [*MOCK, "--", sys.executable, "-c"]


def run(*command: str, **options: t.Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, **options)


def wait_for(file: Path) -> str:
    deadline = time.monotonic() + 20
    while not (file.exists() and file.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return file.read_text(encoding="utf-8").strip()


def test_options_instructions_and_ctrl_c(tmp_path: Path) -> None:
    seed = tmp_path / "seed.yml"
    seed.write_text("workspaces: [w]\nai_llms: [{id: a, workspaceId: w, name: A, aiType: OTHER}]\n", encoding="utf-8")
    options = ["--port=0", f"--port-file={tmp_path / 'port'}", f"--seed={seed}", "--latency=200", "--token=other"]
    pipes: dict[str, t.Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*MOCK, *options], cwd=ROOT, text=True, **pipes) as process:
        url = f"http://127.0.0.1:{wait_for(tmp_path / 'port')}"
        begin = time.monotonic()
        response = requests.get(f"{url}/ai/llm", headers={"Authorization": "Bearer other"}, timeout=10)
        assert [item["id"] for item in response.json()["aiLlms"]] == ["a"]
        assert time.monotonic() - begin > 0.19
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "")
    exports = [line.strip() for line in output.splitlines() if "export" in line]
    assert exports == [f"export FLASHBACK_API_URL={url}", "export FLASHBACK_ACCESS_TOKEN=other"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--port=99999"], "'99999' is no port"),
        (["--nonsense"], "--nonsense"),
        (["--login"], "--login needs a command"),
        (["--"], "a command is missing"),
        (["--seed=missing.yml", "--", "true"], "seed missing.yml: No such file or directory"),
        (["--seed=README.md", "--", "true"], "seed README.md: not valid YAML, line "),
        (["--port-file=missing/port", "--", "true"], "missing/port"),
    ],
)
def test_bad_option(options: list[str], problem: str) -> None:
    ended = run(*MOCK, *options)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert ended.stderr.startswith("python -m tests.mock_api: error: ")
    assert problem in ended.stderr


def test_port_in_use() -> None:
    with running_mock() as mock:
        port = mock.url.rpartition(":")[2]
        ended = run(*MOCK, f"--port={port}")
    assert ended.returncode == 2
    assert f"error: port {port} is in use: choose another with --port, or with 'make mock" in ended.stderr


LOG_IN = """
import json, os, urllib.error, urllib.request as request
url, email, password = [os.environ["FLASHBACK_" + name] for name in ("API_URL", "EMAIL", "PASSWORD")]
assert "FLASHBACK_ACCESS_TOKEN" not in os.environ
body = json.dumps({"email": email, "password": password}).encode()
token = json.load(request.urlopen(request.Request(url + "/user/login", body)))["accessToken"]
get = request.Request(url + "/ai/llm", headers={"Authorization": "Bearer " + token})
request.urlopen(get).read()
try:
    request.urlopen(get)
except urllib.error.HTTPError as exc:
    print(exc.code)
"""


def test_command_gets_email_and_password() -> None:
    options = ["--login", "--token-requests=1", "--token-lifetime=60"]
    env = {**os.environ, "FLASHBACK_ACCESS_TOKEN": "another"}
    ended = run(*MOCK, *options, "--", sys.executable, "-c", LOG_IN, env=env)
    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", "401\n")


def test_status_of_the_command() -> None:
    assert run(*PYTHON, "raise SystemExit(7)").returncode == 7
    assert run(*PYTHON, "import os; os.kill(os.getpid(), 9)").returncode == 137
    missing = run(*MOCK, "--", "no-such-command")
    assert (missing.returncode, missing.stderr) == (127, "no-such-command: No such file or directory\n")
    assert run(*MOCK, "--", str(ROOT)).returncode == 126
    # What follows "--" is the command's, whatever it looks like.
    assert run(*MOCK, "--", "echo", "--", "--port=1").stdout == "-- --port=1\n"


def test_signal_is_passed_on(tmp_path: Path) -> None:
    code = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text('ready'); time.sleep(60)"
    command = [*PYTHON, code, str(tmp_path / "ready")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        wait_for(tmp_path / "ready")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 128 + signal.SIGTERM
