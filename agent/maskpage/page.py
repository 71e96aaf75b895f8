"""The mask page as sent: one HTML file with its words filled in, one style, one script, nothing from elsewhere."""

from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from agent.messages import Messages

_FOLDER: Final = Path(__file__).parent / "static"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
FILES: Final = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}
_IN_HTML: Final = (
    "loading", "stage", "picture", "tools", "add", "corner_add", "corner_remove", "remove", "undo", "fresh", "preview",
    "zoom", "save", "clear", "done", "how", "how_drag", "how_plus", "how_keys", "how_margin", "how_applied", "noscript",
    "clear_title", "clear_text", "clear_no", "clear_yes",
)  # fmt: skip
_IN_SCRIPT: Final = (
    "added", "between", "corner", "crossed", "empty", "fewest_corners", "flat", "gone", "loaded", "most_areas",
    "most_corners", "nothing", "ready", "removed", "seen", "taken", "taking", "undone", "unsaved", "unsaved_end",
)  # fmt: skip


def html(camera: str, csrf: str, messages: Messages) -> bytes:
    """The page for drawing the mask of `camera`."""
    texts = {key: escape(messages.text(f"mask_page.{key}")) for key in _IN_HTML}
    title = escape(messages.text("mask_page.title", camera=camera))
    return (
        Template(_file("page.html").decode())
        .substitute(texts, lang=messages.lang, csrf=escape(csrf), title=title)
        .encode()
    )


def file(name: str) -> bytes:
    """One of FILES."""
    return _file(name)


def words(messages: Messages) -> dict[str, str]:
    """What the script says, with its placeholders."""
    return {key: messages.optional(f"mask_page.{key}") or key for key in _IN_SCRIPT}


def plain(messages: Messages, status: int) -> bytes:
    """A page that only says why there is nothing to see."""
    text = messages.optional(f"mask_page.status.{status}") or messages.text("mask_page.status.other", status=status)
    return f'<!doctype html><html lang="{messages.lang}"><title>Sandi</title><p>{escape(text)}</p></html>'.encode()


@cache
def _file(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
