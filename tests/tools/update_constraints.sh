#!/usr/bin/env bash
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Find the newest versions of the tools for all supported Pythons, and write them into tests/constraints.txt.

set -eu

# These packages have no single pinned version. The tests use each supported release series of ansible-core, and each
# series needs another resolvelib. galaxy-importer needs an older attrs.
unpinned="ansible-core attrs pip resolvelib setuptools"

file=tests/constraints.txt
new=$(mktemp)
trap 'rm -f "$new"' EXIT

core=$(.venv/bin/python -c 'from tests.tools.supported import ANY_CORE; print(ANY_CORE)')
{
    sed -n '1,/^$/p' "$file"
    echo '# The versions of all tools of the checks, written by "make update-constraints".'
    echo '# tests/tools/update_constraints.sh says which ones are not pinned, and why.'
    printf '\n%s\n' "$core"
} > "$new"
# shellcheck disable=SC2046,SC2086
printf '%s; python_version >= "3.10"\n' "$core" | PIP_CONSTRAINT="" .venv/bin/python -m uv pip compile --quiet \
    --universal --python-version 3.9 --fork-strategy requires-python --no-header --no-annotate --no-python-downloads \
    --overrides <(echo attrs) $(printf -- '--no-emit-package=%s ' $unpinned) \
    - requirements.txt tests/tools/requirements.in tests/*/requirements.txt >> "$new"
cp "$new" "$file"
