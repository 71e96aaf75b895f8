"""Texts that spreadsheets leave alone. Pure."""

import re

_FORMULA = re.compile(r"(^|[;\n\r\t])(?=[=+\-@\t\r\n])")
"""At the beginning, and behind what a spreadsheet may take for the end of a cell: in Indonesian that is a semicolon."""


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would begin to calculate."""
    return _FORMULA.sub(r"\1'", text)
