# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# GNU make. Everything is made below this folder: .venv for the tools, .nox for the environments of the checks. Where
# its path holds a space, the checks reach .nox through a link in ~/.cache/flashback.platform.

PYTHON ?= python3

export LC_ALL := C.UTF-8
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test test-all lint docs bench clean

help:
	@echo 'make demo   show the collection at work against a mock of the API'
	@echo 'make test   units, integration and sanity, through ansible-test'
	@echo 'make test-all  the same with every supported ansible-core, and with the oldest Python and requests'
	@echo 'make docs   the HTML documentation, into .nox/docs/site/build/html'
	@echo 'make lint   formatting, ruff, pylint, mypy, yamllint, docs, licences, ansible-lint, galaxy-importer'
	@echo 'make bench  measure how long removals take, into docs/benchmark.md; half an hour'
	@echo 'make clean  remove what the others made'

demo: .venv/demo .collections/ansible_collections/flashback/platform
	@demo/run.sh

test: .venv/nox
	.venv/bin/python -m nox --session test

test-all: .venv/nox
	.venv/bin/python -m nox --session test-2.16 test-2.17 test-2.18 test-2.19 test-2.20 test-2.21 test-oldest

test-%: .venv/nox
	.venv/bin/python -m nox --session $@

docs: .venv/nox
	.venv/bin/python -m nox --session docs

lint: .venv/nox
	.venv/bin/python -m nox

bench: .venv/demo .collections/ansible_collections/flashback/platform
	.venv/bin/python -m pip install --quiet -r tests/benchmark/requirements.txt
	.venv/bin/python -m tests.benchmark

clean:
	rm -rf .venv .nox .collections

.venv:
	$(PYTHON) -m venv .venv

.venv/demo: requirements.txt tests/mock_api/requirements.txt | .venv
	.venv/bin/python -m pip install --quiet ansible-core -r requirements.txt -r tests/mock_api/requirements.txt
	touch $@

# Ansible finds a collection only below ansible_collections, whatever the checkout's own folder is called.
.collections/ansible_collections/flashback/platform:
	mkdir -p $(@D)
	ln -sfn ../../.. $@

.venv/nox: | .venv
	.venv/bin/python -m pip install --quiet 'antsibull-nox >= 1.10.0' 'nox >= 2025.2.9' virtualenv
	touch $@
