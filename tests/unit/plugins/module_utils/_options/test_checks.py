# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.flashback.platform.plugins.module_utils._options.checks import (
    check_access_token,
    check_between,
    check_email,
    check_endpoint,
    check_id,
    check_ids,
    check_not_blank,
    check_not_negative,
    check_password,
    check_secret,
    check_text,
    doubt_endpoint,
    doubt_secret,
    is_quoted,
)
from ansible_collections.flashback.platform.plugins.module_utils._text import check_path_segment
from ansible_collections.flashback.platform.tests.unit.responses import TOKEN

if t.TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("text", ["", " ", " \t\n", "\u00a0"])
@pytest.mark.parametrize("check", [check_not_blank, check_text, check_id])
def test_blank_text_is_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not be empty or blank"):
        check(text)


@pytest.mark.parametrize("text", ["\n", "a\tb", "a\nb", "a\x00", "\x7f", "a\x85", "a\x1b[31m", "\ud800"])
@pytest.mark.parametrize("check", [check_text, check_id])
def test_control_characters_and_surrogates_are_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not"):
        check(text)


def test_negative_number_is_refused() -> None:
    assert check_not_negative(0) == 0
    with pytest.raises(ValueError, match=r"^must not be negative"):
        check_not_negative(-1)


@pytest.mark.parametrize("text", [".", ".."])
def test_dots_are_no_path_segment(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not be '\.' or '\.\.'"):
        check_path_segment(text)
    assert check_text(text) == text


@pytest.mark.parametrize("text", ["a/b", "...", ".a", "%2e%2e", "..%2f", "../x", "a b", "clé", "鍵", "\u2025"])
def test_other_texts_are_returned_unchanged(text: str) -> None:
    assert check_not_blank(text) == check_text(text) == check_path_segment(text) == check_secret(text) == text


# Characters that nobody sees: byte order mark, zero width space, soft hyphen, and the marks of directions.
INVISIBLE = "\ufeff\u200b\u00ad\u200e\u202a\u202e\u2066\u2060"


@pytest.mark.parametrize("check", [check_text, check_id, check_email, check_secret, check_password])
@pytest.mark.parametrize("text", ["{}ab", "a{}b", "ab{}"])
@pytest.mark.parametrize("char", INVISIBLE)
def test_invisible_character_is_named(check: Callable[[str], str], text: str, char: str) -> None:
    with pytest.raises(ValueError, match=rf"^must not contain the invisible character U\+{ord(char):04X} \("):
        check(text.format(char))


@pytest.mark.parametrize("check", [check_text, check_id, check_email])
@pytest.mark.parametrize("char", "\u00a0\u202f\u2028\u2029\u0085\0\n\t")
def test_character_that_looks_like_a_space_is_named(check: Callable[[str], str], char: str) -> None:
    with pytest.raises(ValueError, match=rf"^must not contain .*U\+{ord(char):04X}"):
        check(f"a{char}b")


@pytest.mark.parametrize("check", [check_text, check_email])
@pytest.mark.parametrize("text", [" a", "a ", "\u3000a"])
def test_white_space_around_a_text_is_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not begin or end with white space"):
        check(text)


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family, joined
        "\U0001f3f4\U000e0067\U000e0062\U000e007f",  # a flag, of tags
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u2764\ufe0f",
        "e\u0301",
        "全角　空白",
        "'Team' \"A\" [1] {b}, `c`",
        "None",
        "a {{ template }} in a text",
        "*******",
    ],
)
def test_texts_that_stay_accepted(text: str) -> None:
    for check in (check_text, check_secret, check_password):
        assert check(text) == text


@pytest.mark.parametrize(
    "text", ["-----BEGIN KEY-----\nMIIE\n-----END KEY-----", '{"a":\n"b"}', "a\u00a0b", "\u202fa", '"a"', "\u2028a"]
)
def test_secrets_that_stay_accepted(text: str) -> None:
    assert check_secret(text) == text


@pytest.mark.parametrize("text", ["\u00a0a", "a\u00a0"])
def test_secret_with_a_no_break_space_around_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not begin or end with U\+00A0 \(no-break space\)"):
        check_secret(text)


@pytest.mark.parametrize("text", ["a\n", "a\r", "\na", "\r\na"])
def test_password_with_a_line_break_around_it_is_refused(text: str) -> None:
    """As "ansible-vault encrypt_string --stdin-name" stores it, if its input ends with the Enter key."""
    with pytest.raises(ValueError, match=r"^must not begin or end with a line break"):
        check_password(text)


@pytest.mark.parametrize("text", [" a ", "\ta", "a\nb", "\u00a0a", "\u00a0", "'a'"])
def test_passwords_that_stay_accepted(text: str) -> None:
    assert check_password(text) == text


@pytest.mark.parametrize(("text", "quoted"), [("'a'", True), ('"a"', True), ("''", True), ("'", False), ("'a", False)])
def test_quotation_marks_around_a_value(text: str, quoted: bool) -> None:
    assert is_quoted(text) is quoted
    assert not is_quoted(None)


@pytest.mark.parametrize("text", ["'a@example.com'", '"a@example.com"'])
def test_email_in_quotation_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not be in quotation marks: docker"):
        check_email(text)


def test_email_with_an_apostrophe_is_accepted() -> None:
    assert check_email("o'brien@example.com") == "o'brien@example.com"


@pytest.mark.parametrize("text", [" id-1", "id-1 ", " "])
def test_id_with_white_space_around_it_is_refused(text: str) -> None:
    """The API would not find it, and the task would report that there is nothing to remove."""
    with pytest.raises(ValueError, match=r"^must not"):
        check_id(text)


@pytest.mark.parametrize(
    "text", [str({"id": "id-1"}), str(["id-1"]), "[]", '["a"]', "a,b", "a b", "'a'", "`a`", "{550e8400}", "[id"]
)
def test_id_that_was_a_list_or_a_dictionary_is_refused(text: str) -> None:
    """As IDs, they would all be absent."""
    with pytest.raises(ValueError, match=r"^must be an ID, .* map\(attribute='id'\)"):
        check_id(text)


@pytest.mark.parametrize("text", ["id-1", "a/b", "a:b", "(a)", "<a>", "1", "None", "clé", "a\\b"])
def test_other_ids_are_accepted(text: str) -> None:
    assert check_id(text) == text
    assert check_ids([text, text]) == [text]


def test_path_segments_are_returned_without_duplicates() -> None:
    assert check_ids(["c", "a", "c", "b", "a"]) == ["c", "a", "b"]
    assert check_ids([]) == []


@pytest.mark.parametrize("wrong", ["", " ", ".", "..", "a\nb"])
def test_first_wrong_path_segment_is_named_by_its_number(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^\(item 2\) must not"):
        check_ids(["a", wrong, ""])


@pytest.mark.parametrize(
    "token", ["", " \n", "a b", "a\nb", "a\rb", "a\x00b", "a\x7f", "clé", "a\u2028b", "Bearer abc"]
)
def test_bad_access_token_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(ValueError, match=r"^must") as caught:
        check_access_token(token)
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize("token", ["'abc'", '"abc"'])
def test_access_token_in_quotation_marks_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match=r"^must not be in quotation marks: docker") as caught:
        check_access_token(token)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("char", "\"'{}<>,\\")
def test_character_that_no_access_token_has_is_refused(char: str) -> None:
    with pytest.raises(ValueError, match=r"^must be only the token"):
        check_access_token(f"a{char}b")


@pytest.mark.parametrize("token", [TOKEN, "a.b-c_d~e+f/g==", "a|b", "a:b", "sk-[1]", "a*b", "$a%b!"])
def test_access_tokens_that_stay_accepted(token: str) -> None:
    assert check_access_token(token) == token


def test_number_out_of_range_is_refused() -> None:
    check = check_between(1, 5)
    assert [check(1), check(5)] == [1, 5]
    for number in (0, 6, -1):
        with pytest.raises(ValueError, match="must be between 1 and 5"):
            check(number)


@pytest.mark.parametrize("text", ["{{ vault_key }}", " {{a\n}}", "$ANSIBLE_VAULT;1.1;AES256\n3166", "$encrypted$"])
@pytest.mark.parametrize("check", [check_secret, check_password, check_access_token])
def test_what_should_have_become_a_secret_is_refused_and_not_quoted(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be the secret itself") as caught:
        check(text)
    assert "vault_key" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        *[(text, True) for text in ("$(KEY)", "${KEY}", "$OPENAI_API_KEY", "***", "[MASKED]", "[masked]")],
        *[(text, True) for text in ("op://vault/item", "vault:secret/data#key", "null", "undefined", "None")],
        *[(text, False) for text in ("sk-1", "a${KEY}", "nullable", "$ecret", "vault", "{{", "{}", "a}}", "***a")],
    ],
)
def test_placeholders_are_doubtful(text: str, doubtful: bool) -> None:
    assert (doubt_secret(text) is not None) is doubtful
    assert check_secret(text) == text


@pytest.mark.parametrize(
    "text", ["https://user:p4ss@host/v1", "https://user@host", "//:p4ss@host?a", "user:p4ss@host", "HTTPS://p4ss@h#a"]
)
def test_endpoint_with_credentials_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not contain a user or a password") as caught:
        check_endpoint(text)
    assert "p4ss" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["https://host/v1/@a", "https://host?mail=a@b", "models@region", "a/b:c@d", "host:443"]
)
def test_other_endpoints_are_accepted(text: str) -> None:
    assert check_endpoint(text) == text


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        *[
            (f"https://host/v1?{name}=a", True)
            for name in ("key", "api_key", "x&apiKey", "access_token", "sig", "auth")
        ],
        *[(f"https://host/v1?{name}=a", False) for name in ("api-version", "design", "author", "keys", "region")],
        ("https://host/key=a", False),
    ],
)
def test_query_parameters_that_look_like_credentials_are_doubtful(text: str, doubtful: bool) -> None:
    assert (doubt_endpoint(text) is not None) is doubtful
