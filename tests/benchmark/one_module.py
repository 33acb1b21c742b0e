# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module in this process, with the options on stdin: one_module.py NAME. Print its outcomes, time and memory."""

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
    # Ansible's wrapper does the same for a module, in all supported versions.
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.load(sys.stdin)}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    module = importlib.import_module(f"ansible_collections.flashback.platform.plugins.modules.{sys.argv[1]}")
    output = io.StringIO()
    start = time.perf_counter()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        module.main()
    seconds = time.perf_counter() - start
    # Not the ru_maxrss of getrusage(): it includes the memory of the process that started this one.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    megabytes = int(peak[1]) / 1024 if peak else 0
    outcomes = [outcome["outcome"] for outcome in json.loads(output.getvalue()).get("outcomes", [])]
    print(json.dumps({"seconds": seconds, "megabytes": megabytes, "outcomes": outcomes}))


if __name__ == "__main__":
    main()
