"""A report as PDF, drawn by WeasyPrint from the same page as HTML, in a process of its own; one at a time."""

import os
import subprocess
import sys
import tempfile
import threading
from typing import Any

from center.errors import CenterError
from center.reports.drawing import draw

TIMEOUT_S = 120
WAIT_S = 30
NOWHERE = "/nonexistent"
"""The child's PATH: it runs no commands. Looking for libraries by names of other systems it would start compilers."""
_ONE = threading.Lock()


class PdfError(CenterError):
    """The PDF could not be drawn, or another one took too long; the message says which."""


def render(document: dict[str, Any], title: str) -> bytes:
    """The file, in the active language. PdfError when drawing fails or its turn does not come."""
    if not _ONE.acquire(timeout=WAIT_S):
        raise PdfError("another PDF is being drawn; try again in a minute", "PDF lain sedang dibuat; coba lagi nanti")
    try:
        done = _drawn(document, title)
    except subprocess.TimeoutExpired:
        raise PdfError(
            f"the PDF was not ready after {TIMEOUT_S} s; take the CSV or HTML file",
            f"PDF belum selesai setelah {TIMEOUT_S} detik; pakai berkas CSV atau HTML",
        ) from None
    finally:
        _ONE.release()
    if b"cannot load library" in done.stderr:
        raise PdfError(
            "a library for PDF is missing on this machine: apt install libpangoft2-1.0-0",
            "pustaka untuk PDF belum terpasang di mesin ini: apt install libpangoft2-1.0-0",
        )
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise PdfError(f"the PDF could not be drawn: {' '.join(last)}")
    return done.stdout


def _drawn(document: dict[str, Any], title: str) -> subprocess.CompletedProcess[bytes]:
    """What the child answered; it loads WeasyPrint while the page is written here. What it put down for its fonts is
    taken away here: it ends, or is killed, without looking back."""
    command = [sys.executable, "-m", "center.reports.pdf_child"]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryDirectory(prefix="sandi-pdf-", ignore_cleanup_errors=True) as folder,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ | {"PATH": NOWHERE, "TMPDIR": folder}
        ) as child,
    ):
        try:
            page = draw(document, title, for_print=True).encode()
            output, errors = child.communicate(page, timeout=TIMEOUT_S)
        except BaseException:
            child.kill()
            raise
    return subprocess.CompletedProcess(command, child.returncode, output, errors)
