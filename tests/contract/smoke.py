# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The smoke run: the real module, started by ansible-playbook, against the same server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from .settings import ROOT

if t.TYPE_CHECKING:
    from .run import Run

# What smoke.yml does, and what each step must report.
STEPS = (
    ({"name": "create"}, "changed"),
    ({"name": "create again"}, "unchanged"),
    ({"name": "update", "path": "/other"}, "changed"),
    ({"name": "remove", "state": "absent"}, "changed"),
    ({"name": "remove again", "state": "absent"}, "unchanged"),
)

SECONDS = 300


class Smoke:
    """seen: what each step has reported, empty if they did not run. reason: why they did not."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.reason = "the run ended before"

    @property
    def is_wrong(self) -> bool:
        return bool(self.seen) and self.seen != [wanted for _step, wanted in STEPS]

    def lines(self) -> list[str]:
        rows = [f"- {step['name']}: {seen}, expected: {wanted}" for (step, wanted), seen in zip(STEPS, self.seen)]
        return rows or [f"Not tried: {self.reason}."]

    def run(self, run: Run) -> None:
        """Run the playbook. Its configuration is in the journal, and is removed at the end if the playbook fails.

        A signal waits for its end, because nobody would know what a module that is killed has done.
        """
        program = Path(sys.executable).with_name("ansible-playbook")
        if not program.exists():
            self.reason = "ansible-core is not installed"
            return
        creation = run.configurations.announce(run.configurations.fields())
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder, "ansible_collections", "flashback", "platform")
            link.parent.mkdir(parents=True)
            link.symlink_to(ROOT)
            Path(folder, "ansible.cfg").touch()
            results, extra = Path(folder, "results.json"), Path(folder, "extra.json")
            steps = [step for step, _wanted in STEPS]
            variables = {"fields": creation.sent, "steps": steps, "results_file": str(results)}
            extra.write_text(json.dumps(variables), encoding="utf-8")
            playbook = Path(__file__).with_name("smoke.yml")
            command = [str(program), "--inventory=localhost,", f"--extra-vars=@{extra}", str(playbook)]
            quiet: dict[str, t.Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
            # In a session of its own, it does not get the Ctrl+C of the terminal.
            with subprocess.Popen(command, env=_environment(run, folder), start_new_session=True, **quiet) as process:
                try:
                    self.reason = f"ansible-playbook ended with status {process.wait(SECONDS)}"
                    creation.pending = False
                except subprocess.TimeoutExpired:
                    self.reason = "ansible-playbook took too long"
                    os.killpg(process.pid, signal.SIGKILL)
            if results.exists():
                self.seen = [_describe(result) for result in json.loads(results.read_text(encoding="utf-8"))]


def _describe(result: dict[str, t.Any]) -> str:
    if result.get("failed"):
        code = (result.get("error") or {}).get("code")
        return f"failed with {code}" if isinstance(code, str) and code.isidentifier() else "failed"
    return "changed" if result.get("changed") else "unchanged"


def _environment(run: Run, folder: str) -> dict[str, str]:
    """Return the environment of the playbook: the token of the suite, so that the modules open no logins."""
    removed = ("FLASHBACK_EMAIL", "FLASHBACK_PASSWORD")
    kept = {name: value for name, value in os.environ.items() if name not in removed and "ANSIBLE_" not in name}
    ansible = {"COLLECTIONS_PATH": folder, "CONFIG": f"{folder}/ansible.cfg", "HOME": f"{folder}/home"}
    kept.update({f"ANSIBLE_{name}": value for name, value in ansible.items()}, LC_ALL="C.UTF-8")
    kept.update(FLASHBACK_API_URL=run.settings.api_url, FLASHBACK_ACCESS_TOKEN=run.client.token)
    return {**kept, "NO_PROXY": "127.0.0.1"} if run.settings.is_mock else kept
