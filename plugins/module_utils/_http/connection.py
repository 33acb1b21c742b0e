# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

# What the classes here extend is only known where requests is installed.
# pylint: disable=no-member

"""Sessions of `requests` that know when a request is about to be sent. The only file that imports `requests`."""

from __future__ import annotations

import os
import ssl
import threading
import traceback
import typing as t
from http.cookiejar import DefaultCookiePolicy

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase
    from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
    from urllib3.util.ssl_ import create_urllib3_context
except (ImportError, AttributeError, OSError, RuntimeError, SyntaxError, TypeError, ValueError):
    # An old library can fail in many ways with a new Python.
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
    requests = urllib3 = None  # type: ignore[assignment]
    HTTPAdapter = AuthBase = object  # type: ignore[assignment,misc]
else:
    REQUESTS_IMPORT_ERROR = None

USER_AGENT = "flashback.platform/1.5.0"


# `gate` is a lock. This thread takes it before it sends its request, and after the timeout, the thread that waits takes
# it instead, so that an abandoned request is not sent later. The exceptions of requests do not tell whether a request
# was sent: a TLS handshake that hangs or fails raises the same as a connection that does so afterwards.
this_thread = threading.local()


class _GatedConnection:
    """A mixin for the connections of urllib3: a request passes the gate when TCP, a tunnel, and TLS are ready."""

    sock: t.Any

    def endheaders(self, *args: t.Any, **options: t.Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        if not this_thread.gate.acquire(blocking=False):
            raise ConnectionAbortedError("abandoned")
        super().endheaders(*args, **options)  # type: ignore[misc]


class BearerAuth(AuthBase):
    """Sets the token with the auth option of requests, because ~/.netrc overrides a plain header (psf/requests#3929).

    Without a token, it sets no header. Even then, requests does not read ~/.netrc.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            r.headers["Authorization"] = f"Bearer {self._token}"
        return r


class _Adapter(HTTPAdapter):
    """Makes gated connections. They share one TLS context, because loading a CA bundle is slower than a request."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        verify = context is None or context.verify_mode == ssl.CERT_REQUIRED
        self._context = context
        self._tls: dict[str, t.Any] = {"ssl_context": context, "cert_reqs": "CERT_REQUIRED" if verify else "CERT_NONE"}
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: t.Any, **options: t.Any) -> None:
        super().init_poolmanager(*args, **{**options, **self._tls})
        _gate(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: t.Any) -> t.Any:
        if proxy.lower().startswith("https:"):
            options["proxy_ssl_context"] = self._context
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **{**options, **self._tls})
        if is_new:
            _gate(manager)
        return manager

    # The TLS context decides how certificates are checked. Without the next two methods, requests would set its own
    # options for each connection: with the first method before version 2.32, with the second method since then.

    def cert_verify(self, *args: t.Any, **options: t.Any) -> None:
        pass

    def build_connection_pool_key_attributes(self, *args: t.Any, **options: t.Any) -> t.Any:
        host, _tls = super().build_connection_pool_key_attributes(*args, **options)
        return host, {}


def _gate(manager: t.Any) -> None:
    """Make a pool manager use gated connections. This works for each kind of proxy, including SOCKS."""
    pools = {}
    for scheme, pool in manager.pool_classes_by_scheme.items():
        connection = type("_Connection", (_GatedConnection, pool.ConnectionCls), {})
        pools[scheme] = type("_Pool", (pool,), {"ConnectionCls": connection})
    manager.pool_classes_by_scheme = pools


def new_session(context: ssl.SSLContext | None) -> requests.Session:
    """A session for one thread. context: for https; None if the URL is plain http."""
    session = requests.Session()
    # Cookies are neither kept nor sent: the token alone says who sends a request.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"Accept": "application/json", "User-Agent": USER_AGENT})
    # requests parses the Location header even if it does not follow the redirect, and this can fail.
    session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
    adapter = _Adapter(context)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def tls_context(validate_certs: bool, bundle: str | None) -> ssl.SSLContext:
    """Return a context that trusts the bundle, a PEM file or a folder of PEM files; by default the bundle of requests.

    :raises ValueError: The bundle cannot be read.
    """
    if not validate_certs:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if validate_certs else ssl.CERT_NONE)
    bundle = bundle or DEFAULT_CA_BUNDLE_PATH
    try:
        context.load_verify_locations(**{"capath" if os.path.isdir(bundle) else "cafile": bundle})
    except OSError:
        raise ValueError(f"cannot be read as a PEM bundle: {bundle}") from None
    return context


def proxy_of(url: str) -> str | None:
    """Return the URL of the proxy that the environment sets for a URL. The result may contain credentials."""
    return select_proxy(url, get_environ_proxies(url, no_proxy=None))
