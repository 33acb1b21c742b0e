# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file needs GNU make. All files are created in this folder: .venv contains the tools, and .nox contains the
# environments and the output of the checks. If the path of this folder contains a space or is very long, .nox is a link
# to a folder in /var/tmp.

PYTHON ?= python3

# The port of "make mock".
MOCK_PORT ?= 8787

# The playbooks that "make demo" runs in place of its own.
PLAYBOOKS ?=

export LC_ALL := C.UTF-8
export PIP_DISABLE_PIP_VERSION_CHECK := 1

NOX := .venv/bin/python -m nox
PIP_INSTALL := .venv/bin/python -m pip install -qq --constraint tests/constraints.txt

.PHONY: help demo picture mock contract test test-all lint format docs bench dist update-constraints clean

help:
	@echo 'make demo   run the demo playbooks against a mock of the API (half a minute)'
	@echo 'make picture  draw the demo into docs/demo.svg'
	@echo 'make mock   run the mock of the API, to try your own playbooks with it; make mock MOCK_PORT=8788 for another port'
	@echo 'make contract  check what the API is assumed to do: on the mock, or on a server; make contract SWITCH=NAME'
	@echo 'make test   run the unit, integration and sanity tests of ansible-test (four to eight minutes)'
	@echo 'make test-all  the same with every supported ansible-core, with the oldest Python and requests, and more random calls'
	@echo 'make lint   formatting, ruff, pylint, mypy, yamllint, docs, licences, imports, ansible-lint, galaxy-importer'
	@echo 'make format  format the Python files'
	@echo 'make docs   build the HTML documentation in .nox/docs/site/build/html'
	@echo 'make bench  measure how long tasks take, and write the page about it (40 minutes)'
	@echo 'make dist   build the files of a release in dist: the tarball, its SBOM, and checksums'
	@echo 'make update-constraints  pin the newest tools in tests/constraints.txt'
	@echo 'make clean  remove all files that these commands created'

demo: .venv/demo .collections/ansible_collections/flashback/platform
	@ANSIBLE_CONFIG=demo/ansible.cfg PROVIDER_API_KEY=demo-key \
		.venv/bin/python -m tests.mock_api --login -- sh demo/run.sh $(PLAYBOOKS)

picture: .venv/demo .collections/ansible_collections/flashback/platform
	$(PIP_INSTALL) rich
	@ANSIBLE_CONFIG=demo/ansible.cfg PROVIDER_API_KEY=demo-key \
		.venv/bin/python -m tests.mock_api --login -- .venv/bin/python tests/tools/picture.py docs/demo.svg

mock: .venv/demo
	@.venv/bin/python -m tests.mock_api --port $(MOCK_PORT)

# With FLASHBACK_API_URL, it checks that server. A switch of the mock makes one assumption wrong.
contract: .venv/contract
	@.venv/bin/python -m pytest --quiet tests/contract $(if $(SWITCH),--switch $(SWITCH))

test: .venv/nox
	@$(NOX) --session test

# A failed version does not stop the others. The last lines show which versions passed.
test-all: .venv/nox
	@$(NOX) --tags supported-versions

test-%: .venv/nox
	@$(NOX) --session $@

lint: .venv/nox
	@$(NOX)

format docs dist update-constraints: .venv/nox
	@$(NOX) --session $@

bench: .venv/demo .collections/ansible_collections/flashback/platform
	$(PIP_INSTALL) -r tests/benchmark/requirements.txt
	.venv/bin/python -m tests.benchmark

# If .nox is a link, its target is removed, too.
clean:
	case "$$(readlink .nox)" in */flashback.platform-*) rm -rf "$$(readlink .nox)";; esac
	rm -rf .venv .nox .collections dist contract-report.md
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv .venv

.venv/demo: requirements.txt tests/mock_api/requirements.txt tests/constraints.txt | .venv
	$(PIP_INSTALL) ansible-core -r requirements.txt -r tests/mock_api/requirements.txt
	@touch $@

.venv/contract: tests/contract/requirements.txt tests/mock_api/requirements.txt tests/constraints.txt | .venv
	$(PIP_INSTALL) -r tests/contract/requirements.txt
	@touch $@

# Ansible finds a collection only in a folder ansible_collections. The checkout can have any name.
.collections/ansible_collections/flashback/platform:
	mkdir -p $(@D)
	ln -sfn ../../.. $@

.venv/nox: tests/constraints.txt | .venv
	$(PIP_INSTALL) antsibull-nox nox virtualenv
	@touch $@
