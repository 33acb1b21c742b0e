# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run and measure whole playbooks, one module with this Python, and the payload that Ansible sends to a host."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TOKEN = "benchmark-token"

Tasks = list[dict[str, t.Any]]


def environment(api_url: str, **variables: str) -> dict[str, str]:
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "demo" / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "ANSIBLE_LIBRARY": str(HERE / "library"),
        "FLASHBACK_API_URL": api_url,
        "FLASHBACK_ACCESS_TOKEN": TOKEN,
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": str(ROOT / ".collections"),
        **variables,
    }


def play(api_url: str, tasks: Tasks, **variables: str) -> float:
    """Return the seconds of a whole ansible-playbook run with the tasks."""
    with tempfile.TemporaryDirectory() as scratch:
        playbook = Path(scratch) / "playbook.yml"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), "utf-8")
        command = [sys.executable, "-m", "ansible", "playbook", str(playbook)]
        start = time.perf_counter()
        subprocess.run(command, env=environment(api_url, **variables), cwd=ROOT, check=True, capture_output=True)
        return time.perf_counter() - start


def module_alone(module: str, api_url: str, **options: t.Any) -> dict[str, t.Any]:
    """Return the result of one_module.py: seconds, megabytes, and the return values of the module."""
    command = [sys.executable, str(HERE / "one_module.py"), module]
    stdin = json.dumps({"api_url": api_url, "access_token": TOKEN, "timeout": 300, **options})
    env = environment(api_url)
    done = subprocess.run(command, env=env, input=stdin, check=True, capture_output=True, text=True)
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


class Payload:
    """A module with its arguments, as Ansible sends it to a host: one file, which the host runs."""

    def __init__(self, folder: Path, module: str, options: dict[str, t.Any], api_url: str, **variables: str) -> None:
        self._env = environment(api_url, **variables)
        temp = folder / module
        env = {**self._env, "ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_REMOTE_TEMP": str(temp)}
        command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-m", module, "-a", json.dumps(options)]
        subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True)
        (self._file,) = temp.rglob("AnsiballZ_*.py")

    def cpu(self) -> float:
        """Return the seconds of CPU time of one run."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, str(self._file)], env=self._env, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
