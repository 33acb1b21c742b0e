# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of an `id` through the code, as a profiler sees it."""

from __future__ import annotations

import re
import sys
import threading
import typing as t

from ansible_collections.flashback.platform.plugins.modules.ai_llm import main
from ansible_collections.flashback.platform.tests.unit.helpers import ROOT, run_module
from ansible_collections.flashback.platform.tests.unit.responses import TOKEN
from ansible_collections.flashback.platform.tests.unit.scripted_server import ScriptedServer, response

if t.TYPE_CHECKING:
    import types

MAX_CHANGES = 60


def file_of(frame: types.FrameType | None) -> str | None:
    """The file in plugins that runs, also while it waits for a library; None if there is none."""
    while frame is not None:
        _elsewhere, found, name = frame.f_code.co_filename.partition("/platform/plugins/")
        if found:
            return name
        frame = frame.f_back
    return None


def test_a_removal_by_id_goes_down_and_up_once(server: ScriptedServer) -> None:
    """CONTRIBUTING.md shows the way. A change of file is a call from one file into another."""
    files: list[str] = []
    changes = 0

    def profile(frame: types.FrameType, event: str, _argument: object) -> None:
        nonlocal changes
        is_code = frame.f_code.co_name != "<module>" and "/platform/plugins/" in frame.f_code.co_filename
        if event == "call" and is_code:
            here, caller = t.cast("str", file_of(frame)), file_of(frame.f_back)
            changes += caller not in (None, here)
            if frame.f_code.co_name != "__init__":
                files.append(here)

    server.expect("DELETE /ai/llm/id-1", response(200, {"success": True}))
    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        result = run_module(main, id="id-1", state="absent", api_url=server.url, access_token=TOKEN)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    assert result.changed
    assert changes <= MAX_CHANGES
    way = re.findall(
        r"^\| `((?:modules|module_utils)/[a-z_/]+\.py)`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.M
    )
    assert len(way) > 8
    assert way == [file for file in dict.fromkeys(files) if file in way]
