# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The longer sessions for documentation and releases: the site, the tarball with its SBOM, the pinned tools."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import nox

from . import checkout, supported, workarounds

TREE = Path.cwd()
COLLECTION = f"{checkout.NAMESPACE}.{checkout.NAME}"

# ansible-galaxy needs distlib to read the list of files in galaxy.yml.
BUILD_REQUIREMENTS = (supported.ANY_CORE, "distlib")

# These packages have no single pinned version. The tests use each supported release series of ansible-core, and each
# series needs another resolvelib. ansible-test accepts exactly one version of coverage. galaxy-importer needs an older
# attrs.
UNPINNED = ("ansible-core", "attrs", "coverage", "pip", "resolvelib", "setuptools")

CONSTRAINTS_COMMENT = """
# The versions of all tools of the checks, written by "make update-constraints".
# tests/tools/release.py says which ones are not pinned, and why.

"""


def build_docs(session: nox.Session) -> None:
    session.install(supported.ANY_CORE, "antsibull-docs", "linkchecker")
    site = Path(session.virtualenv.location) / "site"
    shutil.rmtree(site, ignore_errors=True)
    # antsibull-docs refuses a folder that others may write to.
    site.mkdir(mode=0o755)
    env = {"ANSIBLE_COLLECTIONS_PATH": str(TREE.parents[2])}
    names = ("--project", COLLECTION, "--title", COLLECTION, "--copyright", f"the {COLLECTION} collection contributors")
    options = ("--use-current", "--squash-hierarchy", "--lenient", "--dest-dir", str(site), *names)
    session.run("antsibull-docs", "sphinx-init", *options, COLLECTION, env=env)
    session.run("python", "tests/tools/docs_site.py", str(site))
    session.install("--requirement", str(site / "requirements.txt"))
    output = session.run(str(site / "build.sh"), env=env, external=True, silent=True) or ""
    # Links to Ansible's own documentation cannot be checked offline.
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
    index = site / "build" / "html" / "index.html"
    workarounds.check_links(session, index)
    shown = checkout.original() / ".nox" / index.relative_to(Path(session.virtualenv.location).parent)
    session.log(f"The documentation: {shown}")


def build_tarball(session: nox.Session, folder: Path) -> Path:
    """Empty the folder, build the collection in it, and return the tarball's path."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    session.run("ansible-galaxy", "collection", "build", "--output-path", str(folder), str(TREE))
    tarball = folder / f"{COLLECTION.replace('.', '-')}-{version()}.tar.gz"
    if not tarball.exists():
        session.error(f"built {[path.name for path in folder.iterdir()]}, not {tarball.name}")
    return tarball


def version() -> str:
    """The collection's version, from galaxy.yml."""
    lines = Path("galaxy.yml").read_text(encoding="utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("version:"))


def build(session: nox.Session, folder: Path) -> None:
    """Build the files of a release. If RELEASE_TAG is set, it must be the version in galaxy.yml."""
    tag = os.environ.get("RELEASE_TAG")
    if tag not in (None, version()):
        session.error(f"the tag is {tag}, but the version in galaxy.yml is {version()}")
    session.install(*BUILD_REQUIREMENTS, "cyclonedx-python-lib[json-validation]")
    tarball = build_tarball(session, folder)
    sbom = tarball.with_name(tarball.name.replace(".tar.gz", ".cdx.json"))
    session.run("python", "-m", "tests.tools.sbom", str(tarball), str(sbom))
    files = [tarball, sbom]
    sums = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    session.log(f"The files of release {version()} are in {folder}")


def check_execution_environment(session: nox.Session) -> None:
    session.install(*BUILD_REQUIREMENTS, "ansible-builder")
    scratch = Path(session.create_tmp()).resolve() / "build"
    tarball = build_tarball(session, scratch).name
    shutil.copy("docs/pipelines/execution-environment.yml", scratch)
    session.chdir(scratch)
    collections = scratch / "collections"
    env = {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
    install = ("ansible-galaxy", "collection", "install", "--offline", "--force", "-p", str(collections))
    session.run(*install, tarball, env=env)
    for module in sorted(path.stem for path in (TREE / "plugins" / "modules").glob("*.py")):
        session.run("ansible-doc", "--snippet", f"{COLLECTION}.{module}", env=env, silent=True)
    introspected = session.run("ansible-builder", "introspect", str(collections), silent=True) or ""
    if "requests" not in introspected:
        session.error(f"the Python requirements lack requests:\n{introspected}")
    context = scratch / "context"
    session.run("ansible-builder", "create", "--output-filename", "Containerfile", "--context", str(context))
    if "ansible-galaxy collection install" not in (context / "Containerfile").read_text(encoding="utf-8"):
        session.error("the image would not install the collection")
    if not (context / "_build" / "dist" / tarball).exists():
        session.error("the context lacks the collection")


def update_constraints(session: nox.Session, constraints: Path) -> None:
    """Find the newest versions of the tools for all supported Pythons, and write them into one file with markers."""
    # The old file must not limit the new one.
    session.env["PIP_CONSTRAINT"] = ""
    session.install("--upgrade", "uv")
    scratch = Path(session.create_tmp())
    core, overrides = scratch / "core.in", scratch / "overrides.txt"
    core.write_text(f'{supported.ANY_CORE}; python_version >= "3.10"\n', encoding="utf-8")
    overrides.write_text("attrs\n", encoding="utf-8")
    sources = ["tests/tools/requirements.in", "requirements.txt", *map(str, Path("tests").glob("*/requirements.txt"))]
    pins = session.run(
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        f"--python-version={supported.OLDEST_PYTHON}",
        "--fork-strategy=requires-python",
        "--no-header",
        "--no-annotate",
        f"--overrides={overrides}",
        *(f"--no-emit-package={name}" for name in UNPINNED),
        *sorted(sources),
        str(core),
        env={"UV_PYTHON_DOWNLOADS": "never"},
        silent=True,
    )
    licence = "".join(Path(__file__).read_text(encoding="utf-8").splitlines(keepends=True)[:3])
    constraints.write_text(f"{licence}{CONSTRAINTS_COMMENT}{supported.ANY_CORE}\n{pins}", encoding="utf-8")
    session.log(f"Wrote {constraints.relative_to(checkout.original())}")
