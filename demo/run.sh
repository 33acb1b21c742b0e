#!/bin/sh
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Run each playbook that is given, with a recap of its own. Stop at the first one that fails.
for playbook; do
    .venv/bin/python -m ansible playbook "$playbook" || {
        status=$?
        echo "The playbook $playbook failed." >&2
        exit "$status"
    }
done
echo "Everything went as expected."
