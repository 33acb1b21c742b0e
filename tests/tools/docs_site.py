# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the web site from the pages and the plugins: python -m tests.tools.docs_site FOLDER. "make docs" does it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import links

ROOT = links.ROOT
NAME = "flashback.platform"
NOT_ON_GALAXY = "ansible-galaxy collection install git+https://github.com/flashbacktech/flashback.platform.git"

# Links to Ansible's own documentation cannot be checked offline.
ELSEWHERE = "intersphinx|inventories|common_return_values|ansible_configuration_settings|ansible_devel"

CONF = """
extensions.append("myst_parser")
myst_heading_anchors = 4
html_static_path = ["style.css"]
html_css_files = ["style.css"]
"""
# The theme does not break lines in tables. Without this, a narrow window cuts off the tables.
STYLE = """
.wy-table-responsive table.docutils :is(td, th) { white-space: normal; padding: 6px 8px; }
.rst-content table.docutils td code { white-space: normal; overflow-wrap: anywhere; padding: 0; border: 0; }
.rst-content table.docutils td:first-child { min-width: 8em; }
"""

TOCTREE = """{title}
{line}

.. toctree::
    :maxdepth: 1

    {pages}

"""


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    if old not in text:
        raise SystemExit(f"{file} does not contain {old!r} any more")
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def toctree(title: str, pages: list[str]) -> str:
    return TOCTREE.format(title=title, line="-" * len(title), pages="\n    ".join(pages))


def site_pages() -> list[Path]:
    return [page for page in links.pages() if page.parent in (ROOT, ROOT / "docs", ROOT / "docs" / "guides")]


def on_site(page: Path, target: str) -> str:
    """Return the target of a link: the page about a plugin in place of its code, the repository for other code."""
    path = (page.parent / target.partition("#")[0]).resolve()
    plugin = re.fullmatch(r"plugins/(module|lookup|filter)s?/(\w+)\.py", str(path.relative_to(ROOT)))
    if plugin:
        return f"/{plugin[2]}_{plugin[1]}.rst"
    if path.name == "CHANGELOG.md":
        return "/changelog.rst"
    if path in site_pages() or (path.suffix != ".md" and path.is_file() and (ROOT / "docs") in path.parents):
        return target
    return links.absolute(page, target, "main")


def copy_page(page: Path, site: Path) -> None:
    """Copy a page to the same place as in the repository, so that its links need no change."""
    text = links.rewrite(page.read_text(encoding="utf-8"), lambda target: on_site(page, target))
    copy = site / "rst" / page.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(re.sub(r'^<a id="([\w-]+)"></a>$', r"(\1)=", text, flags=re.M), encoding="utf-8")


def add_pages(site: Path) -> None:
    rst = site / "rst"
    shutil.copytree(ROOT / "docs", rst / "docs", ignore=shutil.ignore_patterns("docsite", "*.md"))
    pages = site_pages()
    for page in pages:
        copy_page(page, site)
    # The README lists the guides in the best order.
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Guides")[2]
    names = list(dict.fromkeys(re.findall(r"\((docs/guides/\w+)\.md", table)))
    others = [str(page.relative_to(ROOT).with_suffix("")) for page in pages]
    first = f".. _plugin_index_for_{NAME}:"
    lists = toctree("Guides", names) + toctree("Project", [name for name in others if name not in names])
    replace(rst / "index.rst", first, lists + first)


def run(*command: str) -> str:
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(done.stdout)
    return done.stdout


def main() -> None:
    site = Path(sys.argv[1])
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    titles = ("--project", NAME, "--title", NAME, "--copyright", f"the {NAME} collection contributors")
    options = ("--use-current", "--squash-hierarchy")
    run("antsibull-docs", "sphinx-init", *options, "--lenient", f"--dest-dir={site}", *titles, NAME)
    config = site / "antsibull-docs.cfg"
    replace(config, "ansible-galaxy collection install {namespace}.{name}", NOT_ON_GALAXY)
    rst = site / "rst"
    run(
        "antsibull-docs",
        f"--config-file={config}",
        "collection",
        "--cleanup=everything",
        *options,
        f"--dest-dir={rst}",
        NAME,
    )
    # This page is empty, because modules cannot declare environment variables. A guide lists the variables.
    (rst / "environment_variables.rst").unlink()
    add_pages(site)
    replace(site / "conf.py", "default_role = 'any'", CONF)
    (site / "style.css").write_text(STYLE, encoding="utf-8")
    output = run("sphinx-build", "-M", "html", str(rst), str(site / "build"), "-c", str(site))
    if warnings := [line for line in output.splitlines() if "WARNING" in line and not re.search(ELSEWHERE, line)]:
        sys.exit("\n".join(warnings))


if __name__ == "__main__":
    main()
