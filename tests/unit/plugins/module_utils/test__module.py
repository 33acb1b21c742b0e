# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import builtins
import importlib.util
import json
import os
import re
import sys
import typing as t
from urllib.parse import quote

import pytest
import yaml

from ansible_collections.flashback.platform.plugins.module_utils import _module
from ansible_collections.flashback.platform.plugins.module_utils._errors import ApiError, Effect, Failure, OptionError
from ansible_collections.flashback.platform.plugins.module_utils._http import connection
from ansible_collections.flashback.platform.plugins.module_utils._module import run
from ansible_collections.flashback.platform.plugins.module_utils._options.checks import check_api_url
from ansible_collections.flashback.platform.plugins.module_utils._options.module import Module
from ansible_collections.flashback.platform.plugins.module_utils._options.option import HIDDEN, Option, argument_spec
from ansible_collections.flashback.platform.plugins.module_utils._options.shared import CONNECTION
from ansible_collections.flashback.platform.plugins.module_utils._redact import REDACTED
from ansible_collections.flashback.platform.plugins.module_utils._result import Result
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT, TaskResult, run_module
from ansible_collections.flashback.platform.tests.unit.responses import TOKEN, TOKEN_CORE
from ansible_collections.flashback.platform.tests.unit.scripted_server import (
    Response,
    ScriptedServer,
    response,
    trickle,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.flashback.platform.plugins.module_utils._http.auth import AuthenticatedClient
    from ansible_collections.flashback.platform.tests.unit.conftest import (
        Authority,
        FakeClock,
        RunTask,
        StartServer,
    )

OK = response(200, {"success": True})


def main() -> None:
    """A module that has the connection options only, and sends one request."""
    module = Module({})
    run(module, "Asking", lambda client: Result({"answer": client.call("GET", "/ask").body}))


def end_with(action: Callable[[AuthenticatedClient], Result], **params: t.Any) -> TaskResult:
    """The result of a task whose action is this."""

    def main() -> None:
        run(Module({"password": Option(no_log=True), "text": Option()}), "Choosing", action)

    return run_module(main, **{"access_token": TOKEN, **params})


# Options


def test_options_and_their_defaults() -> None:
    spec = argument_spec(CONNECTION)
    assert {name: (option["type"], option.get("default")) for name, option in spec.items()} == {
        "api_url": ("str", "https://backend.flashback.tech"),
        "access_token": ("str", None),
        "email": ("str", None),
        "password": ("str", None),
        "timeout": ("int", 30),
        "retries": ("int", 3),
        "validate_certs": ("bool", True),
        "ca_path": ("path", None),
    }
    assert [name for name, option in spec.items() if option.get("no_log")] == ["access_token", "password"]
    assert not any(option.get("required") for option in spec.values())


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "backend.flashback.tech",
        "//backend.flashback.tech",
        "/ai/llm",
        "ftp://backend.flashback.tech",
        "file:///etc/passwd",
        "http+unix://socket",
        "https://",
        "https:///path",
        "https://:443",
        "https://user@host",
        "https://user:hunter2@host",
        "https://:hunter2@host/path",
        "https://@host",
        "https://host?",
        "https://host/?a=b",
        "https://host#",
        "https://host/#a",
        "https://host:port",
        "https://host:0",
        "https://host:65536",
        "https://[::1",
        "https://ho st",
        "https://host/a b",
        "https://host\n.evil",
        "https://host/\x00",
    ],
)
def test_bad_api_url_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|is not)") as caught:
        check_api_url(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("suffix", "prefix"), [("", ""), ("/", ""), ("/api/v1", "/api/v1"), ("/api/v1//", "/api/v1"), ("/a%20b/", "/a%20b")]
)
def test_api_url_can_have_a_prefix(suffix: str, prefix: str, server: ScriptedServer, run_task: RunTask) -> None:
    server.expect(f"GET {prefix}/ask", OK)
    assert not run_task(api_url=f" {server.url}{suffix}\n").failed


def test_options_from_the_environment(
    start_server: StartServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server(tls=authority.context())
    server.expect("GET /ask", OK)
    monkeypatch.setenv("FLASHBACK_API_URL", f"{server.url}/\n")
    monkeypatch.setenv("FLASHBACK_ACCESS_TOKEN", f" {TOKEN}\n")
    monkeypatch.setenv("FLASHBACK_CA_PATH", authority.bundle)
    result = run_module(main)
    assert not result.failed
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in result.output


@pytest.mark.parametrize("text", ["false", "no", "0", "False"])
def test_validate_certs_from_the_environment(
    text: str, start_server: StartServer, authority: Authority, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server(tls=authority.context())
    assert run_task(api_url=server.url).code == "tls"
    monkeypatch.setenv("FLASHBACK_VALIDATE_CERTS", text)
    server.expect("GET /ask", OK)
    assert not run_task(api_url=server.url).failed


def test_attempts_from_the_environment(
    server: ScriptedServer, run_task: RunTask, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASHBACK_TIMEOUT", "1")
    monkeypatch.setenv("FLASHBACK_RETRIES", "1")
    server.expect("GET /ask", trickle(b"HTTP/1.1 200 OK\r\nX-Header: " + b"x" * 100), response(503))
    assert run_task(retries=None).code == "server_error"
    assert len(clock.sleeps) == 1


def test_options_override_the_environment(
    server: ScriptedServer, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("API_URL", "ACCESS_TOKEN", "TIMEOUT", "VALIDATE_CERTS"):
        monkeypatch.setenv(f"FLASHBACK_{variable}", "http://another.invalid")
    server.expect("GET /ask", OK)
    assert not run_task(timeout=5, validate_certs=False).failed


BAD_OPTIONS = [
    *[("api_url", text) for text in ("backend.flashback.tech", "ftp://host", "https://host?a", "https://h#")],
    *[("api_url", text) for text in ("https://user:hunter2@host", "https://hunter2@host", "https://host:port")],
    *[("api_url", text) for text in ("https://user:hunter2", "https://user:hunter2%40host", "user:hunter2/host")],
    *[("access_token", text) for text in ("hunter2\nX-Header: a", "hunter2\x07", "hunter2 é", "hunter2 a")],
    *[("timeout", text) for text in ("0", "-1", "86401", "soon", "abc", "1.5")],
    *[("retries", text) for text in ("-1", "101", "often")],
    ("validate_certs", "perhaps"),
    ("validate_certs", "maybe"),
    ("ca_path", "/nowhere/at/all.pem"),
    ("ca_path", os.devnull),
]


@pytest.mark.parametrize("from_environment", [True, False])
@pytest.mark.parametrize(("option", "text"), BAD_OPTIONS)
def test_bad_option_is_named(
    option: str, text: str, from_environment: bool, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its variable is named only if the value came from it. No request is sent. What may be a secret is not shown."""
    variable = f"FLASHBACK_{option.upper()}"
    params: dict[str, str | None] = {option: text}
    if from_environment:
        monkeypatch.setenv(variable, text)
        params[option] = None
    result = run_task(**params)
    assert result.failed
    assert result.code is None
    assert option in result.msg
    assert (variable in result.msg) is from_environment
    assert "hunter2" not in result.output


@pytest.mark.parametrize("option", ["api_url", "email", "password", "ca_path"])
def test_variable_that_is_not_utf_8_is_named(option: str, run_task: RunTask, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = f"FLASHBACK_{option.upper()}"
    monkeypatch.setitem(os.environb, variable.encode(), b"https://a\xff")
    result = run_task(**{option: None})
    assert result.failed
    assert variable in result.msg


def test_variables_of_other_options_are_not_named(run_task: RunTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHBACK_TIMEOUT", "5")
    monkeypatch.setenv("FLASHBACK_RETRIES", "soon")
    assert "FLASHBACK" not in run_task(timeout=0, retries=1).msg


CREDENTIALS = ("access_token", "email", "password")


@pytest.mark.parametrize("from_environment", [True, False])
@pytest.mark.parametrize("blank", [None, "", " ", "\n"])
def test_missing_credentials_are_named(
    blank: str | None, from_environment: bool, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI systems and AWX set empty variables, which count as not set. No request is sent."""
    options: dict[str, str | None] = dict.fromkeys(CREDENTIALS, None if from_environment else blank)
    if from_environment and blank is not None:
        for option in CREDENTIALS:
            monkeypatch.setenv(f"FLASHBACK_{option.upper()}", blank)
    result = run_task(**options)
    assert (result.failed, result.code) == (True, None)
    for option in CREDENTIALS:
        assert f" {option} " in f" {result.msg} ".replace(",", " ")
        assert f"FLASHBACK_{option.upper()}" in result.msg
    assert "become" in result.msg


def test_a_secret_does_not_change_the_words_of_the_module(run_task: RunTask) -> None:
    assert run_task(access_token=None, password="password").msg.startswith(
        "email is missing: email and password belong"
    )


@pytest.mark.parametrize(("given", "missing"), [("email", "password"), ("password", "email")])
@pytest.mark.parametrize("with_token", [True, False])
def test_email_and_password_belong_together(given: str, missing: str, with_token: bool, run_task: RunTask) -> None:
    params: dict[str, str | None] = {given: "a@example.com", missing: " "}
    result = run_task(**params, **({} if with_token else {"access_token": None}))
    assert (result.failed, result.code) == (True, None)
    assert result.msg.startswith(f"{missing} ")
    assert f"FLASHBACK_{missing.upper()}" in result.msg


@pytest.mark.parametrize("option", ["access_token", "email", "password", "ca_path"])
def test_null_gets_no_value_from_the_environment(
    option: str, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"FLASHBACK_{option.upper()}", "\udcff/not/used")
    if option != "access_token":
        server.expect("GET /ask", OK)
    options: dict[str, t.Any] = {"api_url": server.url, "access_token": TOKEN, option: None}
    result = run_module(main, **options)
    assert result.failed is (option == "access_token")


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("email", "'a@example.com'", "quotation marks"),
        ("email", "a\u200b@example.com", "U\\+200B"),
        ("email", "a b\n@example.com", "control characters"),
        ("access_token", '"abc"', "quotation marks: docker"),
        ("access_token", "{'id': 'x'}", "only the token"),
        ("access_token", "abc********", "hidden this value"),
        ("password", "p4ssw0rd\n", "line break"),
        ("password", "\rp4ssw0rd", "line break"),
        ("password", "p4ss\ufeffw0rd", "U\\+FEFF"),
        ("password", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "hidden this value"),
        ("ca_path", "/etc/********", "hidden this value"),
        ("api_url", "https://********", "hidden this value"),
    ],
)
@pytest.mark.parametrize("from_environment", [True, False])
def test_value_of_a_connection_option_that_pipelines_spoil(
    option: str, value: str, problem: str, from_environment: bool, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"email": "user@example.com", "password": "p4ssw0rd"}
    params: dict[str, t.Any] = {**({} if option == "access_token" else login), option: value}
    source = ""
    if from_environment:
        monkeypatch.setenv(f"FLASHBACK_{option.upper()}", value)
        params[option] = None
        source = f" \\(environment variable FLASHBACK_{option.upper()}\\)"
    result = run_task(**params)
    assert (result.failed, result.code) == (True, None)
    assert re.match(f"{option}{source} must .*{problem}", result.msg)
    assert "p4ss" not in result.output
    assert "abc" not in result.output


@pytest.mark.parametrize(
    "credentials",
    [
        {"email": " user@example.com\r\n", "password": " p4ss\tw0rd "},
        {"email": "o'brien@example.com", "password": "p4ss\u00a0w0rd"},
        {"email": "user@example.com", "password": "p4ss\nw0rd\u2028"},
        {"email": "user@example.com", "password": "p4ss\u200dw0rd"},
    ],
)
def test_email_is_stripped_and_password_is_sent_as_it_is(
    credentials: dict[str, str], server: ScriptedServer, run_task: RunTask
) -> None:
    server.expect("POST /user/login", response(401, {"success": False, "error_code": "INVALID_PASSWORD"}))
    result = run_task(access_token=None, **credentials)
    assert (result.code, result.warnings) == ("login_failed", [])
    sent = json.loads(server.requests[0].body)
    assert (sent["email"], sent["password"]) == (credentials["email"].strip(), credentials["password"])


def test_password_in_quotation_marks_warns(
    server: ScriptedServer, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.expect("POST /user/login", response(401, {"success": False, "error_code": "INVALID_PASSWORD"}))
    monkeypatch.setenv("FLASHBACK_PASSWORD", "'p4ssw0rd'")
    result = run_task(access_token=None, email="user@example.com")
    assert json.loads(server.requests[0].body)["password"] == "'p4ssw0rd'"
    (warning,) = result.warnings
    assert "password (environment variable FLASHBACK_PASSWORD)" in warning
    assert "p4ssw0rd" not in result.output


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_blank_variable_is_not_set(blank: str, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipelines set empty variables. As an option, an empty text is an error."""
    for option in CONNECTION:
        monkeypatch.setenv(f"FLASHBACK_{option.upper()}", blank)
    server.expect("GET /ask", OK)
    assert not run_module(main, api_url=server.url, access_token=TOKEN).failed
    assert "api_url must not be empty" in run_module(main, api_url=blank, access_token=TOKEN).msg


@pytest.mark.parametrize(
    ("given", "in_environment", "first_request"),
    [
        ({"email": "a@example.com", "password": "p4ssw0rd"}, {}, "POST /user/login"),
        ({"email": "a@example.com"}, {"PASSWORD": "p4ssw0rd"}, "POST /user/login"),
        ({"password": "p4ssw0rd"}, {"EMAIL": "a@example.com"}, "POST /user/login"),
        ({}, {"EMAIL": "a@example.com", "PASSWORD": "p4ssw0rd"}, "GET /ask"),
        ({"email": " ", "password": None}, {}, "GET /ask"),
    ],
)
def test_token_of_the_environment_does_not_replace_who_the_task_says_it_is(
    given: dict[str, t.Any],
    in_environment: dict[str, str],
    first_request: str,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"ACCESS_TOKEN": TOKEN, **in_environment}.items():
        monkeypatch.setenv(f"FLASHBACK_{name}", value)
    server.expect(first_request, response(403, {"success": False}))
    run_module(main, api_url=server.url, retries=0, **given)
    assert server.requests[0].headers.get("authorization") == (f"Bearer {TOKEN}" if "GET" in first_request else None)


def test_variable_that_is_not_used_is_not_checked(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With email and password as options, a token of the environment can be anything."""
    monkeypatch.setenv("FLASHBACK_ACCESS_TOKEN", "a b")
    server.expect("POST /user/login", response(401, {"success": False}))
    assert run_module(main, api_url=server.url, email="a@example.com", password="p4ss").code == "login_failed"


# How a task ends


def test_result(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect("GET /ask", OK)
    result = run_task()
    assert not result.failed
    assert not result.changed
    assert result.values["answer"] == {"success": True}


def test_api_error(server: ScriptedServer, run_task: RunTask) -> None:
    server.expect("GET /ask", response(400, {"success": False, "message": "No such question"}))
    result = run_task()
    assert result.failed
    assert not result.changed
    assert result.error == {
        "code": "rejected",
        "http_status": 400,
        "message": "No such question",
        "outcome_unknown": False,
    }
    assert result.msg.startswith(f"Asking at {server.url} failed: the API answered 400: No such question. ")


def test_error_of_the_action() -> None:
    def action(_client: AuthenticatedClient) -> Result:
        raise ApiError(Failure("ambiguous_name", "there are two"))

    assert end_with(action).error == {
        "code": "ambiguous_name",
        "http_status": None,
        "message": "there are two",
        "outcome_unknown": False,
    }


def test_option_error_of_the_action() -> None:
    def action(_client: AuthenticatedClient) -> Result:
        raise OptionError(f"key is missing for {TOKEN}")

    result = end_with(action)
    assert (result.failed, result.msg) == (True, f"key is missing for {REDACTED}")
    assert "error" not in result.values


def test_result_with_values_warnings_and_an_error() -> None:
    failure = Failure("partial_failure", "some failed", effect=Effect.PENDING)
    result = end_with(lambda _client: Result({"changed": True, "msg": "x", "outcomes": [1]}, ("a", "b"), failure))
    assert (result.failed, result.changed, result.values["outcomes"]) == (True, True, [1])
    assert (result.code, result.warnings) == ("partial_failure", ["a", "b"])
    assert result.msg.startswith("Choosing at https://backend.flashback.tech failed: some failed. ")


def test_missing_requests(run_task: RunTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_module, "REQUESTS_IMPORT_ERROR", "Traceback ...\n\nImportError: No module named 'requests'\n")
    result = run_task()
    assert result.failed
    assert result.msg.startswith("Failed to import the required Python library (requests)")
    assert sys.executable in result.msg
    assert result.msg.endswith("ImportError: No module named 'requests'")


@pytest.mark.parametrize("exception", [ImportError, AttributeError, SyntaxError, OSError, TypeError])
def test_requests_that_cannot_be_imported(exception: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """For example, an old urllib3 with a new Python raises AttributeError, and a half-removed package OSError."""

    def refuse(name: str, *args: t.Any) -> t.Any:
        if name == "requests":
            raise exception("it is broken")
        return real_import(name, *args)

    real_import = builtins.__import__
    spec = importlib.util.find_spec(connection.__name__)
    assert spec
    assert spec.loader
    copy = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", refuse)
        spec.loader.exec_module(copy)
    assert copy.REQUESTS_IMPORT_ERROR.strip().endswith(f"{exception.__name__}: it is broken")


@pytest.mark.parametrize("before", [[], [OK]])
def test_address_is_doubted_until_a_response_proves_it(before: list[Response], server: ScriptedServer) -> None:
    server.expect("GET /ask", *before, response(200, {}))

    def ask(client: AuthenticatedClient) -> Result:
        for _again in range(2):
            client.call("GET", "/ask")
        return Result({})

    result = end_with(ask, api_url=server.url)
    assert (result.code, "api_url" in result.msg) == ("invalid_response", not before)


# Plain http


@pytest.mark.parametrize(
    "host",
    ["flashback.invalid", "127.0.0.1.invalid", "192.0.2.1", "[2001:db8::1]", "localhost.invalid", "not-localhost"],
)
def test_plain_http_warns(
    host: str, server: ScriptedServer, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.expect(f"GET http://{host}/ask", OK)
    result = run_task(api_url=f"http://{host}")
    assert not result.failed
    (warning,) = result.warnings
    assert "unencrypted" in warning
    assert host.strip("[]") in warning


def test_warning_of_plain_http_names_the_password_but_no_secret(run_task: RunTask) -> None:
    result = run_task(api_url="http://t0ken-in-the-host.invalid", access_token="t0ken-in-the-host", retries=0)
    assert "t0ken" not in result.output
    result = run_task(api_url="http://host.invalid", email="a@example.com", password="pw", retries=0)
    assert "the password and the access token are sent to host.invalid unencrypted" in result.warnings[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "api.localhost", "127.8.8.8", "[::1]"])
def test_plain_http_to_loopback_does_not_warn(host: str, start_server: StartServer, run_task: RunTask) -> None:
    result = run_task(api_url=f"http://{host}:{start_server(listening=False).port}")
    assert (result.code, result.warnings) == ("unreachable", [])


def test_https_does_not_warn(start_server: StartServer, authority: Authority, run_task: RunTask) -> None:
    assert run_task(api_url=start_server(tls=authority.context()).url).warnings == []


# Secrets


def everywhere(text: str) -> Result:
    """A result that has the text in every place."""
    failure = Failure("rejected", text, next_step=text, details={"repositories": [{"id": text}]})
    return Result({"changed": True, "diff": {"before": {text: text}}, "ai_llms": [text]}, (text, f"x{text}"), failure)


@pytest.mark.parametrize(
    "echo",
    [
        TOKEN,
        json.dumps(TOKEN),
        quote(TOKEN, safe=""),
        TOKEN.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;"),
    ],
)
def test_nothing_shows_the_token(echo: str) -> None:
    result = end_with(lambda _client: everywhere(echo))
    assert TOKEN_CORE not in result.output
    assert len(result.warnings) == 2


def test_secrets_of_other_options_are_redacted_too() -> None:
    password = 'hünter2+&/ä"<> secret-end'
    form = "h%C3%BCnter2%2B%26%2F%C3%A4%22%3C%3E+secret-end"
    result = end_with(lambda _client: everywhere(f"{password} {form}"), password=password)
    assert "secret-end" not in result.output


@pytest.mark.parametrize("secret", ["deleted", "code", "none", "true", "outcomes"])
def test_secret_that_is_a_word_of_the_modules(secret: str) -> None:
    """Ansible would hide it in every value that is or contains it, also in a boolean."""
    outcomes = [{"outcome": "deleted", "name": secret, "error": {"code": "none", "outcome_unknown": True}}]
    result = end_with(lambda _client: Result({"changed": True, "outcomes": outcomes}), access_token=secret)
    assert result.values["changed"] is True
    assert result.values["outcomes"] == [{**outcomes[0], "name": REDACTED}]


@pytest.mark.parametrize("password", ["a", "in", "1", "."])
def test_short_secret_does_not_turn_messages_into_asterisks(password: str) -> None:
    message = "Choosing an answer in all of 11 a.m. meetings"
    failure = Failure("rejected", message)
    result = end_with(
        lambda _client: Result({"changed": False}, (message,), failure), email="demo@example.com", password=password
    )
    for text in (result.msg, result.error["message"], *result.warnings):
        assert message in text
    assert result.values["invocation"]["module_args"]["password"] == HIDDEN


def test_secret_of_three_characters_is_hidden_in_the_message_about_an_option() -> None:
    result = end_with(lambda _client: Result({}), email="demo@example.com", password="q7z", ca_path="/nowhere/q7z")
    assert "cannot be read" in result.msg
    assert "q7z" not in result.output


# The collection


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    assert sorted(runtime["action_groups"]["all"]) == modules
