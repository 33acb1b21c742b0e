#!/bin/sh
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Run each playbook that is given, with a recap of its own. Without arguments, show a plan, its approval, and its
# application. Stop at the first playbook that fails.
play() {
    echo "\$ ansible-playbook $*"
    .venv/bin/python -m ansible playbook "$@" || fail $? "The playbook $1 failed."
}

# Make the plan, which must have this number of changes, and read its ID.
plan() {
    plan_id='' plan_changes=''
    play flashback.platform.plan --extra-vars workspace=demo/workspace.yml
    . ./workspace.plan.env
    [ "$plan_changes" = "$1" ] || fail 1 "The plan has $plan_changes changes instead of $1."
}

fail() {
    echo "$2" >&2
    exit "$1"
}

if [ $# -eq 0 ]; then
    trap 'rm -f workspace.plan.md workspace.plan.env workspace.apply.md' EXIT
    plan 3
    echo "Somebody reads the plan, and approves it by its ID."
    echo
    play flashback.platform.apply --extra-vars workspace=demo/workspace.yml --extra-vars "plan_id=$plan_id"
    plan 0
    set -- demo/playbook.yml
fi
for playbook; do
    play "$playbook"
done
echo "Everything went as expected."
