# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check every link between the pages: python -m tests.tools.links. "make lint" does it.

Galaxy shows the README without the other pages. With the arguments README.md 1.5.0, the program prints the page with
absolute links to this tag. "make dist" does it.
"""

from __future__ import annotations

import re
import sys
import typing as t
from collections import Counter
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/flashbacktech/flashback.platform"
PICTURES = "https://raw.githubusercontent.com/flashbacktech/flashback.platform"
TARGET = re.compile(r"(?<=\]\()(?!https?:|#)[^)\s]+(?=\))")
# Documentation and messages of plugins, and the metadata, have only absolute links.
OTHERS = ("galaxy.yml", "docs/docsite/*.yml", "plugins/**/*.py", ".github/**/*.yml")


def rewrite(text: str, change: t.Callable[[str], str]) -> str:
    """Replace the target of each link to another file, which has no white space."""
    return TARGET.sub(lambda match: change(match[0]), text)


def absolute(page: Path, target: str, ref: str) -> str:
    """Return the address of what a page links to, for one tag or branch."""
    name, _separator, anchor = target.partition("#")
    path = (page.parent / name).resolve()
    base = f"{PICTURES}/{ref}" if path.suffix in (".png", ".svg") else f"{REPOSITORY}/{path_kind(path)}/{ref}"
    return f"{base}/{path.relative_to(ROOT)}{'#' if anchor else ''}{anchor}"


def path_kind(path: Path) -> str:
    return "tree" if path.is_dir() else "blob"


def pages() -> list[Path]:
    """All Markdown pages but those in hidden folders."""
    found = (path for path in ROOT.rglob("*.md") if path.name != "CHANGELOG.md")
    return sorted(path for path in found if not any(part[0] == "." for part in path.relative_to(ROOT).parts[:-1]))


def anchors(page: Path) -> set[str]:
    """The anchors of a page: GitHub makes one of each heading, and numbers those that occur twice."""
    tokens = parse(page)
    found: set[str] = set()
    seen: Counter[str] = Counter()
    for before, token in zip(tokens, tokens[1:]):
        found.update(re.findall(r'<a id="([^"]+)"', token.content))
        if before.type == "heading_open":
            text = "".join(child.content for child in token.children or [] if child.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
    return found


def parse(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def targets(page: Path) -> t.Iterator[str]:
    """The targets of the links and pictures of a page."""
    if page.suffix != ".md":
        text = page.read_text(encoding="utf-8")
        yield from re.findall(rf"{re.escape(REPOSITORY)}/(?:blob|tree)/main/[\w./#-]*[\w/]", text)
        return
    for token in parse(page):
        for child in token.children or []:
            yield from (str(child.attrs[name]) for name in ("href", "src") if name in child.attrs)


def problem(page: Path, target: str) -> str:
    """What is wrong with a link, or nothing. Links to other sites are not tried."""
    path, _separator, anchor = target.partition("#")
    own = re.match(rf"{re.escape(REPOSITORY)}/(?:blob|tree)/main/", target)
    if not own and re.match(r"[a-z]+:", target):
        return ""
    if own and page.suffix == ".md":
        return "is absolute, so it does not work before the repository is published"
    file = (ROOT / path[own.end() :] if own else page.parent / path).resolve() if path else page
    if not file.exists():
        return "does not exist"
    return "has no such heading" if anchor and anchor not in anchors(file) else ""


def main() -> None:
    if len(sys.argv) == 3:
        page = ROOT / sys.argv[1]
        print(rewrite(page.read_text(encoding="utf-8"), lambda target: absolute(page, target, sys.argv[2])), end="")
        return
    others = [path for pattern in OTHERS for path in ROOT.glob(pattern)]
    links = [(page, target) for page in [*pages(), *others] for target in targets(page)]
    found = [f"{page.relative_to(ROOT)}: {target} {text}" for page, target in links if (text := problem(page, target))]
    if found:
        sys.exit("\n".join(found))
    print(f"{len(links)} links are right.")


if __name__ == "__main__":
    main()
