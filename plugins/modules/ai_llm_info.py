#!/usr/bin/python
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ai_llm_info
short_description: List AI LLM configurations of the Flashback platform
version_added: 1.1.0
description:
  - Lists the AI LLM configurations that the access token's user can reach, with the repositories that use each.
  - The options narrow the list; only what fits all of them is returned. If nothing does, the list is empty, which is no
    failure.
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
      - Only the configuration with this ID.
    type: str
  name:
    description:
      - Only configurations of this name. Upper and lower case differ.
    type: str
  workspace_id:
    description:
      - Only configurations of the workspace with this ID.
    type: str
  available:
    description:
      - Only configurations that the platform calls ready for use, newest first.
    type: bool
    default: false
seealso:
  - module: flashback.platform.ai_llm
"""

EXAMPLES = r"""
---
# The access token comes from the environment variable FLASHBACK_ACCESS_TOKEN.

- name: List the configurations of a workspace
  flashback.platform.ai_llm_info:
    workspace_id: workspace-123
  register: configurations

- name: Show those that no repository uses
  ansible.builtin.debug:
    msg: "{{ configurations.ai_llms | rejectattr('repos') | map(attribute='name') | list }}"

- name: Remove those that no repository uses
  flashback.platform.ai_llm:
    id: "{{ item.id }}"
    workspace_id: workspace-123
    state: absent
  loop: "{{ configurations.ai_llms | rejectattr('repos') }}"
  loop_control:
    label: "{{ item.name }}"

- name: See whether a configuration is ready for use
  flashback.platform.ai_llm_info:
    name: Production OpenAI
    workspace_id: workspace-123
    available: true
  register: ready
  failed_when: ready.ai_llms | length == 0
"""

RETURN = r"""
---
ai_llms:
  description: The configurations. Never holds a credential. Fields that the API does not tell are null.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The configuration's ID.
      returned: always
      type: str
      sample: 550e8400-e29b-41d4-a716-446655440000
    org_id:
      description: The ID of the organization.
      returned: always
      type: str
      sample: org-123
    workspace_id:
      description: The ID of the workspace that owns it.
      returned: always
      type: str
      sample: workspace-123
    user_id:
      description: The ID of the user who created it.
      returned: always
      type: str
      sample: user-456
    name:
      description: Its name, unique in its workspace.
      returned: always
      type: str
      sample: Staging OpenAI
    ai_type:
      description: The kind of provider, such as V(OPENAI), V(GOOGLE), V(ANTHROPIC), V(AWS), or V(OTHER).
      returned: always
      type: str
      sample: OPENAI
    endpoint:
      description: The provider's API URL.
      returned: always
      type: str
      sample: https://api.openai.com/v1
    created_at:
      description: When it was created, as ISO 8601 text.
      returned: always
      type: str
      sample: "2024-01-15T10:30:00.000Z"
    repos:
      description: The repositories that use it.
      returned: always
      type: list
      elements: dict
      contains:
        id:
          description: The repository's ID.
          returned: always
          type: str
          sample: repo-789
        name:
          description: The repository's name.
          returned: always
          type: str
          sample: my-ai-repo
        created_at:
          description: When the repository was created, as ISO 8601 text.
          returned: always
          type: str
          sample: "2024-01-16T08:00:00.000Z"
error:
  description: What went wrong, for playbooks to decide on. Bad parameters fail without it, before any request.
  returned: when the API, or the way to it, is why the task failed
  type: dict
  contains:
    code:
      description:
        - V(unauthorized), the API did not accept the access token.
        - V(forbidden), the API refused.
        - V(not_found) or V(rejected), the API answered 404, or another 4xx, as it may for a workspace that is unknown.
        - V(rate_limited), the API answered 429 to every try.
        - V(server_error), the API answered 5xx to every try, or said that it failed.
        - V(unreachable), no connection, or one that broke, in every try.
        - V(timeout), no whole answer in time, in every try.
        - V(tls), no connection that can be trusted.
        - V(invalid_response), an answer that is not this API's, such as a redirect or an HTML page.
      returned: always
      type: str
      sample: unauthorized
    http_status:
      description: The HTTP status of the API's answer, null if there was none.
      returned: always
      type: int
      sample: 401
    message:
      description: The API's own words, or what went wrong.
      returned: always
      type: str
      sample: Invalid or expired access token
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm import AiLlms
from ansible_collections.flashback.platform.plugins.module_utils._argspec import (
    api_argument_spec,
    check_option,
    run,
)
from ansible_collections.flashback.platform.plugins.module_utils._client import (
    Client,
    check_text,
)

FILTERS = ("id", "name", "workspace_id")


def info(module: AnsibleModule, client: Client) -> dict[str, t.Any]:
    """List what fits all options. Returns the task's result; raises ApiError."""
    wanted = {option: module.params[option] for option in FILTERS if module.params[option] is not None}
    listed = AiLlms(client).listed(module.params["workspace_id"], available=module.params["available"])
    return {
        "changed": False,
        "ai_llms": [ai_llm for ai_llm in listed if all(ai_llm[field] == value for field, value in wanted.items())],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **api_argument_spec(),
            "id": {"type": "str"},
            "name": {"type": "str"},
            "workspace_id": {"type": "str"},
            "available": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    for option in FILTERS:
        check_option(module, option, check_text)
    run(module, "Listing AI LLM configurations", info)


if __name__ == "__main__":
    main()
