# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import time
import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.filter.plan_page import FilterModule
from ansible_collections.flashback.platform.plugins.plugin_utils._shown_text import code, endpoint

PLAN_ID = f"plan-{'0' * 32}"
WORKSPACE = {"workspace_id": "workspace-123", "prune": True, "validate": False}
REMOVED = {
    "name": "Old",
    "id": "id-1",
    "outcome": "deleted",
    "before": {"ai_type": "AWS", "endpoint": "https://old.com"},
    "after": {},
}
UPDATED = {
    "name": "Team",
    "id": "id-2",
    "outcome": "updated",
    "before": {"endpoint": "https://a.com"},
    "after": {"endpoint": "https://b.com", "key": "(sent with the change)"},
}
CREATED = {
    "name": "New",
    "id": None,
    "outcome": "created",
    "before": {},
    "after": {"ai_type": "AWS", "endpoint": "https://new.com", "key": "AWS_KEY", "secret": "AWS_SECRET"},
}
SAME = {"name": "Same", "id": "id-4", "outcome": "unchanged"}

# A text, and what the page shows.
TEXTS = [
    ("Team OpenAI", "`Team OpenAI`"),
    ("", "(empty)"),
    ("user@example.com www.example.com https://x.com @octocat #1 :smile: $x$", None),
    ("<script>alert(1)</script> &lt; **b** _i_ ~~s~~ [l](u) ![i](u)", None),
    ("{{ 7 * 7 }}{% if %}{#", None),
    ("Größe 東京 Привет عربى हिन्दी e\u0301", None),
    ("👩🏽\u200d💻 👩\u200d❤\ufe0f\u200d👨 ❤\ufe0f ©\ufe0f 1\ufe0f\u20e3 🇩🇪", None),
    ("`a`|b", r"`\u0060a\u0060\u007cb`"),
    (r"a\u200bb", r"`a\\u200bb`"),
    (" a  b ", r"`\u0020a \u0020b\u0020`"),
    ("line\nbreak\u2028and\rmore\x00\x7f", r"`line\u000abreak\u2028and\u000dmore\u0000\u007f`"),
    ("invoice\u202egnp.exe", r"`invoice\u202egnp.exe`"),
    ("a\u200b\u200c\u200d\u2060\ufeff\u00ad", r"`a\u200b\u200c\u200d\u2060\ufeff\u00ad`"),
    ("a\u00a0b\u2009c\u3000d", r"`a\u00a0b\u2009c\u3000d`"),
    (
        "a\u3164\u2800\u034f\u115f\uffa0\u17b4\u180b\ufe0f\ufe00",
        r"`a\u3164\u2800\u034f\u115f\uffa0\u17b4\u180b\ufe0f\ufe00`",
    ),
    ("a\U000e0041\U000e0101\ue000\u0378\udc80", r"`a\U000e0041\U000e0101\ue000\u0378\udc80`"),
    ("+\u200d+ \u200d👩 👩\u200d", r"`+\u200d+ \u200d👩 👩\u200d`"),
    ("x" * 500, f"`{'x' * 60}…{'x' * 40}` (500 characters)"),
]
ENDPOINTS = [
    ("https://api.openai.com/v1", "`https://api.openai.com/v1`"),
    # A host is never cut.
    (f"https://api.openai.com.{'a' * 300}.evil.com/v1", None),
    (f"https://api.openai.com.{'a' * 300}.evil.com:8443", None),
    (f"{'a' * 300}.evil.com", None),
    (f"https:\\\\{'a' * 300}.evil.com", f"`https:\\\\\\\\{'a' * 300}.evil.com`"),
    (f"https://a.com/{'b' * 300}", f"`https://a.com{'/' + 'b' * 59}…{'b' * 40}` (314 characters)"),
    (f"https://a.com?{'b' * 300}", f"`https://a.com{'?' + 'b' * 59}…{'b' * 40}` (314 characters)"),
    # A Cyrillic letter looks like a Latin one.
    ("https://\u0430pi.openai.com/v1", "`https://\u0430pi.openai.com/v1` (host `xn--pi-6kc.openai.com`)"),
    ("https://\u0430pi.com:80", "`https://\u0430pi.com:80` (host `xn--pi-6kc.com`)"),
    ("https://x@\u0430pi.com", "`https://x@\u0430pi.com` (host `xn--pi-6kc.com`)"),
    ("https://\uff4fpenai.com", "`https://\uff4fpenai.com` (host `openai.com`)"),
    ("https://\u0430..com", "`https://\u0430..com` (host `\\u0430..com`)"),
    ("https://api.com/\u0430", None),
]
# Both sides of a change, which differ only where a text is cut.
LONG = [
    ("x" * 200 + "A" + "x" * 200, "x" * 200 + "B" + "x" * 200),
    ("x" * 400, "x" * 399 + "y"),
    ("x" * 400, "x" * 401),
    ("x" * 400, "y" + "x" * 399),
    ("x" * 400, ""),
]


def page(outcomes: list[dict[str, t.Any]], workspace: dict[str, t.Any] | None = None, **options: t.Any) -> str:
    result = {"plan_id": PLAN_ID, "api_url": "https://backend.flashback.tech", "outcomes": outcomes}
    return render({**result, **options.pop("result", {})}, {**WORKSPACE, **(workspace or {})}, **options)


def render(*args: t.Any, **options: t.Any) -> str:
    return FilterModule().filters()["plan_page"](*args, **options)


@pytest.mark.parametrize(("text", "shown"), TEXTS)
def test_text(text: str, shown: str | None) -> None:
    assert code(text) == (f"`{text}`" if shown is None else shown)
    assert re.fullmatch(r"`[^`|\n\r]+`( \(.*\))?|\(empty\)", code(text))


@pytest.mark.parametrize(("text", "shown"), ENDPOINTS)
def test_endpoint(text: str, shown: str | None) -> None:
    assert endpoint(text) == (f"`{text}`" if shown is None else shown)


@pytest.mark.parametrize(("before", "after"), LONG)
@pytest.mark.parametrize("lead", ["", "https://a.com/"])
def test_what_differs_is_never_cut(before: str, after: str, lead: str) -> None:
    assert endpoint(lead + before, lead + after) != endpoint(lead + after, lead + before)
    assert code(before, after) != code(after, before)


def test_plan() -> None:
    used = {**REMOVED, "repositories": [{"id": f"repo-{n}", "name": f"r{n}" if n else None} for n in range(5)]}
    listed = [{"id": UPDATED["id"], "repos": [{"id": "repo-7", "name": "r7"}]}, {"id": None, "repos": []}]
    assert (
        page([SAME, UPDATED, CREATED, used], {"validate": True}, result={"ai_llms": listed}, file="production.yml")
        == f"""\
<!-- Written by the playbook flashback.platform.plan, which replaces this file. -->

## Plan for workspace `workspace-123`: remove 1, update 1, create 1

- API: `https://backend.flashback.tech`
- Workspace file: `production.yml`
- Configurations that stay as they are: 1 of the file
- Validation: each configuration, with a call to its provider

> **Warning:** The platform would refuse 1 of the removals now, because repositories use what they remove. Unlink the \
repositories before you apply the plan.

| action | configuration | change | used by |
| --- | --- | --- | --- |
| remove | `Old` | ai_type `AWS`, endpoint `https://old.com` | `repo-0`, `r1`, `r2`, and 2 more |
| update | `Team` | endpoint `https://a.com` → `https://b.com`, key is sent | `r7` |
| create | `New` | ai_type `AWS`, endpoint `https://new.com`, key from `AWS_KEY`, secret from `AWS_SECRET` |  |

To apply this plan and nothing else, run:

```sh
ansible-playbook flashback.platform.apply \\
  --extra-vars plan_id={PLAN_ID} \\
  --extra-vars workspace=production.yml
```

If the workspace or its file changes before that, this command changes nothing, fails, and shows the new plan. \
Otherwise, it makes these changes or fewer: if one fails, it names this change, and does not undo the others.
"""
    )


@pytest.mark.parametrize(
    ("file", "option"),
    [
        ("workspace.yml", ""),
        ("/srv/a_b/p-1.yml", " \\\n  --extra-vars workspace=/srv/a_b/p-1.yml"),
        ("my file.yml", """ \\\n  --extra-vars '{"workspace": "my file.yml"}'"""),
        ("a'$(id).yml", """ \\\n  --extra-vars '{"workspace": "a'"'"'$(id).yml"}'"""),
        (
            "a\n```\nb",
            r""" \
  --extra-vars '{"workspace": "a\n```\nb"}'""",
        ),
        (
            "ä.yml",
            r""" \
  --extra-vars '{"workspace": "\u00e4.yml"}'""",
        ),
    ],
)
def test_command_names_the_file(file: str, option: str) -> None:
    command = f"```sh\nansible-playbook flashback.platform.apply \\\n  --extra-vars plan_id={PLAN_ID}{option}\n```"
    assert command in page([CREATED], file=file)


def test_nothing_to_do() -> None:
    text = page([SAME, {"name": "Gone", "id": None, "outcome": "absent"}], {"prune": False})
    assert "\n## Plan for workspace `workspace-123`: nothing to do\n" in text
    assert "\n- Configurations that stay as they are: 2 of the file, and those that the file does not name\n" in text
    assert f"The ID of this plan is `{PLAN_ID}`." in text
    assert "ansible-playbook" not in text


def test_names_that_do_not_identify_a_configuration_come_with_their_id() -> None:
    names = ["Twin", "Twin", "a\u200bb", "", "Plain", None]
    text = page([{**REMOVED, "name": name, "id": f"id-{number}"} for number, name in enumerate(names)])
    assert re.findall(r"^\| remove \| (.*?) \|", text, re.M) == [
        *("`Twin`, ID `id-0`", "`Twin`, ID `id-1`", r"`a\u200bb`, ID `id-2`", "(empty), ID `id-3`", "`Plain`"),
        "(empty), ID `id-5`",
    ]


def test_many_changes() -> None:
    outcomes = [{**CREATED, "name": f"\u200b{'é' * 60}{number}"} for number in range(3000)]
    start = time.monotonic()
    text = page(outcomes)
    assert time.monotonic() - start < 5
    shown = text.count("\n| create |")
    assert len(text) < 65000
    assert 0 < shown < 3000
    # Above the table, where nobody overlooks it.
    warning = f"> **Warning:** This page has no space for {3000 - shown} of 3000 rows."
    assert text.index(warning) < text.index("| action |")


IN_USE = {"code": "in_use", "message": "In use", "repositories": [{"id": "repo-7", "name": "r7"}]}
DENIED = {"code": "forbidden", "message": "Insufficient `permissions`"}
APPLIED: list[tuple[dict[str, t.Any], str, list[str]]] = [
    (
        {"outcomes": [SAME, {**CREATED, "id": "id-9"}, REMOVED]},
        "Plan applied to workspace `workspace-123`: removed 1, created 1",
        ["| removed | `Old`, ID `id-1` |  |", "| created | `New`, ID `id-9` |  |"],
    ),
    ({"outcomes": [SAME]}, "Plan applied to workspace `workspace-123`: nothing was left to do", []),
    (
        {
            "failed": True,
            "error": {"code": "partial_failure"},
            "outcomes": [
                {**SAME, "error": {"code": "validation_failed", "message": "Wrong key"}},
                UPDATED,
                {**CREATED, "outcome": "failed", "error": DENIED},
                {**REMOVED, "outcome": "skipped"},
                {**REMOVED, "outcome": "failed", "error": IN_USE},
            ],
        },
        "Plan not completely applied to workspace `workspace-123`: failed 2, skipped 1, updated 1, unchanged 1",
        [
            r"| failed | `New` | `forbidden`: `Insufficient \u0060permissions\u0060` |",
            "| failed | `Old`, ID `id-1` | `in_use`: `In use`, used by `r7` |",
            "| skipped | `Old`, ID `id-1` | not tried, because something failed before |",
            "| updated | `Team`, ID `id-2` |  |",
            "| unchanged | `Same`, ID `id-4` | `validation_failed`: `Wrong key` |",
            "What is left to do is another plan: solve the problems, and run the playbook plan again.",
        ],
    ),
    (
        {"failed": True, "error": {"code": "plan_changed"}, "outcomes": [REMOVED]},
        "Nothing was changed, because the plan for workspace `workspace-123` is not the approved one",
        ["| remove | `Old` | ai_type `AWS`, endpoint `https://old.com` |  |", f"  --extra-vars plan_id={PLAN_ID}"],
    ),
    (
        {
            "failed": True,
            "error": {"code": "unauthorized", "outcome_unknown": False},
            "msg": "No | access",
            "outcomes": [],
        },
        "The plan for workspace `workspace-123` was not applied",
        [r"Nothing was changed. The reason: `No \u007c access`"],
    ),
    (
        {"failed": True, "error": {"outcome_unknown": True}, "msg": "Lost", "outcomes": []},
        "The plan for workspace `workspace-123` was not applied",
        ["The reason: `Lost`"],
    ),
]


@pytest.mark.parametrize(("result", "title", "lines"), APPLIED)
def test_applied(result: dict[str, t.Any], title: str, lines: list[str]) -> None:
    text = page([], result=result, applied=True)
    assert text.startswith("<!-- Written by the playbook flashback.platform.apply, which replaces this file. -->\n\n")
    assert re.findall("^## (.*)", text, re.M) == [title]
    found = text.splitlines()
    assert [line for line in lines if line not in found] == []


def test_a_crash_of_the_module() -> None:
    text = render({"failed": True, "msg": "MODULE FAILURE"}, WORKSPACE, applied=True)
    assert "The reason: `MODULE FAILURE`" in text
