"""Where the API answers: every path has its version, and callers of old leave it out."""

from __future__ import annotations

import re
from typing import Any

VERSION = "/v1"
"""What precedes every path in the OpenAPI document."""


def methods(document: dict[str, Any], path: str) -> set[str]:
    """The methods that `path`, with its version or without, answers by the OpenAPI document."""
    found: set[str] = set()
    for template, operations in document["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) or re.fullmatch(pattern, VERSION + path):
            found |= {method.upper() for method in operations}
    return found
