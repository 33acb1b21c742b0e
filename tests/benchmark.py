# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print how long tasks take against the mock API, as Markdown: "make bench" runs this. Numbers are medians.

The guide "How it works" shows the table. Each run checks the requests that arrived, because failures are fast.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from ansible.release import __version__ as ansible_version

from tests.mock_api.running import Mock, running_mock

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "benchmark-token"
# Configurations of one run, and the milliseconds that the API takes for a response.
MANY, LATENCY = 200, 20
REPETITIONS = int(os.environ.get("REPETITIONS", "3"))

Task = dict[str, t.Any]


def play(api_url: str, task: Task) -> float:
    """Return the seconds of a whole ansible-playbook run with this task."""
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "demo" / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "FLASHBACK_API_URL": api_url,
        "FLASHBACK_ACCESS_TOKEN": TOKEN,
        "NO_PROXY": "127.0.0.1",
    }
    with tempfile.TemporaryDirectory() as scratch:
        playbook = Path(scratch) / "playbook.yml"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]), "utf-8")
        command = [sys.executable, "-m", "ansible", "playbook", str(playbook)]
        start = time.perf_counter()
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
        return time.perf_counter() - start


def compare(mock: Mock, ways: dict[str, Task], listed: list[str], method: str) -> dict[str, float]:
    """Return the seconds of each way. listed: the IDs of the configurations before each run."""
    common = {"workspaceId": "w", "aiType": "OPENAI", "endpoint": "https://example.com"}
    samples: dict[str, list[float]] = {way: [] for way in ways}
    for _repetition in range(REPETITIONS):
        for way, task in ways.items():
            mock.reset({"workspaces": ["w"], "ai_llms": [{"id": id, "name": id, **common} for id in listed]})
            samples[way].append(play(mock.url, task))
            log = [entry["status"] for entry in mock.requests() if entry["method"] == method]
            if log != [200] * MANY:
                raise SystemExit(f"{way}: {MANY} successful {method} requests expected, these came: {log}")
    return {way: statistics.median(values) for way, values in samples.items()}


def by_uri(mock: Mock, method: str, path: str, **options: t.Any) -> Task:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    return {"ansible.builtin.uri": {"url": f"{mock.url}{path}", "method": method, "headers": headers, **options}}


def removal(**options: t.Any) -> Task:
    return {"flashback.platform.ai_llm": {"state": "absent", **options}}


def many() -> t.Iterator[tuple[str, dict[str, float]]]:
    """Yield the seconds of many removals and of many creations: with one task, and with loops."""
    ids = [f"{number:08x}-e29b-41d4-a716-446655440000" for number in range(MANY)]
    items = [{"name": id, "ai_type": "OPENAI", "endpoint": "https://example.com", "secret": f"sk-{id}"} for id in ids]
    item = {field: f"{{{{ item.{field} }}}}" for field in items[0]}
    body = {"aiType" if field == "ai_type" else field: value for field, value in item.items()}
    with running_mock(token=TOKEN, latency=LATENCY / 1000) as mock:
        ways: dict[str, Task] = {
            "one task": removal(ids=ids),
            "loop of `ai_llm`": {**removal(id="{{ item }}"), "loop": ids},
            "loop of `uri`": {**by_uri(mock, "DELETE", "/ai/llm/{{ item }}"), "loop": ids},
        }
        yield f"remove {MANY} (`ids`)", compare(mock, ways, ids, "DELETE")
        post = by_uri(mock, "POST", "/ai/llm", body={**body, "workspaceId": "w"}, body_format="json")
        ways = {
            "one task": {"flashback.platform.ai_llms": {"workspace_id": "w", "ai_llms": items}},
            "loop of `ai_llm`": {"flashback.platform.ai_llm": {"workspace_id": "w", **item}, "loop": items},
            "loop of `uri`": {**post, "loop": items},
        }
        yield f"create {MANY} (`ai_llms`)", compare(mock, ways, [], "POST")


def main() -> None:
    print(
        f"Whole runs of ansible-playbook {ansible_version} on {os.cpu_count()} cores, {LATENCY} ms for each response\n"
    )
    for number, (what, row) in enumerate(many()):
        if not number:
            print(f"| | {' | '.join(row)} |", "| --- " * (len(row) + 1) + "|", sep="\n")
        print(f"| {what} | {' | '.join(f'{seconds:.1f} s' for seconds in row.values())} |", flush=True)


if __name__ == "__main__":
    main()
