# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write results.rst, whose main numbers the guide "How it works" repeats, and docs/benchmark.png."""

from __future__ import annotations

import os
import platform
import typing as t
from pathlib import Path

import requests
from ansible.release import __version__ as ansible_version

from .scenarios import MANY, ROOT, TASKS, Seconds

DOCS = ROOT / "docs"

PAGE = """..
{license}

Benchmark
=========

This page shows how long tasks of this collection take, compared with loops and with ``ansible.builtin.uri``.

.. contents::
   :local:
   :depth: 1

``make bench`` writes this page. It runs against the mock API, on {machine}.
Each number is the median of {repetitions} runs or more.

One removal
-----------

The time of one task is the time of a whole ``ansible-playbook`` run with {tasks} tasks, divided by {tasks}. The empty
module does nothing: its time is that of Ansible itself.

{single}

{many} removals
------------

A whole ``ansible-playbook`` run with one task. The minimum is the time of the empty module, plus the latency of {many}
requests, eight at a time.

{removals}

.. image:: ../../docs/benchmark.png
   :alt: The seconds of {many} removals and of {many} creations, with one task, a loop of ai_llm, and a loop of uri.

{many} creations
-------------

{creations}

Growth
------

These are the modules alone, without the time of Ansible itself and without latency. ``ids``:

{ids}

``ai_llms``:

{plans}
"""


def table(head: list[str], rows: t.Iterable[list[str]]) -> str:
    lines = ["   * - " + "\n     - ".join(row) for row in (head, *rows)]
    return "\n".join([".. list-table::", "   :header-rows: 1", "", *lines])


def ways(results: dict[int, Seconds], one_task: str) -> str:
    """Return a table that compares one task with loops, by latency."""
    loops = ["loop of ``ai_llm``", "loop of ``uri``"]
    head = ["latency", f"``{one_task}``", *loops, "times as fast as ``uri``", "time / minimum"]
    rows = []
    for latency, row in results.items():
        minimum = row["empty module"] + MANY * latency / 1000 / 8
        seconds = [f"{row['one task']:.2f} s", f"{row['loop of ai_llm']:.1f} s", f"{row['loop of uri']:.1f} s"]
        speed, ratio = f"{row['loop of uri'] / row['one task']:.0f}", f"{row['one task'] / minimum:.2f}"
        rows.append([f"{latency} ms", *seconds, speed, ratio])
    return table(head, rows)


def single_table(results: Seconds) -> str:
    rows = []
    for way, seconds in results.items():
        uri = results["``uri`` over TLS" if way.endswith("TLS") else "``uri``"]
        ratios = [f"{seconds / other:.2f}" for other in (results["empty module"], uri)]
        rows.append([way, f"{1000 * seconds:.0f} ms", *ratios])
    return table(["task", "time", "time / empty module", "time / ``uri``"], rows)


def growth_table(results: dict[int, Seconds]) -> str:
    rows = []
    for size, row in results.items():
        each = f"{1000 * row['seconds'] / size:.2f}"
        rows.append([f"{size:,}", f"{row['seconds']:.2f}", each, f"{row['megabytes']:.0f} MB"])
    return table(["``ids``", "seconds", "milliseconds for each", "memory"], rows)


def plans_table(results: dict[int, dict[str, Seconds]]) -> str:
    rows = []
    for size, row in results.items():
        seconds = [f"{case['seconds']:.2f} s" for case in row.values()]
        rows.append([f"{size:,}", *seconds, f"{max(case['megabytes'] for case in row.values()):.0f} MB"])
    return table(["configurations", "unchanged", "created", "pruned", "memory"], rows)


def plot(results: dict[str, dict[int, Seconds]]) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    latency = 20
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained", sharex=True)
    for axis, (title, rows) in zip(axes, results.items()):
        row = rows[latency]
        names = ["loop of uri", "loop of ai_llm", "one task"]
        bars = axis.barh(names, [row[name] for name in names], color=["#8c8c8c", "#5b8db8", "#2ca02c"])
        labels = [f"{row[name]:.1f} s" for name in names]
        labels[-1] += f", {row['loop of uri'] / row['one task']:.0f} times as fast as the uri loop"
        axis.bar_label(bars, labels, padding=4)
        axis.set(title=f"{title}, latency of the API {latency} ms", xlabel="seconds (whole ansible-playbook run)")
        axis.margins(x=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / "benchmark.png", dpi=110)


def write(
    *,
    single: Seconds,
    removals: dict[int, Seconds],
    creations: dict[int, Seconds],
    ids: dict[int, Seconds],
    plans: dict[int, dict[str, Seconds]],
    repetitions: int,
) -> None:
    versions = f"Python {platform.python_version()}, ansible-core {ansible_version}, requests {requests.__version__}"
    header = Path(__file__).read_text(encoding="utf-8").splitlines()[:3]
    page = PAGE.format(
        license="\n".join(f"  {line[2:]}" for line in header),
        machine=f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, {versions}",
        repetitions=repetitions,
        tasks=TASKS,
        many=MANY,
        single=single_table(single),
        removals=ways(removals, "ids"),
        creations=ways(creations, "ai_llms"),
        ids=growth_table(ids),
        plans=plans_table(plans),
    )
    Path(__file__).with_name("results.rst").write_text(page, encoding="utf-8")
    plot({f"{MANY} removals": removals, f"{MANY} creations": creations})
