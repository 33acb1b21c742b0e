# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The place where checks run: a copy of the checkout, with a separate folder for environments, caches and logs.

ansible-test needs a path that ends in ansible_collections/flashback/platform, and refuses links. Other tools read the
whole tree, and can fail because of other files of the user. So all checks run in a copy of the files that Git tracks.
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

# Untracked files in these folders are probably work in progress. They are tested, but never linted.
SOURCE_FOLDERS = ("plugins", "tests")

# The maximum length of the path of the work folder. With a longer path, the "#!" lines of scripts would be too long.
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
            # Formatters report problems and do not change files, because they would only change the copy.
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
    """Return the path of the original checkout of this copy."""
    return Path(os.environ[CHECKOUT])


def work_folder(root: Path) -> Path:
    """Return `.nox` in the checkout. If that path is unsuitable, return a folder in /var/tmp, and link `.nox` to it.

    ansible-test and pip write the path of an environment's Python into "#!" lines. There, a path with a space or a very
    long path does not work.
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
    """Return a folder for temporary files, with no white space in its path. Prefer one that survives a restart."""
    for parent in ("/var/tmp", tempfile.gettempdir(), "/tmp"):
        if os.path.isdir(parent) and os.access(parent, os.W_OK) and not any(map(str.isspace, parent)):
            return Path(parent)
    sys.exit("Found no folder for temporary files whose path has no space.")


def make_private(folder: Path) -> None:
    """Create a folder for this user only. Other users can write to its parent, so an existing folder is checked."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        sys.exit(f"{folder} is not a folder that only this user can open. Remove it.")


def copy_tracked(root: Path, tree: Path) -> None:
    """Make `tree` a Git checkout with the tracked files of `root`. Ignored files in `tree`, such as caches, stay.

    `tree` is in a folder that Git ignores. Without its own .git, ansible-test would skip every target and succeed.
    """
    files = tracked_files(root)
    git(root, "init", "--quiet", str(tree))
    git(tree, "read-tree", "--empty")
    copy_files(root, tree, files)
    names = "\0".join(map(str, files))
    git(tree, "add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=names)
    git(tree, "clean", "-d", "--force", "--quiet")


def tracked_files(root: Path) -> list[Path]:
    """Return the files that Git tracks. If this is not a Git checkout, return all files that are not hidden."""
    if (root / ".git").exists():
        report_untracked(untracked_files(root))
        return list_files(root, "--cached")
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return [file for file in files if not any(part.startswith(".") for part in file.parts[:-1])]


def untracked_files(root: Path) -> list[Path]:
    """Return the files that Git neither tracks nor ignores."""
    return list_files(root, "--others", "--exclude-standard") if (root / ".git").exists() else []


def list_files(root: Path, *options: str) -> list[Path]:
    names = git(root, "ls-files", "-z", *options).split("\0")
    return [Path(name) for name in names if name and (root / name).is_file()]


def report_untracked(files: list[Path]) -> None:
    if files:
        names = ", ".join(map(str, files[:5])) + (" and others" if files[5:] else "")
        print(f"Git does not track {names}: not linted, and tested only in {' and '.join(SOURCE_FOLDERS)}.", flush=True)


def add_untracked_sources(tree: Path) -> None:
    """Add new files in plugins and tests to the copy, although Git does not track them yet."""
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
    # Git sets variables such as GIT_INDEX_FILE for its hooks. They would point to another repository.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True, input=stdin, env=env)
    return done.stdout
