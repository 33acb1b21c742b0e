# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the scripts of the pipelines as their files have them: pipelines.py FOLDER URL, see runs.py.

The folder has the files of docs/pipelines.
"""

from __future__ import annotations

import re
import typing as t

import yaml
from runs import FOLDER, PROVIDERS, Run, mock, run, state, variables_of


class Plan(t.NamedTuple):
    """What the job "plan" hands to the job "apply", and to people."""

    id: str
    changes: int
    page: str


def run_script(script: str, variables: dict[str, str], *, providers: bool = False) -> Run:
    """Run a script as a runner does: in bash, which stops at the first failure."""
    return run(["bash", "-e", "-o", "pipefail", "-c", script], variables, providers=providers)


class GitHub:
    """The jobs of GitHub Actions."""

    def __init__(self) -> None:
        self._jobs = yaml.safe_load((FOLDER / "github-actions.yml").read_text(encoding="utf-8"))["jobs"]
        condition = "github.event_name == 'push' && needs.plan.outputs.plan_changes != '0'"
        assert self._jobs["apply"]["if"] == condition
        assert self._jobs["plan"]["outputs"] == {
            name: f"${{{{ steps.plan.outputs.{name} }}}}" for name in ("plan_id", "plan_changes")
        }

    def _step(self, job: str) -> dict[str, t.Any]:
        (step,) = (step for step in self._jobs[job]["steps"] if "ansible-playbook" in step.get("run", ""))
        secrets = [name for name, value in step["env"].items() if value == f"${{{{ secrets.{name} }}}}"]
        assert {"FLASHBACK_EMAIL", "FLASHBACK_PASSWORD"} <= set(secrets)
        assert (set(PROVIDERS) <= set(secrets)) == (job == "apply")
        return t.cast("dict[str, t.Any]", step)

    def plan(self) -> Plan:
        step = self._step("plan")
        files = {"GITHUB_OUTPUT": FOLDER / "output.txt", "GITHUB_STEP_SUMMARY": FOLDER / "summary.txt"}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        ended = run_script(step["run"], {name: str(path) for name, path in files.items()})
        assert ended.succeeded
        assert ended.writes == []
        assert step["id"] == "plan"
        outputs = variables_of(files["GITHUB_OUTPUT"].read_text(encoding="utf-8"))
        page = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return Plan(outputs["plan_id"], int(outputs["plan_changes"]), page)

    def apply(self, plan: Plan) -> Run:
        step = self._step("apply")
        assert step["env"]["PLAN_ID"] == "${{ needs.plan.outputs.plan_id }}"
        return run_script(step["run"], {"PLAN_ID": plan.id}, providers=True)

    def drift(self) -> Run:
        return run_script(self._step("drift")["run"], {})


class GitLab:
    """The jobs of GitLab CI."""

    def __init__(self) -> None:
        self._jobs = yaml.safe_load((FOLDER / "gitlab-ci.yml").read_text(encoding="utf-8"))
        assert self._jobs["apply"]["needs"] == ["plan"]

    def _script(self, job: str) -> str:
        return "\n".join(self._jobs[job]["script"])

    def plan(self) -> Plan:
        ended = run_script(self._script("plan"), {})
        assert ended.succeeded
        assert ended.writes == []
        artifacts = self._jobs["plan"]["artifacts"]
        (page,) = artifacts["paths"]
        outputs = variables_of((FOLDER / artifacts["reports"]["dotenv"]).read_text(encoding="utf-8"))
        return Plan(outputs["plan_id"], int(outputs["plan_changes"]), (FOLDER / page).read_text(encoding="utf-8"))

    def apply(self, plan: Plan) -> Run:
        return run_script(
            self._script("apply"), {"plan_id": plan.id, "plan_changes": str(plan.changes)}, providers=True
        )

    def drift(self) -> Run:
        return run_script(self._script("drift"), {})


def try_pipeline(pipeline: GitHub | GitLab) -> None:
    mock("POST", "_mock/reset")
    described = (FOLDER / "workspace.yml").read_text(encoding="utf-8")
    plan = pipeline.plan()
    assert plan.changes == 3
    assert "This plan removes 1, updates 1, and creates 1 configuration in workspace" in plan.page
    assert "| remove | <code>Staging Anthropic</code> |" in plan.page
    assert f"plan_id={plan.id}" in plan.page

    # Somebody changes the workspace before the approval.
    mock("DELETE", f"ai/llm/{state()['Staging Anthropic']['id']}")
    before = state()
    for _attempt in range(2):
        refused = pipeline.apply(plan)
        assert not refused.succeeded
        assert "plan_changed" in refused.output
        assert refused.writes == []
    assert state() == before

    # A new plan, and its approval
    plan = pipeline.plan()
    assert plan.changes == 2
    assert f"plan_id={plan.id}" in refused.output
    applied = pipeline.apply(plan)
    assert applied.succeeded
    assert sorted(applied.writes) == ["POST 200", "PUT 200"]
    assert sorted(state()) == ["Production OpenAI", "Staging OpenAI", "Team Anthropic"]
    assert pipeline.drift().succeeded

    # Nothing to do
    empty = pipeline.plan()
    assert empty.changes == 0
    assert "This plan changes nothing in workspace" in empty.page
    for each in (plan, empty):
        again = pipeline.apply(each)
        assert again.succeeded
        assert again.writes == []

    # A removal that the platform refuses, and a creation that fails at first
    text = re.sub(r"  - name: Production OpenAI\n(    .*\n)+", "", described).replace(
        "Team Anthropic", "Main Anthropic"
    )
    (FOLDER / "workspace.yml").write_text(text, encoding="utf-8")
    assert "create Main Anthropic; update nothing; remove Production OpenAI, Team Anthropic" in pipeline.drift().output
    plan = pipeline.plan()
    assert plan.changes == 3
    assert "The platform would refuse 1 of the removals now" in plan.page
    refusal = {"success": False, "message": "Insufficient permissions"}
    mock("PUT", "_mock/faults", [{"method": "POST", "path": "/ai/llm", "status": 403, "body": refusal}])
    failed = pipeline.apply(plan)
    assert not failed.succeeded
    assert "partial_failure" in failed.output
    assert failed.writes == ["POST 403"]
    # Nothing was changed, so it is the same plan.
    assert pipeline.plan() == plan
    failed = pipeline.apply(plan)
    assert not failed.succeeded
    assert "What is left to do is another plan" in failed.output
    assert sorted(failed.writes) == ["DELETE 200", "DELETE 403", "POST 200"]
    assert "plan_changed" in pipeline.apply(plan).output
    mock("PUT", f"_mock/repos/{state()['Production OpenAI']['id']}", [])
    plan = pipeline.plan()
    assert plan.changes == 1
    assert pipeline.apply(plan).succeeded
    assert sorted(state()) == ["Main Anthropic", "Staging OpenAI"]
    assert mock("GET", "_mock/sessions") == []
    (FOLDER / "workspace.yml").write_text(described, encoding="utf-8")


if __name__ == "__main__":
    try_pipeline(GitHub())
    try_pipeline(GitLab())
