# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An action for the integration tests: prepare the mock API, run a module against it, compare the result.

It uses the variable ``mock_api_url``. All options are optional, and take effect in this order:

* ``reset`` (bool): return to the state of the seed file.
* ``tokens`` (dict): change the limits of access tokens, see ``tests/mock_api/control.py``.
* ``faults`` (list): the faults of the next requests, see ``tests/mock_api/control.py``. Clears the log of requests.
* ``module`` (str), ``options`` (dict): run this module. It runs in check mode and diff mode if the task does.
* ``expected`` (dict): fail, and list every difference, if the module or its requests do something else:

  * ``changed`` (required); ``failed`` (default: whether there is an ``error``); ``error`` (some of its fields; without
    ``outcome_unknown``, the outcome must be known); ``msg`` (a part of it); ``warnings`` (a part of each, in order);
  * ``outcomes``: ID or name, and outcome of each; also the code of its error, if it has one;
  * ``requests`` (method and path of each; ``ID`` stands for that of a token) and ``bodies`` (the JSON that was sent,
    without logins); the items of a list in one of these lists may have any order;
  * ``sessions`` (how many are open at the end);
  * any other key: the return value of this name. Its dicts may have more keys than the expected ones.

  A key that is listed here, but not in ``expected``, must be missing in the result, or empty. In addition, the module
  must not report a deprecation, must not return a secret of its options, and must only read, log in and log out in
  check mode. A key ``faults`` in ``expected`` is ignored.

The task returns ``requests`` (a list of texts, method and path), ``log`` and ``sessions`` (as the mock API returns
them), and ``result`` (the module's).
"""

from __future__ import annotations

import json
import re
import typing as t
import urllib.request

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

Json = dict[str, t.Any]

SECRET_OPTIONS = ("access_token", "key", "password", "secret")

# Without the proxies of the environment.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# What a result must have if the row does not say it.
DEFAULTS: Json = {"msg": "", "warnings": [], "error": {}, "outcomes": [], "requests": [], "bodies": [], "sessions": 0}

# The requests that check mode may send.
HARMLESS = ("GET ", "POST /user/login", "DELETE /token/")


class ActionModule(ActionBase):
    _VALID_ARGS = frozenset({"reset", "tokens", "faults", "module", "options", "expected"})

    printed = "{}"

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        args = self._task.args
        url = f"{task_vars['mock_api_url']}/_mock"
        if boolean(args.get("reset", False)):
            send("POST", f"{url}/reset")
        if args.get("tokens"):
            send("PUT", f"{url}/tokens", args["tokens"])
        if "faults" in args:
            send("PUT", f"{url}/faults", args["faults"])
        result: Json = {}
        if "module" in args:
            options = args.get("options", {})
            result = self._execute_module(module_name=args["module"], module_args=options, task_vars=task_vars)
            result.update(self.printed_warnings())
        log = send("GET", f"{url}/requests")
        requests = [re.sub("(?<=^DELETE /token/).+", "ID", f"{item['method']} {item['path']}") for item in log]
        sessions = send("GET", f"{url}/sessions")
        returned = {"changed": False, "requests": requests, "log": log, "sessions": sessions, "result": result}
        if "expected" in args:
            sent = [item["body"] for item in log if item["body"] is not None and item["path"] != "/user/login"]
            actual = {"failed": False, "changed": False, **DEFAULTS, **result}
            actual.update(requests=requests, bodies=sent, sessions=len(sessions))
            problems = [*differences(args["expected"], actual), *self.violations(result, requests)]
            if problems:
                returned.update(failed=True, msg="\n".join(problems))
        return returned

    def _low_level_execute_command(self, *args: t.Any, **kwargs: t.Any) -> Json:
        output: Json = super()._low_level_execute_command(*args, **kwargs)
        if output["stdout"].lstrip().startswith("{"):
            self.printed = output["stdout"]
        return output

    def printed_warnings(self) -> dict[str, list[str]]:
        """Those in the module's output, since ansible-core 2.21 removes them from the result."""
        printed = json.loads(self.printed)
        return {key: list(map(message, printed.get(key, []))) for key in ("warnings", "deprecations")}

    def violations(self, result: Json, requests: list[str]) -> t.Iterator[str]:
        """Yield a line for each rule that holds for all modules, and that the result violates."""
        if self._task.check_mode and not all(request.startswith(HARMLESS) for request in requests):
            yield f"check mode sent {requests}"
        if ("diff" in result) != self._task.diff:
            yield f"the task has diff: {self._task.diff}, but the result has {sorted(result)}"
        if result.get("deprecations"):
            yield f"deprecations: {result['deprecations']}"
        text = json.dumps(result, default=str, ensure_ascii=False)
        options = self._task.args.get("options", {})
        for holder in [options, *(options.get("ai_llms") or [])]:
            for option in SECRET_OPTIONS:
                if (holder.get(option) or "").strip() and holder[option] in text:
                    yield f"the result contains the option {option}"


def send(method: str, url: str, body: t.Any = None) -> t.Any:
    """Send a request to the control side of the mock API. Returns its JSON, or None if there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with OPENER.open(request, timeout=30) as response:
        return json.loads(response.read() or "null")


def message(warning: t.Any) -> str:
    """The text of a warning: itself, or since ansible-core 2.19, the message of the serialized event."""
    return str(warning["event"]["msg"] if isinstance(warning, dict) and "event" in warning else warning)


def differences(expected: Json, actual: Json) -> t.Iterator[str]:
    """Yield a line for each key of `expected` that is different in the result."""
    for key, wanted in {"changed": None, "failed": "error" in expected, **DEFAULTS, **expected}.items():
        found = actual.get(key, "missing")
        if key != "faults" and not MATCHES.get(key, contains)(found, wanted):
            yield f"{key}: expected {json.dumps(wanted)}, got {json.dumps(found, default=str)}"


def contains(found: t.Any, wanted: t.Any) -> bool:
    """Whether the dicts in `found` have at least what those in `wanted` have, and all else is equal."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return all(key in found and contains(found[key], value) for key, value in wanted.items())
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(contains, found, wanted))
    return bool(found == wanted)


def same_error(found: Json, wanted: Json) -> bool:
    return contains(found, {"outcome_unknown": False, **wanted}) if wanted else not found


def same_texts(found: list[str], wanted: list[str]) -> bool:
    return len(found) == len(wanted) and all(part in text for part, text in zip(wanted, found))


def same_order(found: list[t.Any], wanted: list[t.Any]) -> bool:
    """Whether both have the same items in the same order. Those of a list in `wanted` may have any order."""
    rest = list(found)
    for item in wanted:
        group = item if isinstance(item, list) else [item]
        if sorted(rest[: len(group)], key=str) != sorted(group, key=str):
            return False
        del rest[: len(group)]
    return not rest


def same_outcomes(found: list[Json], wanted: list[list[str]]) -> bool:
    return len(found) == len(wanted) and all(
        label in (item.get("id"), item.get("name"))
        and rest == [item["outcome"], *([item["error"]["code"]] if "error" in item else [])]
        for item, (label, *rest) in zip(found, wanted)
    )


MATCHES: dict[str, t.Callable[[t.Any, t.Any], bool]] = {
    "msg": lambda found, wanted: wanted in found,
    "warnings": same_texts,
    "error": same_error,
    "outcomes": same_outcomes,
    "requests": same_order,
    "bodies": same_order,
}
