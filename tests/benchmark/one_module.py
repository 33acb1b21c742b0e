# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ai_llm in this process, with the options given as JSON. Print its result, the time, and the memory."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import re
import sys
import time
from pathlib import Path

from ansible.module_utils import basic


def main() -> None:
    options = json.loads(sys.stdin.read())
    # Ansible's wrapper does the same for a module, in all supported versions.
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    module = importlib.import_module(f"ansible_collections.flashback.platform.plugins.modules.{sys.argv[1]}")
    output = io.StringIO()
    start = time.perf_counter()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        module.main()
    seconds = time.perf_counter() - start
    result = json.loads(output.getvalue())
    # Not the ru_maxrss of getrusage(): it includes the memory of the process that started this one.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    memory = int(peak[1]) if peak else 0
    print(
        json.dumps(
            {
                "seconds": seconds,
                "megabytes": memory / 1024,
                "changed": result["changed"],
                "failed": result.get("failed", False),
                "outcomes": [outcome["outcome"] for outcome in result.get("outcomes", [])],
            }
        )
    )


if __name__ == "__main__":
    main()
