# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection and may change at any time.
# Do not use it from other collections or stand-alone plugins.

from __future__ import annotations


class ModuleDocFragment:
    # The options of api_argument_spec() in module_utils/_argspec.py.
    DOCUMENTATION = r"""
requirements:
  - python >= 3.9
  - requests >= 2.25.1
notes:
  - Proxies are taken from the usual environment variables, such as E(HTTPS_PROXY) and E(NO_PROXY), where the module
    runs. A C(.netrc) file is not read.
  - Redirects are never followed. An O(api_url) that redirects makes the task fail with RV(error.code=invalid_response).
options:
  api_url:
    description:
      - The address of the Flashback Platform API, an absolute http or https URL. It may have a path before that of the
        API's operations, and a trailing slash, but no credentials, query, or fragment.
      - With plain http to a host that is not loopback, a warning says that the token travels in the clear.
      - If not given, the environment variable E(FLASHBACK_API_URL) is used.
    type: str
    default: https://backend.flashback.tech
  access_token:
    description:
      - The bearer token of the API. Needed. White space around it is stripped.
      - Access tokens live one hour.
      - If not given, the environment variable E(FLASHBACK_ACCESS_TOKEN) is used.
    type: str
  timeout:
    description:
      - How many seconds one whole answer of the API may take, from connecting to the last byte of the body. From V(1)
        to V(86400). Each try has this time.
      - If not given, the environment variable E(FLASHBACK_TIMEOUT) is used.
    type: int
    default: 30
  retries:
    description:
      - How often a request is sent again after a failure that may pass, which are a connection that cannot be made or
        breaks, no answer in time, and the statuses 429 and 5xx. V(0) sends once. Up to V(100).
      - Waits between the tries grow from half a second, with jitter. A C(Retry-After) of the API is obeyed up to 60
        seconds.
      - If not given, the environment variable E(FLASHBACK_RETRIES) is used.
    type: int
    default: 3
  validate_certs:
    description:
      - Whether the certificate of an https O(api_url) must be valid. Turn it off for tests only.
      - If not given, the environment variable E(FLASHBACK_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - The path of a PEM bundle of certificate authorities, where the module runs, to trust in place of the usual ones.
      - Without it, E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE) are obeyed. Neither overrides O(validate_certs=false).
      - If not given, the environment variable E(FLASHBACK_CA_PATH) is used.
    type: path
"""
