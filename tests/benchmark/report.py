# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the page benchmark.rst of the guides, and docs/benchmark.png."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import typing as t
from pathlib import Path

import requests
from ansible.release import __version__ as ansible_version

from .runs import ROOT
from .scenarios import LISTED, MANY, SIZES, TASKS

if t.TYPE_CHECKING:
    from .scenarios import Seconds

DOCS = ROOT / "docs"


class Results(t.NamedTuple):
    """The measurements of all scenarios."""

    single: Seconds
    removals: dict[int, Seconds]
    growth: dict[int, Seconds]
    check: Seconds
    imports: list[tuple[str, float]]
    unchanged: Seconds
    creations: dict[int, Seconds]
    plans: dict[tuple[int, int], dict[str, Seconds]]
    tls: dict[str, dict[str, Seconds]]


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["   * - " + "\n     - ".join(row) for row in (head, *rows)]
    return "\n".join([".. list-table::", "   :header-rows: 1", "", *lines])


def ways(results: dict[int, Seconds], one_task: str) -> str:
    """Return a table that compares one task with loops for MANY configurations, by latency."""
    head = [
        "latency",
        f"``{one_task}``",
        "loop of ``ai_llm``",
        "loop of ``uri``",
        "times as fast as ``uri``",
        "time / minimum",
    ]
    rows = []
    for latency, row in results.items():
        floor = row["empty module"] + MANY * latency / 1000 / 8
        loops = [f"{row[way]:.1f} s" for way in ("loop of ai_llm", "loop of uri")]
        speed = f"{row['loop of uri'] / row[one_task]:.0f}"
        rows.append([f"{latency} ms", f"{row[one_task]:.2f} s", *loops, speed, f"{row[one_task] / floor:.2f}"])
    return table(head, rows)


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        cpu = found.group(1) if found else cpu
    return (
        f"{os.cpu_count()} cores ({cpu}), {platform.system()}, Python {platform.python_version()}, "
        f"ansible-core {ansible_version}, requests {requests.__version__}"
    )


def text(repetitions: int, results: Results) -> str:
    empty = results.single["empty module"]
    rows = [[name, f"{value:.2f}", f"{value / empty:.2f}"] for name, value in results.single.items()]
    single = table([f"{TASKS} tasks", "seconds", "time / empty module"], rows)
    rows = []
    for trust, modules in results.tls.items():
        first, *_others = modules.values()
        for name, row in modules.items():
            values = [f"{1000 * row[kind]:.0f} ms ({row[kind] / first[kind]:.2f})" for kind in ("task", "cpu")]
            rows.append([trust, f"``{name}``", *values])
    tls = table(["trust", "module", "task (/ ``uri``)", "CPU time of the module (/ ``uri``)"], rows)
    rows = [
        [f"{size:,}", f"{row['seconds']:.2f}", f"{1000 * row['seconds'] / size:.2f}", f"{row['megabytes']:.0f} MB"]
        for size, row in results.growth.items()
    ]
    growth = table(["``ids``", "seconds", "milliseconds for each", "memory"], rows)
    rows = []
    for (latency, size), row in results.plans.items():
        memory = max(case["megabytes"] for case in row.values())
        seconds = [f"{case['seconds']:.2f} s" for case in row.values()]
        rows.append([f"{latency} ms", f"{size:,}", *seconds, f"{memory:.0f} MB"])
    plans = table(["latency", "configurations", "unchanged", "created", "pruned", "memory"], rows)
    imports = table(["import", "milliseconds"], [[f"``{name}``", f"{value:.0f}"] for name, value in results.imports])
    of_empty = results.unchanged["ai_llms"] / results.unchanged["empty module"]
    licence = "\n".join(f"  {line[2:]}" for line in Path(__file__).read_text(encoding="utf-8").splitlines()[:3])
    return f"""..
{licence}

.. _ansible_collections.flashback.platform.docsite.benchmark:

Benchmark
=========

This page shows how long tasks of this collection take, compared with loops and with ``ansible.builtin.uri``.

.. contents::
   :local:
   :depth: 1

``make bench`` writes this page. It runs against the mock API, on {machine()}.
Each number is the median of {repetitions} runs or more.

One removal
-----------

A whole ``ansible-playbook`` run of {TASKS} tasks. The empty module does nothing: its time is that of Ansible itself.

{single}

One removal over TLS
--------------------

The time of one task is the time of a whole ``ansible-playbook`` run with {TASKS} tasks, divided by {TASKS}. The CPU time is
that of the module's own process, without Ansible on the controller. The numbers in parentheses compare with ``uri``.

{tls}

{MANY} removals
------------

A whole ``ansible-playbook`` run with one task. The minimum is the time of the empty module, plus the latency of {MANY}
requests, eight at a time.

{ways(results.removals, "ids")}

.. image:: ../../benchmark.png
   :alt: The seconds of {MANY} removals and of {MANY} creations, with one task, a loop of ai_llm, and a loop of uri.

{MANY} creations
-------------

{ways(results.creations, "ai_llms")}

{MANY} configurations that need no change take {of_empty:.2f} times as long as the empty module: one request reads them.

Growth
------

These are the modules alone, without the time of Ansible itself. ``ids``, without latency:

{growth}

In check mode, {SIZES[-1]:,} IDs against a list of {LISTED:,} configurations take {results.check["seconds"]:.1f} seconds
and {results.check["megabytes"]:.0f} MB.

``ai_llms``:

{plans}

Imports
-------

The time of each import, in this order. Each row counts only what the rows above it have not imported yet. Measuring makes the
imports slower.

{imports}
"""


def plot(results: Results) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained", sharex=True)
    for axis, rows, one_task, title in (
        (axes[0], results.removals, "ids", f"{MANY} removals"),
        (axes[1], results.creations, "ai_llms", f"{MANY} creations"),
    ):
        names = {"loop of uri": "loop of uri", "loop of ai_llm": "loop of ai_llm", one_task: f"one task ({one_task})"}
        latency = 20
        row = rows[latency]
        bars = axis.barh(list(names.values()), [row[way] for way in names], color=["#8c8c8c", "#5b8db8", "#2ca02c"])
        labels = [f"{row[way]:.1f} s" for way in names]
        labels[-1] += f", {row['loop of uri'] / row[one_task]:.0f} times as fast as the uri loop"
        axis.bar_label(bars, labels, padding=4)
        axis.set(title=f"{title}, latency of the API {latency} ms", xlabel="seconds (whole ansible-playbook run)")
        axis.margins(x=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / "benchmark.png", dpi=110)


def write(repetitions: int, results: Results) -> None:
    (DOCS / "docsite" / "rst" / "benchmark.rst").write_text(text(repetitions, results), encoding="utf-8")
    plot(results)
