#!/usr/bin/python
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ai_llms
short_description: Manage all AI LLM configurations of a Flashback workspace in one task
version_added: 1.3.0
description:
  - Creates, updates, and removes AI LLM configurations of one workspace, so that it matches a list. One task replaces a
    loop of M(flashback.platform.ai_llm), and is much faster.
  - The module reads the workspace, makes a plan, and applies it. Check mode shows the same plan, and changes nothing.
  - The module first creates and updates up to eight configurations at a time, and reads the workspace again. Then it
    removes configurations, but only if nothing failed before, and only those that are still as they were planned.
  - If a name or an endpoint of the plan contains a credential of the task, which is hidden everywhere, nobody could
    read the plan. In check mode, in diff mode, and with O(plan_id), the task therefore fails before it writes.
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
      - The module reads the workspace, and returns the plan. If the plan removes configurations that are in use, one
        warning names them.
      - O(validate) is ignored, because the call to the provider may cost money.
  diff_mode:
    support: full
    details:
      - The diff shows only configurations that change, and is the same in check mode. It never shows credentials.
  idempotent:
    support: partial
    details:
      - With O(update_credentials=always) every run sends the credentials and reports a change, because the API never
        returns what it stores.
options:
  workspace_id:
    description:
      - The ID of the workspace. The module M(flashback.platform.workspace_info) finds it by name. Null is an error.
    type: str
    required: true
  ai_llms:
    description:
      - The configurations that must exist. A configuration whose state is V(absent) must not exist. The list can be
        empty.
      - Without O(prune), the task does not change configurations that are not in the list.
      - Null is an error, also as an item, and so is a list in the list. Join lists with C(+), or use the filter
        C(flatten).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The configuration's name. It identifies the configuration in the workspace, so each name can be in the list
            only once. Upper and lower case differ.
          - If more than one configuration in the workspace has this name, the task fails with
            RV(error.code=ambiguous_name) and writes nothing.
          - The name must not be null, must not begin or end with white space, and must not contain control characters
            or invisible characters.
        type: str
        required: true
      state:
        description:
          - V(present) creates the configuration if it does not exist, and updates what differs.
          - V(absent) removes the configuration. The other options of the item except the name have no effect then.
          - Null is an error. The filter C(default(omit, true\)) leaves the option out if a variable is not set.
        type: str
        default: present
        choices:
          - absent
          - present
      ai_type:
        description:
          - V(OPENAI), V(GOOGLE), V(ANTHROPIC), V(AWS), or V(OTHER). Needed to create a configuration.
          - Another value is an error, unless the platform already lists it for this configuration.
        type: str
      endpoint:
        description:
          - The provider's API URL. Needed to create a configuration. The platform checks its format.
          - It must not contain a user or a password, because everybody sees endpoints. If a query parameter looks like
            a credential, the module warns.
        type: str
      key:
        description:
          - The access key, for providers that need one besides the secret.
          - The module removes blanks, tabs, and line breaks around the value, but not within it, where a PEM file has
            them.
          - See O(update_credentials) for when it is sent.
        type: str
      secret:
        description:
          - The secret that the platform uses at the provider. Needed to create a configuration.
          - The module removes blanks, tabs, and line breaks around the value, but not within it, where a PEM file has
            them.
          - A template, or a placeholder of AWX that nothing has replaced, is an error. If the value looks like another
            placeholder, such as V(${KEY}), the module warns, and sends it.
          - It must be text. To send JSON, use the filter C(to_json) for a dictionary, or C(string) for the content of a
            file.
          - See O(update_credentials) for when it is sent.
        type: str
      key_from:
        description: As O(ai_llms[].secret_from), for O(ai_llms[].key).
        type: str
        version_added: 1.5.0
      secret_from:
        description:
          - Where the value of O(ai_llms[].secret) comes from, in your words, such as the name of an environment
            variable.
          - If the secret is sent, RV(outcomes) and RV(diff) show this text in its place, and RV(plan_id) covers it.
            Another source after an approval is therefore another plan.
        type: str
        version_added: 1.5.0
  prune:
    description:
      - Remove every configuration of the workspace that is not in O(ai_llms). A removal is permanent. With an empty
        list, this is every configuration that no repository uses, so always set O(prune_limit).
      - A configuration that a repository uses cannot be removed. Its item in RV(outcomes) then has the error V(in_use).
      - Null is an error.
    type: bool
    default: false
  prune_limit:
    description:
      - The maximum number of configurations that O(prune) may remove. If there are more to remove, the task fails with
        RV(error.code=prune_limit_exceeded) and writes nothing. V(0) is allowed.
      - The limit protects a workspace from a list that is empty or too short by mistake. If not set, there is no limit.
      - Null is an error. Do not use the filter C(default(omit, true\)) here, because it turns V(0) into no limit.
    type: int
  update_credentials:
    description:
      - When O(ai_llms[].key) and O(ai_llms[].secret) are sent. The API never returns them, so they cannot be compared.
      - V(on_create) sends them when a configuration is created.
      - V(always) sends them in every run, which then reports a change. At least one item with V(present) as its state
        must have credentials. Items without credentials are not affected.
    type: str
    default: on_create
    choices:
      - on_create
      - always
  validate:
    description:
      - The platform checks each declared configuration after the creations and updates, and before the removals, with a
        real call to its provider. This may cost money.
      - If the check finds that a configuration does not work, the item in RV(outcomes) has the error
        V(validation_failed), and the task fails. It removes nothing then, and does not undo its changes.
    type: bool
    default: false
  plan_id:
    description:
      - The RV(plan_id) of the only plan that the task may apply. Take it from the plan that somebody approved, which a
        run in check mode returned. The playbook C(flashback.platform.plan) shows it to people.
      - If the plan is another one now, the task fails with RV(error.code=plan_changed) and writes nothing, also in
        check mode. RV(outcomes) and RV(diff) then show the new plan.
      - If there is nothing to do, any ID is accepted, so that the same task can run again after a success.
      - If this option is not set, the task applies any plan. An empty value is an error, because an approval that got
        lost must not approve everything.
    type: str
    version_added: 1.4.0
seealso:
  - name: Manage a workspace as code
    description: How to describe a workspace in a file, and how to detect drift.
    link: https://github.com/flashbacktech/flashback.platform/blob/main/docs/guides/workspace_as_code.md
  - name: Errors and what to do
    description: What each error code means, and what to do.
    link: https://github.com/flashbacktech/flashback.platform/blob/main/docs/guides/errors.md
  - module: flashback.platform.ai_llm
  - module: flashback.platform.ai_llm_info
  - module: flashback.platform.workspace_info
"""

EXAMPLES = r"""
---
# email and password come from the environment variables FLASHBACK_EMAIL and FLASHBACK_PASSWORD.

- name: Ensure that these configurations exist, and leave all others alone
  flashback.platform.ai_llms:
    workspace_id: workspace-123
    ai_llms:
      - name: Team OpenAI
        ai_type: OPENAI
        endpoint: https://api.openai.com/v1
        secret: "{{ vault_openai_api_key }}"
      - name: Team Anthropic
        ai_type: ANTHROPIC
        endpoint: https://api.anthropic.com
        secret: "{{ vault_anthropic_api_key }}"
      - name: Staging Anthropic
        state: absent

- name: Ensure that the workspace has exactly these configurations, and fail if more than five others exist
  flashback.platform.ai_llms:
    workspace_id: workspace-123
    ai_llms:
      - name: Production OpenAI
        ai_type: OPENAI
        endpoint: https://api.openai.com/v1
        secret: "{{ vault_openai_api_key }}"
    prune: true
    prune_limit: 5

- name: Send new credentials, and let the platform check them
  flashback.platform.ai_llms:
    workspace_id: workspace-123
    ai_llms:
      - name: Production OpenAI
        secret: "{{ vault_openai_api_key }}"
    update_credentials: always
    validate: true

- name: Show the plan, and change nothing
  flashback.platform.ai_llms:
    workspace_id: workspace-123
    ai_llms:
      - name: Production OpenAI
        endpoint: https://eu.api.openai.com/v1
  check_mode: true
  diff: true
  register: plan

- name: Apply this plan, and fail if another one would be needed
  flashback.platform.ai_llms:
    workspace_id: workspace-123
    ai_llms:
      - name: Production OpenAI
        endpoint: https://eu.api.openai.com/v1
    plan_id: "{{ plan.plan_id }}"
"""

RETURN = r"""
---
msg:
  description:
    - How many configurations the task created, updated and removed. If it failed, what it tried to do, why it failed,
      and what you can do next.
  returned: always
  type: str
  sample: Created 2, updated 1, removed 3; 14 unchanged.
outcomes:
  description:
    - The outcome for each configuration. The items of O(ai_llms) come first, in their order. Then come the pruned
      configurations, sorted by name and ID. In check mode, the expected outcomes.
  returned: when the module could make the plan
  type: list
  elements: dict
  contains:
    name:
      description: The configuration's name.
      returned: always
      type: str
      sample: Team OpenAI
    id:
      description: The configuration's ID. Null if the ID is not known, or the configuration does not exist.
      returned: always
      type: str
      sample: 550e8400-e29b-41d4-a716-446655440000
    outcome:
      description:
        - V(created), V(updated), V(unchanged), V(deleted), or V(absent) if there was nothing to remove.
        - V(failed) if the change was not made, V(unknown) if the module does not know whether it was made.
        - V(skipped) if the task did not try the change, because something failed before, or for the reason in
          RV(outcomes[].error).
      returned: always
      type: str
      sample: created
    error:
      description: Why it failed. It has the same items as RV(error).
      returned: when RV(outcomes[].outcome=failed) or RV(outcomes[].outcome=unknown), or the validation failed, or the
        change was skipped for a reason of its own
      type: dict
      sample: {code: forbidden, http_status: 403, message: Insufficient permissions, outcome_unknown: false}
    validation:
      description: What the platform found when it called the provider, with C(valid) and C(message).
      returned: when O(validate=true) and the platform answered, but not in check mode
      type: dict
      sample: {valid: true, message: AI LLM configuration validated successfully.}
    repositories:
      description: The repositories that use a configuration to remove, with C(id) and C(name).
      returned: in check mode, when there are any
      type: list
      elements: dict
      sample: [{id: repo-789, name: my-ai-repo}]
    before:
      description:
        - The old values of the fields that differ, or C(ai_type) and C(endpoint) of a configuration to remove. Empty
          before a creation.
      returned: in check mode, when the configuration changes
      type: dict
      version_added: 1.4.0
      sample: {endpoint: https://api.openai.com/v1}
    after:
      description:
        - The new values, or the given fields of a new configuration. Empty after a removal. A text replaces each
          credential that is sent, such as O(ai_llms[].secret_from).
      returned: in check mode, when the configuration changes
      type: dict
      version_added: 1.4.0
      sample: {endpoint: https://eu.api.openai.com/v1}
plan_id:
  description:
    - The ID of the plan. Check mode and the real run return the same ID for the same plan, on each computer. Use it as
      O(plan_id) to apply this plan and no other. A plan is not a transaction. If a change fails, the others remain.
    - The ID covers O(api_url), the workspace, O(validate), and everything that changes, including which credentials
      are sent, and where they come from. The values of credentials have no effect on it.
  returned: when the module could make the plan, even if the plan is empty
  type: str
  version_added: 1.4.0
  sample: plan-0123456789abcdef0123456789abcdef
api_url:
  description: The address of the API to which the plan belongs.
  returned: when the module could make the plan
  type: str
  version_added: 1.5.0
  sample: https://backend.flashback.tech
ai_llms:
  description:
    - The declared configurations that exist after the task, in the order of O(ai_llms). They never contain credentials.
    - In check mode, the configurations as the real run would leave them. Values that are unknown before a creation are
      null.
  returned: when the module could make the plan
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
error:
  description: What went wrong, for conditions in playbooks. Not returned for wrong options.
  returned: when the API request failed, or its response does not allow the task to continue
  type: dict
  contains:
    code:
      description:
        - V(partial_failure), one or more configurations failed. RV(outcomes) has the error of each.
        - V(ambiguous_name), O(ai_llms) has a name that more than one configuration in the workspace has.
        - V(plan_changed), the plan is not the one that O(plan_id) names. As the error of an outcome, somebody changed
          the configuration to remove while the task ran.
        - V(prune_limit_exceeded), there are more configurations to prune than O(prune_limit) allows.
        - V(invalid_response), the module cannot use the response of the API. For example, the API lists a configuration
          without a name, and O(prune) is set.
        - Any other code of M(flashback.platform.ai_llm).
      returned: always
      type: str
      sample: partial_failure
    http_status:
      description: The HTTP status of the API's response; null if there was none.
      returned: always
      type: int
      sample: 403
    message:
      description: The error message of the API, or a description of the problem.
      returned: always
      type: str
      sample: "1 of 20 configurations failed: Production OpenAI (in_use)"
    outcome_unknown:
      description: V(true) if the module does not know whether a change was made. The API may have made it, or may make
        it later.
      returned: always
      type: bool
      sample: false
    reason:
      description: The API's error code for the login; null if it sent none.
      returned: when RV(error.code=login_failed)
      type: str
      sample: INVALID_PASSWORD
diff:
  description: The keys are the names of the changed configurations. If a name exists more than once, the key is
    C(name (id)).
  returned: in diff mode, when the module could make the plan
  type: dict
  contains:
    before:
      description: The old values of the fields that differ. A removed configuration is one line of text.
      returned: always
      type: dict
    after:
      description: The new values, and the given fields of a new configuration. Credentials are never shown.
      returned: always
      type: dict
"""

import functools
import typing as t
from collections import Counter

from ..module_utils._ai_llm.api import CREDENTIALS
from ..module_utils._ai_llm.plan_id import check_plan_id
from ..module_utils._ai_llm.task import manage_workspace
from ..module_utils._ai_llm.wanted import Mode, Rules, Wanted
from ..module_utils._module import run
from ..module_utils._options.checks import check_not_negative, check_text
from ..module_utils._options.module import Module
from ..module_utils._options.option import Option
from ..module_utils._options.raw import place_of_item
from ..module_utils._options.shared import AI_LLM, ID, NAME, STATE, WRITING
from ..module_utils._text import join_limited


def check_unique_names(items: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return the items. Raises ValueError if two have the same name."""
    repeated = [name for name, number in Counter(item["name"] for item in items).items() if number > 1]
    if repeated:
        raise ValueError(
            f"must not have a name more than once. Merge or rename the repeated ones: {join_limited(repeated)}"
        )
    return items


SOURCE = Option(no_log=False, only_present=True, check=check_text)
ITEM = {"state": STATE, **AI_LLM, "name": NAME._replace(required=True), "key_from": SOURCE, "secret_from": SOURCE}
OPTIONS = {
    "workspace_id": ID._replace(required=True),
    "ai_llms": Option("list", elements="dict", required=True, options=ITEM, null="error", check=check_unique_names),
    "prune": Option("bool", default=False),
    "prune_limit": Option("int", null="error", check=check_not_negative),
    "plan_id": Option(null="error", check=check_plan_id),
    **WRITING,
}


def secrets_of(module: Module) -> list[tuple[str, str]]:
    """Return all credentials of the task, each with its name for messages. Those that are not used are hidden, too."""
    values = {name: module.options[name] for name in ("access_token", "password")}
    unused = []
    for number, item in enumerate(module.options["ai_llms"], 1):
        for field in CREDENTIALS:
            place = f"{field} of {place_of_item(number, item)}"
            values[place] = item[field]
            if item[field] is None and module.params["ai_llms"][number - 1][field] is not None:
                unused.append(place)
    rest = module.no_log_values - set(values.values())
    return [
        *((name, value) for name, value in values.items() if value),
        *((" or ".join(unused), value) for value in rest),
    ]


def main() -> None:
    module = Module(OPTIONS)
    options = module.options
    wanted = []
    for item in options["ai_llms"]:
        present = item["state"] == "present"
        fields = {field: item[field] for field in AI_LLM if present and item[field] is not None}
        sources = {field: item[f"{field}_from"] for field in CREDENTIALS if item[f"{field}_from"] is not None}
        wanted.append(Wanted(None, item["name"], present, fields, sources))
    rotate = options["update_credentials"] == "always"
    if rotate and not any(option in item.fields for item in wanted for option in CREDENTIALS):
        module.fail_json(msg="update_credentials=always requires key or secret in at least one item of ai_llms.")
    rules = Rules(
        workspace_id=options["workspace_id"],
        rotate=rotate,
        prune=options["prune"],
        prune_limit=options["prune_limit"],
        plan_id=options["plan_id"],
        validate=options["validate"],
        api_url=options["api_url"],
    )
    mode = Mode(module.check_mode, module._diff)
    action = functools.partial(manage_workspace, wanted=wanted, rules=rules, mode=mode, secrets=secrets_of(module))
    run(module, f"Managing the AI LLM configurations of workspace '{options['workspace_id']}'", action)


if __name__ == "__main__":
    main()
