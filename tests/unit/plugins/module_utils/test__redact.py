# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html
import json
import typing as t
from html.entities import codepoint2name, html5
from urllib.parse import quote, quote_plus

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._redact import REDACTED, Redactor
from ansible_collections.flashback.platform.tests.unit.helpers import cpu_seconds

if t.TYPE_CHECKING:
    from collections.abc import Callable

# Each character that an encoding changes, between words that none changes.
SECRET = "begin ä\"ö\\ü'é/ñ<&>+=%!~*(){}[]|^`$,;:@#?\t€鍵😀 end"
ASCII_SECRET = "p4ss w0rd+&<'\">/%=~!*()end"


def percent_encoded(text: str, safe: str = "") -> str:
    """With digits of hexadecimal numbers in lower case."""
    return "".join(
        char
        if (char.isalnum() and char.isascii()) or char in safe
        else "".join(f"%{byte:02x}" for byte in char.encode())
        for char in text
    )


def with_entities(text: str, form: str) -> str:
    return "".join(char if char.isalnum() and char.isascii() else form.format(ord(char)) for char in text)


def named_entities(text: str) -> str:
    """As htmlentities() of PHP."""
    names = codepoint2name
    return "".join(f"&{names[ord(char)]};" if ord(char) in names else char for char in text)


def html5_entities(text: str) -> str:
    """As a server that replaces each character that has a name in HTML 5."""
    names = {value: name for name, value in html5.items() if name.endswith(";")}
    return "".join(f"&{names[char]}" if char in names and not char.isalnum() else char for char in text)


ENCODINGS: dict[str, Callable[[str], str]] = {
    "unchanged": str,
    "json": lambda text: json.dumps(text)[1:-1],
    "json, upper case": lambda text: json.dumps(text)[1:-1].replace("\\u00e", "\\u00E"),
    "json without escapes of umlauts": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json for html": lambda text: (
        json.dumps(text)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    ),
    "json in json": lambda text: json.dumps(json.dumps(text))[3:-3],
    "encodeURIComponent": lambda text: quote(text, safe="!'()*~"),
    "percent-encoding": lambda text: quote(text, safe=""),
    "percent-encoding of a path": lambda text: quote(text, safe="/:@!$&'()*+,;="),
    "percent-encoding, lower case": percent_encoded,
    "form": quote_plus,
    "form, lower case": lambda text: percent_encoded(text, safe=" ").replace(" ", "+"),
    "html": html.escape,
    "html without quotes": lambda text: html.escape(text, quote=False),
    "html named": named_entities,
    "html 5 named": html5_entities,
    "html decimal": lambda text: with_entities(text, "&#{};"),
    "html decimal with zeros": lambda text: with_entities(text, "&#{:06};"),
    "html hexadecimal": lambda text: with_entities(text, "&#x{:x};"),
    "html hexadecimal, upper case": lambda text: with_entities(text, "&#x{:X};"),
    "html apostrophe": lambda text: html.escape(text).replace("&#x27;", "&apos;"),
    "javascript": lambda text: "".join(f"\\x{ord(char):02x}" if char in "+/=&<>" else char for char in text),
}


@pytest.mark.parametrize("encoding", list(ENCODINGS))
@pytest.mark.parametrize("secret", [SECRET, ASCII_SECRET], ids=["unicode", "ascii"])
def test_secret_is_found_in_every_encoding(secret: str, encoding: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    echo = ENCODINGS[encoding](secret)
    assert redactor.redact(f"before {echo} after") == f"before {REDACTED} after"
    assert redactor.redact_all({"a": [f"<{echo}>"]}) == {"a": [f"<{REDACTED}>"]}


def test_secret_in_a_value_of_any_shape() -> None:
    redactor = Redactor()
    redactor.add("hunter2")
    value = {"hunter2": ("hunter2", {"a": ["is hunter2?"]}), "number": 5, "none": None, "other": "text"}
    assert redactor.redact_all(value) == {
        REDACTED: [REDACTED, {"a": [f"is {REDACTED}?"]}],
        "number": 5,
        "none": None,
        "other": "text",
    }
    assert redactor.redact_all({"a": 5}) == {"a": 5}


def test_part_of_another_secret() -> None:
    redactor = Redactor()
    redactor.add("hunter2", "hunter2hunter2", "unter")
    assert redactor.redact("hunter2hunter2 hunter2 unter") == " ".join([REDACTED] * 3)


def test_part_of_another_secret_with_shorter_words() -> None:
    """The longer secret goes first, whatever the length of the words in it."""
    redactor = Redactor()
    redactor.add("project", "project-9f/aa+b2", "a project")
    assert redactor.redact("project-9f/aa+b2, a project, project") == ", ".join([REDACTED] * 3)
    assert redactor.redact_all(["project-9f/aa+b2"]) == [REDACTED]


@pytest.mark.parametrize("kept", [3, 4, 20, len(SECRET) - 1])
def test_secret_that_a_quotation_has_cut(kept: int) -> None:
    """Names are cut before they come to the redactor."""
    redactor = Redactor()
    redactor.add(SECRET)
    assert redactor.redact(f"x{SECRET[:kept]}…, y…") == f"x{REDACTED}…, y…"
    assert redactor.redact_all([f"x{SECRET[:kept]}…"]) == [f"x{REDACTED}…"]
    assert redactor.redact(f"x{SECRET[:kept]}") == f"x{SECRET[:kept]}"


@pytest.mark.parametrize("backslashes", [1, 2, 9, 40])
def test_backslashes_in_every_encoding(backslashes: int) -> None:
    redactor = Redactor()
    secret = "begin" + "\\" * backslashes + "end"
    redactor.add(secret)
    for name, encode in ENCODINGS.items():
        assert redactor.redact(encode(secret)) == REDACTED, name


WHITE_SPACE = ["\n", "\r\n", "  ", "\u00a0", "\t", "\x0b"]


@pytest.mark.parametrize("white_space", WHITE_SPACE)
@pytest.mark.parametrize(
    "shown",
    [*WHITE_SPACE, " ", "+", "%0d%0A", "%20", "%c2%a0", "&nbsp;", "&#10;", "&#xD;", r"\r\n", r"\\u000a", "<br>"],
)
def test_white_space_in_a_secret_can_be_any_other(white_space: str, shown: str) -> None:
    """Messages show texts on one line, and servers send them with other line breaks."""
    redactor = Redactor()
    redactor.add(f"BEGIN{white_space}key")
    assert redactor.redact(f"a BEGIN{shown}key b") == f"a {REDACTED} b"


def test_each_long_line_of_a_secret_is_secret() -> None:
    """A short one can be an ordinary word."""
    redactor = Redactor()
    redactor.add("-----BEGIN KEY-----\nMIIEvAIBADANBgkq\n\n15_characters__\n-----END KEY-----\n")
    assert redactor.redact("MIIEvAIBADANBgkq, 15_characters__") == f"{REDACTED}, 15_characters__"


@pytest.mark.parametrize("char", ["\0", "\x1b", "\b", "\x7f", "\x85", "\u2028", "\u3000", "\u2003", "\t", "\xa0", " "])
@pytest.mark.parametrize("encoding", list(ENCODINGS))
def test_control_characters_and_rare_white_space_in_every_encoding(char: str, encoding: str) -> None:
    redactor = Redactor()
    secret = f"begin{char}end"
    redactor.add(secret)
    assert redactor.redact(f"a {ENCODINGS[encoding](secret)} b") == f"a {REDACTED} b"


@pytest.mark.parametrize(
    "part",
    [
        "+ ",
        "\\n ",
        "<br> ",
        "&nbsp; ",
        "%20 ",
        "\\ ",
        "+  ",
        "\r\n+",
        "& ",
        "+\t\n ",
        '\\"',
        '\\\\"',
        "\\\n",
        "\\é",
        "%25 ",
        "&amp; ",
        "&",
    ],
)
def test_white_space_beside_what_looks_like_it(part: str) -> None:
    """There must not be many ways in which the regular expression can match: each part could double their number."""

    def search(number: int) -> Callable[[], None]:
        redactor = Redactor()
        secret = f"x{part * number}y"
        redactor.add(secret, part * number + "z")
        assert redactor.redact(f"a {secret} b") == f"a {REDACTED} b"

        def work() -> None:
            for text in (part, part.strip(), part.replace(" ", "+"), part.replace(" ", "%20"), "+", " ", "%20+"):
                redactor.redact(f"x{text * 50 * number}")
                redactor.redact(f"y z x{text * number}w {part * (number - 1)}")

        return work

    # If each part doubled the ways to match, the second search would take a thousand times as long.
    short, long = cpu_seconds(search(10), search(20))
    assert long < 100 * short


@pytest.mark.parametrize("shown", ["%2527%25E4", "&amp;#39;&amp;auml;", r"\u{27}\u{e4}", r"\x27\xc3\xa4", r"\x27\xe4"])
def test_other_forms(shown: str) -> None:
    redactor = Redactor()
    redactor.add("key'ä")
    assert redactor.redact(f"a key{shown}") == f"a {REDACTED}"


@pytest.mark.parametrize("secret", ["-begin", "\\begin", "\\\\-begin", "\n-begin", "begin", "'begin"])
def test_long_text_takes_linear_time(secret: str) -> None:
    redactor = Redactor()
    redactor.add(secret)

    def search(number: int) -> None:
        for text in ("\\", "\n", "%25", "&amp;", "<br>"):
            redactor.redact(f"begin {text * number}")

    short, long = cpu_seconds(lambda: search(2_500), lambda: search(10_000))
    assert long < 8 * short


def test_many_backslashes_do_not_take_exponential_time() -> None:
    """A regular expression that can match a text in many ways takes exponential time if it does not match."""

    def search(number: int) -> Callable[[], str]:
        redactor = Redactor()
        redactor.add("begin" + "\\" * number + "end", "begin" + '\\"' * number + "end")
        text = "begin" + "\\" * 5 * number + "and begin" + '\\\\\\"' * 3 * number + "and"
        return lambda: redactor.redact(text)

    short, long = cpu_seconds(search(6), search(12))
    assert long < 30 * short


def test_texts_that_are_cut_take_no_more_time_for_longer_secrets() -> None:
    """Otherwise many such texts and many secrets take seconds: each secret has as many beginnings as characters."""

    def search(length: int) -> Callable[[], object]:
        redactor = Redactor()
        redactor.add(*(f"{number:04}{'-' * length}" for number in range(500)))
        return lambda: redactor.redact_all([f"x y {'z ' * 150}…"] * 20)

    short, long = cpu_seconds(search(50), search(200))
    assert long < 3 * short


def test_blank_secrets_are_ignored() -> None:
    redactor = Redactor()
    redactor.add("", " ", "\n")
    assert redactor.redact("a  b\n") == "a  b\n"


def test_white_space_around_a_secret_can_be_missing() -> None:
    """A quote from a response is stripped, and a password is not."""
    redactor = Redactor()
    redactor.add(" p4ss w0rd\n")
    assert redactor.redact("p4ss w0rd") == REDACTED
    assert redactor.redact("You sent ' p4ss w0rd\n'") == f"You sent ' {REDACTED}\n'"


def test_later_secrets_are_found() -> None:
    redactor = Redactor()
    redactor.add("first")
    redactor.add("second")
    assert redactor.redact("first second") == f"{REDACTED} {REDACTED}"


@pytest.mark.parametrize("secret", ["+++", "ééé", "鍵鍵鍵", "🔑🔑🔑"])
def test_secret_without_letters_and_digits(secret: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    assert redactor.redact(f"key: {secret}.") == f"key: {REDACTED}."


@pytest.mark.parametrize("secret", ["a", "in", "1", ".", "é", " a "])
def test_very_short_secret_is_not_redacted(secret: str) -> None:
    """Otherwise most messages would be asterisks."""
    redactor = Redactor()
    redactor.add(secret)
    message = "Removing: configurations in-use123. Missing entrées, dresses"
    assert redactor.redact(message) == message


def test_secret_of_three_characters_is_found_in_words() -> None:
    redactor = Redactor()
    redactor.add("abc")
    assert redactor.redact("xabcx") == f"x{REDACTED}x"


def test_lone_surrogate_in_a_secret() -> None:
    redactor = Redactor()
    redactor.add("a\ud800b")
    assert redactor.redact("xa\ud800bx \\ud800") == f"x{REDACTED}x \\ud800"
    assert redactor.redact_all(["a\\ud800b"]) == [REDACTED]
