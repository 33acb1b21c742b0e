# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The place where checks run: a copy of the checkout, with a folder of its own for environments, caches and logs.

ansible-test needs a path that ends in ansible_collections/flashback/platform, and refuses links. Other tools walk the
whole tree and stumble over whatever a user leaves there. So all checks run in a copy of what Git tracks.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

from . import workarounds

NAMESPACE, NAME = "flashback", "platform"

# Set while nox runs in the copy: the path of the checkout.
CHECKOUT = "FLASHBACK_CHECKOUT"

# Untracked files in these folders are tested, since they are probably work in progress. They are never linted.
SOURCE_FOLDERS = ("plugins", "tests")

# The longest path of the work folder with which scripts in environments below it still can name their interpreter.
MAX_PATH_CHARS = 120


def run_in_copy(root: Path) -> Path:
    """Run nox again in a fresh copy of the checkout, unless it already runs there. Return the work folder."""
    if CHECKOUT in os.environ:
        return work_folder(original())
    work = work_folder(root)
    tree = work / "tree" / "ansible_collections" / NAMESPACE / NAME
    lock(work / "lock")
    copy_tracked(root, tree)
    constraints = work / "constraints.txt"
    shutil.copy(root / "tests" / "constraints.txt", constraints)
    os.environ.update(
        {
            CHECKOUT: str(root),
            "HOME": str(workarounds.private_home(work)),
            "PATH": workarounds.with_real_interpreters(os.environ["PATH"]),
            "PIP_CONSTRAINT": f"{os.environ.get('PIP_CONSTRAINT', '')} {constraints}".strip(),
            "LC_ALL": "C.UTF-8",
            # Formatters then complain instead of changing files: they would change the copy.
            "CI": "true",
        }
    )
    os.chdir(tree)
    os.execv(sys.executable, [sys.executable, "-m", "nox", "--noxfile", str(tree / "noxfile.py"), *sys.argv[1:]])
    raise AssertionError("execv does not return")


def lock(path: Path) -> None:
    """Wait until no other check uses the copy. The lock lasts as long as this process, also when it runs nox again."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(descriptor, True)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Waiting for another check in this checkout to end.", flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def original() -> Path:
    """The checkout that this copy was made of."""
    return Path(os.environ[CHECKOUT])


def work_folder(root: Path) -> Path:
    """`.nox` in the checkout; where that path is unsuitable, a folder below /var/tmp to which `.nox` is a link.

    ansible-test and pip write the path of an environment's Python behind "#!", where a space or a limit of the kernel
    would cut it.
    """
    work = root / ".nox"
    if not any(map(str.isspace, str(work))) and len(str(work)) <= MAX_PATH_CHARS:
        work.mkdir(exist_ok=True)
        return work
    key = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    folder = suitable_parent() / f"{NAMESPACE}.{NAME}-{os.getuid()}-{key}"
    make_private(folder)
    if work.is_dir() and not work.is_symlink():
        sys.exit(f"{work} is a folder, but has to be a link to {folder}. Remove it: make clean")
    if not work.is_symlink():
        work.symlink_to(folder)
    return folder


def suitable_parent() -> Path:
    """A folder for temporary files whose path has no white space; the first one survives a restart of the machine."""
    for parent in ("/var/tmp", tempfile.gettempdir(), "/tmp"):
        if os.path.isdir(parent) and os.access(parent, os.W_OK) and not any(map(str.isspace, parent)):
            return Path(parent)
    sys.exit("Found no folder for temporary files whose path has no space.")


def make_private(folder: Path) -> None:
    """Create a folder for this user alone. Others can write to its parent, so an existing one is checked."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        sys.exit(f"{folder} is not a folder that only this user can open. Remove it.")


def copy_tracked(root: Path, tree: Path) -> None:
    """Make `tree` a Git checkout with the tracked files of `root`, and with what it ignores, such as caches.

    Without a .git of its own, inside of an ignored folder, ansible-test skips every target and calls that a success.
    """
    files = tracked_files(root)
    git(root, "init", "--quiet", str(tree))
    git(tree, "read-tree", "--empty")
    copy_files(root, tree, files)
    names = "\0".join(map(str, files))
    git(tree, "add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=names)
    git(tree, "clean", "-d", "--force", "--quiet")


def tracked_files(root: Path) -> list[Path]:
    """The files that Git tracks; all that are not hidden, if this is not a Git checkout."""
    if (root / ".git").exists():
        report_untracked(untracked_files(root))
        return list_files(root, "--cached")
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return [file for file in files if not any(part.startswith(".") for part in file.parts[:-1])]


def untracked_files(root: Path) -> list[Path]:
    """The files that Git neither tracks nor ignores."""
    return list_files(root, "--others", "--exclude-standard") if (root / ".git").exists() else []


def list_files(root: Path, *options: str) -> list[Path]:
    names = git(root, "ls-files", "-z", *options).split("\0")
    return [Path(name) for name in names if name and (root / name).is_file()]


def report_untracked(files: list[Path]) -> None:
    if files:
        names = ", ".join(map(str, files[:5])) + (" and others" if files[5:] else "")
        print(f"Git does not track {names}: not linted, and tested only in {' and '.join(SOURCE_FOLDERS)}.", flush=True)


def add_untracked_sources(tree: Path) -> None:
    """Add work in progress to the copy: new files in plugins and tests that Git does not track yet."""
    files = untracked_files(original())
    copy_files(original(), tree, [file for file in files if file.parts[0] in SOURCE_FOLDERS])


def python_files() -> list[str]:
    """The Python files that Git tracks, as text."""
    return [str(file) for file in list_files(original(), "--cached") if file.suffix == ".py"]


def copy_files(root: Path, tree: Path, files: list[Path]) -> None:
    for file in files:
        target = tree / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / file, target)


def git(folder: Path, *arguments: str, stdin: str | None = None) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True, input=stdin).stdout
