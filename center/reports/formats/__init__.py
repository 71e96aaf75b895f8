"""The formats a report comes in: one file each, one line in the table. All draw `center.reports.tables`."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """How a document becomes bytes. `module` is imported when used: drawing a PDF loads 60 MB."""

    suffix: str
    content_type: str
    module: str

    def render(self, document: Document, title: str) -> bytes:
        """The whole file, in the active language where it is for people."""
        write = cast(Callable[[Document, str], bytes], import_module(self.module).render)
        return write(document, title)


FORMATS: dict[str, Format] = {
    "pdf": Format("pdf", "application/pdf", "center.reports.formats.pdf_file"),
    "json": Format("json", "application/json", "center.reports.formats.json_file"),
    "csv": Format("zip", "application/zip", "center.reports.formats.csv_files"),
    "html": Format("html", "text/html; charset=utf-8", "center.reports.formats.html_page"),
}
