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
    are missing. Check that it is empty before you use them.
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
        make a plan in check mode. Each run has another placeholder.
      - V(omit) reads none of them, and returns configurations without credentials.
    type: str
    default: read
    choices:
      - read
      - placeholder
      - omit
  only:
    description:
      - The names of configurations whose credentials you want to send again, with
        O(flashback.platform.ai_llms#module:update_credentials=always). It is a list, or text with commas.
      - RV(_value[].ai_llms) has only these configurations then, and each of them only its name and its credentials.
        RV(_value[].prune) is V(false), because the list is not complete.
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
"""

import os
import secrets
import typing as t

from ansible.plugins.lookup import LookupBase

from ..module_utils._text import excerpt, join_limited
from ..plugin_utils._workspace_file import read

MAX_PROBLEMS = 20

# Nobody can know it before, and give a configuration a name in which the module would hide it. It is the same for all,
# because the module searches its output for each of them.
PLACEHOLDER = secrets.token_hex(16)


class LookupModule(LookupBase):
    def run(self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any) -> list[dict[str, t.Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        return [described(str(path), self.get_option("credentials"), self.get_option("only")) for path in terms]


def described(path: str, credentials: str = "read", only: list[t.Any] | None = None) -> dict[str, t.Any]:
    """Return what the lookup returns for a file, see RETURN."""
    path = os.path.expanduser(path)
    values, problems = read(path)
    result: dict[str, t.Any] = {}
    if not problems:
        items = [item for item in values["configurations"] if only is None or item["name"] in only]
        result = {key: values[key] for key in ("workspace_id", "prune_limit", "validate") if key in values}
        result["prune"] = values["prune"] and only is None
        result["variables"] = {
            item["name"]: {field: item[f"{field}_env"] for field in ("key", "secret") if f"{field}_env" in item}
            for item in items
            if item.get("state") != "absent"
        }
        result["ai_llms"] = [_ai_llm(item, path, credentials, problems) for item in items]
        if only is not None:
            for item in result["ai_llms"]:
                item.pop("ai_type", None)
                item.pop("endpoint", None)
            wrong = [str(name) for name in only if not isinstance(name, str) or not result["variables"].get(name)]
            if wrong or not only:
                names = join_limited(wrong) or "no name was given"
                problems.append(f"These must be names of present configurations with key_env or secret_env: {names}.")
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [f"{len(problems) - MAX_PROBLEMS} more problems are not shown."]
    return {"path": os.path.realpath(path), "problems": problems, **({} if problems else result)}


def _ai_llm(item: dict[str, t.Any], path: str, credentials: str, problems: list[str]) -> dict[str, t.Any]:
    """Return an item for the module's option `ai_llms`. Adds to the problems."""
    options: dict[str, t.Any] = {key: item[key] for key in ("name", "state", "ai_type", "endpoint") if key in item}
    if item.get("state") == "absent" or credentials == "omit":
        return options
    for field in ("key", "secret"):
        variable = item.get(f"{field}_env")
        if variable:
            options[f"{field}_from"] = variable
        if credentials == "placeholder" and (variable or field == "secret"):
            options[field] = PLACEHOLDER
        elif variable:
            # Bytes that are not UTF-8 are lone surrogates here.
            options[field] = os.environ.get(variable, "").encode("utf-8", "replace").decode()
            if not options[field].strip():
                problems.append(
                    f"{excerpt(path)}, line {item['lines'][f'{field}_env']}: the environment variable {variable} of"
                    f" '{excerpt(item['name'])}' is not set, or is empty: set and export it first."
                )
    return options
