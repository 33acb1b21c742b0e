# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workarounds for the tools that the checks use. Each docstring describes the problem without the workaround."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import nox


def with_real_interpreters(path: str) -> str:
    """Return PATH with pyenv's interpreters instead of its shims.

    ansible-test uses a shim as an interpreter. The shim fails with status 127 if its version is not selected.
    """
    folders: list[str] = []
    for folder in map(Path, path.split(os.pathsep)):
        if folder.name == "shims":
            folders += map(str, sorted(folder.parent.glob("versions/*/bin")))
        else:
            folders.append(str(folder))
    return os.pathsep.join(folders)


def private_home(work: Path) -> Path:
    """Create a home folder for the tools in the work folder. It uses the settings and the cache of the user's pip.

    ansible-test keeps environments in ~/.ansible/test, which do not work if the path contains a space. antsibull-docs
    writes ~/antsibull.log. ansible-lint and other tools keep caches. ansible-test passes HOME to pip, but no PIP_
    variables.
    """
    home = work / "home"
    for name in (".config/pip", ".pip", ".cache/pip", ".netrc"):
        original, link = Path.home() / name, home / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if original.exists() and not link.is_symlink() and not link.exists():
            link.symlink_to(original)
    return home


def provide_sanity_pip(session: nox.Session) -> None:
    """Put a script that installs pip into the cache of ansible-test, so that ansible-test does not download its own.

    ansible-test installs pip in the environments of its sanity tests, and downloads the script from a web host. Many
    networks can reach the package index, but not this host. The index has the same pip.
    """
    # A function of ansible-test returns the version of pip for each Python. It only reads the version of the Python.
    code = (
        "import sys, types; from ansible_test._internal.python_requirements import get_venv_packages;"
        "version = '.'.join(map(str, sys.version_info[:2]));"
        "print(get_venv_packages(types.SimpleNamespace(version=version))['pip'])"
    )
    version = (session.run("python", "-c", code, silent=True, log=False) or "").strip()
    cache = Path.home() / ".ansible" / "test" / "cache"
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    download = ("python", "-m", "pip", "download", "-qq", "--no-deps", "--dest", str(cache))
    session.run(*download, f"pip=={version}", log=False)
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


def check_links(session: nox.Session, index: Path) -> None:
    """Check the links within a site, on a copy that all users can read.

    If root runs linkchecker, it changes to the user "nobody", who cannot read a private folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        shutil.copytree(index.parent, Path(folder, "site"))
        session.run("linkchecker", "--no-status", "--no-robots", str(Path(folder, "site", index.name)))
