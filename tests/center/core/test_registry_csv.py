"""CSV files of the registry: what is written reads back as nothing new; of bad files it is said what is wrong."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.registry_csv import MAX_BYTES, MAX_CELL, harmless, read_csv, write_csv
from center.core.registry_plan import Plan, plan_rows
from center.core.registry_tables import FILE_TABLES, TABLES, Values
from center.sites.words import PROBLEMS
from tests.support.registry import EMPTY, one_of_each_key, provider_rows, site_rows, snapshot

SITES = TABLES["sites"]


def with_kind(rows: list[Values]) -> list[Values]:
    return [{**row, "kind": str(row["code"]).partition("-")[0]} for row in rows]


@given(st.lists(site_rows(), max_size=5))
def test_an_exported_file_read_again_changes_nothing(rows: list[Values]) -> None:
    rows = one_of_each_key("sites", rows)
    registry = snapshot(sites=rows)
    read = read_csv(SITES, write_csv(SITES, with_kind(rows)).encode())
    assert read.problems == ()
    assert [row.values for row in read.rows] == rows
    assert plan_rows(registry, "sites", read.rows) == Plan(same=len(rows))


@given(st.lists(provider_rows(), max_size=4), st.sampled_from([",", ";"]), st.booleans())
def test_commas_or_semicolons_with_or_without_a_mark_say_the_same(
    rows: list[Values], delimiter: str, mark: bool
) -> None:
    table = TABLES["providers"]
    rows = one_of_each_key("providers", rows)
    cells = list(csv.reader(io.StringIO(write_csv(table, rows).removeprefix("\ufeff"), newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(cells)
    read = read_csv(table, (b"\xef\xbb\xbf" if mark else b"") + out.getvalue().encode())
    assert read.problems == () and [row.values for row in read.rows] == rows


@given(st.sampled_from(FILE_TABLES), st.binary(max_size=400))
def test_any_bytes_are_rows_or_named_problems(name: str, content: bytes) -> None:
    check_any(name, content)


header = st.lists(st.sampled_from([*SITES.names, "kind", "x", ""]), max_size=6).map(",".join)
lines = st.lists(st.text(st.sampled_from("kel-36730110,;\"'\n\r=. ñ"), max_size=60), max_size=6)


@given(st.sampled_from(FILE_TABLES), header, lines, st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_files_that_almost_fit_are_rows_or_named_problems(
    name: str, first: str, others: list[str], encoding: str
) -> None:
    check_any(name, "\n".join([first, *others]).encode(encoding, "replace"))


def check_any(name: str, content: bytes) -> None:
    read = read_csv(TABLES[name], content)
    assert all(problem.what in PROBLEMS for problem in read.problems)
    assert read.rows or read.problems or len(content.splitlines()) >= 1
    plan = plan_rows(EMPTY, name, read.rows)
    assert all(problem.what in PROBLEMS for problem in plan.problems)
    if not read.problems and not plan.problems:  # an exact preview: doing it and asking again leaves nothing to do
        after = EMPTY.after(plan.changes)
        again = plan_rows(after, name, read.rows)
        assert not again.problems and not again.changes and again.same == len(read.rows)


@pytest.mark.parametrize("text", ["=1+1", "+62 254", "-x", "@sum", "'=1", "''=1", "\uff1d1"])
def test_nothing_a_spreadsheet_calculates_is_exported(text: str) -> None:
    assert harmless(text) == "'" + text
    assert not harmless(text).startswith(("=", "+", "-", "@"))


def test_plain_texts_and_their_apostrophes_stay_as_they_are() -> None:
    assert harmless("Ma'mur") == "Ma'mur"
    assert harmless("'Aisyiyah") == "'Aisyiyah"


@pytest.mark.parametrize(
    ("content", "what", "line", "column"),
    [
        (b"", "empty_file", 0, ""),
        (b"\xff\xfec\x00", "no_utf8", 1, ""),
        ("code,name\nopd-a,ok\nopd-b,Jl. Caf\xe9\n".encode("latin-1"), "no_utf8", 3, ""),
        (b"PK\x03\x04whatever", "spreadsheet_file", 0, ""),
        (b"code,name\nopd-a,\0\n", "no_text", 2, ""),
        (b"x" * (MAX_BYTES + 1), "file_too_big", 0, ""),
        (b'code,name\nopd-a,"never closed\nopd-b,x\n', "bad_quotes", 2, ""),
        (b"code,name\nopd-a," + b"x" * (MAX_CELL + 1) + b"\n", "bad_quotes", 2, ""),
        (b"code,nam\nopd-a,x\n", "column_unknown", 1, "nam"),
        (b"name\nx\n", "column_missing", 1, "code"),
        (b"code,code\nx,x\n", "column_twice", 1, "code"),
        (b"code,name\nopd-a,Jalan Raya, 5\n", "cells", 2, ""),
        (b"code,name\n\nopd a,x\n", "no_site_code", 3, "code"),
        (b"code,name,latitude\nopd-a,x,north\n", "no_coordinate", 2, "latitude"),
        (b'code,note\n"opd-a","two\nlines"\nopd-b!,x\n', "no_site_code", 4, "code"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_column(content: bytes, what: str, line: int, column: str) -> None:
    read = read_csv(SITES, content)
    assert (read.problems[0].what, read.problems[0].line, read.problems[0].column) == (what, line, column)


def test_a_column_that_is_almost_right_is_answered_with_the_right_one() -> None:
    assert read_csv(SITES, b"code,latitud\nopd-a,1\n").problems[0].right == "latitude"


def test_a_decimal_comma_is_understood_and_absent_columns_leave_their_fields_alone() -> None:
    read = read_csv(SITES, b"code;latitude;longitude\nopd-a;-6,125;106,15\n")
    assert read.rows[0].values == {"code": "opd-a", "latitude": -6.125, "longitude": 106.15}


def test_hours_nobody_can_read_name_the_word_at_fault_and_readable_ones_stay_as_they_were_written() -> None:
    content = b"code,office_hours\nopd-a,Senin-Jumat 07.30-16.00\nopd-b,Mon-Fri half past\nopd-c,24/7\n"
    read = read_csv(SITES, content)
    assert [(row.values["code"], row.values["office_hours"]) for row in read.rows] == [
        ("opd-a", "Senin-Jumat 07.30-16.00"), ("opd-c", ""),
    ]  # fmt: skip
    (problem,) = read.problems
    assert (problem.what, problem.line, problem.column) == ("no_hours", 3, "office_hours")
    assert problem.right in "Mon-Fri half past"
