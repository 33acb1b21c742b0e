# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An action for the integration tests: start the mock API in the background, and wait until it listens.

Options: ``root``, the directory of the collection, and ``token``, the access token to accept. Returns ``url``.

It does not use ``async``, whose processes still run some seconds after the play: ``ansible-test --coverage`` fails
while they write their data. Without a request to stop, the mock API ends after 15 minutes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

TIMEOUT = 60
COMMAND = (
    "import runpy, signal;signal.alarm(15 * 60);runpy.run_module('tests.mock_api', run_name='__main__', alter_sys=True)"
)


class ActionModule(ActionBase):
    _VALID_ARGS = frozenset({"root", "token"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        root, token = self._task.args["root"], self._task.args["token"]
        with tempfile.TemporaryDirectory() as directory:
            port_file, log = Path(directory, "port"), Path(directory, "log")
            command = [sys.executable, "-c", COMMAND, "--port=0", f"--port-file={port_file}", f"--token={token}"]
            with log.open("wb") as output:
                # The process continues after the end of this task.
                process = subprocess.Popen(  # pylint: disable=consider-using-with
                    command, cwd=root, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
                )
            end = time.monotonic() + TIMEOUT
            while not port_file.exists():
                if process.poll() is not None or time.monotonic() > end:
                    process.kill()
                    raise AnsibleError(f"The mock API does not start: {log.read_text(encoding='utf-8')}")
                time.sleep(0.05)
            port = port_file.read_text(encoding="utf-8").strip()
        return {"changed": True, "url": f"http://127.0.0.1:{port}"}
