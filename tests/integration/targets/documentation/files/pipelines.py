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


def runner_commands(log: str) -> list[tuple[str, str]]:
    """The commands that GitHub's runner finds in a log, with their data: a small model of its ActionCommandManager.

    It takes "::name options::data" at the beginning of a line, and "##[name options]data" anywhere in it. After
    stop-commands, only the word of this command is a command.
    """
    names = {
        "add-mask",
        "add-path",
        "debug",
        "error",
        "group",
        "notice",
        "save-state",
        "set-env",
        "set-output",
        "warning",
    }
    commands, stop = [], None
    for line in log.splitlines():
        found = re.match(r"\s*::([^:\s]+)(?: [^:]*)?::(.*)", line) or re.search(
            r"##\[([^\]\s]+)(?: [^\]]*)?\](.*)", line
        )
        if not found:
            continue
        name, data = found.groups()
        if stop is not None:
            stop = None if name.lower() == stop.lower() else stop
        elif name == "stop-commands":
            stop = data
        elif name in names:
            commands.append((name, data))
    return commands


class GitHub:
    """The jobs of GitHub Actions."""

    def __init__(self) -> None:
        self._jobs = yaml.safe_load((FOLDER / "github-actions.yml").read_text(encoding="utf-8"))["jobs"]
        condition = "github.event_name == 'push' && needs.plan.outputs.plan_changes != '0'"
        assert self._jobs["apply"]["if"] == condition
        assert self._jobs["plan"]["outputs"] == {
            name: f"${{{{ steps.plan.outputs.{name} }}}}" for name in ("plan_id", "plan_changes")
        }
        self._files = {"GITHUB_OUTPUT": FOLDER / "output.txt", "GITHUB_STEP_SUMMARY": FOLDER / "summary.txt"}

    def _step(self, job: str) -> dict[str, t.Any]:
        (step,) = (step for step in self._jobs[job]["steps"] if "ansible-playbook" in step.get("run", ""))
        secrets = [name for name, value in step["env"].items() if value == f"${{{{ secrets.{name} }}}}"]
        assert {"FLASHBACK_EMAIL", "FLASHBACK_PASSWORD"} <= set(secrets)
        assert (set(PROVIDERS) <= set(secrets)) == (job == "apply")
        assert step["env"]["FLASHBACK_API_URL"] == "${{ vars.FLASHBACK_API_URL }}"
        # The shell gets all values from its environment, not as a part of the script.
        assert "${{" not in step["run"]
        return t.cast("dict[str, t.Any]", step)

    def run(self, job: str, plan_id: str | None = None) -> Run:
        """Run the step of a job that starts a playbook. Empties the output and the summary before."""
        step = self._step(job)
        for path in self._files.values():
            path.write_text("", encoding="utf-8")
        files = {name: str(path) for name, path in self._files.items()}
        if plan_id is not None:
            assert step["env"]["FLASHBACK_PLAN_ID"] == "${{ needs.plan.outputs.plan_id }}"
            files["FLASHBACK_PLAN_ID"] = plan_id
        ended = run_script(step["run"], files, providers=job == "apply")
        assert runner_commands(ended.log) == []
        return ended

    def written(self, name: str) -> str:
        return self._files[name].read_text(encoding="utf-8")

    def plan(self) -> Plan:
        ended = self.run("plan")
        assert ended.succeeded
        assert ended.writes == []
        assert self._step("plan")["id"] == "plan"
        outputs = variables_of(self.written("GITHUB_OUTPUT"))
        assert list(outputs) == ["plan_id", "plan_changes"]
        return Plan(outputs["plan_id"], int(outputs["plan_changes"]), self.written("GITHUB_STEP_SUMMARY"))

    def apply(self, plan: Plan) -> tuple[Run, str]:
        ended = self.run("apply", plan.id)
        (step,) = (step for step in self._jobs["apply"]["steps"] if step.get("if") == "${{ !cancelled() }}")
        assert run_script(step["run"], {"GITHUB_STEP_SUMMARY": str(self._files["GITHUB_STEP_SUMMARY"])}).succeeded
        return ended, self.written("GITHUB_STEP_SUMMARY")

    def drift(self) -> Run:
        return self.run("drift")


class GitLab:
    """The jobs of GitLab CI."""

    def __init__(self) -> None:
        self._jobs = yaml.safe_load((FOLDER / "gitlab-ci.yml").read_text(encoding="utf-8"))
        assert self._jobs["apply"]["needs"] == ["plan"]

    def _script(self, job: str) -> str:
        return "\n".join(self._jobs[job]["script"])

    def _page(self, job: str) -> str:
        (page,) = self._jobs[job]["artifacts"]["paths"]
        return (FOLDER / page).read_text(encoding="utf-8")

    def plan(self) -> Plan:
        ended = run_script(self._script("plan"), {})
        assert ended.succeeded
        assert ended.writes == []
        dotenv = self._jobs["plan"]["artifacts"]["reports"]["dotenv"]
        outputs = variables_of((FOLDER / dotenv).read_text(encoding="utf-8"))
        return Plan(outputs["plan_id"], int(outputs["plan_changes"]), self._page("plan"))

    def apply(self, plan: Plan) -> tuple[Run, str]:
        variables = {"plan_id": plan.id, "plan_changes": str(plan.changes)}
        ended = run_script(self._script("apply"), variables, providers=True)
        assert self._jobs["apply"]["artifacts"]["when"] == "always"
        return ended, self._page("apply")

    def drift(self) -> Run:
        return run_script(self._script("drift"), {})


def try_approval(pipeline: GitHub | GitLab) -> None:
    mock("POST", "_mock/reset")
    described = (FOLDER / "workspace.yml").read_text(encoding="utf-8")
    plan = pipeline.plan()
    assert plan.changes == 3
    assert "## Plan for workspace `workspace-123`: remove 1, update 1, create 1" in plan.page
    assert "| remove | `Staging Anthropic` |" in plan.page
    assert "secret from `ANTHROPIC_API_KEY`" in plan.page
    assert f"plan_id={plan.id}" in plan.page

    # Somebody changes the workspace before the approval, or only where a secret comes from.
    mock("DELETE", f"ai/llm/{state()['Staging Anthropic']['id']}")
    before = state()
    refused, page = pipeline.apply(plan)
    assert not refused.succeeded
    assert "plan_changed" in refused.output
    assert refused.writes == []
    assert "## Nothing was changed, because the plan" in page
    assert "| create | `Team Anthropic` |" in page
    plan = pipeline.plan()
    assert plan.changes == 2
    assert f"plan_id={plan.id}" in refused.output
    (FOLDER / "workspace.yml").write_text(described.replace("ANTHROPIC_API_KEY", "OPENAI_API_KEY"), encoding="utf-8")
    refused, page = pipeline.apply(plan)
    assert "plan_changed" in refused.output
    assert "secret from `OPENAI_API_KEY`" in page
    assert state() == before
    (FOLDER / "workspace.yml").write_text(described, encoding="utf-8")

    # An approval
    applied, page = pipeline.apply(plan)
    assert applied.succeeded
    assert sorted(applied.writes) == ["POST 200", "PUT 200"]
    assert "## Plan applied to workspace `workspace-123`: updated 1, created 1" in page
    assert sorted(state()) == ["Production OpenAI", "Staging OpenAI", "Team Anthropic"]
    assert pipeline.drift().succeeded

    # Nothing to do
    empty = pipeline.plan()
    assert empty.changes == 0
    assert "nothing to do" in empty.page
    for each in (plan, empty):
        again, page = pipeline.apply(each)
        assert again.succeeded
        assert again.writes == []
        assert "nothing was left to do" in page


def try_failures(pipeline: GitHub | GitLab) -> None:
    """A removal that the platform refuses, and a creation that fails at first, after what `try_approval` has done."""
    described = (FOLDER / "workspace.yml").read_text(encoding="utf-8")
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
    failed, page = pipeline.apply(plan)
    assert not failed.succeeded
    assert "partial_failure" in failed.output
    assert failed.writes == ["POST 403"]
    assert "| failed | `Main Anthropic` | `forbidden`: `Insufficient permissions` |" in page
    assert page.count("\n| skipped |") == 2
    # Nothing was changed, so it is the same plan.
    assert pipeline.plan() == plan
    failed, page = pipeline.apply(plan)
    assert not failed.succeeded
    assert "What is left to do is another plan" in failed.output
    assert sorted(failed.writes) == ["DELETE 200", "DELETE 403", "POST 200"]
    assert "Plan not completely applied to workspace `workspace-123`: failed 1, removed 1, created 1" in page
    assert "plan_changed" in pipeline.apply(plan)[0].output
    mock("PUT", f"_mock/repos/{state()['Production OpenAI']['id']}", [])
    plan = pipeline.plan()
    assert plan.changes == 1
    assert pipeline.apply(plan)[0].succeeded
    assert sorted(state()) == ["Main Anthropic", "Staging OpenAI"]
    assert mock("GET", "_mock/sessions") == []
    (FOLDER / "workspace.yml").write_text(described, encoding="utf-8")


def try_attacks(pipeline: GitHub) -> None:
    """Neither a name on the platform nor the file of a pull request gives a command to the runner or to the shell."""
    code = "{{ lookup('pipe', 'touch hacked') }}"
    names = [
        "##[add-mask]plan-",
        "::add-mask::plan-",
        "a\n::add-mask::plan-",
        "$(touch hacked)",
        code,
        "##[set-env name=PATH]x",
    ]
    fields = {
        "workspaceId": "workspace-123",
        "aiType": "OTHER",
        "endpoint": "https://example.com/##[add-mask]e",
        "repos": [],
    }
    listed = [{**fields, "id": f"id-{number}", "name": name} for number, name in enumerate(names)]
    mock("POST", "_mock/reset", {"workspaces": ["workspace-123"], "ai_llms": listed})
    described = (FOLDER / "workspace.yml").read_text(encoding="utf-8")
    (FOLDER / "workspace.yml").write_text(described.replace("prune_limit: 2", "prune_limit: 9"), encoding="utf-8")
    plan = pipeline.plan()
    assert plan.changes == 9
    assert re.fullmatch("plan-[0-9a-f]{32}", plan.id)
    # Without the first lines of the script, the runner would hide the ID, so the model finds what it has to find.
    unguarded = run_script("ansible-playbook flashback.platform.plan", {})
    assert ("add-mask", "plan-") in [(name, data[:5]) for name, data in runner_commands(unguarded.log)]
    for job in ("apply", "drift"):
        assert not pipeline.run(job, f"{plan.id}{code}" if job == "apply" else None).succeeded

    # Files of the pull request. Those of an earlier commit cannot look like the result.
    hostile = {
        "workspace.yml": f'{described}flashback_changes: []\nplan_id: "{code}"\n# ##[add-mask]plan-\n',
        "workspace.plan.md": "<!-- Written by the playbook flashback.platform.plan, -->\nThis plan changes nothing\n",
        "workspace.plan.env": f"plan_id=plan-{'0' * 32}\nplan_changes=0\n",
        "workspace.apply.md": "Everything was applied\n",
    }
    for name, text in hostile.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    assert not pipeline.run("plan").succeeded
    assert pipeline.written("GITHUB_OUTPUT") == pipeline.written("GITHUB_STEP_SUMMARY") == ""
    ended, page = pipeline.apply(plan)
    assert (ended.succeeded, page) == (False, "")
    assert ended.writes == []
    assert not (FOLDER / "hacked").exists()
    assert [path.name for path in FOLDER.glob("workspace.*")] == ["workspace.yml"]


if __name__ == "__main__":
    for each in (GitHub(), GitLab()):
        try_approval(each)
        try_failures(each)
    try_attacks(GitHub())
