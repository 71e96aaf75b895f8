"""Draws one PDF: HTML on standard input, the file on standard output. Run as python -m center.reports.pdf_child.

WeasyPrint takes seconds of CPU and some 270 MB for a month of the city; pages and wall must not wait for it. The page
may use the vendored fonts and nothing else: whatever it asks for besides them is refused, above all the network.
"""

import gc
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcherResponse

FONTS = Path(__file__).resolve().parents[1] / "static" / "vendor" / "barlow-semi-condensed"
MOST_BYTES = 64 * 1024 * 1024
ROOM = 1 << 16
"""Slots of 8 bytes that the drawing's frame asks for. Python keeps frames in chunks of 16 KiB and gives a chunk back
when the call that needed it returns; where a busy loop happens to stand at a chunk's edge, each of its calls asks the
kernel for memory: measured were 450,000 page faults, a quarter of the time. So large a frame gets a chunk of 1 MiB, and
all that it calls finds room there. Nothing touches the slots, so they cost no memory."""


class FetchError(ValueError):
    """The page asked for something that is not one of the vendored fonts."""


def fetch(url: str) -> "URLFetcherResponse":
    """The vendored fonts by their bare name; FetchError for everything else."""
    from weasyprint.urls import URLFetcherResponse

    name = url.removeprefix("font:")
    path = FONTS / name
    if not url.startswith("font:") or "/" in name or path.suffix != ".woff2" or not path.is_file():
        raise FetchError(f"a report loads nothing: {url[:200]}")
    return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/woff2"})


def main() -> None:
    """Draw what comes in and be gone: its objects are neither searched for cycles nor taken apart, a quarter of the
    time; the process is as large without it."""
    logging.disable(logging.INFO)
    gc.disable()
    _draw.__code__ = _draw.__code__.replace(co_stacksize=ROOM)
    _draw()
    sys.stdout.flush()
    os._exit(0)


def _draw() -> None:
    """Its tables are tagged for screen readers (PDF/UA). WeasyPrint is loaded while the page is still being written."""
    from weasyprint import HTML

    html = sys.stdin.buffer.read(MOST_BYTES).decode()
    sys.stdout.buffer.write(HTML(string=html, url_fetcher=fetch).write_pdf(pdf_variant="pdf/ua-1"))


if __name__ == "__main__":
    main()
