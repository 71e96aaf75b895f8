"""A ticket on paper, as bytes for an ESC/POS printer (python-escpos builds them; nothing here touches a device).

Nothing a citizen typed is printed: code, PIN, what it is about, when, what happens next. Yet every text goes through
`plain` first, so that no byte of any text can be a command to the printer.
"""

import os
import tempfile
import textwrap
import unicodedata
from functools import cache
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from agent.kiosk.terminal import spaced, when
from agent.messages import Messages
from wire.shape import Struct
from wire.subjects import BY_CODE

QR_DOTS: Final = 6
FEED_LINES: Final = 4


class ReceiptJob(Struct, frozen=True, forbid_unknown_fields=True):
    """One receipt. `job` names it, so that whoever asked can ask later what came of it."""

    job: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,80}$(?!\n)")]
    code: Annotated[str, Meta(pattern=r"^[0-9A-Z]{10}$(?!\n)")]
    pin: Annotated[str, Meta(pattern=r"^[0-9]{4}$(?!\n)")]
    category: Literal["aduan", "laporan", "saran", "pendapat", "ppid"]
    created_ms: Annotated[int, Meta(ge=0, le=2**53)]
    subject: Annotated[str, Meta(max_length=32, pattern=r"^[a-z0-9_]*$(?!\n)")] = ""
    offline: bool = False
    urgent: bool = False
    lang: Annotated[str, Meta(max_length=8)] = "id"

    def __repr__(self) -> str:
        return f"ReceiptJob({self.job})"


def receipt_bytes(job: ReceiptJob, columns: int, status_url: str, *, cut: bool) -> bytes:
    """The whole receipt: printer set to its defaults, text, QR where there is a page to look at, paper fed."""
    messages = Messages(job.lang)
    paper = _Paper(columns)
    paper.big(messages.text("receipt.title"))
    paper.line(messages.text("receipt.place"))
    if job.urgent:
        paper.big(messages.text("receipt.urgent"))
    paper.gap()
    paper.line(about(job, messages))
    paper.line(when(messages, job.created_ms))
    paper.gap()
    paper.line(messages.text("receipt.code"))
    paper.big(spaced(job.code).replace("   ", "\n"))
    paper.line("PIN")
    paper.big(" ".join(job.pin))
    paper.gap()
    paper.line(messages.text("receipt.offline" if job.offline else "receipt.sent"))
    paper.line(messages.text("receipt.next"))
    if status_url:
        paper.line(messages.text("receipt.qr"))
        paper.qr(f"{status_url}#{job.code}")
    paper.line(messages.text("receipt.keep"))
    return paper.done(cut=cut)


def about(job: ReceiptJob, messages: Messages) -> str:
    """`Pengaduan: Jalan`."""
    category = messages.text(f"panel.category.{job.category}")
    subject = BY_CODE.get(job.subject)
    if subject is None:
        return category
    return f"{category}: {subject.label_en if messages.lang == 'en' else subject.label_id}"


def plain(text: str) -> str:
    """Printable ASCII and line ends, nothing else: accents lose their mark, the rest becomes `?`, controls a blank."""
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(_harmless(c) for c in letters)


def _harmless(character: str) -> str:
    if character == "\n" or " " <= character <= "~":
        return character
    return " " if unicodedata.category(character).startswith(("C", "Z")) else "?"


class _Paper:
    """Collects the commands. Every printer is set to its defaults first: it may stand as the last job left it."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._out: Any = dummy()()
        self._out.hw("INIT")
        self._out.set(align="center", normal_textsize=True, bold=False)

    def line(self, text: str) -> None:
        self._text(text, self._columns)

    def big(self, text: str) -> None:
        self._out.set(align="center", bold=True, double_height=True, double_width=True)
        self._text(text, self._columns // 2)
        self._out.set(align="center", normal_textsize=True, bold=False)

    def gap(self) -> None:
        self._out.text("\n")

    def qr(self, content: str) -> None:
        self._out.qr(plain(content), native=True, size=QR_DOTS)
        self._out.text("\n")

    def done(self, *, cut: bool) -> bytes:
        self._out.text("\n" * FEED_LINES)
        if cut:
            self._out.cut(feed=False)
        return bytes(self._out.output)

    def _text(self, text: str, columns: int) -> None:
        for part in plain(text).split("\n"):
            self._out.text("\n".join(textwrap.wrap(part, columns) or [""]) + "\n")


@cache
def dummy() -> Any:
    """python-escpos's printer without a device. Loading it takes its time: the printer's task does so beforehand.

    It reads its table of printers from a pickle in a folder for temporary files, if one lies there: so it gets a folder
    that is new and nobody else's, and that is gone afterwards.
    """
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="sandi-escpos-") as folder:
        tempfile.tempdir = folder
        os.environ["ESCPOS_CAPABILITIES_PICKLE_DIR"] = folder
        try:
            from escpos.printer import Dummy
        finally:
            tempfile.tempdir = before
            del os.environ["ESCPOS_CAPABILITIES_PICKLE_DIR"]
    return Dummy
