# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the demo, and draw its first part as an SVG: python tests/tools/picture.py FILE. "make picture" does it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

# The picture ends before this text. Otherwise it would be too high.
END = "$ ansible-playbook demo/"
# Nor does it show tasks that only check or pass something.
CHECKS = re.compile(r"TASK \[(?:Check|Find|Pass) [^\n]*\n[^\n]*\n\n")
COLUMNS = 84

DESCRIPTION = (
    "A terminal with three commands. The first one shows the plan of a workspace as a diff: one configuration would be"
    " removed, one updated, and one created. After an approval, the second one applies this plan. The third one shows"
    " that the plan is empty now."
)
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"


def run_demo() -> str:
    """What the demo prints, with the colors of a terminal."""
    env = {**os.environ, "ANSIBLE_FORCE_COLOR": "true", "COLUMNS": "80"}
    command = ["sh", "demo/run.sh"]
    # The short form of an error is on stdout, its long form is on stderr.
    output = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return CHECKS.sub("", output.stdout)


def draw(output: str) -> str:
    """Return the output as an SVG without references to other files."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(output.partition(END)[0].rstrip()))
    console.print(Text("\n[…]", style="dim"))
    svg = console.export_svg(title="make demo", unique_id="demo")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", svg)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{DESCRIPTION}" xml:space="preserve" ', 1)
    lines = [line.rstrip() for line in svg.splitlines()]
    licence = [line[2:] for line in Path(__file__).read_text(encoding="utf-8").splitlines()[:3]]
    return "\n".join(["<!--", *licence, "-->", *filter(None, lines)]) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(run_demo()), encoding="utf-8")
