# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adapt the site that "antsibull-docs sphinx-init" has made to this collection: docs_site.py FOLDER."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
NOT_ON_GALAXY = "ansible-galaxy collection install git+https://github.com/flashbacktech/flashback.platform.git"

# The theme does not break lines in tables. Without this, a narrow window cuts off the tables.
STYLE = ".wy-table-responsive table.docutils :is(td, th) { white-space: normal; }\n"


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    if old not in text:
        raise SystemExit(f"{file} does not contain {old!r} any more")
    file.write_text(text.replace(old, new), encoding="utf-8")


def adapt(site: Path) -> None:
    replace(site / "antsibull-docs.cfg", "ansible-galaxy collection install {namespace}.{name}", NOT_ON_GALAXY)
    # This page is empty, because modules cannot declare environment variables. A guide lists the variables.
    replace(site / "build.sh", "sphinx-build ", "rm rst/environment_variables.rst\nsphinx-build ")
    (site / "style.css").write_text(STYLE, encoding="utf-8")
    with (site / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write('\nhtml_static_path = ["style.css"]\nhtml_css_files = ["style.css"]\n')
    # antsibull-docs copies no pictures. The guides are two folders below this one, here as in the repository.
    for picture in [*DOCS.glob("*.svg"), *DOCS.glob("*.png")]:
        shutil.copy(picture, site)


if __name__ == "__main__":
    adapt(Path(sys.argv[1]))
