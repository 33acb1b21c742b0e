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

PLAYBOOK = "demo/playbook.yml"
# The picture ends before this text. Otherwise it would be too high.
END = "\nTASK [6."
COLUMNS = 84

DESCRIPTION = (
    "A terminal in which Ansible runs a playbook. In check mode, it shows as a diff that it would remove one"
    " configuration, update one, and create one. Then it applies this plan. A third task changes nothing."
)
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"


def run_demo() -> str:
    """What the demo prints, with the colors of a terminal."""
    env = {**os.environ, "ANSIBLE_FORCE_COLOR": "true", "COLUMNS": "80"}
    command = [sys.executable, "-m", "ansible", "playbook", PLAYBOOK]
    # The short form of an error is on stdout, its long form is on stderr.
    output = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return output.stdout


def draw(output: str) -> str:
    """Return the output as an SVG without references to other files."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ ansible-playbook {PLAYBOOK}", style="bold"))
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
