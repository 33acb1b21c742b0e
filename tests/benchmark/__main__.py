# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

from . import scenarios
from .report import write


def main() -> None:
    repetitions = int(sys.argv[1]) if sys.argv[1:] else 3
    write(
        single=scenarios.single(repetitions + 2),
        removals=scenarios.removals(repetitions),
        creations=scenarios.creations(repetitions),
        ids=scenarios.growth_of_ids(repetitions),
        plans=scenarios.growth_of_plans(repetitions),
        repetitions=repetitions,
    )


if __name__ == "__main__":
    main()
