#!/usr/bin/python
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ai_llm
short_description: Remove AI LLM configurations of the Flashback platform
version_added: 1.0.0
description:
  - Removes an AI LLM configuration, which is a connection of the Flashback platform to a model provider with its
    credentials. The removal is permanent.
  - The platform refuses to remove a configuration that a repository uses. The task then fails with
    RV(error.code=in_use) and names the repositories. This module never unlinks a repository.
  - Removing a configuration that does not exist changes nothing and is no failure.
author:
  - flashback.platform contributors (!UNKNOWN)
extends_documentation_fragment:
  - flashback.platform._api
  - flashback.platform._attributes
  - flashback.platform._attributes.actiongroup_all
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing but C(GET). A configuration that is listed is predicted to be removed. If repositories use it, a
        warning names them; the task does not fail, since an earlier task of the same run may be about to release it.
  diff_mode:
    support: full
    details:
      - Costs one more request, which reads the configuration before it is removed.
  idempotent:
    support: full
options:
  state:
    description:
      - V(absent) removes the configuration.
    type: str
    required: true
    choices:
      - absent
  id:
    description:
      - The configuration's ID. Exactly one of O(id) and O(name) is required.
      - Any text but one that is blank, is V(.) or V(..), or holds control characters.
    type: str
  name:
    description:
      - The configuration's name, in the workspace O(workspace_id). Upper and lower case differ.
      - If several configurations of the workspace bear the name, the task fails with RV(error.code=ambiguous_name).
    type: str
  workspace_id:
    description:
      - The ID of the workspace that the configuration belongs to. Required with O(name).
      - With O(id), the task fails with RV(error.code=workspace_mismatch), and removes nothing, if the configuration
        belongs to another workspace. This costs one more request.
    type: str
"""

EXAMPLES = r"""
---
# The access token comes from the environment variable FLASHBACK_ACCESS_TOKEN, unless an example says otherwise.

- name: Remove a configuration by its ID
  flashback.platform.ai_llm:
    id: 550e8400-e29b-41d4-a716-446655440000
    state: absent

- name: Remove a configuration by its name
  flashback.platform.ai_llm:
    name: Staging OpenAI
    workspace_id: workspace-123
    state: absent

- name: Take the token from a variable that Ansible Vault encrypts
  flashback.platform.ai_llm:
    id: 550e8400-e29b-41d4-a716-446655440000
    state: absent
    access_token: "{{ vault_flashback_access_token }}"

- name: Show what would be removed, and remove nothing
  flashback.platform.ai_llm:
    name: Staging OpenAI
    workspace_id: workspace-123
    state: absent
  check_mode: true
  diff: true

- name: Carry on if the configuration is in use, fail on everything else
  block:
    - name: Try to remove the configuration
      flashback.platform.ai_llm:
        id: 550e8400-e29b-41d4-a716-446655440000
        state: absent
      register: removal
  rescue:
    - name: Fail unless repositories use it
      ansible.builtin.assert:
        that: removal.error.code | default('') == 'in_use'
        fail_msg: "{{ removal.msg }}"
        quiet: true

    - name: Tell which repositories use it
      ansible.builtin.debug:
        msg: "Still used by {{ removal.error.repositories | map(attribute='name') | join(', ') }}"

- name: Wait up to five minutes until the repositories have released it
  flashback.platform.ai_llm:
    id: 550e8400-e29b-41d4-a716-446655440000
    state: absent
  register: removal
  until: removal is not failed or removal.error.code | default('') != 'in_use'
  retries: 30
  delay: 10

- name: Remove several configurations
  flashback.platform.ai_llm:
    id: "{{ item }}"
    state: absent
  loop:
    - 550e8400-e29b-41d4-a716-446655440000
    - 6fa459ea-ee8a-3ca4-894e-db77e160355e

- name: Give the connection once for many tasks
  module_defaults:
    group/flashback.platform.all:
      access_token: "{{ vault_flashback_access_token }}"
      timeout: 10
  block:
    - name: Remove a configuration
      flashback.platform.ai_llm:
        id: 550e8400-e29b-41d4-a716-446655440000
        state: absent
"""

RETURN = r"""
---
msg:
  description: What was done, or what was tried, on what, and why it failed.
  returned: always
  type: str
  sample: Removed AI LLM configuration '550e8400-e29b-41d4-a716-446655440000'.
ai_llm:
  description: The configuration as it was before its removal. Never holds a credential.
  returned: when it was read and exists, that is in check mode, in diff mode, and with O(workspace_id)
  type: dict
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
        - V(in_use), repositories use the configuration.
        - V(forbidden), the API refused for another reason.
        - V(unauthorized), the API did not accept the access token.
        - V(rejected), the API answered 400 or another status from 402 to 499 that has no code of its own.
        - V(rate_limited), the API answered 429 to every try.
        - V(server_error), the API answered 5xx to every try, or said that it failed.
        - V(unreachable), no connection, or one that broke, in every try.
        - V(timeout), no whole answer in time, in every try.
        - V(tls), no connection that can be trusted.
        - V(invalid_response), an answer that is not this API's, such as a redirect or an HTML page.
        - V(ambiguous_name), several configurations of the workspace bear the name.
        - V(workspace_mismatch), the configuration with the ID belongs to another workspace.
      returned: always
      type: str
      sample: in_use
    http_status:
      description: The HTTP status of the API's answer, null if there was none.
      returned: always
      type: int
      sample: 403
    message:
      description: The API's own words, or what went wrong.
      returned: always
      type: str
      sample: The configuration is used by 1 repository
    repositories:
      description: The repositories that use the configuration.
      returned: when RV(error.code=in_use)
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
diff:
  description: The configuration before the task, and what is left of it.
  returned: in diff mode
  type: dict
  contains:
    before:
      description: The configuration, an empty dictionary if there was none. Never holds a credential.
      returned: always
      type: dict
    after:
      description: An empty dictionary.
      returned: always
      type: dict
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm import (
    AiLlms,
    repository_names,
)
from ansible_collections.flashback.platform.plugins.module_utils._argspec import (
    api_argument_spec,
    check_option,
    run,
)
from ansible_collections.flashback.platform.plugins.module_utils._client import (
    Client,
    check_path_segment,
    check_text,
)


def absent(module: AnsibleModule, client: Client) -> dict[str, t.Any]:
    """Remove the configuration. Returns the task's result; raises ApiError."""
    ai_llms = AiLlms(client)
    identity = {option: module.params[option] for option in ("id", "name", "workspace_id")}
    diff_mode = module._diff

    before = None
    # An ID alone is enough for the API: then the one request is the removal.
    must_be_listed = module.check_mode or identity["id"] is None or identity["workspace_id"] is not None
    if must_be_listed or diff_mode:
        before = ai_llms.find(**identity)

    if before is None and must_be_listed:
        changed = False
    elif before and module.check_mode:
        changed = True
        if before["repos"]:
            module.warn(f"{_subject(module)} cannot be removed while it is used by {repository_names(before)}.")
    else:
        changed = ai_llms.delete(before["id"] if before else identity["id"])

    verb = "Would remove" if module.check_mode else "Removed"
    msg = f"{verb} {_subject(module)}." if changed else f"{_subject(module)} does not exist."
    result: dict[str, t.Any] = {"changed": changed, "msg": msg}
    if before and changed:
        result["ai_llm"] = before
    if diff_mode:
        result["diff"] = {"before": (before or {"id": identity["id"]}) if changed else {}, "after": {}}
    return result


def _subject(module: AnsibleModule) -> str:
    """The configuration as the task names it."""
    params = module.params
    if params["id"] is not None:
        return f"AI LLM configuration '{params['id']}'"
    return f"AI LLM configuration '{params['name']}' of workspace '{params['workspace_id']}'"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **api_argument_spec(),
            "state": {"type": "str", "required": True, "choices": ["absent"]},
            "id": {"type": "str"},
            "name": {"type": "str"},
            "workspace_id": {"type": "str"},
        },
        required_one_of=[("id", "name")],
        required_by={"name": ("workspace_id",)},
        supports_check_mode=True,
    )
    check_option(module, "id", check_path_segment)
    check_option(module, "name", check_text)
    check_option(module, "workspace_id", check_text)
    run(module, f"Removing {_subject(module)}", absent)


if __name__ == "__main__":
    main()
