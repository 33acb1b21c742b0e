# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API is documented or assumed to do, as tests for the mock API and for a real server.

`python -m pytest tests/contract` starts the mock API. With `FLASHBACK_API_URL` it tests that server; settings.py lists
the environment variables. Each test states one thing in its first line. The collection's own code is not used here.
"""
