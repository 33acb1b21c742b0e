#!/usr/bin/python
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: workspace_info
short_description: List workspaces of the Flashback platform
version_added: 1.3.0
description:
  - Lists the workspaces that the user can reach, with the users of each. Use it to find the ID of a workspace by name.
  - The options filter the list. If nothing matches all of them, the list is empty, and the task succeeds.
author:
  - flashback.platform contributors (!UNKNOWN)
extends_documentation_fragment:
  - flashback.platform._api
  - flashback.platform._attributes
  - flashback.platform._attributes.actiongroup_all
  - flashback.platform._attributes.info_module
options:
  id:
    description:
      - Only the workspace with this ID.
      - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
    type: str
  name:
    description:
      - Only workspaces with this name. Upper and lower case differ.
      - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
    type: str
seealso:
  - module: flashback.platform.ai_llms
"""

EXAMPLES = r"""
---
# email and password come from the environment variables FLASHBACK_EMAIL and FLASHBACK_PASSWORD.

- name: Find a workspace by its name
  flashback.platform.workspace_info:
    name: Development
  register: found
  failed_when: found is failed or found.workspaces | length != 1

- name: List its configurations
  flashback.platform.ai_llm_info:
    workspace_id: "{{ found.workspaces[0].id }}"
"""

RETURN = r"""
---
workspaces:
  description: The workspaces. Fields that the API does not return are null.
  returned: when the task succeeded
  type: list
  elements: dict
  contains:
    id:
      description: The workspace's ID.
      returned: always
      type: str
      sample: workspace-123
    name:
      description: Its name.
      returned: always
      type: str
      sample: Development
    org_id:
      description: The ID of the organization.
      returned: always
      type: str
      sample: org-123
    users:
      description: The users of the workspace.
      returned: always
      type: list
      elements: dict
      contains:
        user_id:
          description: The user's ID.
          returned: always
          type: str
          sample: user-456
        role:
          description: The user's role in the workspace, V(READ), V(WRITE), or V(ADMIN).
          returned: always
          type: str
          sample: ADMIN
        email:
          description: The user's email address.
          returned: always
          type: str
          sample: jane@example.com
        name:
          description: The user's first name.
          returned: always
          type: str
          sample: Jane
        last_name:
          description: The user's last name.
          returned: always
          type: str
          sample: Smith
error:
  description: What went wrong, for conditions in playbooks. Not returned for wrong options.
  returned: when the API request failed, or its response does not allow the task to continue
  type: dict
  contains:
    code:
      description:
        - V(login_failed), V(unauthorized), V(forbidden), V(not_found), V(rejected), V(rate_limited), V(server_error),
          V(unreachable), V(timeout), V(tls), or V(invalid_response), as for the module M(flashback.platform.ai_llm).
      returned: always
      type: str
      sample: unauthorized
    http_status:
      description: The HTTP status of the API's response; null if there was none.
      returned: always
      type: int
      sample: 401
    message:
      description: The error message of the API, or a description of the problem.
      returned: always
      type: str
      sample: Invalid or expired access token
    outcome_unknown:
      description: Always V(false), because the module writes nothing.
      returned: always
      type: bool
      sample: false
    reason:
      description: The API's error code for the login; null if it sent none.
      returned: when RV(error.code=login_failed)
      type: str
      sample: INVALID_PASSWORD
"""

from ..module_utils._http.auth import AuthenticatedClient
from ..module_utils._module import run
from ..module_utils._options.module import Module
from ..module_utils._options.shared import ID, NAME
from ..module_utils._result import Result
from ..module_utils._workspace import list_workspaces

FILTERS = {"id": ID, "name": NAME}


def main() -> None:
    module = Module(FILTERS)
    wanted = {name: module.options[name] for name in FILTERS if module.options[name] is not None}

    def action(client: AuthenticatedClient) -> Result:
        return Result({"changed": False, "workspaces": list_workspaces(client, **wanted)})

    run(module, "Listing workspaces", action)


if __name__ == "__main__":
    main()
