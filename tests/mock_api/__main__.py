# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the mock API."""

from __future__ import annotations

import argparse
import errno
import shlex
import signal
import sys
import typing as t
from pathlib import Path

from .command import environment, run_command
from .running import TOKEN, Mock, running_mock
from .seed import SEED, SeedError
from .switches import SWITCHES

PROGRAM = "python -m tests.mock_api"
PORT = 8787


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> t.NoReturn:
        """Print the error on one line, as for all other errors, without the usage."""
        self.exit(2, f"{self.prog}: error: {message}\n")


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, and the command after "--", which is empty if there is none."""
    parser = Parser(
        prog=PROGRAM,
        usage="%(prog)s [options] [-- COMMAND...]",
        description="A mock of the Flashback API on a loopback port. With COMMAND, it runs as long as that command, "
        "which finds its address and token in the environment, and exits with the status of the command.",
    )
    parser.add_argument("--port", type=_port, help=f"0 for a free one (default: {PORT}; with COMMAND: 0)")
    parser.add_argument("--port-file", type=Path, help="file to write the port into, once it answers")
    parser.add_argument("--token", default=TOKEN, help="access token that it accepts (default: %(default)s)")
    parser.add_argument("--seed", type=Path, default=SEED, help="YAML file with the state that it starts from")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds that each response takes")
    parser.add_argument("--token-lifetime", type=float, help="seconds until the access token of a login expires")
    parser.add_argument("--token-requests", type=int, help="requests until the access token of a login expires")
    parser.add_argument(
        "--switch",
        action="append",
        choices=sorted(SWITCHES),
        default=[],
        metavar="NAME",
        help="let it behave in another way until it is reset; switches.py has the names",
    )
    parser.add_argument("--login", action="store_true", help="give COMMAND email and password in place of the token")
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = parser.parse_args(arguments[:end]), arguments[end + 1 :]
    if end < len(arguments) and not command:
        parser.error('a command is missing after "--"')
    if options.login and not command:
        parser.error("--login needs a command")
    if options.port is None:
        options.port = 0 if command else PORT
    return options, command


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: it must be from 0 to 65535")
    return int(text)


def instructions(mock: Mock) -> str:
    """Return the commands with which a user can use the mock."""
    text = f"The mock of the Flashback API answers at {mock.url}. Press Ctrl+C to stop it.\n"
    text += "In another terminal, tell the modules where it is:\n" + _exports(API_URL=mock.url)
    if mock.user:
        text += "Then either let them log in with email and password, which is the recommended way:\n"
        text += _exports(EMAIL=mock.user["email"], PASSWORD=mock.user["password"])
        text += "or give them an access token:\n"
    else:
        text += "Then give them an access token:\n"
    return text + _exports(ACCESS_TOKEN=mock.token)


def _exports(**variables: str) -> str:
    lines = [f"    export FLASHBACK_{name}={shlex.quote(value)}\n" for name, value in variables.items()]
    return "\n" + "".join(lines) + "\n"


def write_port(mock: Mock, file: Path) -> None:
    # A program that waits for the file must never read an incomplete file.
    partial = file.with_suffix(".partial")
    partial.write_text(mock.url.rpartition(":")[2] + "\n", encoding="utf-8")
    partial.replace(file)


def serve(options: argparse.Namespace, command: list[str]) -> int:
    """Run the mock until it is stopped, or as long as the command. Returns the exit status."""
    with running_mock(
        port=options.port,
        token=options.token,
        seed=options.seed,
        latency=options.latency / 1000,
        token_lifetime=options.token_lifetime,
        token_requests=options.token_requests,
    ) as mock:
        if options.login and not mock.user:
            raise SeedError(f"seed {options.seed}: --login needs a user with a password")
        mock.switches(*options.switch)
        if options.port_file:
            write_port(mock, options.port_file)
        if command:
            return run_command(command, environment(mock, mock.user if options.login else None))
        print(instructions(mock), end="", flush=True)
        mock.wait()
    return 0


def explain(exc: OSError, options: argparse.Namespace) -> str:
    if exc.errno == errno.EADDRINUSE:
        return f"port {options.port} is in use: choose another with --port, or with 'make mock MOCK_PORT=8788'"
    if exc.errno == errno.EACCES and not exc.filename:
        return f"not allowed to listen on port {options.port}: choose another with --port"
    return f"{exc.filename}: {exc.strerror}" if exc.filename else str(exc)


def main(arguments: list[str] | None = None) -> int:
    options, command = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        return serve(options, command)
    except KeyboardInterrupt:
        return 130 if command else 0
    except SeedError as exc:
        problem = str(exc)
    except OSError as exc:
        problem = explain(exc, options)
    print(f"{PROGRAM}: error: {problem}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    # A script that starts this in the background makes it ignore Ctrl+C otherwise, and the command with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
