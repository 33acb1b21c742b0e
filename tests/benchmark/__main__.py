# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import argparse

from . import scenarios
from .report import Results, write


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark")
    parser.add_argument("--repetitions", type=int, default=3)
    repetitions = parser.parse_args().repetitions
    imports = scenarios.imports()
    growth, check = scenarios.growth(repetitions)
    results = Results(
        single=scenarios.single(repetitions + 2),
        removals=scenarios.removals(repetitions),
        growth=growth,
        check=check,
        imports=imports,
        unchanged=scenarios.unchanged(repetitions + 2),
        creations=scenarios.creations(repetitions),
        plans=scenarios.plans(repetitions),
        tls=scenarios.tls(repetitions),
    )
    write(repetitions, results)


if __name__ == "__main__":
    main()
