# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import requests
from ansible.release import __version__ as ansible_version

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
DOCS = ROOT / "docs"
TOKEN = "benchmark-token"

TASKS = 20
REMOVALS = 200
LATENCIES = (0, 20, 100)
SIZES = (1, 10, 100, 1_000, 10_000)
LISTED = 100_000

Tasks = list[dict[str, t.Any]]


class MockApi:
    """The mock API in a process of its own, with a latency in milliseconds."""

    def __init__(self, latency: int) -> None:
        self.latency = latency

    def __enter__(self) -> MockApi:
        self._scratch = tempfile.TemporaryDirectory()
        port_file = Path(self._scratch.name) / "port"
        command = [sys.executable, "-m", "tests.mock_api", "--port=0", f"--port-file={port_file}", f"--token={TOKEN}"]
        self._process = subprocess.Popen(
            [*command, f"--latency={self.latency}"], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        for _unused in range(300):
            if port_file.exists():
                break
            time.sleep(0.1)
        self.url = f"http://127.0.0.1:{port_file.read_text(encoding='utf-8').strip()}"
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._scratch.cleanup()

    def hold(self, ids: list[str]) -> None:
        """Begin anew, with one configuration for each ID."""
        items = [
            {"id": id, "workspaceId": "w", "name": f"Name {id}", "aiType": "OPENAI", "endpoint": "https://example.com"}
            for id in ids
        ]
        requests.post(f"{self.url}/_mock/reset", json={"ai_llms": items}, timeout=600).raise_for_status()

    def expect_removed(self, count: int) -> None:
        """Stop if not every removal was asked for just once, and granted: a benchmark of failures would look fast."""
        log = requests.get(f"{self.url}/_mock/requests", timeout=600).json()
        removed = {entry["path"] for entry in log if entry["method"] == "DELETE" and entry["status"] == 200}
        if len(removed) != count or len(log) != count:
            raise SystemExit(f"{len(removed)} configurations removed by {len(log)} requests, {count} expected")


def ids_for(count: int) -> list[str]:
    return [f"{number:08x}-e29b-41d4-a716-446655440000" for number in range(count)]


def by_uri(api: MockApi, id: str) -> dict[str, t.Any]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    options = {"url": f"{api.url}/ai/llm/{id}", "method": "DELETE", "headers": headers, "status_code": [200, 404]}
    return {"ansible.builtin.uri": options}


def by_module(id: str) -> dict[str, t.Any]:
    return {"flashback.platform.ai_llm": {"id": id, "state": "absent"}}


def play(api: MockApi, tasks: Tasks) -> float:
    """Seconds that a whole ansible-playbook takes for the tasks."""
    with tempfile.TemporaryDirectory() as scratch:
        playbook = Path(scratch) / "playbook.yml"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), "utf-8")
        env = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "demo" / "ansible.cfg"),
            "ANSIBLE_LIBRARY": str(HERE / "library"),
            "FLASHBACK_API_URL": api.url,
            "FLASHBACK_ACCESS_TOKEN": TOKEN,
        }
        command = [sys.executable, "-m", "ansible", "playbook", str(playbook)]
        start = time.perf_counter()
        subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True)
        return time.perf_counter() - start


def module_alone(api: MockApi, **options: t.Any) -> dict[str, t.Any]:
    """What one_module.py prints."""
    options = {"api_url": api.url, "access_token": TOKEN, "state": "absent", "timeout": 300, **options}
    env = {**os.environ, "PYTHONPATH": str(ROOT / ".collections")}
    command = [sys.executable, str(HERE / "one_module.py")]
    done = subprocess.run(command, env=env, input=json.dumps(options), check=True, capture_output=True, text=True)
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


def single(repetitions: int) -> dict[str, float]:
    """(a) A playbook of 20 tasks: the empty module, uri, this module."""
    seconds: dict[str, list[float]] = {"empty module": [], "ansible.builtin.uri": [], "ai_llm": []}
    with MockApi(0) as api:
        ids = ids_for(TASKS)
        for _unused in range(repetitions):
            seconds["empty module"].append(play(api, [{"empty_module": {}}] * TASKS))
            api.hold(ids)
            seconds["ansible.builtin.uri"].append(play(api, [by_uri(api, id) for id in ids]))
            api.expect_removed(TASKS)
            api.hold(ids)
            seconds["ai_llm"].append(play(api, [by_module(id) for id in ids]))
            api.expect_removed(TASKS)
    return {name: statistics.median(values) for name, values in seconds.items()}


def many(repetitions: int) -> dict[int, dict[str, float]]:
    """(b) 200 removals at each latency: ids, a loop of this module, a loop of uri; and the empty module once."""
    ids = ids_for(REMOVALS)
    results: dict[int, dict[str, float]] = {}
    for latency in LATENCIES:
        with MockApi(latency) as api:
            ways: dict[str, Tasks] = {
                "ids": [{"flashback.platform.ai_llm": {"ids": ids, "state": "absent"}}],
                "loop of ai_llm": [{**by_module("{{ item }}"), "loop": ids}],
                "loop of uri": [{**by_uri(api, "{{ item }}"), "loop": ids}],
            }
            seconds: dict[str, list[float]] = {"empty module": [], **{way: [] for way in ways}}
            for _unused in range(repetitions):
                seconds["empty module"].append(play(api, [{"empty_module": {}}]))
                for way, tasks in ways.items():
                    api.hold(ids)
                    seconds[way].append(play(api, tasks))
                    api.expect_removed(REMOVALS)
            results[latency] = {way: statistics.median(values) for way, values in seconds.items()}
    return results


def growth(repetitions: int) -> tuple[dict[int, dict[str, float]], dict[str, float]]:
    """(c) ids of growing number, the module alone: seconds and memory; and check mode against a long list."""
    results: dict[int, dict[str, float]] = {}
    with MockApi(0) as api:
        for size in SIZES:
            ids = ids_for(size)
            runs = []
            for _unused in range(repetitions):
                api.hold(ids)
                run = module_alone(api, ids=ids)
                if run["outcomes"] != ["deleted"] * size:
                    raise SystemExit(f"not all of {size} removed")
                api.expect_removed(size)
                runs.append(run)
            results[size] = {key: statistics.median(run[key] for run in runs) for key in ("seconds", "megabytes")}
        api.hold(ids_for(LISTED))
        check = module_alone(api, ids=ids_for(SIZES[-1]), _ansible_check_mode=True)
        if check["outcomes"] != ["deleted"] * SIZES[-1]:
            raise SystemExit("check mode did not predict every removal")
    return results, {"seconds": check["seconds"], "megabytes": check["megabytes"]}


def imports() -> list[tuple[str, float]]:
    """(d) Milliseconds that what the module imports takes, one thing after the other, each with what it brings."""
    steps = ["ansible.module_utils.basic", "ansible_collections.flashback.platform.plugins.modules.ai_llm", "requests"]
    code = f"import {', '.join(steps)}"
    samples: dict[str, list[float]] = {step: [] for step in steps}
    env = {**os.environ, "PYTHONPATH": str(ROOT / ".collections")}
    for _unused in range(15):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", code], env=env, check=True, capture_output=True, text=True
        )
        lines = re.findall(r"\|\s*(\d+) \|\s*(\S+)$", done.stderr, re.M)
        cumulated = {name: int(micros) / 1000 for micros, name in lines}
        for step in steps:
            samples[step].append(cumulated[step])
    return [(step, statistics.median(values)) for step, values in samples.items()]


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        cpu = found.group(1) if found else cpu
    return (
        f"{os.cpu_count()} cores ({cpu}), {platform.system()}, Python {platform.python_version()}, "
        f"ansible-core {ansible_version}, requests {requests.__version__}"
    )


def report(
    repetitions: int,
    a: dict[str, float],
    b: dict[int, dict[str, float]],
    c: dict[int, dict[str, float]],
    check: dict[str, float],
    d: list[tuple[str, float]],
) -> str:
    empty = a["empty module"]
    part_a = table(
        ["20 tasks", "seconds", "of the empty module"],
        [[name, f"{value:.2f}", f"{value / empty:.2f}"] for name, value in a.items()],
    )
    part_b = table(
        ["latency", "`ids`", "loop of `ai_llm`", "loop of `uri`", "`ids` faster than the `uri` loop", "`ids`, of its floor"],
        [
            [
                f"{latency} ms",
                f"{row['ids']:.2f} s",
                f"{row['loop of ai_llm']:.1f} s",
                f"{row['loop of uri']:.1f} s",
                f"{row['loop of uri'] / row['ids']:.0f} times",
                f"{row['ids'] / (row['empty module'] + REMOVALS * latency / 1000 / 8):.2f}",
            ]
            for latency, row in b.items()
        ],
    )
    part_c = table(
        ["`ids`", "seconds", "milliseconds for each", "memory"],
        [
            [f"{size:,}", f"{row['seconds']:.2f}", f"{1000 * row['seconds'] / size:.2f}", f"{row['megabytes']:.0f} MB"]
            for size, row in c.items()
        ],
    )
    part_d = table(["import", "milliseconds"], [[f"`{name}`", f"{value:.0f}"] for name, value in d])
    licence = "\n".join(line[2:] for line in Path(__file__).read_text(encoding="utf-8").splitlines()[:3])
    return f"""<!--
{licence}
-->

# How long removals take

Written by `make bench`, which measures all of this in one run, against the mock API in a process of its own.
Medians of {repetitions} repetitions on {machine()}.

## One removal

Whole `ansible-playbook` runs of {TASKS} tasks.

{part_a}

## {REMOVALS} removals

Whole `ansible-playbook` runs with one task, at three latencies of the API. The floor is what the empty module takes,
and the latency of {REMOVALS} requests when eight are under way at once.

{part_b}

![The time of {REMOVALS} removals, and how it grows with their number](benchmark.png)

## Growth

The module alone, without Ansible's own time, at no latency.

{part_c}

Check mode for {SIZES[-1]:,} IDs against a list of {LISTED:,} configurations takes
{check["seconds"]:.1f} seconds and {check["megabytes"]:.0f} MB.

## Imports

One after the other, each with all that it brings and those before it have not. Python measures itself here, which
slows it down. The module imports `requests` only once its parameters are known to be good.

{part_d}
"""


def plot(b: dict[int, dict[str, float]], c: dict[int, dict[str, float]]) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    ways = ["loop of uri", "loop of ai_llm", "ids"]
    for offset, way in enumerate(ways):
        places = [place + 0.27 * (offset - 1) for place in range(len(b))]
        bars = left.bar(places, [row[way] for row in b.values()], 0.25, label=way)
        left.bar_label(bars, fmt="%.1f", fontsize=8)
    left.set_xticks(range(len(b)), [f"{latency} ms" for latency in b])
    left.set(title=f"{REMOVALS} removals", xlabel="latency of the API", ylabel="seconds", yscale="log")
    left.set_ylim(top=400)
    left.legend(loc="upper center", ncols=len(ways))
    right.plot(list(c), [1000 * row["seconds"] / size for size, row in c.items()], marker="o")
    right.set(title="Growth, no latency", xlabel="number of ids", ylabel="milliseconds for each", xscale="log", yscale="log")
    right.grid(alpha=0.3)
    figure.savefig(DOCS / "benchmark.png")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark")
    parser.add_argument("--repetitions", type=int, default=3)
    repetitions = parser.parse_args().repetitions
    d = imports()
    c, check = growth(repetitions)
    a = single(repetitions + 2)
    b = many(repetitions)
    text = report(repetitions, a, b, c, check, d)
    (DOCS / "benchmark.md").write_text(text, encoding="utf-8")
    plot(b, c)
    print(text)


if __name__ == "__main__":
    main()
