# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the workspace of the README, and draw both pictures of the README: picture.py FOLDER. "make picture" does it.

demo.svg is the terminal, and page.png is the page of the plan. This one needs Chromium.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = 84
# The tasks that only check something are left out.
SHOWN = ("Compare", "Show the result")

DESCRIPTION = "A terminal in which the command shows the plan as a diff, and prints the ID of the plan"
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"

# As code hosts show Markdown.
PAGE = """<meta charset="utf-8"><style>
body { margin: 16px; font: 16px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #1f2328; }
main { border: 1px solid #d0d7de; border-radius: 6px; }
header { padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d0d7de; border-radius: 6px 6px 0 0; }
article { padding: 0 16px; }
h2 { padding-bottom: 8px; border-bottom: 1px solid #d0d7de; font-size: 24px; line-height: 1.25; }
table { border-collapse: collapse; }
th, td { padding: 6px 13px; border: 1px solid #d0d7de; text-align: left; }
code { padding: 2px 5px; border-radius: 6px; background: #eff1f3; font: 85% ui-monospace, monospace; }
pre { padding: 16px; border-radius: 6px; background: #f6f8fa; }
pre code { padding: 0; background: none; }
</style><main><header><b>Merge request 42</b> · Use the endpoint in Europe · plan</header><article>"""
# Of page.png, in pixels of the page.
WIDTH, HEIGHT = 900, 660


def plan(folder: Path) -> str:
    """Run the first command of the README in a folder. Return what it prints, with the colors of a terminal."""
    block = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (folder / "workspace.yml").write_text(block[1] if block else "", encoding="utf-8")
    settings = {
        "ANSIBLE_CONFIG": str(ROOT / "demo" / "ansible.cfg"),
        "ANSIBLE_FORCE_COLOR": "true",
        "COLUMNS": "80",
    }
    command = [sys.executable, "-m", "ansible", "playbook", "flashback.platform.plan"]
    env = {**os.environ, **settings}
    return subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


def draw_terminal(output: str) -> str:
    """Return the tasks that are shown as an SVG without references to other files."""
    tasks = [text for text in output.split("\n\n") if re.search(rf"TASK \[({'|'.join(SHOWN)})", text)]
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi("\n\n".join(["$ ansible-playbook flashback.platform.plan", *tasks]).rstrip()))
    svg = console.export_svg(title="ansible-playbook flashback.platform.plan", unique_id="demo")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", svg)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{DESCRIPTION}" xml:space="preserve" ', 1)
    lines = [line.rstrip() for line in svg.splitlines()]
    licence = [line[2:] for line in Path(__file__).read_text(encoding="utf-8").splitlines()[:3]]
    return "\n".join(["<!--", *licence, "-->", *filter(None, lines)]) + "\n"


def draw_page(folder: Path, picture: Path) -> None:
    text = (folder / "workspace.plan.md").read_text(encoding="utf-8")
    page = folder / "page.html"
    page.write_text(PAGE + MarkdownIt("commonmark").enable("table").render(text), encoding="utf-8")
    quiet = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--hide-scrollbars"]
    if os.geteuid() == 0:
        quiet.append("--no-sandbox")
    size = (f"--window-size={WIDTH},{HEIGHT}", "--force-device-scale-factor=1.2", f"--screenshot={picture}")
    command = ("chromium", "--headless", *quiet, f"--user-data-dir={folder / 'chromium'}", *size, page.as_uri())
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def main() -> None:
    pictures = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = plan(folder)
        (pictures / "demo.svg").write_text(draw_terminal(output), encoding="utf-8")
        draw_page(folder, pictures / "page.png")


if __name__ == "__main__":
    main()
