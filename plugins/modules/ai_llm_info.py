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
  - Lists the AI LLM configurations that the user can reach, with the repositories that use each.
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
      - Only the configuration with this ID.
      - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
    type: str
  name:
    description:
      - Only configurations with this name. Upper and lower case differ.
      - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
    type: str
  workspace_id:
    description:
      - Only configurations of the workspace with this ID.
      - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
    type: str
  available:
    description:
      - Only configurations that the platform reports as ready for use, newest first.
    type: bool
    default: false
  statistics:
    description:
      - Whether to return the usage counters of each configuration. This needs one more request.
    type: bool
    default: false
    version_added: 1.3.0
seealso:
  - module: flashback.platform.ai_llm
  - module: flashback.platform.ai_llms
  - module: flashback.platform.workspace_info
"""

EXAMPLES = r"""
---
# email and password come from the environment variables FLASHBACK_EMAIL and FLASHBACK_PASSWORD.

- name: List the configurations of a workspace
  flashback.platform.ai_llm_info:
    workspace_id: workspace-123
  register: configurations

- name: Show those that no repository uses
  ansible.builtin.debug:
    msg: "{{ configurations.ai_llms | rejectattr('repos') | map(attribute='name') | list }}"

- name: Remove those that no repository uses, all at once
  flashback.platform.ai_llm:
    ids: "{{ configurations.ai_llms | rejectattr('repos') | map(attribute='id') | list }}"
    workspace_id: workspace-123
    state: absent

- name: Fail if a configuration is not ready for use
  flashback.platform.ai_llm_info:
    name: Production OpenAI
    workspace_id: workspace-123
    available: true
  register: ready
  failed_when: ready is failed or ready.ai_llms | length == 0

- name: Read how often each configuration was used
  flashback.platform.ai_llm_info:
    workspace_id: workspace-123
    statistics: true
  register: usage

- name: Show the calls of each
  ansible.builtin.debug:
    msg: "{{ item.name }} {{ item.statistics.api_calls | default('unknown') }}"
  loop: "{{ usage.ai_llms }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
---
ai_llms:
  description: The configurations. They never contain credentials. Fields that the API does not return are null.
  returned: when the task succeeded
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
      description: Its name.
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
    statistics:
      description:
        - The usage counters of the platform; null if it has no counters for the configuration.
        - The platform does not document how its two pairs of token counters differ.
      returned: when O(statistics=true)
      type: dict
      version_added: 1.3.0
      contains:
        api_calls:
          description: The number of API calls.
          returned: always
          type: int
          sample: 12
        tokens_in:
          description: The number of input tokens, C(totalTokensIn) of the API.
          returned: always
          type: int
          sample: 3400
        tokens_out:
          description: The number of output tokens, C(totalTokensOut) of the API.
          returned: always
          type: int
          sample: 5600
        llm_tokens_in:
          description: The second number of input tokens, C(totalLlmTokensIn) of the API.
          returned: always
          type: int
          sample: 3400
        llm_tokens_out:
          description: The second number of output tokens, C(totalLlmTokensOut) of the API.
          returned: always
          type: int
          sample: 5600
        policy_violations:
          description: The number of policy violations.
          returned: always
          type: int
          sample: 0
        alerts:
          description: The number of alerts.
          returned: always
          type: int
          sample: 0
        blocks:
          description: The number of blocked calls.
          returned: always
          type: int
          sample: 0
error:
  description: What went wrong, for conditions in playbooks. Not returned for wrong options.
  returned: when the API request failed, or its response does not allow the task to continue
  type: dict
  contains:
    code:
      description:
        - V(unauthorized), the API did not accept the access token.
        - V(login_failed), the API refused the login, or returned no usable access token. Since version 1.3.0.
        - V(forbidden), the API refused the request.
        - V(not_found) or V(rejected), the API answered 404 or another 4xx.
        - V(rate_limited), the API answered 429.
        - V(server_error), the API answered 5xx, or 2xx with C(success=false).
        - V(unreachable), the module could not connect, the connection broke, or a proxy refused it.
        - V(timeout), no complete response came within O(timeout) seconds.
        - V(tls), the module could not make a secure connection, or the certificate is not valid.
        - V(invalid_response), the response does not come from this API, such as a redirect or an HTML page.
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
      version_added: 1.3.0
      returned: always
      type: bool
      sample: false
    reason:
      description: The API's error code for the login; null if it sent none.
      version_added: 1.3.0
      returned: when RV(error.code=login_failed)
      type: str
      sample: INVALID_PASSWORD
"""

from ..module_utils._ai_llm.api import AiLlms
from ..module_utils._http.auth import AuthenticatedClient
from ..module_utils._module import run
from ..module_utils._options.module import Module
from ..module_utils._options.option import Option
from ..module_utils._options.shared import ID, NAME
from ..module_utils._result import Result
from ..module_utils._workspace import check_workspace

FILTERS = {"id": ID, "name": NAME, "workspace_id": ID}


def main() -> None:
    module = Module(
        {**FILTERS, "available": Option("bool", default=False), "statistics": Option("bool", default=False)}
    )
    options = module.options
    wanted = {name: options[name] for name in FILTERS if options[name] is not None}

    def action(client: AuthenticatedClient) -> Result:
        api = AiLlms(client)
        listed = api.list(options["workspace_id"], available=options["available"])
        matching = [item for item in listed if all(item[field] == value for field, value in wanted.items())]
        if options["statistics"] and matching:
            statistics = api.statistics(options["id"])
            matching = [{**item, "statistics": statistics.get(item["id"])} for item in matching]
        warnings: tuple[str, ...] = ()
        if not listed and options["workspace_id"] is not None:
            warnings = check_workspace(client, options["workspace_id"])
        return Result({"changed": False, "ai_llms": matching}, warnings)

    run(module, "Listing AI LLM configurations", action)


if __name__ == "__main__":
    main()
