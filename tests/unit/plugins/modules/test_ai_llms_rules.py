# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of `ai_llms`, each with the requests in order."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.flashback.platform.plugins.modules import ai_llm, ai_llms
from ansible_collections.flashback.platform.tests.unit.fake_api import After, FakeApi
from ansible_collections.flashback.platform.tests.unit.responses import (
    GATEWAY_ERROR,
    NOT_VALID,
    REFUSED,
    RESET,
    SERVER_ERROR,
    TOKEN,
    WORKSPACE,
    item,
    listing,
    repo,
)
from ansible_collections.flashback.platform.tests.unit.scripted_server import response

if t.TYPE_CHECKING:
    from ansible_collections.flashback.platform.tests.unit.conftest import StartServer
    from ansible_collections.flashback.platform.tests.unit.helpers import TaskResult

LIST = f"GET /ai/llm?workspaceId={WORKSPACE}"
LOOKUP = "GET /workspace"
CREATE = "POST /ai/llm"
NEW = {"name": "New", "ai_type": "OPENAI", "endpoint": "https://one.example.com", "secret": "sk-new"}
UPDATED = {"name": "One", "endpoint": "https://new.example.com"}
ELSEWHERE = "workspace-456"


@pytest.fixture
def api(start_server: StartServer) -> FakeApi:
    """Has the configurations One and Two, and one of another workspace, which its filter does not keep away."""
    return start_server(
        item(id="id-1", name="One"),
        item(id="id-2", name="Two"),
        item(id="id-9", name="Elsewhere", workspaceId=ELSEWHERE),
        kind=FakeApi,
    )


def run(api: FakeApi, *items: dict[str, t.Any], **options: t.Any) -> TaskResult:
    return api.run(ai_llms.main, token=TOKEN, workspace_id=WORKSPACE, ai_llms=[*items], **options)


def requests(api: FakeApi) -> list[str]:
    return [request.line for request in api.requests]


def statuses(ended: TaskResult) -> dict[str, str]:
    return {outcome["name"]: outcome["outcome"] for outcome in ended.values["outcomes"]}


def assert_no_write(api: FakeApi, ended: TaskResult) -> None:
    assert (ended.failed, ended.changed) == (True, False)
    assert requests(api) == [LIST]
    assert len(api.configurations) >= 3


# Rule 1: one list before, and all that is wrong before any write


@pytest.mark.parametrize("check", [False, True])
def test_nothing_to_do_is_one_list(api: FakeApi, check: bool) -> None:
    ended = run(api, {"name": "One"}, {"name": "Two", "ai_type": "OPENAI"}, prune=True, check=check)
    assert (ended.failed, ended.changed) == (False, False)
    assert requests(api) == [LIST]


@pytest.mark.parametrize("check", [False, True])
def test_all_that_creations_lack_is_named_before_any_write(api: FakeApi, check: bool) -> None:
    ended = run(
        api,
        {"name": "A"},
        {"name": "B", "ai_type": "AWS", "secret": "s3cret"},
        {**NEW, "name": "C"},
        UPDATED,
        prune=True,
        check=check,
    )
    assert_no_write(api, ended)
    assert "'A' needs ai_type, endpoint, secret" in ended.msg
    assert "'B' needs endpoint" in ended.msg
    assert "'C'" not in ended.msg


LOOK_ALIKES = {
    "zero width space": ("New", "New\u200b", "'New\\u200b'"),
    "decomposed": ("Caf\u00e9", "Cafe\u0301", "'Cafe\\u0301'"),
    "case": ("New", "NEW", "'NEW'"),
    "full width": ("New", "\uff2eew", "'\\uff2eew'"),
    "white space": ("New  one", "New one ", "'New \\x20one'"),
}


@pytest.mark.parametrize(("name", "existing", "shown"), LOOK_ALIKES.values(), ids=LOOK_ALIKES)
@pytest.mark.parametrize("check", [False, True])
def test_a_name_to_create_and_a_name_to_prune_that_look_alike(
    api: FakeApi, name: str, existing: str, shown: str, check: bool
) -> None:
    api.configurations["id-3"] = item(id="id-3", name=existing)
    ended = run(api, {**NEW, "name": name}, prune=True, check=check)
    assert_no_write(api, ended)
    assert ended.code == "ambiguous_name"
    assert shown in ended.msg
    assert "(id-3)" in ended.msg
    # Without prune, or if the listed name is declared, both can exist.
    api.requests.clear()
    for state in ("present", "absent"):
        looked_up = run(api, {**NEW, "name": name, "state": state}, check=True)
        assert (looked_up.failed, looked_up.changed) == (False, state == "present")
        (warning,) = looked_up.warnings
        assert all(words in warning for words in (shown, "(id-3)"))
    declared = run(api, {**NEW, "name": name}, {"name": existing, "state": "absent"}, prune=True, check=True)
    # A name that a task cannot have is only removed by its ID.
    assert declared.failed is (existing in ("New\u200b", "New one "))


@pytest.mark.parametrize(
    ("stored", "warns"), [("https://new.example.com/", True), ("https://new.example.com", False), (None, False)]
)
@pytest.mark.parametrize("name", ["One", "New"])
def test_a_value_that_the_platform_stores_differently_is_a_warning(
    api: FakeApi, name: str, stored: str | None, warns: bool
) -> None:
    def store(line: str) -> None:
        if line == LIST and len(requests(api)) > 1:
            next(item for item in api.configurations.values() if item["name"] == name)["endpoint"] = stored

    api.hook = store
    ended = run(api, {**NEW, **UPDATED, "name": name})
    assert (ended.failed, ended.changed) == (False, True)
    assert ["Each run will report a change" in warning for warning in ended.warnings] == ([True] if warns else [])
    assert ended.values["ai_llms"][0]["endpoint"] == stored
    assert requests(api)[2:] == [LIST]


def test_a_password_in_a_listed_endpoint_is_not_shown(api: FakeApi) -> None:
    api.configurations["id-1"]["endpoint"] = "https://user:pa55word@new.example.com"
    for options in ({"check": True, "diff": True}, {"diff": True}):
        ended = run(api, UPDATED, **options)
        assert ended.changed
        assert "pa55word" not in ended.output
        assert len(ended.warnings) == 1
        assert ended.values["diff"]["before"]["One"]["endpoint"] == "https://********@new.example.com"


def test_a_listed_type_that_is_not_known_can_stay(api: FakeApi) -> None:
    api.configurations["id-1"]["aiType"] = "NEWCOMER"
    assert not run(api, {"name": "One", "ai_type": "NEWCOMER"}).failed
    ended = run(api, {"name": "Two", "ai_type": "NEWCOMER"})
    assert (ended.failed, ended.changed, "'Two'" in ended.msg) == (True, False, True)


def test_a_list_that_has_an_id_with_different_values_is_refused(api: FakeApi) -> None:
    api.next(LIST, response(200, listing(item(id="id-1", name="New"), item(id="id-1", name="Old"))))
    ended = run(api, NEW, prune=True)
    assert (ended.code, requests(api)) == ("invalid_response", [LIST])


def test_a_list_that_has_one_twice_has_it_once(api: FakeApi) -> None:
    one = item(id="id-1", name="One")
    api.next(LIST, response(200, listing(one, one, item(id="id-2", name="Two"), item(id="id-2", name="Two"))))
    ended = run(api, UPDATED, prune=True, prune_limit=1)
    assert not ended.failed
    assert requests(api) == [LIST, "PUT /ai/llm/id-1", LIST, "DELETE /ai/llm/id-2"]
    assert statuses(ended) == {"One": "updated", "Two": "deleted"}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("limit", "fails"), [(0, True), (1, True), (2, False), (None, False)])
def test_more_to_prune_than_the_limit_is_an_error_before_any_write(
    api: FakeApi, limit: int | None, fails: bool, check: bool
) -> None:
    options = {} if limit is None else {"prune_limit": limit}
    ended = run(api, NEW, prune=True, check=check, **options)
    assert ended.failed is fails
    if fails:
        assert_no_write(api, ended)
        assert ended.code == "prune_limit_exceeded"


def test_without_prune_a_configuration_without_a_name_stays(api: FakeApi) -> None:
    api.configurations["id-3"] = item(id="id-3", name=None)
    assert not run(api, {"name": "One"}).failed
    assert requests(api) == [LIST]


def test_prune_never_touches_another_workspace(api: FakeApi) -> None:
    """Whatever the filter of the API returns (decision 7), and whatever fields another workspace has (decision 10)."""
    api.configurations["id-9"].update(name=5, repos="used")
    ended = run(api, prune=True)
    assert not ended.failed
    assert sorted(requests(api)[1:]) == ["DELETE /ai/llm/id-1", "DELETE /ai/llm/id-2"]
    assert api.configurations.keys() == {"id-9"}


@pytest.mark.parametrize("fields", [{"workspaceId": None}, {"workspaceId": 42}, {"name": 42}, {"repos": ["repo-1"]}])
def test_a_type_that_nobody_expects_concludes_nothing(api: FakeApi, fields: dict[str, t.Any]) -> None:
    api.configurations["id-8"] = item(id="id-8", **{"name": "Homeless", **fields})
    ended = run(api, NEW, prune=True)
    assert_no_write(api, ended)
    assert ended.code == "invalid_response"


# Rule 2: creations and updates first, removals only if nothing failed


def test_removals_come_after_creations_updates_and_validations(api: FakeApi) -> None:
    api.configurations["id-3"] = item(id="id-3", name="Three")
    ended = run(
        api,
        {"name": "Two", "state": "absent"},
        UPDATED,
        NEW,
        prune=True,
        validate=True,
    )
    assert not ended.failed
    assert requests(api)[0] == LIST
    assert sorted(requests(api)[1:3]) == [CREATE, "PUT /ai/llm/id-1"]
    assert requests(api)[3] == LIST
    assert sorted(requests(api)[4:6]) == ["POST /ai/llm/id-1/validate", "POST /ai/llm/new-4/validate"]
    assert sorted(requests(api)[6:]) == ["DELETE /ai/llm/id-2", "DELETE /ai/llm/id-3"]


@pytest.mark.parametrize(
    ("line", "answered"),
    [
        (CREATE, response(400, REFUSED)),
        (CREATE, GATEWAY_ERROR),
        ("PUT .*", SERVER_ERROR),
        (".*/validate", NOT_VALID),
    ],
)
def test_nothing_is_removed_after_a_failure(api: FakeApi, line: str, answered: t.Any) -> None:
    api.next(line, *[answered] * 2)
    ended = run(
        api,
        NEW,
        UPDATED,
        {"name": "Two", "state": "absent"},
        prune=True,
        validate=True,
    )
    assert ended.code == "partial_failure"
    assert not [line for line in requests(api) if line.startswith("DELETE")]
    assert statuses(ended)["Two"] == "skipped"
    assert "id-2" in api.configurations


def test_what_is_in_doubt_is_settled_before_the_removals(api: FakeApi) -> None:
    api.next(CREATE, After(RESET))
    api.next("PUT .*", After(GATEWAY_ERROR))
    ended = run(api, NEW, UPDATED, prune=True)
    assert not ended.failed
    assert requests(api)[0] == LIST
    assert sorted(requests(api)[1:3]) == [CREATE, "PUT /ai/llm/id-1"]
    assert requests(api)[3:] == [LIST, "DELETE /ai/llm/id-2"]
    assert statuses(ended) == {"New": "created", "One": "updated", "Two": "deleted"}


def test_a_lost_rotation_is_unknown_and_holds_removals_back(api: FakeApi) -> None:
    """No list shows credentials."""
    api.next("PUT .*", RESET)
    ended = run(api, {"name": "One", "secret": "sk-2"}, prune=True, update_credentials="always")
    assert requests(api) == [LIST, "PUT /ai/llm/id-1"]
    assert statuses(ended) == {"One": "unknown", "Two": "skipped"}
    assert (ended.code, ended.changed, ended.error["outcome_unknown"]) == ("partial_failure", False, True)


def test_one_that_is_in_use_does_not_stop_the_other_removals(api: FakeApi) -> None:
    api.configurations["id-1"]["repos"] = [repo(1)]
    ended = run(api, prune=True)
    assert ended.code == "partial_failure"
    assert ended.changed
    assert statuses(ended) == {"One": "failed", "Two": "deleted"}
    error = ended.values["outcomes"][0]["error"]
    assert (error["code"], [found["id"] for found in error["repositories"]]) == ("in_use", ["repo-1"])
    # It is not declared.
    assert ended.values["ai_llms"] == []
    assert sorted(requests(api)[1:3]) == ["DELETE /ai/llm/id-1", "DELETE /ai/llm/id-2"]
    assert requests(api)[3:] == [LIST]


# Rule 3: one list after creations and updates


def test_what_changed_while_the_task_ran_is_not_removed(api: FakeApi) -> None:
    def change(line: str) -> None:
        if line == CREATE:
            api.configurations["id-1"].update(aiType="AWS", endpoint="https://another.example.com")

    api.hook = change
    ended = run(api, NEW, prune=True)
    assert (ended.code, ended.changed) == ("partial_failure", True)
    assert requests(api) == [LIST, CREATE, LIST, "DELETE /ai/llm/id-2"]
    assert statuses(ended) == {"New": "created", "One": "skipped", "Two": "deleted"}
    error = ended.values["outcomes"][1]["error"]
    assert error["code"] == "plan_changed"
    assert "changed ai_type and endpoint" in error["message"]


def test_removals_in_doubt_need_one_more_list(api: FakeApi) -> None:
    api.next("DELETE /ai/llm/id-1", After(RESET))
    ended = run(api, NEW, prune=True)
    assert not ended.failed
    assert requests(api)[:3] == [LIST, CREATE, LIST]
    assert sorted(requests(api)[3:5]) == ["DELETE /ai/llm/id-1", "DELETE /ai/llm/id-2"]
    assert requests(api)[5:] == [LIST]


def test_credentials_alone_need_no_list(api: FakeApi) -> None:
    ended = run(api, {"name": "One", "secret": "sk-2"}, prune=True, update_credentials="always")
    assert statuses(ended) == {"One": "updated", "Two": "deleted"}
    assert requests(api) == [LIST, "PUT /ai/llm/id-1", "DELETE /ai/llm/id-2"]


# Rule 4: check mode


def test_a_warning_is_one_line_whatever_the_names_are(api: FakeApi) -> None:
    api.configurations = {"id-1": item(id="id-1", name="a\nb\x1b[2Jc", repos=[{"id": "r\n1", "name": "d\x1b[1me"}])}
    ended = run(api, prune=True, prune_limit=1, check=True)
    (warning,) = ended.warnings
    assert warning.isprintable()


PLANS: dict[str, tuple[list[dict[str, t.Any]], dict[str, t.Any]]] = {
    "all": (
        [NEW, UPDATED, {"name": "Gone", "state": "absent"}],
        {"prune": True},
    ),
    "rotation": ([{"name": "One", "secret": "sk-2"}, {"name": "Two"}], {"update_credentials": "always"}),
    "nothing": ([{"name": "One"}], {}),
}


@pytest.mark.parametrize("plan", PLANS)
def test_check_mode_shows_what_the_run_does(api: FakeApi, plan: str) -> None:
    items, options = PLANS[plan]
    planned = run(api, *items, check=True, diff=True, **options)
    applied = run(api, *items, diff=True, **options)
    assert not applied.failed
    assert planned.changed == applied.changed
    assert planned.values["diff"] == applied.values["diff"]
    assert statuses(planned) == statuses(applied)
    assert re.findall(r"\d+", planned.msg) == re.findall(r"\d+", applied.msg)


# Rule 5: what is returned


def test_outcomes_are_in_the_order_of_the_items_and_then_of_names(api: FakeApi) -> None:
    api.configurations["id-0"] = item(id="id-0", name="Zwei")
    ended = run(api, {"name": "Gone", "state": "absent"}, NEW, {"name": "Two"}, prune=True)
    outcomes = [(outcome["name"], outcome["id"], outcome["outcome"]) for outcome in ended.values["outcomes"]]
    assert outcomes == [
        ("Gone", None, "absent"),
        ("New", "new-4", "created"),
        ("Two", "id-2", "unchanged"),
        ("One", "id-1", "deleted"),
        ("Zwei", "id-0", "deleted"),
    ]
    assert ended.msg == "Created 1, removed 2; 1 unchanged, 1 absent."
    assert [found["name"] for found in ended.values["ai_llms"]] == ["New", "Two"]


def test_a_failure_has_the_declared_ones_that_are_present(api: FakeApi) -> None:
    api.next(CREATE, response(400, REFUSED))
    ended = run(api, NEW, UPDATED, {"name": "Two", "state": "absent"}, diff=True)
    assert ended.failed
    assert [(found["name"], found["endpoint"]) for found in ended.values["ai_llms"]] == [
        ("One", "https://new.example.com"),
        ("Two", "https://api.openai.com/v1"),
    ]
    assert "Updated 1; 1 failed, 1 skipped." in ended.msg
    assert ended.values["diff"]["before"].keys() == {"One"}


def test_the_diff_has_only_what_changes(api: FakeApi) -> None:
    for number in range(200):
        api.configurations[f"more-{number}"] = item(id=f"more-{number}", name=f"More {number:03}")
    items = [{"name": f"More {number:03}"} for number in range(200)]
    items[7]["endpoint"] = "https://new.example.com"
    ended = run(api, *items, NEW, prune=True, diff=True)
    diff = ended.values["diff"]
    assert diff["before"].keys() == {"More 007", "One", "Two"}
    assert diff["after"].keys() == {"More 007", "New"}
    assert diff["before"]["More 007"] == {"endpoint": "https://api.openai.com/v1"}
    assert diff["after"]["More 007"] == {"endpoint": "https://new.example.com"}
    assert diff["after"]["New"].keys() == {"ai_type", "endpoint", "secret"}
    assert "sk-new" not in ended.output
    assert "\n" not in diff["before"]["One"]


def test_an_item_whose_validation_fails_keeps_its_outcome(api: FakeApi) -> None:
    api.next(".*/validate", *[NOT_VALID] * 2)
    ended = run(api, NEW, {"name": "One"}, validate=True)
    assert (ended.code, ended.changed) == ("partial_failure", True)
    assert statuses(ended) == {"New": "created", "One": "unchanged"}
    for outcome in ended.values["outcomes"]:
        assert outcome["validation"]["valid"] is False
        assert outcome["error"]["code"] == "validation_failed"


# Rule 6: absent items, limits and rotation


@pytest.mark.parametrize("blank", ["", " ", "line\nbreak"])
def test_other_fields_of_absent_items_are_ignored(api: FakeApi, blank: str) -> None:
    fields = {"ai_type": "AWS", "endpoint": blank, "key": blank, "secret": blank}
    ended = run(api, {"name": "One", "state": "absent", **fields}, {"name": "Gone", "state": "absent", **fields})
    assert statuses(ended) == {"One": "deleted", "Gone": "absent"}
    assert requests(api) == [LIST, "DELETE /ai/llm/id-1"]
    assert api.requests[1].body == b""


def test_names_of_absent_items_count_as_declared(api: FakeApi) -> None:
    ended = run(api, {"name": "One", "state": "absent"}, {"name": "Two"}, prune=True, prune_limit=0)
    assert statuses(ended) == {"One": "deleted", "Two": "unchanged"}


@pytest.mark.parametrize(
    ("items", "fails"),
    [
        ([], True),
        ([{"name": "One"}], True),
        ([{"name": "One"}, {"name": "Two", "state": "absent", "secret": "sk"}], True),
        ([{"name": "One"}, {"name": "Two", "key": "k"}], False),
    ],
)
def test_a_rotation_needs_credentials_of_one_present_item(
    api: FakeApi, items: list[dict[str, t.Any]], fails: bool
) -> None:
    ended = run(api, *items, update_credentials="always")
    assert ended.failed is fails
    assert not fails or not requests(api)


# Rule 7: a workspace that lists nothing


CALLS: dict[str, tuple[t.Callable[[], None], dict[str, t.Any]]] = {
    "ai_llms": (ai_llms.main, {"ai_llms": []}),
    "ai_llms, absent": (ai_llms.main, {"ai_llms": [{"name": "One", "state": "absent"}], "prune": True}),
    "ai_llm by name": (ai_llm.main, {"name": "One", "state": "absent"}),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("listed", ["nothing", "another workspace"])
def test_a_workspace_that_lists_nothing_is_looked_up(api: FakeApi, call: str, check: bool, listed: str) -> None:
    api.configurations = {} if listed == "nothing" else {"id-9": api.configurations["id-9"]}
    main, options = CALLS[call]
    known = api.run(main, token=TOKEN, workspace_id=WORKSPACE, check=check, **options)
    assert (known.failed, known.changed, known.warnings) == (False, False, [])
    assert requests(api) == [LIST, LOOKUP]
    mistyped = api.run(main, token=TOKEN, workspace_id="mistyped", check=check, **options)
    assert (mistyped.failed, mistyped.changed) == (False, False)
    assert len(mistyped.warnings) == 1
    assert "'mistyped'" in mistyped.warnings[0]


@pytest.mark.parametrize("answered", [GATEWAY_ERROR, response(404, REFUSED), RESET, response(200, {"workspaces": 5})])
def test_a_lookup_that_fails_is_only_a_warning(api: FakeApi, answered: t.Any) -> None:
    api.configurations.clear()
    api.next(LOOKUP, answered)
    ended = run(api)
    assert (ended.failed, ended.changed) == (False, False)
    assert len(ended.warnings) == 1


@pytest.mark.parametrize("workspaces", [[None, 5, "x", [], {}], [{"id": 5}], [{"id": None, "users": 5}]])
def test_a_list_of_workspaces_without_ids_knows_none(api: FakeApi, workspaces: list[t.Any]) -> None:
    api.configurations.clear()
    api.workspaces = workspaces
    ended = run(api)
    assert (ended.failed, len(ended.warnings)) == (False, 1)


def test_a_workspace_with_other_configurations_is_not_looked_up(api: FakeApi) -> None:
    assert not run(api, {"name": "Gone", "state": "absent"}).warnings
    assert requests(api) == [LIST]


def test_a_workspace_to_write_to_is_not_looked_up(api: FakeApi) -> None:
    api.configurations.clear()
    assert not run(api, NEW, check=True).warnings
    assert requests(api) == [LIST]


# Secrets of items


@pytest.mark.parametrize("form", ["{}", '{{"private_key": "{}\\n"}}', 'it\'s "{}"', "line\n{}", "back\\{}", "ü {}"])
def test_no_secret_of_an_item_is_shown_or_logged(api: FakeApi, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Ansible logs the options of a module where it runs, a list as Python represents it."""
    core = "c0reOfTheSecret"
    logged: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda self, msg, log_args=None: logged.append(f"{msg} {log_args}"))
    secret = form.format(core)
    api.next(CREATE, response(400, {"success": False, "message": f"Bad secret {secret}"}))
    ended = run(api, {**NEW, "secret": secret, "key": secret}, diff=True, log=True)
    assert ended.failed
    assert core not in ended.output
    assert any("ai_llms=" in line for line in logged)
    assert not [line for line in logged if core in line]


@pytest.mark.parametrize(
    "fields", [{"endpoint": "https://one.example.com/?api_key=1"}, {"ai_type": ["OPENAI"]}, {"ai_type": " "}]
)
@pytest.mark.parametrize("name", ["New c0reOfTheSecret", f"{'x' * 290}c0reOfTheSecret"])
def test_no_message_about_an_option_shows_a_secret_in_a_name(api: FakeApi, name: str, fields: dict[str, t.Any]) -> None:
    ended = run(api, {**NEW, "name": name, "secret": "c0reOfTheSecret", **fields})
    assert "of item 1 (" in ended.output
    assert "c0reOf" not in ended.output


# Values that pipelines produce


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"workspace_id": None}, "workspace_id must not be null"),
        ({"prune": None}, "prune must not be null"),
        ({"prune_limit": None}, "prune_limit must not be null"),
        ({"validate": None}, "validate must not be null"),
        ({"update_credentials": None}, "update_credentials must not be null"),
        ({"ai_llms": None}, "ai_llms must not be null"),
        ({"ai_llms": [NEW, None]}, r"ai_llms \(item 2\) must not be null"),
        ({"ai_llms": [NEW, [NEW]]}, r"ai_llms \(item 2\) must be a dictionary, not a list"),
        ({"ai_llms": [{**NEW, "secret": {"a": "sk-new"}}]}, r"secret of item 1 \(New\) of ai_llms must be text"),
        ({"ai_llms": [{**NEW, "state": None}]}, r"state of item 1 \(New\) of ai_llms must not be null"),
        ({"ai_llms": [{**NEW, "api_key": "sk-new"}]}, r"Unsupported parameters .*ai_llms.api_key"),
        ({"ai_llms": [{**NEW, "ai_type": " "}]}, r"ai_type of item 1 \(New\) must not be empty"),
        ({"ai_llms": [{**NEW, "name": "A\u200b"}]}, r"^ai_llms is not valid: name of item 1 .* U\+200B"),
        ({"ai_llms": [{**NEW, "endpoint": "https://a\u00a0"}]}, r"endpoint of item 1 \(New\) .*U\+00A0"),
        ({"ai_llms": [{**NEW, "key": "********"}]}, r"key of item 1 \(New\) .*hidden this value"),
        ({"ai_llms": [{**NEW, "secret": " \n"}]}, r"secret of item 1 \(New\) must not be empty"),
        ({"workspace_id": "['workspace-123']"}, "workspace_id must be an ID"),
        ({"prune_limit": -1}, "prune_limit must"),
        ({"ai_llms": [NEW, {**NEW, "state": "absent"}]}, "must not have a name more than once.*: New"),
        *(({"plan_id": lost}, "plan_id must") for lost in ("", " ", None, "latest")),
    ],
)
def test_wrong_value_is_named_before_any_request(
    api: FakeApi, options: dict[str, t.Any], problem: str, check: bool
) -> None:
    ended = api.run(
        ai_llms.main,
        token=TOKEN,
        check=check,
        **{"workspace_id": WORKSPACE, "ai_llms": [NEW], "prune": True, **options},
    )
    assert (ended.failed, ended.code) == (True, None)
    assert re.search(problem, ended.msg)
    assert NEW["secret"] not in ended.output
    assert TOKEN not in ended.output
    assert not requests(api)


def test_secrets_are_stripped_and_those_in_quotation_marks_warn(api: FakeApi) -> None:
    items = [
        {**NEW, "key": "'quoted'\n", "secret": "\tline 1\nline 2\r\n"},
        {"name": "One", "key": '"', "secret": '"sk"'},
    ]
    ended = run(api, *items, {"name": "Two", "state": "absent", "key": "'ignored'"})
    (sent,) = [json.loads(request.body) for request in api.requests if request.line == CREATE]
    assert (sent["key"], sent["secret"]) == ("'quoted'", "line 1\nline 2")
    (warning,) = ended.warnings
    assert "key of item 1 (New), secret of item 2 (One). " in warning
    assert "quoted" not in warning


def test_null_of_other_options_of_an_item_counts_as_not_given(api: FakeApi) -> None:
    ended = run(api, {"name": "One", "ai_type": None, "endpoint": None, "key": None, "secret": None})
    assert (ended.failed, ended.changed) == (False, False)


# Approved plans

CHANGED_PLAN = (UPDATED, NEW)
OTHER_ID = f"plan-{'0' * 32}"


def approved(api: FakeApi, *items: dict[str, t.Any], **options: t.Any) -> str:
    """Make the plan in check mode, and return its ID."""
    ended = run(api, *items, check=True, **options)
    api.requests.clear()
    return t.cast("str", ended.values["plan_id"])


def test_the_approved_plan_is_applied(api: FakeApi) -> None:
    plan_id = approved(api, *CHANGED_PLAN, prune=True)
    ended = run(api, *CHANGED_PLAN, prune=True, plan_id=plan_id)
    assert (ended.failed, ended.changed, ended.values["plan_id"]) == (False, True, plan_id)
    assert statuses(ended) == {"One": "updated", "New": "created", "Two": "deleted"}
    again = run(api, *CHANGED_PLAN, prune=True, plan_id=plan_id)
    assert (again.failed, again.changed) == (False, False)
    assert again.values["plan_id"] not in (plan_id, "")


@pytest.mark.parametrize("check", [False, True])
def test_another_plan_is_refused_and_shown(api: FakeApi, check: bool) -> None:
    plan_id = approved(api, *CHANGED_PLAN)
    api.configurations["id-1"] = item(id="id-1", name="One", endpoint="https://other.example.com", repos=[repo(1)])
    options: dict[str, t.Any] = {"prune": True, "diff": True, "validate": True}
    predicted = run(api, NEW, check=True, **options)
    api.requests.clear()
    ended = run(api, NEW, check=check, plan_id=plan_id, **options)
    assert_no_write(api, ended)
    assert ended.error == {
        "code": "plan_changed",
        "http_status": None,
        "message": ended.error["message"],
        "outcome_unknown": False,
    }
    assert plan_id in ended.msg
    assert f"plan_id={predicted.values['plan_id']}" in ended.msg
    assert ended.values["api_url"] == api.url
    for name in ("outcomes", "diff", "ai_llms", "plan_id"):
        assert ended.values[name] == predicted.values[name]
    assert ended.warnings == predicted.warnings


@pytest.mark.parametrize("check", [False, True])
def test_nothing_to_do_needs_no_approval(api: FakeApi, check: bool) -> None:
    ended = run(api, {"name": "One"}, plan_id=OTHER_ID, check=check)
    assert (ended.failed, ended.changed) == (False, False)
    assert requests(api) == [LIST]


def test_what_changes_has_its_values_in_check_mode(api: FakeApi) -> None:
    items = (*CHANGED_PLAN, {"name": "Gone", "state": "absent"})
    values = {
        outcome["name"]: (outcome["before"], outcome["after"])
        for outcome in run(api, *items, {"name": "Two"}, check=True).values["outcomes"]
        if "before" in outcome or "after" in outcome
    }
    assert values == {
        "One": ({"endpoint": "https://api.openai.com/v1"}, {"endpoint": "https://new.example.com"}),
        "New": ({}, {"ai_type": "OPENAI", "endpoint": NEW["endpoint"], "secret": "(sent with the change)"}),
    }
    removed = run(api, prune=True, check=True).values["outcomes"][0]
    assert (removed["before"], removed["after"]) == (
        {"ai_type": "OPENAI", "endpoint": "https://api.openai.com/v1"},
        {},
    )
    ended = run(api, *items)
    assert not [outcome for outcome in ended.values["outcomes"] if "before" in outcome or "after" in outcome]


@pytest.mark.parametrize("is_approved", [True, False])
def test_after_a_partial_failure_one_approves_again(api: FakeApi, is_approved: bool) -> None:
    plan_id = approved(api, *CHANGED_PLAN)
    api.next("PUT /ai/llm/id-1", response(403, REFUSED))
    ended = run(api, *CHANGED_PLAN, **({"plan_id": plan_id} if is_approved else {}))
    assert (ended.code, ended.values["plan_id"]) == ("partial_failure", plan_id)
    assert ("What is left to do is another plan" in ended.msg) is is_approved
    assert run(api, *CHANGED_PLAN, plan_id=plan_id).code == "plan_changed"


@pytest.mark.parametrize("secret", ["plan", "plan-", "an"])
def test_a_secret_that_is_a_part_of_the_id_does_not_destroy_it(api: FakeApi, secret: str) -> None:
    ended = run(api, {**NEW, "secret": secret, "endpoint": "https://e.com"}, check=True)
    assert re.fullmatch("plan-[0-9a-f]{32}", ended.values["plan_id"])
    (given,) = ended.values["invocation"]["module_args"]["ai_llms"]
    assert given["secret"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_the_source_of_a_credential_is_a_part_of_the_plan(api: FakeApi) -> None:
    sources = {"secret_from": "VARIABLE", "key_from": "NOT_SENT"}
    planned = run(api, {**NEW, **sources}, check=True, diff=True)
    assert planned.values["outcomes"][0]["after"]["secret"] == "VARIABLE"
    assert planned.values["diff"]["after"]["New"]["secret"] == "VARIABLE"
    assert "NOT_SENT" not in planned.msg
    changed = run(api, {**NEW, "secret_from": "ANOTHER"}, plan_id=planned.values["plan_id"])
    assert changed.code == "plan_changed"
    # An existing configuration gets no credentials.
    assert run(api, {"name": "One", **sources}, plan_id=OTHER_ID).changed is False


@pytest.mark.parametrize("options", [{"check": True}, {"diff": True}, {"plan_id": OTHER_ID}])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_credential_that_hides_the_plan_is_an_error(api: FakeApi, state: str, options: dict[str, t.Any]) -> None:
    """A key that is not sent can be any text, and is hidden everywhere."""
    ended = run(api, UPDATED, {"name": "Two", "state": state, "key": "new.example.com"}, **options)
    assert_no_write(api, ended)
    assert "key of item 2 (Two) occurs in endpoint of item 1 of ai_llms" in ended.msg
    assert "example.com" not in ended.output
    # What stays as it is hides no change.
    assert not run(api, {"name": "One", "key": "api.openai.com"}, check=True).failed
