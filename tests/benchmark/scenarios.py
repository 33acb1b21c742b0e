# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios (a) to (f). Each scenario checks that its requests succeeded, because failures are fast."""

from __future__ import annotations

import hashlib
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import certifi
import trustme

from tests.mock_api.running import Mock, running_mock

from .runs import TOKEN, Payload, Tasks, environment, module_alone, play

TASKS = 20
MANY = 200
LATENCIES = (0, 20, 100)
PLAN_LATENCIES = (0, 20)
SIZES = (1, 10, 100, 1_000, 10_000)
PLAN_SIZES = (1, 10, 100, 1_000)
LISTED = 100_000

Seconds = dict[str, float]


def ids_for(count: int) -> list[str]:
    return [f"{number:08x}-e29b-41d4-a716-446655440000" for number in range(count)]


def hold(mock: Mock, ids: list[str]) -> None:
    """Reset the mock API to one configuration for each ID."""
    items = [
        {"id": id, "workspaceId": "w", "name": f"Name {id}", "aiType": "OPENAI", "endpoint": "https://example.com"}
        for id in ids
    ]
    mock.reset({"workspaces": ["w"], "ai_llms": items})


def expect(mock: Mock, method: str, count: int) -> None:
    """Stop unless exactly this number of requests with this method was sent, and all of them succeeded."""
    log = [entry for entry in mock.requests() if entry["method"] == method]
    done = {entry["path"] + str(entry["body"]) for entry in log if entry["status"] == 200}
    if len(done) != count or len(log) != count:
        raise SystemExit(f"{count} {method} requests expected, {len(log)} sent, {len(done)} of them succeeded")


def by_uri(mock: Mock, method: str, path: str, body: t.Any = None) -> dict[str, t.Any]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    options: dict[str, t.Any] = {"url": f"{mock.url}{path}", "method": method, "headers": headers}
    if body is not None:
        options.update({"body": body, "body_format": "json"})
    return {"ansible.builtin.uri": {**options, "status_code": [200, 404]}}


def removal(id: str) -> dict[str, t.Any]:
    return {"flashback.platform.ai_llm": {"id": id, "state": "absent"}}


def hash_of(text: str) -> str:
    """A text that has nothing in common with the IDs, as a real secret."""
    return hashlib.sha256(text.encode()).hexdigest()


def wanted(count: int) -> list[dict[str, t.Any]]:
    """Return items for ai_llms: the configurations that hold() makes, with a secret."""
    return [
        {"name": f"Name {id}", "ai_type": "OPENAI", "endpoint": "https://example.com", "secret": f"sk-{hash_of(id)}"}
        for id in ids_for(count)
    ]


def single(repetitions: int) -> Seconds:
    """(a) A playbook of 20 tasks: the empty module, uri, this module."""
    samples: dict[str, list[float]] = {"empty module": [], "ansible.builtin.uri": [], "ai_llm": []}
    with running_mock(token=TOKEN) as mock:
        ids = ids_for(TASKS)
        for _unused in range(repetitions):
            samples["empty module"].append(play(mock.url, [{"empty_module": {}}] * TASKS))
            hold(mock, ids)
            samples["ansible.builtin.uri"].append(
                play(mock.url, [by_uri(mock, "DELETE", f"/ai/llm/{id}") for id in ids])
            )
            expect(mock, "DELETE", TASKS)
            hold(mock, ids)
            samples["ai_llm"].append(play(mock.url, [removal(id) for id in ids]))
            expect(mock, "DELETE", TASKS)
    return medians(samples)


def removals(repetitions: int) -> dict[int, Seconds]:
    """(b) 200 removals at each latency: ids, a loop of this module, a loop of uri; and the empty module once."""
    ids = ids_for(MANY)
    results = {}
    for latency in LATENCIES:
        with running_mock(token=TOKEN, latency=latency / 1000) as mock:
            ways: dict[str, Tasks] = {
                "ids": [{"flashback.platform.ai_llm": {"ids": ids, "state": "absent"}}],
                "loop of ai_llm": [{**removal("{{ item }}"), "loop": ids}],
                "loop of uri": [{**by_uri(mock, "DELETE", "/ai/llm/{{ item }}"), "loop": ids}],
            }
            results[latency] = compare(mock, ways, ids, "DELETE", repetitions)
    return results


def creations(repetitions: int) -> dict[int, Seconds]:
    """(e) 200 creations: ai_llms, a loop of ai_llm, a loop of uri; and the empty module once."""
    results = {}
    for latency in PLAN_LATENCIES:
        with running_mock(token=TOKEN, latency=latency / 1000) as mock:
            items = wanted(MANY)
            one = {field: f"{{{{ item.{field} }}}}" for field in items[0]}
            camel = {"name": one["name"], "aiType": one["ai_type"], "endpoint": one["endpoint"]}
            body = {**camel, "secret": one["secret"], "workspaceId": "w"}
            ways: dict[str, Tasks] = {
                "ai_llms": [{"flashback.platform.ai_llms": {"workspace_id": "w", "ai_llms": items}}],
                "loop of ai_llm": [{"flashback.platform.ai_llm": {"workspace_id": "w", **one}, "loop": items}],
                "loop of uri": [{**by_uri(mock, "POST", "/ai/llm", body), "loop": items}],
            }
            results[latency] = compare(mock, ways, [], "POST", repetitions)
    return results


def compare(mock: Mock, ways: dict[str, Tasks], ids: list[str], method: str, repetitions: int) -> Seconds:
    samples: dict[str, list[float]] = {"empty module": [], **{way: [] for way in ways}}
    for _unused in range(repetitions):
        samples["empty module"].append(play(mock.url, [{"empty_module": {}}]))
        for way, tasks in ways.items():
            hold(mock, ids)
            samples[way].append(play(mock.url, tasks))
            expect(mock, method, MANY)
    return medians(samples)


def growth(repetitions: int) -> tuple[dict[int, Seconds], Seconds]:
    """(c) The module alone with a growing number of ids: seconds and memory. And check mode against a long list."""
    results = {}
    with running_mock(token=TOKEN) as mock:
        for size in SIZES:
            ids = ids_for(size)
            runs = []
            for _unused in range(repetitions):
                hold(mock, ids)
                runs.append(module_alone("ai_llm", mock.url, state="absent", ids=ids))
                expect(mock, "DELETE", size)
            results[size] = {key: statistics.median(run[key] for run in runs) for key in ("seconds", "megabytes")}
        hold(mock, ids_for(LISTED))
        check = module_alone("ai_llm", mock.url, state="absent", ids=ids_for(SIZES[-1]), _ansible_check_mode=True)
        if check["outcomes"] != ["deleted"] * SIZES[-1]:
            raise SystemExit("check mode did not predict every removal")
    return results, {"seconds": check["seconds"], "megabytes": check["megabytes"]}


def plans(repetitions: int) -> dict[tuple[int, int], dict[str, Seconds]]:
    """(e) The module alone with a growing number of ai_llms, by latency and size: unchanged, created, pruned."""
    results = {}
    for latency in PLAN_LATENCIES:
        with running_mock(token=TOKEN, latency=latency / 1000) as mock:
            for size in PLAN_SIZES:
                rows = {}
                for case, listed, items, outcome in (
                    ("unchanged", size, wanted(size), "unchanged"),
                    ("created", 0, wanted(size), "created"),
                    ("pruned", size, [], "deleted"),
                ):
                    runs = []
                    for _unused in range(repetitions):
                        hold(mock, ids_for(listed))
                        run = module_alone("ai_llms", mock.url, workspace_id="w", ai_llms=items, prune=True)
                        if run["outcomes"] != [outcome] * size:
                            raise SystemExit(f"not all of {size} {case}")
                        runs.append(run)
                    rows[case] = {key: statistics.median(run[key] for run in runs) for key in ("seconds", "megabytes")}
                results[latency, size] = rows
    return results


def unchanged(repetitions: int) -> Seconds:
    """(e) Whole playbooks with one task: the empty module, and ai_llms with 200 configurations that need no change."""
    samples: dict[str, list[float]] = {"empty module": [], "ai_llms": []}
    with running_mock(token=TOKEN) as mock:
        hold(mock, ids_for(MANY))
        task = {"flashback.platform.ai_llms": {"workspace_id": "w", "ai_llms": wanted(MANY)}}
        for _unused in range(repetitions):
            samples["empty module"].append(play(mock.url, [{"empty_module": {}}]))
            samples["ai_llms"].append(play(mock.url, [task]))
    return medians(samples)


def tls(repetitions: int) -> dict[str, dict[str, Seconds]]:
    """(f) A removal over TLS, by uri and by this module, with ca_path and with the default trust store.

    The results are the seconds of a task, in a playbook of 20 tasks, and the CPU seconds of the module's process.
    """
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    results: dict[str, dict[str, Seconds]] = {}
    with tempfile.TemporaryDirectory() as scratch, running_mock(token=TOKEN, tls=server) as mock:
        bundle = Path(scratch) / "authority.pem"
        authority.cert_pem.write_to_path(str(bundle))
        # For a fair comparison, the default trust store of both modules has the usual size. It also trusts the mock.
        store = Path(scratch) / "store.pem"
        store.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        variables = {"SSL_CERT_FILE": str(store), "REQUESTS_CA_BUNDLE": str(store)}
        uri, options = by_uri(mock, "DELETE", "/ai/llm/none")["ansible.builtin.uri"], removal("none")
        ai_llm = options["flashback.platform.ai_llm"]
        for trust, extra in (("ca_path", {"ca_path": str(bundle)}), ("default trust store", {})):
            modules: dict[str, dict[str, t.Any]] = {
                "ansible.builtin.uri": {**uri, **extra},
                "flashback.platform.ai_llm": {**ai_llm, **extra},
            }
            tasks: dict[str, list[float]] = {name: [] for name in modules}
            cpu: dict[str, list[float]] = {name: [] for name in modules}
            folder = Path(scratch) / trust.replace(" ", "_")
            payloads = {name: Payload(folder, name, args, mock.url, **variables) for name, args in modules.items()}
            for _unused in range(10 * repetitions):
                for name, payload in payloads.items():
                    cpu[name].append(payload.cpu())
            for _unused in range(repetitions):
                for name, arguments in modules.items():
                    tasks[name].append(play(mock.url, [{name: arguments}] * TASKS, **variables) / TASKS)
            for name in modules:
                results.setdefault(trust, {})[name] = {
                    "task": statistics.median(tasks[name]),
                    "cpu": statistics.median(cpu[name]),
                }
    return results


def imports() -> list[tuple[str, float]]:
    """(d) Return the milliseconds of each import of the module, one after the other, with its dependencies."""
    steps = ["ansible.module_utils.basic", "requests", "ansible_collections.flashback.platform.plugins.modules.ai_llm"]
    code = f"import {', '.join(steps)}"
    samples: dict[str, list[float]] = {step: [] for step in steps}
    command = [sys.executable, "-X", "importtime", "-c", code]
    for _unused in range(15):
        done = subprocess.run(command, env=environment(""), check=True, capture_output=True, text=True)
        cumulated = {name: int(us) / 1000 for us, name in re.findall(r"\|\s*(\d+) \|\s*(\S+)$", done.stderr, re.M)}
        for step in steps:
            samples[step].append(cumulated[step])
    return list(medians(samples).items())


def medians(samples: dict[str, list[float]]) -> Seconds:
    return {name: statistics.median(values) for name, values in samples.items()}
