# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API is documented or assumed to do, as statements that are checked on the mock API or on a real server.

`python -m tests.contract` starts the mock API. With `FLASHBACK_API_URL` it checks that server; README.md lists the
environment variables. The folder `statements` has one function for each statement. Only the smoke run at the end uses
the code of the collection.
"""
