# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file needs GNU make. The tools are in .venv. The checks run in a copy of all files that Git does not ignore, and
# write everything into one folder: ansible-test needs a path that ends in ansible_collections/flashback/platform, and
# its scripts fail if a path has a space or is very long.
WORK := /var/tmp/flashback.platform-$(shell id -u)-$(shell pwd -P | cksum | cut -d ' ' -f 1)
COPY := $(WORK)/ansible_collections/flashback/platform

PYTHON ?= python3

# How many checks run at the same time: one for each processor.
JOBS ?= auto

# The port of "make mock".
MOCK_PORT ?= 8787

# The playbooks that "make demo" runs in place of its own.
PLAYBOOKS ?=

# Decides which random calls and requests "make random" makes.
export SEED ?= 1

export LC_ALL := C.UTF-8
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Git sets these for its hooks. They would make the copy use the repository of the checkout.
unexport GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE GIT_PREFIX

PIP_INSTALL := .venv/bin/python -m pip install -qq --constraint tests/constraints.txt

# With CI=true, formatters report problems and change no files.
NOX = export CI=true HOME=$(WORK)/home PIP_CONSTRAINT="$$PIP_CONSTRAINT $(COPY)/tests/constraints.txt"; \
	nox() { "$(CURDIR)/.venv/bin/python" -m nox --envdir $(WORK)/nox --allow-parallel --parallel $(JOBS) "$$@"; }; \
	cd $(COPY) && nox

.PHONY: help demo picture mock contract contract-clean copy nox test test-all random lint format docs bench dist update-constraints clean

help:
	@echo 'make demo   run the demo playbooks against a mock of the API (half a minute)'
	@echo 'make picture  draw the pictures of the README (needs Chromium)'
	@echo 'make mock   run the mock of the API, to try your own playbooks with it; make mock MOCK_PORT=8788 for another port'
	@echo 'make contract  check what the API is assumed to do: on the mock, or on a server; make contract DRY_RUN=1 only plans'
	@echo 'make contract-clean  remove what an interrupted make contract has left on a server'
	@echo 'make test   run the unit, contract, integration and sanity tests (about seven minutes)'
	@echo 'make test-all  the same with every supported ansible-core, with the oldest Python and requests, and make random'
	@echo 'make random  test with many random calls and requests; make random SEED=NUMBER repeats a run'
	@echo 'make lint   formatting, ruff, pylint, mypy, yamllint, docs, licenses, imports, ansible-lint, galaxy-importer'
	@echo 'make nox ARGS=...  run nox, for example with ARGS=--list'
	@echo 'make format  format the Python files'
	@echo 'make docs   build the HTML documentation'
	@echo 'make bench  measure how long tasks take, and print the table of the guide (15 minutes)'
	@echo 'make dist   build the files of a release in dist, from the last commit: tarball, checksum, release notes'
	@echo 'make update-constraints  pin the newest tools in tests/constraints.txt'
	@echo 'make clean  remove all files that these commands created'

demo: .venv/demo .collections/ansible_collections/flashback/platform
	@ANSIBLE_CONFIG=demo/ansible.cfg PROVIDER_API_KEY=demo-key \
		.venv/bin/python -m tests.mock_api --login -- sh demo/run.sh $(PLAYBOOKS)

picture: .venv/demo .collections/ansible_collections/flashback/platform
	$(PIP_INSTALL) markdown-it-py rich
	@.venv/bin/python -m tests.mock_api --login --port $(MOCK_PORT) -- .venv/bin/python tests/tools/picture.py docs

mock: .venv/demo
	@.venv/bin/python -m tests.mock_api --port $(MOCK_PORT)

# With FLASHBACK_API_URL, it checks that server. A switch of the mock makes one assumption wrong.
contract: .venv/contract
	@.venv/bin/python -m tests.contract $(if $(DRY_RUN),--dry-run) $(if $(SWITCH),--switch $(SWITCH))

contract-clean: .venv/contract
	@.venv/bin/python -m tests.contract --clean

# Without a .git of its own, the copy would be empty for ansible-test, which then skips every test and succeeds.
# ansible-test starts pip with this home folder, but without variables that configure pip.
copy: .venv/nox
	@mkdir -p $(WORK)/home/.config $(WORK)/home/.cache
	@[ -O $(WORK) ] && [ ! -L $(WORK) ] || { echo '$(WORK) is not your folder. Remove it.' >&2; exit 1; }
	@git init --quiet $(COPY)
	@git --git-dir=$(COPY)/.git --work-tree=. add --all
	@git -C $(COPY) update-index -q --refresh || true
	@git -C $(COPY) checkout-index --all --force
	@git -C $(COPY) clean -d --force --quiet
	@for name in .config/pip .pip .cache/pip .netrc; do \
		[ ! -e "$$HOME/$$name" ] || [ -e $(WORK)/home/$$name ] || ln -s "$$HOME/$$name" $(WORK)/home/$$name; \
	done

test: copy
	@$(NOX) --tags test

# A failed version does not stop the others. The last lines show which versions passed.
test-all: copy
	@$(NOX) --tags test-all

# For example: make test-2.18, or make test-oldest.
test-%: copy
	@$(NOX) --tags $@

# For example: make nox ARGS='--session sanity -- --test validate-modules'
nox: copy
	@$(NOX) $(ARGS)

random: copy
	@$(NOX) --session random

lint: copy
	@$(NOX)

docs: copy
	@$(NOX) --session docs

format: .venv
	$(PIP_INSTALL) ruff
	.venv/bin/python -m ruff format

bench: .venv/demo .collections/ansible_collections/flashback/platform
	@.venv/bin/python -m tests.benchmark

dist: .venv/demo
	$(PIP_INSTALL) antsibull-changelog markdown-it-py
	rm -rf dist
	mkdir -p dist/source
	git archive HEAD | tar -x -C dist/source
	.venv/bin/python -m tests.tools.links README.md "$$(sed -n 's/^version: //p' galaxy.yml)" > dist/source/README.md
	.venv/bin/python -m ansible galaxy collection build --output-path dist dist/source
	cd dist && sha256sum *.tar.gz > SHA256SUMS
	cd dist/source && ../../.venv/bin/python -m antsibull_changelog generate --only-latest --output ../release-notes.md
	rm -r dist/source

update-constraints: .venv
	.venv/bin/python -m pip install -qq --upgrade uv
	bash tests/tools/update_constraints.sh

# The reports and journals of "make contract" stay: a journal may name what is still on a server.
clean:
	rm -rf .venv .collections dist $(WORK)
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
