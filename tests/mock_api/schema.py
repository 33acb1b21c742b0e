# Copyright (c) The flashback.platform collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate what people and tests give to the mock API with the JSON schemas in schema.yml."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

SCHEMAS = yaml.safe_load(Path(__file__).with_name("schema.yml").read_text(encoding="utf-8"))
VALIDATORS = {
    name: Draft202012Validator(schema, format_checker=FormatChecker(["regex"])) for name, schema in SCHEMAS.items()
}


def problem(name: str, data: t.Any) -> str | None:
    """Return the most important problem of the data, with its place in it, or None."""
    error = best_match(VALIDATORS[name].iter_errors(data))
    return f"{name}{error.json_path[1:]}: {error.message}" if error else None
