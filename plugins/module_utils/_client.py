# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

"""The HTTP side of the Flashback Platform API: session, token, retry, errors.

Knows no resource. The one place that imports C(requests), and imports it late, with all that is heavy: only once the
parameters of a task are known to be good.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
import traceback
import typing as t
import unicodedata
from urllib.parse import quote, urlsplit

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    import requests

_Item = t.TypeVar("_Item")
_Result = t.TypeVar("_Result")

USER_AGENT = "flashback.platform/1.2.0"

READING_VERBS = frozenset({"GET"})

# Seconds. The waits double from the first one on; no wait is longer than the last one, whatever a Retry-After says.
FIRST_WAIT = 0.5
LONGEST_WAIT = 60.0

# Requests under way at once, when there are many to send.
MOST_AT_ONCE = 8

# Characters quoted from an answer, and bytes read of one. A hundred thousand configurations are some 40 MB.
LONGEST_QUOTE = 300
LARGEST_BODY = 128 * 1024 * 1024

_CODES = {401: "unauthorized", 403: "forbidden", 429: "rate_limited"}

_HINTS = {
    "unauthorized": "Access tokens live one hour; get a new one.",
    "invalid_response": "Check that api_url is the address of the Flashback Platform API.",
    "tls": "See the options ca_path and validate_certs.",
}

_OUTCOME_UNKNOWN = (
    "No answer of the API shows whether the request took effect: it may have. Run the task again to find out."
)


class MissingLibrary(Exception):
    """A Python library that is needed at run time cannot be imported."""

    def __init__(self, name: str, details: str) -> None:
        super().__init__(name)
        self.name = name
        self.details = details


class ApiError(Exception):
    """What was asked of the API did not come about.

    code: one of the collection's error codes.
    message: the API's own words, or what went wrong. Cut, free of secrets and control characters.
    http_status: the status of the API's answer, None if there was none.
    documented: whether the answer was this API's error body, an object with C(success: false).
    maybe_done: whether the request may have taken effect, in this try or an earlier one, although no answer says so.
    may_pass: whether the same request may fare better a little later.
    retry_after: seconds that the API asked to wait.
    details: further items of the C(error) return value.
    result: what else the task returns, such as C(changed) if something was written before the failure.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        http_status: int | None = None,
        documented: bool = False,
        maybe_done: bool = False,
        may_pass: bool = False,
        retry_after: float = 0,
        hint: str | None = None,
        details: Mapping[str, t.Any] | None = None,
        result: Mapping[str, t.Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.documented = documented
        self.maybe_done = maybe_done
        self.may_pass = may_pass
        self.retry_after = retry_after
        self.hint = _HINTS.get(code) if hint is None else hint
        self.details = dict(details or {})
        self.result = dict(result or {})

    def __str__(self) -> str:
        said = self.message.rstrip(".")
        if self.http_status is not None:
            said = f"the API answered {self.http_status}: {said}"
        return one_line(f"{said}. {self.hint or ''} {_OUTCOME_UNKNOWN if self.maybe_done else ''}")

    def as_dict(self) -> dict[str, t.Any]:
        """The C(error) return value: code, http_status, message, and the details."""
        return {"code": self.code, "http_status": self.http_status, "message": self.message, **self.details}


class CheckModeViolation(RuntimeError):
    """A request that writes was about to be sent in check mode. A fault of this collection, never of its user."""


class _BearerAuth:
    """Set the token as requests' auth: a plain header would be replaced by what ~/.netrc holds (psf/requests#3929)."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class _Answer(t.NamedTuple):
    status: int
    retry_after: str | None
    content: bytearray


def check_api_url(url: str) -> str:
    """Return the base URL without trailing slashes. Raises ValueError, which says what is wrong and never quotes it."""
    url = url.strip()
    if not url:
        raise ValueError("must not be empty")
    if any(char.isspace() or _is_control(char) for char in url):
        raise ValueError("must not contain white space or control characters")
    try:
        parts = urlsplit(url)
        if parts.port == 0:
            raise ValueError(parts.port)
    except ValueError:
        raise ValueError("is not a valid URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an absolute http or https URL, such as https://backend.flashback.tech")
    if "@" in parts.netloc:
        raise ValueError("must not contain credentials")
    if "?" in url or "#" in url:
        raise ValueError("must not contain a query or a fragment")
    return url.rstrip("/")


def check_access_token(token: str) -> str:
    """Return the token without surrounding white space. Raises ValueError, which never quotes it."""
    token = token.strip()
    if not token:
        raise ValueError("must not be empty")
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("must be the bare token: visible ASCII characters, no white space and no 'Bearer' before it")
    return token


def check_path_segment(text: str) -> str:
    """Return the text if it can travel as one segment of a URL's path. Raises ValueError.

    Quoting keeps all else intact, but the dots of C(..) are never quoted, and every HTTP library resolves them.
    """
    check_text(text)
    if text in (".", ".."):
        raise ValueError("must not be '.' or '..'")
    return text


def check_not_blank(text: str) -> str:
    """Return the text if it says anything: an unset variable must not pass for a value. Raises ValueError."""
    if not text.strip():
        raise ValueError("must not be empty or blank")
    return text


def check_text(text: str) -> str:
    """Return the text if it is neither blank nor holds control characters or lone surrogates. Raises ValueError."""
    check_not_blank(text)
    if any(_is_control(char) for char in text):
        raise ValueError("must not contain control characters")
    return text


def one_line(text: str) -> str:
    """The text without control characters, lone surrogates and line breaks: what servers send may reach a terminal."""
    return " ".join("".join(" " if _is_control(char) else char for char in text).split())


def excerpt(text: str) -> str:
    """The beginning of a text that a server sent, in one line: it may be megabytes."""
    text = one_line(text[: 100 * LONGEST_QUOTE])
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs")


class Client:
    """Sends requests to the API, over one kept connection for each thread that does.

    timeout: seconds for one whole answer (connect, headers and body). retries: how often a request is sent again.
    read_only: refuse every verb that writes. secrets: texts that no error may show; the token is one of them anyway.
    Raises MissingLibrary.
    """

    def __init__(
        self,
        *,
        api_url: str,
        access_token: str,
        timeout: int,
        retries: int,
        validate_certs: bool,
        ca_path: str | None,
        read_only: bool,
        secrets: Iterable[str] = (),
    ) -> None:
        try:
            import requests
        except ImportError:
            raise MissingLibrary("requests", traceback.format_exc()) from None
        self._requests = requests
        self.api_url = api_url
        self._auth = _BearerAuth(access_token)
        self._timeout = timeout
        self._retries = retries
        # Given with each request, since the environment's CA bundle overrides that of a session (psf/requests#3829).
        self._verify = validate_certs and (ca_path or True)
        self._read_only = read_only
        self._secrets = {text for text in (access_token, *secrets) if text.strip()}
        # A session for each thread: those of requests are not promised to be thread-safe.
        self._threads = threading.local()
        self._pace = _Pace()
        if not validate_certs:
            import urllib3

            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def request(
        self,
        method: str,
        path: str,
        *segments: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, t.Any] | None = None,
        failure_is_answer: bool = False,
    ) -> dict[str, t.Any]:
        """Send one request, and again while the failure may pass. Return the JSON object of a 2xx, {} for a 204.

        path: a template such as C(/ai/llm/{}); each of the segments is quoted into it. failure_is_answer: return a 2xx
        with C(success: false) too.
        Raises ApiError: for every other answer (contract 1 and 2), and when no answer comes. A request whose answer
        was lost is sent again, but never a C(POST) (contract 5 and 6); C(maybe_done) of the error tells of such a loss.
        """
        if self._read_only and method not in READING_VERBS:
            raise CheckModeViolation(f"{method} {path}")
        url = self.api_url + path.format(*(quote(check_path_segment(segment), safe="") for segment in segments))
        request = {"method": method, "url": url, "params": query, "json": body}
        writes = method not in READING_VERBS
        maybe_done = False
        for attempt in range(self._retries + 1):
            try:
                with self._pace:
                    answer = self._send(request)
                return self._read(answer, failure_is_answer)
            except ApiError as error:
                maybe_done = error.maybe_done = writes and (maybe_done or error.maybe_done)
                may_repeat = method != "POST" or not maybe_done
                if not (error.may_pass and may_repeat) or attempt == self._retries:
                    raise
                wait = _wait(attempt, error.retry_after)
                if error.code == "rate_limited":
                    self._pace.slow_down(wait)
                else:
                    time.sleep(wait)
        raise AssertionError("not reached: the last try returns or raises")  # pragma: no cover

    def _send(self, request: Mapping[str, t.Any]) -> _Answer:
        """Send the request once. Raises ApiError if no whole answer comes in time.

        No timeout of requests bounds a server that trickles, or a name server that hangs. So the exchange runs in a
        thread of its own, which is left behind with its connection when time is up.
        """
        import http.client
        from concurrent.futures import wait

        import urllib3.exceptions

        session = self._threads.session = getattr(self._threads, "session", None) or self._new_session()
        future = _start(self._exchange, session, request)
        wait([future], self._timeout)
        if not future.done():
            self._threads.session = None
            raise self._timed_out(maybe_done=True)
        try:
            answer = future.result()
        except (
            self._requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as exc:
            raise self._failure(exc) from None
        if answer.status < 200:
            # The final answer may still come, and must not be taken for that to the next request.
            self._threads.session = None
        return answer

    def _new_session(self) -> requests.Session:
        session = self._requests.Session()
        session.auth = _BearerAuth(self._auth.token)
        session.headers.update({"Accept": "application/json", "User-Agent": USER_AGENT})
        # Even when it follows no redirect, requests parses the Location of one, and may fail at that.
        session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
        return session

    def _exchange(self, session: requests.Session, request: Mapping[str, t.Any]) -> _Answer:
        deadline = time.monotonic() + self._timeout
        with session.request(
            **request,
            # A connection that cannot be made is reported before the time for the whole answer is up, so that it is
            # not taken for a request that was sent.
            timeout=(0.9 * self._timeout, self._timeout),
            verify=self._verify,
            allow_redirects=False,
            stream=True,
        ) as response:
            # urllib3 1.26 takes a body that is cut short for a whole one, unless told so.
            response.raw.enforce_content_length = True
            content = bytearray()
            try:
                for chunk in response.iter_content(1 << 16):
                    content += chunk
                    if len(content) > LARGEST_BODY or time.monotonic() > deadline:
                        break
            except self._requests.exceptions.ContentDecodingError:
                content.clear()
            return _Answer(response.status_code, response.headers.get("Retry-After"), content)

    def _read(self, answer: _Answer, failure_is_answer: bool) -> dict[str, t.Any]:
        """Return the object of a good answer. Raises ApiError for any other: status first, then the body."""
        status = answer.status
        if status == 204 and not answer.content:
            return {}
        try:
            body = json.loads(answer.content)
        except (ValueError, RecursionError):
            body = None
        good = 200 <= status < 300
        success = body.get("success") if isinstance(body, dict) else None
        if good and (success is True or (success is False and failure_is_answer)):
            return t.cast("dict[str, t.Any]", body)
        documented = success is False
        if status < 200 or 300 <= status < 400:
            code = "invalid_response"
        elif good or status >= 500:
            code = "server_error" if documented or not good else "invalid_response"
        elif status == 404:
            code = "not_found" if documented else "invalid_response"
        else:
            code = _CODES.get(status, "rejected")
        raise ApiError(
            code,
            self._said(status, body, answer.content),
            http_status=status,
            documented=documented,
            # A 1xx, a 2xx that is not this API's, and a 5xx say nothing about what has been done.
            maybe_done=status < 200 or status >= 500 or (good and not documented),
            may_pass=status == 429 or status >= 500,
            retry_after=_seconds(answer.retry_after),
        )

    def _said(self, status: int, body: t.Any, content: bytearray) -> str:
        if 300 <= status < 400:
            return "a redirect, which is never followed"
        text = content.decode("utf-8", "replace")
        if body is not None or text.lstrip("\ufeff\ufffd").startswith(("{", "[", '"')):
            return self.words(body)
        return self._quotable(text) or "an empty body"

    def words(self, body: t.Any) -> str:
        """The message of an answer's JSON, fit to be shown. Nothing else is: an object of this API holds keys."""
        message = body.get("message") if isinstance(body, dict) else None
        words = self._quotable(message) if isinstance(message, str) else ""
        return words or "JSON without a message"

    def _quotable(self, text: str) -> str:
        """An excerpt of the text, free of secrets. They go first: a part of one would be recognised no more."""
        import html

        for secret in self._secrets:
            for form in (
                secret,
                json.dumps(secret)[1:-1],
                secret.replace("/", "\\/"),
                quote(secret, safe=""),
                html.escape(secret),
            ):
                text = text.replace(form, "********")
        return excerpt(text)

    def _timed_out(self, maybe_done: bool) -> ApiError:
        return ApiError(
            "timeout", f"no whole answer within {self._timeout} seconds", maybe_done=maybe_done, may_pass=True
        )

    def _failure(self, exc: BaseException) -> ApiError:
        """Tell apart why no answer came, and whether the request can have reached the API (contract 5).

        The texts of requests and urllib3 are never quoted: they hold headers and the URLs of proxies.
        """
        import http.client
        import ssl

        import urllib3.exceptions as urllib3_errors

        requests_errors = self._requests.exceptions
        causes = list(_causes(exc))

        def cause(*kinds: type[BaseException]) -> BaseException | None:
            return next((item for item in causes if isinstance(item, kinds)), None)

        for item in causes:
            # urllib3 1.26 has a CertificateError of its own where Python has none any more.
            if isinstance(item, ssl.SSLCertVerificationError) or type(item).__name__ == "CertificateError":
                why = getattr(item, "verify_message", None) or "it is for another host name"
                return ApiError("tls", f"the certificate of what answered is not valid: {why}")
        if not isinstance(exc, (requests_errors.RequestException, urllib3_errors.HTTPError, ValueError)):
            return ApiError("tls", "the CA bundle that the environment names cannot be read")
        unsent = bool(
            cause(urllib3_errors.NewConnectionError, urllib3_errors.ConnectTimeoutError)
            or any(str(item).startswith("Tunnel connection failed") or _in_handshake(item) for item in causes)
        )
        reason = _reason(causes)
        if cause(urllib3_errors.TimeoutError) and not cause(urllib3_errors.NewConnectionError):
            return self._timed_out(maybe_done=not unsent)
        if cause(ssl.SSLError, urllib3_errors.SSLError):
            return ApiError("tls", reason, maybe_done=not unsent, may_pass=True)
        not_http = cause(http.client.BadStatusLine, http.client.LineTooLong, urllib3_errors.InvalidHeader)
        if not_http and not isinstance(not_http, ConnectionError):
            return ApiError("invalid_response", "what answered does not speak HTTP", maybe_done=True, may_pass=True)
        if isinstance(exc, (ValueError, urllib3_errors.LocationParseError)) or cause(http.client.InvalidURL):
            return ApiError("unreachable", "the address of the API, or of a proxy on the way, is not valid")
        where = "cannot connect" if unsent else "the connection broke before the whole answer was here"
        return ApiError("unreachable", f"{where}: {reason}", maybe_done=not unsent, may_pass=True)


class _Pace:
    """What the API's 429 slows down: a context for each request, shared by all threads.

    After a 429 all of them wait, and only half as many requests as before, at least one, are under way at once: those
    who waited would else come back together, and be refused again.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._most = MOST_AT_ONCE
        self._under_way = 0
        self._resume = 0.0

    def __enter__(self) -> None:
        with self._condition:
            self._condition.wait_for(lambda: self._under_way < self._most)
            self._under_way += 1
        while (wait := self._resume - time.monotonic()) > 0:
            time.sleep(wait)

    def __exit__(self, *exc_info: object) -> None:
        with self._condition:
            self._under_way -= 1
            self._condition.notify()

    def slow_down(self, seconds: float) -> None:
        now = time.monotonic()
        with self._condition:
            # The refusals of requests that were under way together count once.
            if now >= self._resume:
                self._most = max(1, self._most // 2)
            self._resume = max(self._resume, now + seconds)


def for_each(function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """The function's results for the items, in their order; a few are under way at once.

    The threads are daemons: a task that is interrupted leaves none behind.
    """
    from queue import Empty, SimpleQueue

    if len(items) < 2:
        return [function(item) for item in items]
    left: SimpleQueue[int] = SimpleQueue()
    for index in range(len(items)):
        left.put(index)
    results: dict[int, _Result] = {}

    def work() -> None:
        try:
            while True:
                index = left.get_nowait()
                results[index] = function(items[index])
        except Empty:
            pass

    for worker in [_start(work) for _unused in range(min(MOST_AT_ONCE, len(items)))]:
        worker.result()
    return [results[index] for index in range(len(items))]


def _start(function: Callable[..., _Result], *args: t.Any) -> Future[_Result]:
    """Call the function in a daemon thread, which can be left behind. The future tells how it ended."""
    from concurrent.futures import Future

    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(function(*args))
        except BaseException as exc:  # pylint: disable=broad-exception-caught  # raised again by result()
            future.set_exception(exc)

    threading.Thread(target=run, daemon=True).start()
    return future


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """An exception and all that it was made of: requests and urllib3 hand on causes in C(reason) and in C(args) too."""
    seen: set[int] = set()
    left: list[t.Any] = [exc]
    while left:
        item = left.pop(0)
        if isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            yield item
            left += [getattr(item, "reason", None), *item.args, item.__cause__, item.__context__]


def _in_handshake(exc: BaseException) -> bool:
    """Whether TLS was not yet set up; urllib3 wraps such a failure as it does those after the request was sent."""
    return any(frame.f_code.co_name == "ssl_wrap_socket" for frame, _line in traceback.walk_tb(exc.__traceback__))


def _reason(causes: list[BaseException]) -> str:
    """The system's words for the innermost failure, such as C(Connection refused)."""
    return next(
        (str(item.strerror) for item in reversed(causes) if isinstance(item, OSError) and item.strerror),
        type(causes[-1]).__name__,
    )


def _wait(attempt: int, retry_after: float) -> float:
    """Seconds to wait after a try, the first of which is 0: growing, with jitter, and as long as the API asks."""
    backoff = FIRST_WAIT * 2 ** min(attempt, 10) * random.uniform(1, 1.25)
    return min(max(backoff, retry_after), LONGEST_WAIT)


def _seconds(retry_after: str | None) -> float:
    """The seconds that a Retry-After header asks for; 0 without one, or when it is neither a number nor a date."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util.retry import Retry

    try:
        return Retry().parse_retry_after(retry_after) if retry_after else 0
    except (InvalidHeader, ValueError, OverflowError):
        return 0
