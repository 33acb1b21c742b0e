#!/usr/bin/env bash
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs playbooks, those of the demo unless others are given, against a mock API that lives just as long.
set -eu
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python

scratch=$(mktemp -d)
"$python" -m tests.mock_api --port 0 --port-file "$scratch/port" >"$scratch/log" 2>&1 &
server=$!
stop() {
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tries=0
until [ -e "$scratch/port" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
        echo "The mock API did not start:" >&2
        cat "$scratch/log" >&2
        exit 1
    fi
    sleep 0.1
done

FLASHBACK_API_URL=http://127.0.0.1:$(cat "$scratch/port")
export FLASHBACK_API_URL
export FLASHBACK_ACCESS_TOKEN=demo-token PROVIDER_API_KEY=demo-key
export ANSIBLE_CONFIG=$PWD/demo/ansible.cfg
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

[ $# -gt 0 ] || set -- demo/playbook.yml flashback.platform.lifecycle
"$python" -m ansible playbook "$@"
