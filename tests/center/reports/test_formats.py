"""HTML, CSV, PDF and JSON of one report say the same, to the second."""

import csv
import io
import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from tests.support.month_rows import MONTH, NODES, month_window

TITLE = "Ketersediaan, Oktober 2026"
Rows = dict[str, list[list[str]]]


@pytest.fixture
def document(month_city: Path) -> dict[str, Any]:
    from center.reports.build import month_document

    return month_document(MONTH, month_window().end_ms + 1)


def rendered(form: str, document: dict[str, Any]) -> bytes:
    from center.reports.formats import FORMATS

    with translation.override("id"):
        return FORMATS[form].render(document, TITLE)


class Cells(HTMLParser):
    """Every table of a page: its name, and its body's rows."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: Rows = {}
        self.name = ""
        self.body = self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.name = dict(attrs)["data-table"] or ""
            self.tables[self.name] = []
        elif tag == "tbody":
            self.body = True
        elif tag == "tr" and self.body:
            self.tables[self.name].append([])
        elif tag in {"td", "th"} and self.body:
            self.inside = True
            self.tables[self.name][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self.body = False
        elif tag in {"td", "th"}:
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.tables[self.name][-1][-1] += data


def from_csv(content: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
            for name in archive.namelist()
        }


def seconds(clock: str) -> int:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def test_html_and_csv_hold_the_same_tables_rows_and_seconds(document: dict[str, Any]) -> None:
    from center.reports.tables import tables

    page = Cells()
    page.feed(rendered("html", document).decode())
    files = from_csv(rendered("csv", document))
    wanted = tables(document)
    assert list(page.tables) == [table.id for table in wanted] == list(files)
    compared = 0
    for table in wanted:
        assert len(page.tables[table.id]) == len(files[table.id]) == len(table.rows)
        for drawn, written, row in zip(page.tables[table.id], files[table.id], table.rows, strict=True):
            for cell, column in zip(drawn, table.columns, strict=True):
                if column.kind == "seconds" and row.get(column.key) is not None:
                    assert seconds(cell) == int(written[column.key]) == row[column.key]
                    compared += 1
                elif column.kind == "pct" and row.get(column.key) is not None and row.get("enough") is not False:
                    assert cell == f"{written[column.key]} %".replace(".", ",")
                    compared += 1
    assert compared > 200


@pytest.mark.full
def test_the_pdf_prints_every_cell_the_page_shows(document: dict[str, Any]) -> None:
    from pypdf import PdfReader

    from center.reports.drawing import draw

    page = Cells()
    with translation.override("id"):
        page.feed(draw(document, TITLE, for_print=True))
    reader = PdfReader(io.BytesIO(rendered("pdf", document)))
    printed = re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in reader.pages))
    cells = [cell for rows in page.tables.values() for row in rows for cell in row]
    assert len(cells) > 300
    assert [cell for cell in cells if re.sub(r"\s", "", cell) not in printed] == []
    assert reader.metadata is not None
    assert reader.metadata.title == TITLE


def test_a_drawing_that_takes_too_long_leaves_nothing_behind(
    document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.reports.formats import pdf_file

    slow, folder = tmp_path / "python", tmp_path / "temporary"
    slow.write_text('#!/bin/sh\necho "$TMPDIR" >"$0.saw"\n: >"$TMPDIR/fonts"\nwhile :; do :; done\n')
    slow.chmod(0o755)
    folder.mkdir()
    monkeypatch.setattr(pdf_file.sys, "executable", str(slow))
    monkeypatch.setattr(pdf_file.tempfile, "tempdir", str(folder))
    saw = Path(f"{slow}.saw")
    for timeout_s in (2, 10, 60):  # the machine may take longer to begin with it
        monkeypatch.setattr(pdf_file, "TIMEOUT_S", timeout_s)
        with pytest.raises(pdf_file.PdfError, match="not ready"):
            rendered("pdf", document)
        assert list(folder.iterdir()) == []
        if saw.exists() and "\n" in saw.read_text():
            break
    assert saw.read_text().startswith(str(folder))


def test_paper_shows_the_longest_outages_and_says_how_many_there_are(document: dict[str, Any]) -> None:
    from center.reports import tables as made

    outages = [dict(document["outages"][0], id=number, lost_s=number) for number in range(made.LONGEST_OUTAGES + 5)]
    whole = made.tables({**document, "outages": outages})
    paper = {table.id: table for table in made.shortened(whole)}
    lengths = [row["lost_s"] for row in paper["outages"].rows]
    assert lengths == sorted(range(5, made.LONGEST_OUTAGES + 5), reverse=True)
    assert str(made.LONGEST_OUTAGES + 5) in str(paper["outages"].note)
    assert paper["node"] in whole


def test_json_is_the_document_itself_and_the_same_bytes_each_time(document: dict[str, Any]) -> None:
    content = rendered("json", document)
    assert json.loads(content) == json.loads(json.dumps(document))
    assert rendered("csv", document) == rendered("csv", document)
    assert rendered("json", document) == content


def test_groups_outages_and_sheets_add_up_to_the_city(document: dict[str, Any]) -> None:
    city, groups = document["city"], document["groups"]
    for part in ("up_s", "down_s", "unknown_s", "maintenance_s", "outages"):
        assert sum(row[part] for row in groups["node"]) == city[part]
        assert sum(row[part] for row in groups["provider"]) == city[part]
    assert sum(row["lost_s"] for row in document["outages"]) == city["down_s"] > 0
    assert sum(city["causes"].values()) == city["down_s"]
    month_s = (month_window().end_ms - month_window().start_ms) // 1000
    assert city["up_s"] + city["down_s"] + city["unknown_s"] + city["maintenance_s"] == month_s * len(NODES)
    held = {row["id"]: row["isp_s"] for row in document["outages"]}
    for sheet in document["sla"]:
        assert sum(held[number] for number in sheet["outages"]) == sheet["down_s"]
        assert sum(sheet["exclusions"].values()) == sheet["excluded_s"]


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(document: dict[str, Any]) -> None:
    names = [row["name"] for row in from_csv(rendered("csv", document))["provider"]]
    assert "'=Banten Net" in names


def test_a_report_loads_nothing_from_anywhere() -> None:
    from center.reports.pdf_child import FetchError, fetch

    for url in ("https://example.org/x.css", "file:///etc/passwd", "font:../../x.woff2", "font:absent.woff2"):
        with pytest.raises(FetchError):
            fetch(url)
    assert fetch("font:barlow-semi-condensed-latin-500-normal.woff2").read()[:4] == b"wOF2"
