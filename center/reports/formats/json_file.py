"""A report as JSON: the document itself, in the one way it is hashed and signed."""

from typing import Any

from center.reports.pack.verify import canonical


def render(document: dict[str, Any], _title: str) -> bytes:
    """The canonical bytes and a line end."""
    return bytes(canonical(document)) + b"\n"
