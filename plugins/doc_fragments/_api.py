# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

from __future__ import annotations


class ModuleDocFragment:
    # The options CONNECTION in module_utils/_options/shared.py.
    DOCUMENTATION = r"""
requirements:
  - python >= 3.9
  - requests >= 2.25.1
notes:
  - A value of null counts as not set for O(access_token), O(email), O(password), and O(ca_path), and it turns off the
    environment variable. It is an error for every option that has a default.
  - A blank environment variable counts as not set. A variable that the task does not use is not checked.
  - Text options accept no dictionaries, lists, or booleans. Put text such as V("1.10") or V("yes") in quotation marks.
  - Proxies come from the usual environment variables where the module runs, such as E(HTTPS_PROXY) and E(NO_PROXY). The
    module does not read a C(.netrc) file.
  - The module never follows a redirect. If O(api_url) redirects, the task fails with RV(error.code=invalid_response).
options:
  api_url:
    description:
      - The address of the Flashback Platform API, an absolute http or https URL. It can have a path prefix, but no
        credentials, query, or fragment.
      - The module sends the password and the access token to this address. Do not take the address from an untrusted
        source.
      - The default is the address in the examples of the vendor, and probably the production environment. The vendor
        documents AI LLM configurations as available only in the TEST environment. Ask the vendor for its address.
      - With plain http to a host that is not loopback, the module warns that secrets are sent unencrypted.
      - If not set, the environment variable E(FLASHBACK_API_URL) is used.
    type: str
    default: https://backend.flashback.tech
  access_token:
    description:
      - The bearer token for the API, without quotation marks. The module strips white space around it.
      - An access token is valid for one hour. For pipelines, use O(email) and O(password).
      - If O(email) and O(password) are set, too, the module uses this token until the API refuses it, and then logs in.
      - If not set, the environment variable E(FLASHBACK_ACCESS_TOKEN) is used, but not if the task gives O(email) or
        O(password), because the token could be that of another user. A blank value counts as not set.
    type: str
  email:
    description:
      - The email address of the user to log in as, together with O(password).
      - If there is no O(access_token), the module logs in before its first request. It logs in again if the API answers
        401, for example because the token has expired. At the end of the task, it logs out. Check mode does the same.
      - Accounts with multi-factor authentication are not supported.
      - The module removes white space around the address.
      - If not set, the environment variable E(FLASHBACK_EMAIL) is used. A blank value counts as not set.
    type: str
    version_added: 1.3.0
  password:
    description:
      - The password of the user O(email). The module sends it exactly as it is, with all spaces and quotation marks.
      - A line break at its beginning or end is an error, and so is an invisible character such as a byte order mark.
        A template, or a placeholder of AWX that nothing has replaced, is an error, too.
      - If not set, the environment variable E(FLASHBACK_PASSWORD) is used. A blank value counts as not set.
    type: str
    version_added: 1.3.0
  timeout:
    description:
      - How many seconds each attempt may take, from connecting to the last byte of the response. From V(1) to V(86400).
      - If not set, the environment variable E(FLASHBACK_TIMEOUT) is used.
    type: int
    default: 30
  retries:
    description:
      - How often the module repeats a request after a transient failure, if that is safe. A transient failure
        is a connection that fails or breaks, a timeout, or the status 408, 425, 429, or 5xx except 501. The value can
        be from V(0) to V(100). With V(0), the module sends each request only once.
      - The waits between attempts grow from half a second, with a random part. If the API asks for a wait with
        C(Retry-After), the module waits that long, but at most 60 seconds.
      - If several requests in a row fail in all their attempts, the module sends no further changes, and reports which
        ones it did not send.
      - If not set, the environment variable E(FLASHBACK_RETRIES) is used.
    type: int
    default: 3
  validate_certs:
    description:
      - Whether the certificate of an https O(api_url) must be valid. Set it to V(false) only for tests.
      - If not set, the environment variable E(FLASHBACK_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - The path of a PEM bundle of certificate authorities to trust instead of the usual ones, on the host where the
        module runs.
      - If not set, the environment variable E(FLASHBACK_CA_PATH) is used, then E(REQUESTS_CA_BUNDLE), then
        E(CURL_CA_BUNDLE). A blank value counts as not set. With O(validate_certs=false), no bundle has an effect.
    type: path
"""
