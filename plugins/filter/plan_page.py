# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_page
short_description: Make a Markdown page of a plan, or of what was applied
version_added: 1.5.0
author:
  - flashback.platform contributors (!UNKNOWN)
description:
  - Turns the result of the module M(flashback.platform.ai_llms) into a page for reviewers, such as the summary of a
    pipeline. The playbooks C(plan) and C(apply) of this collection write their pages with it.
  - Names and endpoints come from other people. The page shows them as code, in which no Markdown, HTML, link, or
    mention has an effect. Invisible characters appear in a notation such as V(\\u200b).
  - The page has at most about 60,000 characters, and says at its top if it does not show all changes.
positional: _input, workspace
options:
  _input:
    description:
      - The result of the module. For a plan, it is the result of a run in check mode.
    type: dict
    required: true
  workspace:
    description:
      - What the lookup P(flashback.platform.workspace_file#lookup) returned for the file of the workspace.
    type: dict
    required: true
  file:
    description:
      - The path of the file, for the command that applies the plan.
    type: str
    default: workspace.yml
  applied:
    description:
      - Whether to show what the task did. Otherwise, the page shows what it would do.
    type: bool
    default: false
seealso:
  - module: flashback.platform.ai_llms
  - plugin: flashback.platform.workspace_file
    plugin_type: lookup
"""

EXAMPLES = r"""
---
- name: Write a page for reviewers
  hosts: localhost
  gather_facts: false
  vars:
    workspace: "{{ lookup('flashback.platform.workspace_file', 'workspace.yml', credentials='placeholder') }}"
  tasks:
    - name: Make the plan
      flashback.platform.ai_llms:
        workspace_id: "{{ workspace.workspace_id }}"
        ai_llms: "{{ workspace.ai_llms }}"
      check_mode: true
      register: plan

    - name: Write the page
      ansible.builtin.copy:
        content: "{{ plan | flashback.platform.plan_page(workspace) }}"
        dest: "{{ playbook_dir }}/plan.md"
        mode: "0600"
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""

import typing as t

from ..plugin_utils._page import apply_page, plan_page


def page(result: t.Any, workspace: t.Any, file: str = "workspace.yml", applied: bool = False) -> str:
    return (apply_page if applied else plan_page)(result, workspace, str(file))


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., str]]:
        return {"plan_page": page}
