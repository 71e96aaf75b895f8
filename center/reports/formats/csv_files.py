"""A report for spreadsheets: one CSV file per table, in a ZIP file whose bytes depend on the document alone."""

import csv
import io
import zipfile
from typing import Any

from center.reports.cells import for_programs
from center.reports.tables import Table, tables

STAMP = (1980, 1, 1, 0, 0, 0)
"""The earliest a ZIP file knows: the same report is the same bytes whenever it is drawn."""


def render(document: dict[str, Any], _title: str) -> bytes:
    """All tables, each in a file named after it."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables(document):
            info = zipfile.ZipInfo(f"{table.id}.csv", STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, table_csv(table))
    return whole.getvalue()


def table_csv(table: Table) -> bytes:
    """One table: a heading of the columns' keys, then whole seconds, ISO 8601 and plain codes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.key for column in table.columns])
    for row in table.rows:
        writer.writerow([for_programs(column, row) for column in table.columns])
    return b"\xef\xbb\xbf" + text.getvalue().encode()
