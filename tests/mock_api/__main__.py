# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from aiohttp import web

from .app import SEED, STOP, create_app


async def serve(args: argparse.Namespace) -> None:
    app = create_app(args.seed, token=args.token, latency=args.latency / 1000)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", args.port)
    await site.start()
    port = runner.addresses[0][1]
    print(f"Flashback mock API on http://127.0.0.1:{port}, access token {args.token!r}. Stop with Ctrl+C.", flush=True)
    if args.port_file:
        # Whoever waits for the file must never see it half written.
        partial = args.port_file.with_suffix(".partial")
        partial.write_text(f"{port}\n", encoding="utf-8")
        partial.replace(args.port_file)
    await app[STOP].wait()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mock_api", description="A stand-in for the Flashback API.")
    parser.add_argument("--port", type=int, default=8787, help="loopback port, 0 for a free one (default: %(default)s)")
    parser.add_argument("--port-file", type=Path, help="file to write the port into, once it answers")
    parser.add_argument("--token", default="demo-token", help="the access token it accepts (default: %(default)s)")
    parser.add_argument("--seed", type=Path, default=SEED, help="YAML file with the state it starts from")
    parser.add_argument("--latency", type=float, default=0, help="milliseconds that every answer takes")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
