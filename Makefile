# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# GNU make. Everything is made below this folder: .venv for the tools, .nox for what the checks need and write. Where
# this folder's path contains a space, .nox is a link to a folder below /var/tmp.

PYTHON ?= python3

# What "make demo" runs.
PLAYBOOKS ?= demo/playbook.yml flashback.platform.lifecycle

export LC_ALL := C.UTF-8
export PIP_DISABLE_PIP_VERSION_CHECK := 1

NOX := .venv/bin/python -m nox
PIP_INSTALL := .venv/bin/python -m pip install -qq --constraint tests/constraints.txt

.PHONY: help demo picture mock test test-all lint format docs bench dist update-constraints clean

help:
	@echo 'make demo   show the collection at work against a mock of the API; half a minute'
	@echo 'make picture  draw the demo into docs/demo.svg'
	@echo 'make mock   run the mock of the API, to try playbooks of your own against it'
	@echo 'make test   units, integration and sanity, through ansible-test; minutes'
	@echo 'make test-all  the same with every supported ansible-core, and with the oldest Python and requests'
	@echo 'make lint   formatting, ruff, pylint, mypy, yamllint, docs, licences, imports, ansible-lint, galaxy-importer'
	@echo 'make format  format the Python files'
	@echo 'make docs   the HTML documentation, into .nox/docs/site/build/html'
	@echo 'make bench  measure how long removals take, into docs/benchmark.md; half an hour'
	@echo 'make dist   the files of a release, into dist: the tarball, its SBOM, and checksums'
	@echo 'make update-constraints  pin the newest tools in tests/constraints.txt'
	@echo 'make clean  remove what the others made'

demo: .venv/demo .collections/ansible_collections/flashback/platform
	@ANSIBLE_CONFIG=demo/ansible.cfg PROVIDER_API_KEY=demo-key \
		.venv/bin/python -m tests.mock_api --login -- sh demo/run.sh $(PLAYBOOKS)

picture: .venv/demo .collections/ansible_collections/flashback/platform
	$(PIP_INSTALL) rich
	@ANSIBLE_CONFIG=demo/ansible.cfg \
		.venv/bin/python -m tests.mock_api --login -- .venv/bin/python tests/tools/picture.py docs/demo.svg

mock: .venv/demo
	@.venv/bin/python -m tests.mock_api

test: .venv/nox
	@$(NOX) --session test

# A version that fails does not stop the others. The last lines say which passed.
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

# Where .nox is a link, its folder goes too.
clean:
	if [ -L .nox ]; then rm -rf "$$(readlink .nox)"; fi
	rm -rf .venv .nox .collections dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv .venv

.venv/demo: requirements.txt tests/mock_api/requirements.txt tests/constraints.txt | .venv
	$(PIP_INSTALL) ansible-core -r requirements.txt -r tests/mock_api/requirements.txt
	@touch $@

# Ansible finds a collection only below ansible_collections, whatever the checkout's own folder is called.
.collections/ansible_collections/flashback/platform:
	mkdir -p $(@D)
	ln -sfn ../../.. $@

.venv/nox: tests/constraints.txt | .venv
	$(PIP_INSTALL) antsibull-nox nox virtualenv
	@touch $@
