# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios. Each checks that its requests succeeded, because failures are fast, and returns medians."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import certifi
import trustme

from tests.mock_api.running import Mock, running_mock

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOKEN = "benchmark-token"

TASKS = 20
MANY = 200

Seconds = dict[str, float]
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


def module_alone(module: str, api_url: str, outcomes: list[str], **options: t.Any) -> Seconds:
    """Return the seconds and the megabytes of a module without Ansible on the controller. Check its outcomes."""
    command = [sys.executable, str(HERE / "one_module.py"), module]
    stdin = json.dumps({"api_url": api_url, "access_token": TOKEN, "timeout": 300, **options})
    done = subprocess.run(command, env=environment(api_url), input=stdin, check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    if result.pop("outcomes") != outcomes:
        raise SystemExit(f"{module}: not every outcome is {outcomes[0]}")
    return t.cast("Seconds", result)


def ids_for(count: int) -> list[str]:
    return [f"{number:08x}-e29b-41d4-a716-446655440000" for number in range(count)]


def hold(mock: Mock, ids: list[str]) -> None:
    """Reset the mock API to one configuration for each ID."""
    common = {"workspaceId": "w", "aiType": "OPENAI", "endpoint": "https://example.com"}
    mock.reset({"workspaces": ["w"], "ai_llms": [{"id": id, "name": f"Name {id}", **common} for id in ids]})


def items_for(count: int) -> list[dict[str, t.Any]]:
    """Return items for ai_llms: the configurations that hold() makes, with a secret."""
    common = {"ai_type": "OPENAI", "endpoint": "https://example.com"}
    # As with a real secret, nothing else has parts of it.
    secrets = {id: hashlib.sha256(id.encode()).hexdigest() for id in ids_for(count)}
    return [{"name": f"Name {id}", "secret": f"sk-{secret}", **common} for id, secret in secrets.items()]


def expect(mock: Mock, method: str, count: int) -> None:
    """Stop unless exactly this number of requests with this method was sent, and all of them succeeded."""
    log = [entry for entry in mock.requests() if entry["method"] == method]
    done = {entry["path"] + str(entry["body"]) for entry in log if entry["status"] == 200}
    if len(done) != count or len(log) != count:
        raise SystemExit(f"{count} {method} requests expected, {len(log)} sent, {len(done)} of them succeeded")


def by_uri(mock: Mock, method: str, path: str, **options: t.Any) -> dict[str, t.Any]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    return {"ansible.builtin.uri": {"url": f"{mock.url}{path}", "method": method, "headers": headers, **options}}


def removal(**options: t.Any) -> dict[str, t.Any]:
    return {"flashback.platform.ai_llm": {"state": "absent", **options}}


def compare(mock: Mock, ways: dict[str, Tasks], ids: list[str], method: str, repetitions: int) -> Seconds:
    """Return the seconds of each way to do the same, and of an empty module."""
    samples: dict[str, list[float]] = {"empty module": [], **{way: [] for way in ways}}
    for _unused in range(repetitions):
        samples["empty module"].append(play(mock.url, [{"empty_module": {}}]))
        for way, tasks in ways.items():
            hold(mock, ids)
            samples[way].append(play(mock.url, tasks))
            expect(mock, method, MANY)
    return {name: statistics.median(values) for name, values in samples.items()}


def single(repetitions: int) -> Seconds:
    """Return the seconds of a task, in playbooks of 20 tasks, over HTTP and over TLS."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    ids = ids_for(TASKS)
    samples: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch, running_mock(token=TOKEN) as http:
        # For a fair comparison, the trust store of both modules has the usual size. It also trusts the mock.
        store = Path(scratch) / "store.pem"
        store.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        trust = {"SSL_CERT_FILE": str(store), "REQUESTS_CA_BUNDLE": str(store)}
        # The control interface of the mock does not speak TLS. There, the configurations do not exist.
        with running_mock(token=TOKEN, tls=tls) as https:
            ways: dict[str, tuple[Mock, Tasks]] = {"empty module": (http, [{"empty_module": {}}] * TASKS)}
            for name, mock in (("", http), (" over TLS", https)):
                uri = [by_uri(mock, "DELETE", f"/ai/llm/{id}", status_code=[200, 404]) for id in ids]
                ways[f"``uri``{name}"] = (mock, uri)
                ways[f"``ai_llm``{name}"] = (mock, [removal(id=id) for id in ids])
            for _unused in range(repetitions):
                for way, (mock, tasks) in ways.items():
                    hold(http, ids)
                    samples.setdefault(way, []).append(play(mock.url, tasks, **trust) / TASKS)
                    expect(http, "DELETE", TASKS if mock is http and way != "empty module" else 0)
    return {way: statistics.median(values) for way, values in samples.items()}


def removals(repetitions: int) -> dict[int, Seconds]:
    """Return the seconds of 200 removals by latency in milliseconds: with one task, and with loops."""
    ids = ids_for(MANY)
    results = {}
    for latency in (0, 20, 100):
        with running_mock(token=TOKEN, latency=latency / 1000) as mock:
            ways: dict[str, Tasks] = {
                "one task": [removal(ids=ids)],
                "loop of ai_llm": [{**removal(id="{{ item }}"), "loop": ids}],
                "loop of uri": [{**by_uri(mock, "DELETE", "/ai/llm/{{ item }}"), "loop": ids}],
            }
            results[latency] = compare(mock, ways, ids, "DELETE", repetitions)
    return results


def creations(repetitions: int) -> dict[int, Seconds]:
    """Return the seconds of 200 creations by latency in milliseconds: with one task, and with loops."""
    items = items_for(MANY)
    one = {field: f"{{{{ item.{field} }}}}" for field in items[0]}
    body = {"aiType" if field == "ai_type" else field: value for field, value in one.items()}
    results = {}
    for latency in (0, 20):
        with running_mock(token=TOKEN, latency=latency / 1000) as mock:
            post = by_uri(mock, "POST", "/ai/llm", body={**body, "workspaceId": "w"}, body_format="json")
            ways: dict[str, Tasks] = {
                "one task": [{"flashback.platform.ai_llms": {"workspace_id": "w", "ai_llms": items}}],
                "loop of ai_llm": [{"flashback.platform.ai_llm": {"workspace_id": "w", **one}, "loop": items}],
                "loop of uri": [{**post, "loop": items}],
            }
            results[latency] = compare(mock, ways, [], "POST", repetitions)
    return results


def median_of(runs: list[Seconds]) -> Seconds:
    return {key: statistics.median(run[key] for run in runs) for key in ("seconds", "megabytes")}


def growth_of_ids(repetitions: int) -> dict[int, Seconds]:
    """Return the seconds and megabytes of ai_llm with `ids`, by their number."""
    results = {}
    with running_mock(token=TOKEN) as mock:
        for size in (1, 10, 100, 1_000, 10_000):
            ids, runs = ids_for(size), []
            for _unused in range(repetitions):
                hold(mock, ids)
                runs.append(module_alone("ai_llm", mock.url, ["deleted"] * size, state="absent", ids=ids))
            results[size] = median_of(runs)
    return results


def growth_of_plans(repetitions: int) -> dict[int, dict[str, Seconds]]:
    """Return the seconds and megabytes of ai_llms, by the number of configurations: unchanged, created, deleted."""
    results: dict[int, dict[str, Seconds]] = {}
    with running_mock(token=TOKEN) as mock:
        for size in (1, 10, 100, 1_000):
            for outcome, listed, wanted in (("unchanged", size, size), ("created", 0, size), ("deleted", size, 0)):
                options = {"workspace_id": "w", "ai_llms": items_for(wanted), "prune": True}
                runs = []
                for _unused in range(repetitions):
                    hold(mock, ids_for(listed))
                    runs.append(module_alone("ai_llms", mock.url, [outcome] * size, **options))
                results.setdefault(size, {})[outcome] = median_of(runs)
    return results
