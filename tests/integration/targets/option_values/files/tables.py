#!/usr/bin/env python
# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print a playbook, as JSON: a play for each table of values that are refused, or that are accepted.

Each row is a task. No task has a secret as plain text, because ansible-core 2.21 shows lines of the tasks that fail.
"""

from __future__ import annotations

import json
import sys
import typing as t

SECRET = "{{ secret }}"
NULL = "{{ nothing }}"
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
NEW = {"name": "New", "ai_type": "OTHER", "endpoint": "https://models.example.com"}


def one(**options: t.Any) -> tuple[str, dict[str, t.Any]]:
    """The options of a configuration that must exist."""
    return "ai_llm", {**NEW, "workspace_id": "workspace-123", **options}


def removal(**options: t.Any) -> tuple[str, dict[str, t.Any]]:
    return "ai_llm", {"state": "absent", **options}


def many(*items: t.Any, **options: t.Any) -> tuple[str, dict[str, t.Any]]:
    return "ai_llms", {"workspace_id": "workspace-123", "ai_llms": list(items), **options}


def listing(**options: t.Any) -> tuple[str, dict[str, t.Any]]:
    return "ai_llm_info", options


def workspaces(**options: t.Any) -> tuple[str, dict[str, t.Any]]:
    return "workspace_info", options


def session(**options: t.Any) -> tuple[str, dict[str, t.Any]]:
    return "session", options


# By the table: for each row, the beginning of the error, the module, and its options.
REFUSED: dict[str, list[tuple[str, tuple[str, dict[str, t.Any]]]]] = {
    "types": [
        ("secret must be text, not a dictionary: to send JSON", one(secret={"value": SECRET})),
        ("key must be text, not a list: to send JSON", one(key=[SECRET])),
        ("ids (item 2) must be text, not a dictionary", removal(ids=["a", {"id": "b"}])),
        ("access_token must be text, not a dictionary", listing(access_token={"access_token": SECRET})),
        ("token_id must be text, not a dictionary", session(state="absent", token_id={"token_id": SECRET})),
    ],
    "null": [
        ("id must not be ", removal(id=NULL, workspace_id="workspace-123")),
        ("api_url must not be null", removal(id="a", api_url=None)),
        ("ai_llms (item 2) must not be null", many(NEW, None)),
        ("state of item 1 (New) of ai_llms must not be null", many({**NEW, "state": None})),
    ],
    "hidden values": [
        ("secret must be the real value. Ansible has hidden this value", one(secret=f"********{SECRET}")),
        ("ai_llms is not valid: key of item 1 (New) must be the real value", many({**NEW, "key": HIDDEN})),
    ],
    "IDs": [
        ("ids (item 1) must be an ID, without", removal(ids='["a","b"')),
    ],
    "invisible characters": [
        ("secret must not contain the invisible character U+FEFF", one(secret=f"\ufeff{SECRET}")),
        ("password must not begin or end with a line", listing(email="a@example.com", password=f"{SECRET}\n")),
    ],
    "quotation marks": [
        ("access_token must not be in quotation marks", listing(access_token=f'"{SECRET}"')),
        ("email must not be in quotation marks", listing(email="'a@example.com'", password=SECRET)),
    ],
    "shapes that Ansible itself would refuse": [
        ("ai_llms (item 1) must be a dictionary, not a list: join", many([{**NEW, "secret": SECRET}])),
        ("ai_llms must be a list of dictionaries, not a dictionary", many(ai_llms={**NEW, "secret": SECRET})),
        ("ai_llms must be a list of dictionaries, not text", many(ai_llms=f"name=A secret={SECRET}")),
        ("key of item 1 (New) of ai_llms", many({**NEW, "secret": SECRET, "key": {"a": SECRET}})),
        ("Unsupported parameters for (flashback.platform.ai_llms)", many({**NEW, "api_key": SECRET, "secret": SECRET})),
        ("Unsupported parameters for (flashback.platform.ai_llm)", one(apikey={"a": SECRET}, secret=SECRET)),
        ("missing required arguments: name", many({"secret": SECRET})),
    ],
}

# The variable of each connection option has a value in quotation marks.
REFUSED_FROM_ENVIRONMENT = {
    "the environment": [
        ("access_token (environment variable FLASHBACK_ACCESS_TOKEN) must not be in quotation marks", listing()),
        ("email (environment variable FLASHBACK_EMAIL) must not be in quotation marks", workspaces(access_token=None)),
        ("email and password are needed to log in", session(email=None)),
    ],
}

ACCEPTED = {
    "a number as a name": one(name=12, secret=SECRET),
    "null for what is not given": one(name=12, ai_type=None, endpoint=None, key=None, secret=None),
    "line breaks, and JSON as text": one(secret=f"\t {SECRET}\n{SECRET}\r\n", key="{{ json | string }}"),
    "quotation marks": one(update_credentials="always", secret=f"'{SECRET}'"),
    "IDs as text": removal(ids="a,b"),
    "no ID": removal(ids=[]),
    "joined characters": removal(name="\U0001f468\u200d\U0001f469", workspace_id="workspace-123"),
    "nothing to prune": many(prune="no", prune_limit=0),
    "null for what is not given in an item": many({"name": "Production OpenAI", "ai_type": None, "secret": None}),
    "numbers and booleans as text": listing(timeout="30", retries=0, validate_certs="yes"),
    "a blank access token": listing(email=" demo@example.com\n", password="demo-password", access_token=" "),
    "nothing to revoke": session(state="absent", token_id=None, access_token=None),
    "a login that ignores a token": session(
        email="demo@example.com", password="demo-password", access_token=f"'{SECRET}'"
    ),
}


def refused(table: dict[str, list[tuple[str, tuple[str, dict[str, t.Any]]]]]) -> list[dict[str, t.Any]]:
    return [
        task(f"{title}: {message}", call, f"result is not failed or not result.msg.startswith({message!r})")
        for title, rows in table.items()
        for message, call in rows
    ]


def task(name: str, call: tuple[str, dict[str, t.Any]], failure: str) -> dict[str, t.Any]:
    module, options = call
    return {"name": name, f"flashback.platform.{module}": options, "register": "result", "failed_when": failure}


def play(tasks: list[dict[str, t.Any]], **environment: str) -> dict[str, t.Any]:
    variables = {"secret": "{{ lookup('ansible.builtin.env', 'SECRET') }}", "json": '["a", "b"]', "nothing": None}
    return {"hosts": "localhost", "gather_facts": False, "vars": variables, "environment": environment, "tasks": tasks}


NO_REQUEST = {
    "name": "Verify that refused values send no request",
    "ansible.builtin.uri": {"url": "{{ lookup('ansible.builtin.env', 'FLASHBACK_API_URL') }}/_mock/requests"},
    "register": "sent",
    "failed_when": "sent.json != []",
}

if __name__ == "__main__":
    # Ansible shows the environment of a task with -vvvv, so these are no secrets.
    wrong = {"ACCESS_TOKEN": '"token"', "EMAIL": "'demo@example.com'", "PASSWORD": "demo-pass"}
    variables = {f"FLASHBACK_{name}": value for name, value in wrong.items()}
    accepted = [task(title, call, "result is failed") for title, call in ACCEPTED.items()]
    plays = [
        play(refused(REFUSED)),
        play([*refused(REFUSED_FROM_ENVIRONMENT), NO_REQUEST], **variables),
        play(accepted),
    ]
    sys.stdout.write(json.dumps(plays))
