# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the collection. The Makefile runs them in a copy of the checkout, and "nox --list" lists them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

import antsibull_nox
import nox

from tests.tools import ansible_test, checkout, release, supported

WORK = checkout.run_in_copy(ROOT)

nox.options.envdir = str(WORK)
nox.options.reuse_venv = "yes"
# A session whose Python is missing fails; it is not skipped.
nox.options.error_on_missing_interpreters = True

antsibull_nox.load_antsibull_nox_toml()


@nox.session(venv_backend="virtualenv", default=False)
def test(session: nox.Session) -> None:
    """Run unit, integration and sanity tests with the newest supported ansible-core for this Python, or one of them.

    Examples are "-- units tests/unit/plugins/modules/test_ai_llm.py" and "-- integration connection". The other
    arguments are passed to ansible-test.
    """
    ansible_test.run(session, supported.ANY_CORE)


for series, python in supported.CORES.items():

    @nox.session(
        name=f"test-{series}", python=python, venv_backend="virtualenv", default=False, tags=["supported-versions"]
    )
    def with_core(session: nox.Session, series: str = series) -> None:
        """Run the session "test" with one supported release series of ansible-core."""
        ansible_test.run(session, supported.core(series))


@nox.session(
    name="test-oldest",
    python=supported.CORES[supported.OLDEST],
    venv_backend="virtualenv",
    default=False,
    tags=["supported-versions"],
)
def with_oldest(session: nox.Session) -> None:
    """Run the unit and integration tests of the modules on the oldest supported Python and requests."""
    ansible_test.run_oldest(session, WORK)


@nox.session(default=False, tags=["supported-versions"])
def stateful(session: nox.Session) -> None:
    """Compare the modules with the mock API in ten times as many random calls as the unit tests do.

    Without ansible-test, which does not pass environment variables on.
    """
    session.install("ansible-core", "pytest", "-r", "requirements.txt", "-r", "tests/unit/requirements.txt")
    env = {
        "PYTHONPATH": str(Path.cwd().parents[2]),
        "FLASHBACK_TEST_CALLS": os.environ.get("FLASHBACK_TEST_CALLS", "20000"),
    }
    session.run("python", "-m", "pytest", "--quiet", "tests/unit/plugins/modules/test_stateful.py", env=env)


@nox.session
def versions(session: nox.Session) -> None:
    """Compare the versions in the documentation and the metadata with the list of supported versions."""
    session.run("python", "tests/tools/supported.py", "check")


@nox.session
def imports(session: nox.Session) -> None:
    """Check with import-linter that the imports between the files of plugins go one way."""
    session.install("import-linter")
    session.run("python", "-m", "tests.tools.import_layers", session.create_tmp())


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
def execution_environment(session: nox.Session) -> None:
    """Install the built tarball, and create the build context of an image with ansible-builder."""
    release.check_execution_environment(session)


@nox.session(default=False)
def dist(session: nox.Session) -> None:
    """Build the files of a release into dist: the tarball, its SBOM, and the checksums of both."""
    release.build(session, checkout.original() / "dist")


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Run antsibull-changelog: "-- lint" checks the fragments, "-- release" turns them into the next release."""
    session.install("antsibull-changelog", "ansible-core")
    with session.chdir(checkout.original()):
        session.run("antsibull-changelog", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the HTML documentation with antsibull-docs and Sphinx, and check all links within it."""
    release.build_docs(session)


@nox.session(name="format", default=False)
def format_code(session: nox.Session) -> None:
    """Format the Python files of the checkout."""
    session.install("ruff")
    with session.chdir(checkout.original()):
        session.run("ruff", "format", "--config", "ruff.toml", *checkout.python_files())


@nox.session(name="update-constraints", default=False)
def update_constraints(session: nox.Session) -> None:
    """Pin the newest versions of all tools in tests/constraints.txt."""
    release.update_constraints(session, checkout.original() / "tests" / "constraints.txt")


@nox.session(default=False, tags=["supported-versions"])
def schemathesis(session: nox.Session) -> None:
    """Test the mock API with requests that Schemathesis generates from openapi.yaml, the same ones in every run."""
    session.install("schemathesis", "-r", "tests/mock_api/requirements.txt")
    options = ("--config-file", "tests/mock_api/schemathesis.toml")
    command = ("schemathesis", *options, "run", "tests/mock_api/openapi.yaml")
    session.run("python", "-m", "tests.mock_api", "--", *command)
