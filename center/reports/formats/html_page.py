"""A report as one HTML page that stands alone: it can be mailed, kept and printed without the centre."""

from typing import Any

from center.reports.drawing import draw


def render(document: dict[str, Any], title: str) -> bytes:
    """The page, with its style inside it; it loads nothing."""
    return draw(document, title).encode()
