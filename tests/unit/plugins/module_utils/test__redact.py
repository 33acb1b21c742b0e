# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import html
import json
import typing as t
from html.entities import codepoint2name, html5
from itertools import product
from urllib.parse import quote, quote_plus

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._redact import REDACTED, Redactor
from ansible_collections.flashback.platform.tests.unit.helpers import cpu_seconds

if t.TYPE_CHECKING:
    from collections.abc import Callable

# Each character that an encoding changes, between words that most of them do not change.
SECRET = "begin ä\"ö\\ü'é/ñ<&>+=%!~*(){}[]|^`$,;:@#?\t€鍵😀 end"
SECRETS = [
    SECRET,
    "p4ss w0rd+&<'\">/%=~!*()end",
    "begin" + "\\" * 10 + "end",
    # What looks like an encoded text in the secret itself.
    "a%41\\n&amp;\\u0041+b\\\\x",
    *(f"begin{char}end" for char in "\0\x1b\b\x7f\x85\u2028\u3000\u2003\t\xa0 "),
    "+++",
    "ééé",
    "🔑🔑🔑",
]


def redactor_of(*secrets: str) -> Redactor:
    redactor = Redactor()
    redactor.add(*secrets)
    return redactor


def octets(text: str, form: str, kept: str = "") -> str:
    return "".join(char if char in kept else "".join(form.format(byte) for byte in char.encode()) for char in text)


def code_points(text: str, form: str, kept: str = "") -> str:
    return "".join(char if char in kept else form.format(ord(char)) for char in text)


def escaped(text: str) -> str:
    """All characters as escapes of JSON."""
    utf16 = text.encode("utf-16-be").hex()
    return "".join(f"\\u{utf16[start : start + 4]}" for start in range(0, len(utf16), 4))


def named(text: str, names: dict[str, str], end: str = ";") -> str:
    return "".join(f"&{names[char]}{end}" if char in names else char for char in text)


def dumped(text: str, **options: t.Any) -> str:
    return json.dumps(text, **options)[1:-1]


WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PHP = {chr(point): name for point, name in codepoint2name.items()}
HTML5 = {char: name[:-1] for name, char in html5.items() if name.endswith(";") and len(char) == 1}

# What writes each form, and how.
FORMS: dict[str, Callable[[str], str]] = {
    "nothing": str,
    "one line": lambda text: " ".join(text.split()),
    "JSON": dumped,
    "JSON, upper case": lambda text: dumped(text).replace("\\u00e", "\\u00E").replace("\\ud83d", "\\uD83D"),
    "JSON with UTF-8": lambda text: dumped(text, ensure_ascii=False),
    "JSON of PHP": lambda text: dumped(text).replace("/", "\\/"),
    "JSON of Go": lambda text: dumped(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
    "JSON, all characters": escaped,
    "JSON in JSON": lambda text: dumped(dumped(text)),
    "JavaScript": lambda text: text.replace("\\", "\\\\").replace("'", "\\x27").replace("<", "\\x3C"),
    "addslashes": lambda text: text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"').replace("\0", "\\0"),
    "Python": lambda text: ascii(text)[1:-1],
    "Python, bytes": lambda text: str(text.encode())[2:-1],
    "encodeURIComponent": lambda text: octets(text, "%{:02X}", WORD + "-_.!~*'()"),
    "URL": lambda text: quote(text, safe=""),
    "URL, path": lambda text: quote(text, safe="/:@!$&'()*+,;="),
    "URL, lower case": lambda text: octets(text, "%{:02x}", WORD),
    "URL, all characters": lambda text: octets(text, "%{:02x}"),
    "URL in URL": lambda text: quote(quote(text, safe="")),
    "form": quote_plus,
    "form, lower case": lambda text: octets(text, "%{:02x}", WORD + " ").replace(" ", "+"),
    "HTML": html.escape,
    "HTML without quotes": lambda text: html.escape(text, quote=False),
    "HTML, &apos;": lambda text: html.escape(text).replace("&#x27;", "&apos;"),
    "htmlentities": lambda text: named(text, PHP),
    "HTML 5": lambda text: named(text, {char: name for char, name in HTML5.items() if not char.isalnum()}),
    "HTML, upper case": lambda text: named(text, {"&": "AMP", "<": "LT", ">": "GT", '"': "QUOT"}),
    "HTML without semicolons": lambda text: named(text, {"&": "amp", "<": "lt", ">": "gt", '"': "quot"}, ""),
    "HTML, decimal": lambda text: code_points(text, "&#{};", WORD),
    "HTML, decimal with zeros": lambda text: code_points(text, "&#{:06};", WORD),
    "HTML, hexadecimal": lambda text: code_points(text, "&#x{:x};", WORD),
    "HTML, hexadecimal, upper case": lambda text: code_points(text, "&#X{:X};", WORD),
    "HTML, all characters": lambda text: code_points(text, "&#{};"),
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
    "JSON in a URL in HTML": lambda text: html.escape(octets(dumped(text), "%{:02x}", WORD + "&'")),
}


@pytest.mark.parametrize("secret", SECRETS, ids=ascii)
@pytest.mark.parametrize("form", FORMS)
def test_secret_is_found_in_every_form(form: str, secret: str) -> None:
    shown = FORMS[form](secret)
    redactor = redactor_of(secret)
    assert redactor.redact(f"before {shown} after") == f"before {REDACTED} after"
    assert redactor.redact_all({"a": [f"({shown})", 5, None]}) == {"a": [f"({REDACTED})", 5, None]}
    assert redactor.hides(shown)


# Messages show a text on one line, and servers send it with other line breaks.
SPACES = ["\n", "\r\n", "  ", "\u00a0", "\t", "\x0b"]
SHOWN = [
    *SPACES,
    " ",
    "+",
    "%0d%0A",
    "%20",
    "%c2%a0",
    "&nbsp;",
    "&#10;",
    "&#xD;",
    r"\r\n",
    r"\\u000a",
    "<br>",
    "<BR />",
]


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        *((f"BEGIN{space}key", f"BEGIN{shown}key") for space, shown in product(SPACES, SHOWN)),
        *(("a b", f"a{shown}b") for shown in SHOWN),
        (" p4ss w0rd\n", "p4ss w0rd"),
        # ISO 8859-1: percent-encoded, escaped, and as bytes that are not UTF-8.
        ("key'ä", "key%27%E4"),
        ("key'ä", r"key\x27\xe4"),
        ("key'ä", b"key'\xe4".decode("utf-8", "surrogateescape")),
        # A lone surrogate.
        *(("a\ud800b", shown) for shown in ("a\ud800b", "a\\ud800b", "a\\\\uD800b")),
    ],
)
def test_white_space_and_single_bytes(secret: str, shown: str) -> None:
    assert redactor_of(secret).redact(f"a ({shown}) b") == f"a ({REDACTED}) b"


@pytest.mark.parametrize(
    ("secrets", "text", "redacted"),
    [
        # One secret can be a part of another, or overlap it.
        (["hunter2", "hunter2hunter2", "unter"], "hunter2hunter2 hunter2 unter", "* * *"),
        (["project", "project-9f/aa+b2", "a project"], "project-9f/aa+b2, a project, project", "*, *, *"),
        (["abcdef", "defghi"], "xabcdefghix defabc", "x*x defabc"),
        (["aXa"], "aXaXa", "*"),
        (["keyé"], "key%c3%a9%c3%a9 key", "* key"),
        # The encoding of the next text is not a part of the secret.
        (["abc%"], "abc%41 %abc%", "*41 %*"),
        # Names are cut before they come to the redactor, at an ellipsis.
        *(([SECRET], f"x{SECRET[:kept]}…, y…", "x*…, y…") for kept in (3, 4, 20, len(SECRET) - 1)),
        (["secret-1"], "%73ecr… sec sec-…", "*… sec sec-…"),
        # Each long line of a secret is one. A short line can be an ordinary word.
        (["---BEGIN---\nMIIEvAIBADANBgkq\n\n15-characters-\n"], "MIIEvAIBADANBgkq 15-characters-", "* 15-characters-"),
        # A short secret would turn most messages into asterisks.
        (["", " ", "\n", "in", "1", "é", " a ", "\0\0\0"], "in-use1.  Missing é\n", "in-use1.  Missing é\n"),
        (["abc"], "xabcx", "x*x"),
    ],
)  # fmt: skip
def test_parts(secrets: list[str], text: str, redacted: str) -> None:
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret)
    expected = redacted.replace("*", REDACTED)
    assert redactor.redact(text) == expected
    assert redactor.redact_all([text]) == [expected]
    assert redactor.hides(text) is (text != expected)


def test_words_that_the_modules_define_remain() -> None:
    redactor = redactor_of("deleted", "none", "outcome", "code")
    value = {
        "outcomes": [{"outcome": "deleted", "name": "deleted"}],
        "error": {"code": "none", "message": "none"},
        "other": {"a": ("none", 5, None)},
    }
    assert redactor.redact_all(value, keys=False) == {
        "outcomes": [{"outcome": "deleted", "name": REDACTED}],
        "error": {"code": "none", "message": REDACTED},
        "other": {"a": [REDACTED, 5, None]},
    }
    # If the keys come from outside, such as those of a diff, they can be secret, and so can all values.
    assert redactor.redact_all({"code": "none", "x": {"outcome": "a"}}) == {REDACTED: REDACTED, "x": {REDACTED: "a"}}


PARTS = [
    "\\",
    '\\"',
    '\\\\"',
    "\\\n",
    "\\é",
    "+ ",
    "\\n ",
    "<br> ",
    "&nbsp; ",
    "%20 ",
    "\r\n+",
    "&",
    "%25",
    "&amp;",
    "a",
]


@pytest.mark.parametrize("part", PARTS, ids=ascii)
def test_time_is_linear(part: str) -> None:
    """For each secret, and for each text: long and short, and if nothing is found."""

    def search(number: int) -> Callable[[], None]:
        redactor = redactor_of(
            f"x{part * number}y", f"{part * number}z", *(f"{name}-{part}" for name in range(100, 200))
        )
        texts = [f"x{part * 4 * number}", f"y z x{(part * number).replace(' ', '+')}w", f"{part}…" * number]

        def work() -> None:
            for text in texts:
                redactor.redact(text)

        return work

    short, long = cpu_seconds(search(500), search(2000))
    assert long < 10 * short
    assert long < 2
