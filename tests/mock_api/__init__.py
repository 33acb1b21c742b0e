# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mock of the operations of the Flashback Platform API that the collection uses.

`python -m tests.mock_api --help` describes how to run it. Tests use running.py.
"""
