# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: workspace_file
short_description: Read the file that describes a Flashback workspace
version_added: 1.5.0
author:
  - flashback.platform contributors (!UNKNOWN)
description:
  - Reads a YAML file that describes the AI LLM configurations of a workspace, and returns options for the module
    M(flashback.platform.ai_llms). The playbooks of this collection read their workspace file with it.
  - The file is data. Nothing in it is evaluated as a template, and it cannot set variables of the playbook.
  - The file has the keys C(workspace_id) and C(configurations), and can have C(prune), C(prune_limit), and C(validate).
    An item of C(configurations) has a C(name), and can have C(state), C(ai_type), C(endpoint), C(key_env), and
    C(secret_env). The last two are names of environment variables. They must not begin with C(FLASHBACK_) or
    C(ANSIBLE_).
  - A wrong file is not an error of the lookup. Instead, RV(_value[].problems) has all problems, and the other values
    are missing. Check it before you use them.
options:
  _terms:
    description:
      - The paths of the files. A relative path is relative to the folder in which the command runs.
    type: list
    elements: str
    required: true
  credentials:
    description:
      - What to do with the environment variables that the file names.
      - V(read) reads them. A variable that is not set or is empty is a problem, unless its configuration is V(absent).
      - V(placeholder) reads none of them, and gives each configuration the credentials that a creation needs. Use it to
        make a plan in check mode. The value is another one in each run.
      - V(omit) reads none of them, and returns configurations without credentials.
    type: str
    default: read
    choices:
      - read
      - placeholder
      - omit
  only:
    description:
      - The names of the configurations to return, as a list or as text with commas. By default, all of them.
      - RV(_value[].prune) is V(false) then, because the list is not complete.
    type: list
    elements: str
seealso:
  - module: flashback.platform.ai_llms
  - plugin: flashback.platform.plan_page
    plugin_type: filter
"""

EXAMPLES = r"""
---
# workspace.yml contains, for example:
#
# workspace_id: workspace-123
# configurations:
#   - name: Team OpenAI
#     ai_type: OPENAI
#     endpoint: https://api.openai.com/v1
#     secret_env: OPENAI_API_KEY

- name: Manage the configurations of a workspace
  hosts: localhost
  gather_facts: false
  vars:
    workspace: "{{ lookup('flashback.platform.workspace_file', 'workspace.yml') }}"
  tasks:
    - name: Check the workspace file
      ansible.builtin.assert:
        that: workspace.problems == []
        fail_msg: "{{ workspace.problems }}"
        quiet: true

    - name: Ensure that the workspace is as its file describes it
      flashback.platform.ai_llms:
        workspace_id: "{{ workspace.workspace_id }}"
        ai_llms: "{{ workspace.ai_llms }}"
        prune: "{{ workspace.prune }}"
        prune_limit: "{{ workspace.prune_limit | default(omit) }}"
        validate: "{{ workspace.validate }}"
"""

RETURN = r"""
_value:
  description: One dictionary for each file. With one file, C(lookup) returns the dictionary.
  type: list
  elements: dict
  contains:
    problems:
      description:
        - What is wrong with the file, each with the file, the line, and what to do. Empty if the file is right.
        - If it is not empty, the values below are not returned.
      type: list
      elements: str
    path:
      description: The absolute path of the file that was read, without symbolic links.
      type: str
    workspace_id:
      description: The ID of the workspace.
      type: str
    ai_llms:
      description: The configurations, for the option O(flashback.platform.ai_llms#module:ai_llms).
      type: list
      elements: dict
    prune:
      description: Whether to remove configurations that the file does not name.
      type: bool
    prune_limit:
      description: The maximum number of configurations to prune. Returned only if the file sets it.
      type: int
    validate:
      description: Whether the platform checks the configurations.
      type: bool
    variables:
      description:
        - For each configuration that must exist, the names of the environment variables of its C(key) and C(secret).
      type: dict
      sample: {Team OpenAI: {secret: OPENAI_API_KEY}}
    rotation:
      description:
        - The configurations that have credentials, with only their names and credentials. Use it with
          O(flashback.platform.ai_llms#module:update_credentials=always).
      type: list
      elements: dict
    without_secret:
      description: The names of configurations that cannot be created, because they have no C(secret_env).
      type: list
      elements: str
"""

import os
import secrets
import typing as t

from ansible.plugins.lookup import LookupBase

from ..module_utils._text import excerpt, join_limited
from ..plugin_utils._workspace_file import CREDENTIALS, Description, Item, read

MAX_PROBLEMS = 20


class LookupModule(LookupBase):
    def run(self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any) -> list[dict[str, t.Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        credentials, only = self.get_option("credentials"), self.get_option("only")
        return [described(str(term), credentials, only) for term in terms]


def described(path: str, credentials: str, only: list[t.Any] | None) -> dict[str, t.Any]:
    """Return what the lookup returns for one file."""
    path = os.path.expanduser(path)
    description, problems = read(path)
    values: dict[str, t.Any] = {}
    if description:
        problems = _unknown_names(description, only)
        items = [item for item in description.items if only is None or item.name in only]
        ai_llms = [_options(item, credentials, problems, path) for item in items]
        present = [item for item in items if item.present]
        values = {
            "workspace_id": description.workspace_id,
            "ai_llms": ai_llms,
            "prune": description.prune and only is None,
            **({} if description.prune_limit is None else {"prune_limit": description.prune_limit}),
            "validate": description.validate,
            "variables": {
                item.name: {field: variable.name for field, variable in item.variables.items()} for item in present
            },
            "rotation": [
                {key: value for key, value in options.items() if key not in ("state", "ai_type", "endpoint")}
                for options, item in zip(ai_llms, items)
                if item.present and item.variables
            ],
            "without_secret": [item.name for item in present if "secret" not in item.variables],
        }
    if len(problems) > MAX_PROBLEMS:
        problems = [*problems[:MAX_PROBLEMS], f"{len(problems) - MAX_PROBLEMS} more problems are not shown."]
    return {"path": os.path.realpath(path), "problems": problems, **({} if problems else values)}


def _unknown_names(description: Description, only: list[t.Any] | None) -> list[str]:
    present = [item.name for item in description.items if item.present]
    unknown = [str(name) for name in only or [] if name not in present]
    if only == [] or unknown:
        names = join_limited(unknown) or "no name was given"
        return [f"These must be names of configurations that the file describes as present: {names}."]
    return []


def _options(item: Item, credentials: str, problems: list[str], path: str) -> dict[str, t.Any]:
    """Return an item for the module's option `ai_llms`. Adds to the problems."""
    options = {"name": item.name, "state": "present" if item.present else "absent", **item.fields}
    if not item.present or credentials == "omit":
        return options
    for field in CREDENTIALS:
        variable = item.variables.get(field)
        if variable:
            options[f"{field}_from"] = variable.name
        if credentials == "placeholder" and (variable or field == "secret"):
            # Nobody can know it before, and use it in a name, which the module would hide then.
            options[field] = secrets.token_hex(16)
        elif variable:
            # Bytes that are not UTF-8 are lone surrogates here.
            value = os.environ.get(variable.name, "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            if not value.strip() or "\ufffd" in value:
                problems.append(
                    f"{excerpt(path)}, line {variable.line}: the environment variable {variable.name} of"
                    f" '{excerpt(item.name)}' is not set, is empty, or is not UTF-8: set it before you run this."
                )
            options[field] = value
    return options
