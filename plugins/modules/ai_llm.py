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
  - Creates, updates, and removes AI LLM configurations. Each is a connection of the Flashback platform to a model
    provider, with its credentials. A removal is permanent.
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
      - Sends nothing but C(GET). With O(state=absent), a configuration that is listed is predicted to be removed. If
        repositories use it, a warning names them; the task does not fail, since an earlier task of the same run may be
        about to release it.
      - O(validate) is ignored, since it costs tokens.
  diff_mode:
    support: full
    details:
      - With O(state=absent) it costs one more request, which reads the configuration before it is removed.
      - Credentials are shown as V(will be set), never their text.
  idempotent:
    support: partial
    details:
      - With O(update_credentials=always) every run sends the credentials and reports a change, since the API never
        shows what it stores.
options:
  state:
    description:
      - V(present) creates the configuration if there is none of the O(name) in O(workspace_id), and updates what
        differs if there is. By O(id) it can only be updated.
      - V(absent) removes the configuration.
      - The default, and the choice V(present), came in version 1.1.0; before, V(absent) had to be given.
    type: str
    default: present
    choices:
      - absent
      - present
  id:
    description:
      - The configuration's ID. O(id), or O(name) with O(workspace_id), or O(ids), is required.
      - Any text but one that is blank, is V(.) or V(..), or holds control characters.
      - With O(state=present), the task fails with RV(error.code=not_found) if there is no such configuration.
    type: str
  ids:
    description:
      - The IDs of configurations to remove, with O(state=absent). Up to eight are removed at a time, which is much
        faster than a loop of tasks.
      - One that cannot be removed does not keep the others. If any could not be removed, the task fails in the end with
        RV(error.code=partial_failure), and RV(outcomes) tells of each.
      - What is given twice is removed once. An empty list changes nothing and sends nothing.
    type: list
    elements: str
    version_added: 1.2.0
  name:
    description:
      - The configuration's name, in the workspace O(workspace_id). Upper and lower case differ.
      - If several configurations of the workspace bear the name, the task fails with RV(error.code=ambiguous_name).
      - With O(id), it finds nothing; with O(state=present) it then is the name that the configuration shall bear.
    type: str
  workspace_id:
    description:
      - The ID of the workspace that the configuration belongs to. Required with O(name), unless O(id) is given.
      - With O(id) or O(ids), the task fails with RV(error.code=workspace_mismatch), and writes nothing, if a
        configuration belongs to another workspace. With O(state=absent) this costs one more request.
      - A configuration cannot be moved to another workspace.
    type: str
  ai_type:
    description:
      - The kind of provider. Needed to create a configuration.
    type: str
    choices:
      - OPENAI
      - GOOGLE
      - ANTHROPIC
      - AWS
      - OTHER
    version_added: 1.1.0
  endpoint:
    description:
      - The provider's API URL. Needed to create a configuration. The platform checks its form.
    type: str
    version_added: 1.1.0
  key:
    description:
      - The access key, for providers that need one besides the secret.
      - See O(update_credentials) for when it is sent.
    type: str
    version_added: 1.1.0
  secret:
    description:
      - The secret that the platform uses at the provider. Needed to create a configuration.
      - See O(update_credentials) for when it is sent.
    type: str
    version_added: 1.1.0
  update_credentials:
    description:
      - When O(key) and O(secret) are sent. The platform never shows what it stores, so they cannot be compared.
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
      - With O(state=present), let the platform check the configuration by a real call to the provider, after it was
        created or updated, or if nothing changed. This may cost tokens.
      - If the check finds it not to work, the task fails with RV(error.code=validation_failed). What was created or
        updated stays so, and the failure reports the change.
    type: bool
    default: false
    version_added: 1.1.0
seealso:
  - module: flashback.platform.ai_llm_info
"""

EXAMPLES = r"""
---
# The access token comes from the environment variable FLASHBACK_ACCESS_TOKEN, unless an example says otherwise.

- name: Ensure that a configuration exists, with this type and endpoint
  flashback.platform.ai_llm:
    name: Team Anthropic
    workspace_id: workspace-123
    ai_type: ANTHROPIC
    endpoint: https://api.anthropic.com
    secret: "{{ vault_anthropic_api_key }}"

- name: Send new credentials, and let the platform try them
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

- name: Remove several configurations at once
  flashback.platform.ai_llm:
    ids:
      - 550e8400-e29b-41d4-a716-446655440000
      - 6fa459ea-ee8a-3ca4-894e-db77e160355e
    state: absent

- name: Remove several configurations one after the other
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
  description:
    - The configuration as it is after its creation or update, or as it was before its removal. In check mode, as it
      would be. Never holds a credential.
    - Right after a creation, what the platform does not list yet is null; so it is in check mode.
  returned: with O(state=present); with O(state=absent), but not with O(ids), if it was read and there was something to
    remove, that is in check mode, in diff mode, and with O(workspace_id)
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
outcomes:
  description: What became of each of O(ids), in their order, each once. In check mode, what is to be expected.
  returned: with O(ids)
  type: list
  elements: dict
  version_added: 1.2.0
  contains:
    id:
      description: The configuration's ID.
      returned: always
      type: str
      sample: 550e8400-e29b-41d4-a716-446655440000
    outcome:
      description: V(deleted) if this task removed it, V(absent) if there was none, V(failed) if it is not removed.
      returned: always
      type: str
      sample: deleted
    error:
      description: Why it could not be removed, as RV(error).
      returned: when RV(outcomes[].outcome=failed)
      type: dict
      sample: {code: forbidden, http_status: 403, message: Insufficient permissions}
validation:
  description: What the platform found when it called the provider.
  returned: with O(validate=true), outside of check mode, if the platform answered
  type: dict
  version_added: 1.1.0
  contains:
    valid:
      description: Whether the configuration works.
      returned: always
      type: bool
      sample: true
    message:
      description: The platform's own words.
      returned: always
      type: str
      sample: AI LLM configuration validated successfully.
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
        - V(not_found), there is no configuration with the ID.
        - V(rejected), the API answered 400, as for a name that is taken, or another 4xx that has no code of its own.
        - V(rate_limited), the API answered 429 to every try.
        - V(server_error), the API answered 5xx to every try, or said that it failed.
        - V(unreachable), no connection, or one that broke, in every try.
        - V(timeout), no whole answer in time, in every try.
        - V(tls), no connection that can be trusted.
        - V(invalid_response), an answer that is not this API's, such as a redirect or an HTML page.
        - V(ambiguous_name), several configurations of the workspace bear the name.
        - V(workspace_mismatch), the configuration with the ID belongs to another workspace.
        - V(partial_failure), some of O(ids) could not be removed; RV(outcomes) tells which, and why.
        - V(validation_failed), the check that O(validate) asked for found the configuration not to work.
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
  description: The configuration before the task, and after it. With O(ids), dictionaries of configurations by their ID.
  returned: in diff mode
  type: dict
  contains:
    before:
      description: The configuration, an empty dictionary if there was none. Never holds a credential.
      returned: always
      type: dict
    after:
      description: The configuration, an empty dictionary if it was removed. Credentials are V(will be set).
      returned: always
      type: dict
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.flashback.platform.plugins.module_utils._ai_llm import (
    CREDENTIALS,
    AiLlms,
    Removal,
    merged,
    repository_names,
    some,
)
from ansible_collections.flashback.platform.plugins.module_utils._argspec import (
    api_argument_spec,
    check_option,
    run,
)
from ansible_collections.flashback.platform.plugins.module_utils._client import (
    ApiError,
    Client,
    check_not_blank,
    check_path_segment,
    check_text,
)

# What a creation needs besides the name and its workspace.
CREATION = ("name", "workspace_id", "ai_type", "endpoint", "secret")


def absent(module: AnsibleModule, client: Client) -> dict[str, t.Any]:
    """Remove the configuration. Returns the task's result; raises ApiError."""
    ai_llms = AiLlms(client)
    identity = _identity(module)
    before = None
    # An ID alone is enough for the API: then the one request is the removal.
    must_be_listed = module.check_mode or identity["id"] is None or identity["workspace_id"] is not None
    if must_be_listed or module._diff:
        before = ai_llms.find(**identity)

    if before is None and must_be_listed:
        changed = False
    elif before and module.check_mode:
        changed = True
        _warn_if_used(module, before)
    else:
        removal = ai_llms.delete([before["id"] if before else identity["id"]])[0]
        if removal.error:
            raise removal.error
        changed = removal.deleted

    verb = "Would remove" if module.check_mode else "Removed"
    msg = f"{verb} {_subject(module)}." if changed else f"{_subject(module)} does not exist."
    result: dict[str, t.Any] = {"changed": changed, "msg": msg}
    if before and changed:
        result["ai_llm"] = before
    if module._diff:
        result["diff"] = {"before": (before or {"id": identity["id"]}) if changed else {}, "after": {}}
    return result


def absent_many(module: AnsibleModule, client: Client) -> dict[str, t.Any]:
    """Remove all of O(ids). Returns the task's result; raises ApiError, at the end, if any could not be removed."""
    ai_llms = AiLlms(client)
    ids, workspace_id = module.params["ids"], module.params["workspace_id"]
    before: dict[str, t.Any] = {}
    must_be_listed = module.check_mode or workspace_id is not None
    if ids and (must_be_listed or module._diff):
        before = {ai_llm["id"]: ai_llm for ai_llm in ai_llms.listed(ids=frozenset(ids))}
    elsewhere = [id for id in before if workspace_id not in (None, before[id]["workspace_id"])]
    if elsewhere:
        raise ApiError("workspace_mismatch", f"not in workspace {workspace_id}: {some(elsewhere)}")

    if module.check_mode:
        removals = [Removal(id, deleted=id in before) for id in ids]
        for ai_llm in before.values():
            _warn_if_used(module, ai_llm)
    else:
        removals = ai_llms.delete(ids)

    deleted = [removal.id for removal in removals if removal.deleted]
    failed = [f"{removal.id} ({removal.error.code})" for removal in removals if removal.error]
    not_there = len(removals) - len(deleted) - len(failed)
    verb = "Would remove" if module.check_mode else "Removed"
    msg = f"{verb} {len(deleted)} of {_subject(module)}; {not_there} did not exist."
    outcomes = [removal.outcome() for removal in removals]
    result: dict[str, t.Any] = {"changed": bool(deleted), "msg": msg, "outcomes": outcomes}
    if module._diff:
        result["diff"] = {"before": {id: before.get(id, {"id": id}) for id in deleted}, "after": {}}
    if failed:
        message = f"{len(failed)} of {len(ids)} could not be removed: {some(failed)}"
        raise ApiError("partial_failure", message, hint=msg, result=result)
    return result


def _warn_if_used(module: AnsibleModule, ai_llm: dict[str, t.Any]) -> None:
    if ai_llm["repos"]:
        used_by = repository_names(ai_llm)
        module.warn(f"AI LLM configuration '{ai_llm['id']}' cannot be removed while it is used by {used_by}.")


def present(module: AnsibleModule, client: Client) -> dict[str, t.Any]:
    """Create the configuration, or update what differs. Returns the task's result; raises ApiError."""
    ai_llms = AiLlms(client)
    wanted = _given(module, "name", "ai_type", "endpoint")
    credentials = _given(module, *CREDENTIALS)
    before = ai_llms.find(**_identity(module))

    if before is not None:
        changes = {option: value for option, value in wanted.items() if value != before[option]}
        if module.params["update_credentials"] == "always":
            changes.update(credentials)
    elif module.params["id"] is not None:
        raise ApiError("not_found", "no configuration with this ID is listed")
    else:
        missing = [option for option in CREATION if module.params[option] is None]
        if missing:
            module.fail_json(msg=f"{_subject(module)} does not exist, and to create it needs: {', '.join(missing)}.")
        changes = {**wanted, **credentials, "workspace_id": module.params["workspace_id"]}

    after = merged(before, changes)
    if changes and not module.check_mode:
        if before is None:
            after = ai_llms.create(changes)
        else:
            ai_llms.update(before["id"], changes)

    verb = "update" if before else "create"
    verb = f"Would {verb}" if module.check_mode else f"{verb.capitalize()}d"
    msg = f"{verb} {_subject(module)}." if changes else f"{_subject(module)} is as it should be."
    result: dict[str, t.Any] = {"changed": bool(changes), "msg": msg, "ai_llm": after}
    if module._diff:
        hidden = {option: "will be set" for option in CREDENTIALS if option in changes}
        result["diff"] = {"before": before or {}, "after": {**after, **hidden}}
    if module.params["validate"] and not module.check_mode:
        _validate(ai_llms, result)
    return result


def _validate(ai_llms: AiLlms, result: dict[str, t.Any]) -> None:
    """Add C(validation) to the result. An ApiError raised here carries the result: something may be written already."""
    try:
        result["validation"] = ai_llms.validate(result["ai_llm"]["id"])
        if not result["validation"]["valid"]:
            hint = "The configuration stays as it is now."
            raise ApiError("validation_failed", result["validation"]["message"], http_status=200, hint=hint)
    except ApiError as error:
        error.result = result
        raise


def _identity(module: AnsibleModule) -> dict[str, t.Any]:
    return {option: module.params[option] for option in ("id", "name", "workspace_id")}


def _given(module: AnsibleModule, *options: str) -> dict[str, t.Any]:
    return {option: module.params[option] for option in options if module.params[option] is not None}


def _subject(module: AnsibleModule) -> str:
    """The configuration as the task names it."""
    params = module.params
    if params["ids"] is not None:
        return f"{len(params['ids'])} AI LLM configurations"
    if params["id"] is not None:
        return f"AI LLM configuration '{params['id']}'"
    return f"AI LLM configuration '{params['name']}' of workspace '{params['workspace_id']}'"


def _path_segments(texts: list[str]) -> list[str]:
    """The texts without doubles, if each can travel as one segment of a URL's path. Raises ValueError."""
    for number, text in enumerate(texts, 1):
        try:
            check_path_segment(text)
        except ValueError as error:
            raise ValueError(f"(item {number}) {error}") from None
    return list(dict.fromkeys(texts))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **api_argument_spec(),
            "state": {"type": "str", "default": "present", "choices": ["absent", "present"]},
            "id": {"type": "str"},
            "ids": {"type": "list", "elements": "str"},
            "name": {"type": "str"},
            "workspace_id": {"type": "str"},
            "ai_type": {"type": "str", "choices": ["OPENAI", "GOOGLE", "ANTHROPIC", "AWS", "OTHER"]},
            "endpoint": {"type": "str"},
            "key": {"type": "str", "no_log": True},
            "secret": {"type": "str", "no_log": True},
            "update_credentials": {"type": "str", "default": "on_create", "choices": ["on_create", "always"]},
            "validate": {"type": "bool", "default": False},
        },
        required_one_of=[("id", "name", "ids")],
        mutually_exclusive=[("id", "ids"), ("name", "ids")],
        supports_check_mode=True,
    )
    params = module.params
    check_option(module, "id", check_path_segment)
    params["ids"] = check_option(module, "ids", _path_segments)
    for option in ("name", "workspace_id", "endpoint"):
        check_option(module, option, check_text)
    for option in CREDENTIALS:
        check_option(module, option, check_not_blank)
    if params["name"] is not None and params["id"] is None and params["workspace_id"] is None:
        module.fail_json(msg="workspace_id is required with name, unless id is given.")
    if params["state"] == "absent":
        run(module, f"Removing {_subject(module)}", absent if params["ids"] is None else absent_many)
    if params["ids"] is not None:
        module.fail_json(msg="ids requires state=absent.")
    if params["update_credentials"] == "always" and not _given(module, *CREDENTIALS):
        module.fail_json(msg="update_credentials=always requires key, secret, or both.")
    run(module, f"Ensuring {_subject(module)}", present)


if __name__ == "__main__":
    main()
