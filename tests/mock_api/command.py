# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command that uses the mock API."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import typing as t

if t.TYPE_CHECKING:
    from .messages import Json
    from .running import Mock

CREDENTIALS = ("FLASHBACK_ACCESS_TOKEN", "FLASHBACK_EMAIL", "FLASHBACK_PASSWORD")


def environment(mock: Mock, user: Json | None) -> dict[str, str]:
    """Return the environment of this process, with the address of the mock, and with user credentials or a token."""
    variables = {name: value for name, value in os.environ.items() if name not in CREDENTIALS}
    variables.update(FLASHBACK_API_URL=mock.url, NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    if user:
        variables.update(FLASHBACK_EMAIL=user["email"], FLASHBACK_PASSWORD=user["password"])
    else:
        variables.update(FLASHBACK_ACCESS_TOKEN=mock.token)
    return variables


def run_command(command: list[str], env: dict[str, str]) -> int:
    """Run it, and return its status as a shell reports it: 128 plus the signal's number if a signal ended it."""
    process: subprocess.Popen[bytes] | None = None

    def forward(number: int, _frame: object) -> None:
        # The terminal also sends Ctrl+C to the command. So this process only waits.
        if process is not None and number != signal.SIGINT:
            process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Background jobs of a shell ignore Ctrl+C.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, forward)
    try:
        # pylint: disable-next=consider-using-with  # "with" would wait for it once more
        process = subprocess.Popen(command, env=env)
    except OSError as exc:
        print(f"{command[0]}: {exc.strerror}", file=sys.stderr)
        return 127 if isinstance(exc, FileNotFoundError) else 126
    status = process.wait()
    return status if status >= 0 else 128 - status
