# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run proxy.py, a real HTTP proxy, in a separate process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import typing as t

from ansible_collections.flashback.platform.tests.unit.scripted_server import MAX_WAIT

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def real_proxy(folder: Path, *options: str) -> Iterator[int]:
    """Run proxy.py on loopback until the context ends. Yields its port.

    :param folder: An empty folder for its files.
    """
    port_file = folder / "port"
    command = [sys.executable, "-m", "proxy", "--hostname=127.0.0.1", "--port=0", f"--port-file={port_file}"]
    command += ["--threaded", "--num-workers=1", "--num-acceptors=1", "--log-level=CRITICAL", f"--data-dir={folder}"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            deadline = time.monotonic() + MAX_WAIT
            while not (port_file.exists() and port_file.read_text(encoding="utf-8").strip()):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield int(port_file.read_text(encoding="utf-8"))
        finally:
            # The proxy has child processes, and takes a second to end.
            os.killpg(process.pid, signal.SIGKILL)
