"""Files of other channels: read strictly, every line that is wrong named, no content repeated, nothing raised."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.open311.bridge_file import COLUMNS, MAX_BYTES, Problem, read_at, read_file

HEAD = "external_id,at,category,text\n"


def test_csv_and_json_lines_say_the_same() -> None:
    rows = [
        {"external_id": "RB-1", "at": "2026-11-23 08:15", "text": "Jalan rusak,\nparah", "name": "Sari"},
        {"external_id": "RB-2", "text": 'Lampu "padam"; gelap'},
    ]
    comma = (
        'external_id,at,text,name\nRB-1,2026-11-23 08:15,"Jalan rusak,\nparah",Sari\nRB-2,,"Lampu ""padam""; gelap",\n'
    )
    semicolon = comma.replace("external_id,at,text,name", "external_id;at;text;name").replace(
        'RB-1,2026-11-23 08:15,"', 'RB-1;2026-11-23 08:15;"').replace('",Sari', '";Sari').replace(
        'RB-2,,"', 'RB-2;;"').replace('gelap",', 'gelap";')  # fmt: skip
    lines = "\n".join(json.dumps(row) for row in rows)
    for content in (comma, "\ufeff" + semicolon, lines, lines + "\n\n"):
        read = read_file(content.encode())
        assert read.problems == ()
        assert [dict(row.cells) for row in read.rows] == rows
        assert [row.at_ms for row in read.rows] == [1_795_396_500_000, 0]


def test_times_are_moments_or_city_time() -> None:
    assert read_at("2026-11-23T08:15:00+07:00") == read_at("2026-11-23 08:15") == read_at("2026-11-23T01:15:00Z")
    for text in ("23/11/2026", "2026-11-23", "2026-02-30 08:15", "besok", "٢٠٢٦-11-23 08:15"):
        assert read_at(text) is None


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"\xff\xfe", [(0, "", "no_utf8")]),
        (b"external_id,text\na,b\0\n", [(0, "", "nul")]),
        (b"a" * (MAX_BYTES + 1), [(0, "", "file_too_big")]),
        (b"external_id,text,isi\n", [(1, "isi", "unknown_column")]),
        (b"external_id,external_id,text\n", [(1, "", "twice")]),
        (b"external_id\n", [(1, "text", "missing_column")]),
        (b"", [(1, "external_id", "missing_column")]),
        (b"external_id,text\na,b,c\n", [(2, "", "cells")]),
        (b'external_id,text\na,"b\n', [(2, "", "no_csv")]),
        (b"external_id,text\n,b\na,\n", [(2, "external_id", "required"), (3, "text", "required")]),
        (b"external_id,text\na,b\na,c\n", [(3, "external_id", "twice")]),
        (b"external_id,text,name\na,b," + b"n" * 101, [(2, "name", "too_long")]),
        (b"external_id,text,at\na,b,kemarin\n", [(2, "at", "no_moment")]),
        (b'{"external_id": "a", "text": "b"}\n[]', [(2, "", "no_json")]),
        (b'{"external_id": "a", "external_id": "b", "text": "c"}', [(1, "", "no_json")]),
        (b'{"external_id": 7, "text": "c"}', [(1, "external_id", "no_text")]),
        (b'{"external_id": "a", "text": "c", "nik": "1"}', [(1, "nik", "unknown_column")]),
        (b"{" * 100_000, [(1, "", "no_json")]),
    ],
)
def test_what_is_wrong_is_named_with_its_line(content: bytes, problems: list[tuple[int, str, str]]) -> None:
    assert list(read_file(content).problems) == [Problem(*one) for one in problems]


def test_good_rows_stand_beside_bad_ones() -> None:
    read = read_file(b"external_id,text\na,b\n,c\nd,e\n")
    assert [row.cells["external_id"] for row in read.rows] == ["a", "d"] and len(read.problems) == 1


@given(st.binary(max_size=400) | st.text(alphabet='{}[]":,;\n abt\\u00', max_size=200).map(str.encode))
def test_no_bytes_break_the_reading(content: bytes) -> None:
    read = read_file(content)
    assert all(row.cells.keys() <= set(COLUMNS) for row in read.rows)
    assert "cells" not in repr(read)


@given(st.binary(max_size=200))
def test_no_bytes_after_a_good_header_break_it(content: bytes) -> None:
    for row in read_file(HEAD.encode() + content).rows:
        assert row.cells["external_id"] and row.cells["text"]
