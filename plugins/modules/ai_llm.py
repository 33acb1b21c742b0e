#!/usr/bin/python
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ai_llm
short_description: Manage AI LLM configurations of the Flashback platform
version_added: 1.0.0
description:
  - Creates, updates, and removes AI LLM configurations. A configuration is a connection of the Flashback platform to a
    model provider, with its credentials. A removal is permanent.
  - The platform refuses to remove a configuration that a repository uses. The task then fails with
    RV(error.code=in_use) and names the repositories. This module never changes a repository.
  - If the configuration to remove does not exist, the task succeeds and changes nothing.
  - To manage many configurations of a workspace at once, use M(flashback.platform.ai_llms).
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
      - The module reads from the API, and predicts the result. With O(state=absent), it predicts the removal of
        each configuration of the task that exists. If repositories use a configuration, a warning names it, but the
        task does not fail, because an earlier task of the real run may unlink the repositories.
      - O(validate) is ignored, because the call to the provider may cost money.
  diff_mode:
    support: full
    details:
      - With O(state=absent) and an ID, diff mode needs one more request, which reads the configuration before its
        removal.
      - The diff shows what changes. Instead of the credentials, it shows whether they were sent.
  idempotent:
    support: partial
    details:
      - With O(update_credentials=always) every run sends the credentials and reports a change, because the API never
        returns what it stores.
options:
  state:
    description:
      - V(present) creates the configuration if the workspace O(workspace_id) has no configuration with this O(name).
        Otherwise, it updates the fields that differ. With O(id), it only updates.
      - V(absent) removes the configuration.
      - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
    type: str
    default: present
    choices:
      - absent
      - present
  id:
    description:
      - The configuration's ID. Set O(id), or O(ids), or O(name) together with O(workspace_id). For a rename, set O(id)
        and O(name).
      - The ID must not be blank, V(.), or V(..). It must not contain white space, invisible characters, commas,
        brackets, braces, or quotation marks, which are signs that a list or a dictionary has become text.
      - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
      - With O(state=present), the task fails with RV(error.code=not_found) if no such configuration exists.
    type: str
  ids:
    description:
      - The IDs of configurations to remove, with O(state=absent). Up to eight are removed at the same time, which is
        much faster than a loop of tasks.
      - A failed removal does not stop the others. If any removal failed, the task fails at the end with
        RV(error.code=partial_failure), and RV(outcomes) has the result for each ID.
      - Duplicate IDs are ignored. An empty list sends nothing and changes nothing. Null is an error, also as an item.
    type: list
    elements: str
    version_added: 1.2.0
  name:
    description:
      - The configuration's name, in the workspace O(workspace_id). Upper and lower case differ.
      - If more than one configuration in the workspace has this name, the task fails with
        RV(error.code=ambiguous_name) and writes nothing. The same happens if a rename would use the name of another
        configuration.
      - If O(id) is set, the module finds the configuration by the ID. Then O(name) is the new name with
        O(state=present), and has no effect with O(state=absent).
      - The name must not begin or end with white space, and must not contain control characters or invisible
        characters.
      - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
    type: str
  workspace_id:
    description:
      - The ID of the workspace that the configuration belongs to. Required with O(name), unless O(id) is set.
      - With O(id) or O(ids), the task fails with RV(error.code=workspace_mismatch) and writes nothing if a
        configuration belongs to another workspace. With O(state=absent), this check needs one more request.
      - A configuration cannot be moved to another workspace.
      - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
    type: str
  ai_type:
    description:
      - V(OPENAI), V(GOOGLE), V(ANTHROPIC), V(AWS), or V(OTHER). Needed to create a configuration.
      - Another value is an error, unless the platform already lists it for this configuration.
    type: str
    version_added: 1.1.0
  endpoint:
    description:
      - The provider's API URL. Needed to create a configuration. The platform checks its format.
      - It must not contain a user or a password, because everybody sees endpoints. If a query parameter looks like a
        credential, the module warns.
    type: str
    version_added: 1.1.0
  key:
    description:
      - The access key, for providers that need one in addition to O(secret). The platform does not document which
        providers these are.
      - The module removes blanks, tabs, and line breaks around the value, but not within it, where a PEM file has them.
      - See O(update_credentials) for when it is sent.
    type: str
    version_added: 1.1.0
  secret:
    description:
      - The secret that the platform uses at the provider. Needed to create a configuration.
      - The module removes blanks, tabs, and line breaks around the value, but not within it, where a PEM file has them.
      - A template, or a placeholder of AWX that nothing has replaced, is an error. If the value looks like another
        placeholder, such as V(${KEY}), the module warns, and sends it.
      - It must be text. To send JSON, use the filter C(to_json) for a dictionary, or C(string) for the content of a
        file.
      - See O(update_credentials) for when it is sent.
    type: str
    version_added: 1.1.0
  update_credentials:
    description:
      - When O(key) and O(secret) are sent. The API never returns them, so they cannot be compared.
      - V(on_create) sends them when the configuration is created.
      - V(always) sends them in every run, which then reports a change. It requires O(key), O(secret), or both.
    type: str
    default: on_create
    choices:
      - on_create
      - always
    version_added: 1.1.0
  validate:
    description:
      - With O(state=present), the platform checks the configuration with a real call to the provider, even if nothing
        changed. This may cost money.
      - If the check finds that the configuration does not work, the task fails with RV(error.code=validation_failed).
        The task does not undo a creation or an update, and reports the change.
    type: bool
    default: false
    version_added: 1.1.0
seealso:
  - name: Remove configurations safely
    description: How to remove only what you want to remove.
    link: https://github.com/flashbacktech/flashback.platform/blob/main/docs/guides/removing_safely.md
  - name: Errors and what to do
    description: What each error code means, and what to do.
    link: https://github.com/flashbacktech/flashback.platform/blob/main/docs/guides/errors.md
  - module: flashback.platform.ai_llms
  - module: flashback.platform.ai_llm_info
"""

EXAMPLES = r"""
---
# email and password come from the environment variables FLASHBACK_EMAIL and FLASHBACK_PASSWORD, unless an example says
# otherwise.

- name: Ensure that a configuration exists, with this type and endpoint
  flashback.platform.ai_llm:
    name: Team Anthropic
    workspace_id: workspace-123
    ai_type: ANTHROPIC
    endpoint: https://api.anthropic.com
    secret: "{{ vault_anthropic_api_key }}"

- name: Send new credentials, and let the platform check them
  flashback.platform.ai_llm:
    name: Team Anthropic
    workspace_id: workspace-123
    secret: "{{ vault_anthropic_api_key }}"
    update_credentials: always
    validate: true

- name: Rename a configuration
  flashback.platform.ai_llm:
    id: 6fa459ea-ee8a-3ca4-894e-db77e160355e
    name: Retired Anthropic

- name: Remove a configuration by its ID
  flashback.platform.ai_llm:
    id: 550e8400-e29b-41d4-a716-446655440000
    state: absent

- name: Remove a configuration by its name
  flashback.platform.ai_llm:
    name: Staging OpenAI
    workspace_id: workspace-123
    state: absent

- name: Log in with a password that Ansible Vault encrypts
  flashback.platform.ai_llm:
    id: 550e8400-e29b-41d4-a716-446655440000
    state: absent
    email: demo@example.com
    password: "{{ vault_flashback_password }}"

- name: Show what would be removed, and remove nothing
  flashback.platform.ai_llm:
    name: Staging OpenAI
    workspace_id: workspace-123
    state: absent
  check_mode: true
  diff: true

- name: Go on if the configuration is in use, fail for every other reason
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

    - name: Show which repositories use it
      ansible.builtin.debug:
        msg: "Still used by {{ removal.error.repositories | map(attribute='name') | join(', ') }}"

- name: Wait up to five minutes until no repository uses it any more
  flashback.platform.ai_llm:
    id: 550e8400-e29b-41d4-a716-446655440000
    state: absent
  register: removal
  until: removal is not failed or removal.error.code | default('') != 'in_use'
  retries: 30
  delay: 10

- name: Remove several configurations at once
  flashback.platform.ai_llm:
    ids:
      - 550e8400-e29b-41d4-a716-446655440000
      - 6fa459ea-ee8a-3ca4-894e-db77e160355e
    state: absent

- name: Set the connection once for many tasks
  module_defaults:
    group/flashback.platform.all:
      email: demo@example.com
      password: "{{ vault_flashback_password }}"
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
  description: What the task did. If it failed, what it tried to do, why it failed, and what you can do next.
  returned: always
  type: str
  sample: Removed AI LLM configuration '550e8400-e29b-41d4-a716-446655440000'.
ai_llm:
  description:
    - The configuration after its creation or update, or before its removal. In check mode, the configuration after the
      planned change, or the configuration to remove. It never contains credentials.
    - Unknown values are null, for example the ID of a new configuration in check mode.
  returned: when O(state=present), and when a removal has read the configuration before. It does this in check mode, in
    diff mode, with O(name), and with O(workspace_id), but not with O(ids)
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
outcomes:
  description: The outcome for each of O(ids), in their order, without duplicates. In check mode, the expected outcome.
  returned: when O(ids) is set
  type: list
  elements: dict
  version_added: 1.2.0
  contains:
    id:
      description: The configuration's ID.
      returned: always
      type: str
      sample: 550e8400-e29b-41d4-a716-446655440000
    name:
      description:
        - The configuration's name. Null if it is not known, because nothing was read before the removal. The module
          reads in check mode, in diff mode, and with O(workspace_id).
      version_added: 1.3.0
      returned: always
      type: str
      sample: Staging OpenAI
    outcome:
      description:
        - V(deleted) if this task removed it, V(absent) if it did not exist.
        - V(failed) if it was not removed.
        - V(unknown) if the module does not know whether the API removed it, or will remove it. Since version 1.3.0.
      returned: always
      type: str
      sample: deleted
    error:
      description: Why it was not removed, as RV(error).
      returned: when RV(outcomes[].outcome=failed) or RV(outcomes[].outcome=unknown)
      type: dict
      sample: {code: forbidden, http_status: 403, message: Insufficient permissions, outcome_unknown: false}
    repositories:
      description:
        - The repositories that use the configuration, with C(id) and C(name). The API would refuse the removal now.
      version_added: 1.3.0
      returned: in check mode, when there are any
      type: list
      elements: dict
      sample: [{id: repo-789, name: my-ai-repo}]
validation:
  description: What the platform found when it called the provider.
  returned: when O(validate=true) and the platform answered, but not in check mode
  type: dict
  version_added: 1.1.0
  contains:
    valid:
      description: Whether the configuration works.
      returned: always
      type: bool
      sample: true
    message:
      description: The message of the platform.
      returned: always
      type: str
      sample: AI LLM configuration validated successfully.
error:
  description: What went wrong, for conditions in playbooks. Not returned for wrong options.
  returned: when the API request failed, or its response does not allow the task to continue
  type: dict
  contains:
    code:
      description:
        - V(in_use), repositories use the configuration.
        - V(forbidden), the API refused the request with 403. The user does not have the permission, or cannot see a
          repository that uses the configuration.
        - V(unauthorized), the API did not accept the access token.
        - V(login_failed), the API refused the login, or returned no usable access token. Since version 1.3.0.
        - V(not_found), no configuration with this ID exists.
        - V(rejected), the API answered 400, for example because the name already exists, or another 4xx status that has
          no separate error code.
        - V(rate_limited), the API answered 429.
        - V(server_error), the API answered 5xx, or 2xx with C(success=false).
        - V(unreachable), the module could not connect, the connection broke, or a proxy refused it.
        - V(timeout), no complete response came within O(timeout) seconds.
        - V(tls), the module could not make a secure connection, or the certificate is not valid.
        - V(invalid_response), the response does not come from this API, such as a redirect or an HTML page.
        - V(ambiguous_name), more than one configuration in the workspace has this name, or would have it.
        - V(workspace_mismatch), the configuration with this ID belongs to another workspace.
        - V(partial_failure), one or more of O(ids) could not be removed. RV(outcomes) has the error of each.
        - V(validation_failed), the check by O(validate) found that the configuration does not work.
      returned: always
      type: str
      sample: in_use
    http_status:
      description: The HTTP status of the API's response; null if there was none.
      returned: always
      type: int
      sample: 403
    message:
      description: The error message of the API, or a description of the problem.
      returned: always
      type: str
      sample: The configuration is used by 1 repository
    outcome_unknown:
      description:
        - V(true) if the module does not know whether a change was made. The API may have made the change, or may make
          it later. V(false) if the failed request changed nothing. With V(partial_failure), it is V(true) if the
          outcome of any of O(ids) is unknown.
      version_added: 1.3.0
      returned: always
      type: bool
      sample: false
    reason:
      description:
        - The API's error code for the login, such as V(INVALID_PASSWORD) or V(NO_PASSWORD_SET); null if it sent none.
      version_added: 1.3.0
      returned: when RV(error.code=login_failed)
      type: str
      sample: INVALID_PASSWORD
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
  description: The changes. With O(ids), one line of text for each removed configuration, by its ID.
  returned: in diff mode
  type: dict
  contains:
    before:
      description: The removed configuration, or the old values of the fields that an update changes. Empty for a
        creation.
      returned: always
      type: dict
    after:
      description: The new values, or the given fields of a creation. Empty for a removal. Credentials are never shown.
      returned: always
      type: dict
"""

import functools

from ..module_utils._ai_llm.api import CREDENTIALS
from ..module_utils._ai_llm.task import manage_one, remove_many
from ..module_utils._ai_llm.wanted import Mode, Rules, Wanted
from ..module_utils._module import run
from ..module_utils._options.checks import check_ids
from ..module_utils._options.module import Module
from ..module_utils._options.option import Option
from ..module_utils._options.shared import AI_LLM, ID, STATE, WRITING
from ..module_utils._result import Result
from ..module_utils._text import count

OPTIONS = {
    "state": STATE,
    "id": ID,
    "ids": Option("list", elements="str", null="error", number_is_text=True, check=check_ids),
    "workspace_id": ID,
    **AI_LLM,
    **WRITING,
}


def main() -> None:
    module = Module(
        OPTIONS,
        required_one_of=[("id", "name", "ids")],
        mutually_exclusive=[("id", "ids"), ("name", "ids")],
    )
    options = module.options
    ids = options["ids"]
    if options["name"] is not None and options["id"] is None and options["workspace_id"] is None:
        module.fail_json(msg="workspace_id is required with name, unless id is given.")
    present = options["state"] == "present"
    if present and ids is not None:
        module.fail_json(msg="ids requires state=absent.")
    fields = {option: options[option] for option in AI_LLM if options[option] is not None} if present else {}
    rotate = options["update_credentials"] == "always"
    has_credentials = any(option in fields for option in CREDENTIALS)
    if present and rotate and not has_credentials:
        module.fail_json(msg="update_credentials=always requires key, secret, or both.")

    mode = Mode(module.check_mode, module._diff)
    rules = Rules(options["workspace_id"], rotate, validate=present and options["validate"])
    action: functools.partial[Result]
    if ids is not None:
        subject = count(len(ids), "AI LLM configuration")
        removals = [Wanted(item, None, False, {}) for item in ids]
        action = functools.partial(remove_many, wanted=removals, rules=rules, mode=mode)
    else:
        place = f" in workspace '{options['workspace_id']}'" if options["id"] is None else ""
        subject = f"AI LLM configuration '{options['id'] or options['name']}'{place}"
        wanted = Wanted(options["id"], options["name"], present, fields)
        action = functools.partial(
            manage_one, wanted=wanted, rules=rules, mode=mode, subject=subject, has_credentials=has_credentials
        )
    run(module, f"{'Creating or updating' if present else 'Removing'} {subject}", action)


if __name__ == "__main__":
    main()
