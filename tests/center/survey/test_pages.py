"""The survey's pages: figures of answers in the database, each once, for whoever may see reports and what is theirs."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from center.core import days as calendar
from tests.support import voices, wall_city

UNIT, OTHER = "kel-3673011001", "kel-3673011002"
GOOD, FAIR = (4, 4, 4, 4, 4, 4, 4, 4, 4), (3, 3, 3, 3, 3, 3, 3, 3, 2)


def at(day: int) -> int:
    return calendar.bounds(day).start_ms + 36_000_000


@pytest.fixture
def answered(city: Path) -> None:
    """October 2026: 20 good and 20 fair answers about one unit, three about another; one in November."""
    voices.add_answers(UNIT, *[GOOD] * 20, *[FAIR] * 20, at_ms=at(20261015))
    voices.add_answers(OTHER, *[GOOD] * 3, at_ms=at(20261031))
    voices.add_answers(UNIT, GOOD, at_ms=at(20261101))


def test_a_unit_has_its_index_grade_and_interval(answered: None, client_as: Callable[[str], Any]) -> None:
    # 20 x 36 + 20 x 26 = 1240 of 40 x 9 answers: 3.4444 x 25 = 86.11, B. Own indexes 100 and 72.22: standard deviation
    # 13.889 x sqrt(40 / 39) = 14.066, error 2.224, t(39) = 2.0227: 4.50 to either side.
    raw = json.loads(client_as("leadership").get("/survey/202610/index.json").content)
    unit = next(row for row in raw["rows"] if row["key"] == UNIT)
    assert {key: unit[key] for key in ("n", "value", "grade", "low", "high", "u1", "u9")} == {
        "n": 40, "value": "86.11", "grade": "B", "low": "81.61", "high": "90.61", "u1": "3.50", "u9": "3.00",
    }  # fmt: skip
    other = next(row for row in raw["rows"] if row["key"] == OTHER)
    assert (other["n"], other["enough"], other["value"], other["u1"]) == (3, False, None, None)
    assert raw["rows"][-1]["n"] == 43


def test_page_csv_and_json_agree(answered: None, client_as: Callable[[str], Any]) -> None:
    client = client_as("leadership")
    page = client.get("/survey/202610/").content.decode()
    rows = list(csv.DictReader(io.StringIO(client.get("/survey/202610/table.csv").content.decode("utf-8-sig"))))
    raw = json.loads(client.get("/survey/202610/index.json").content)["rows"]
    assert [row["key"] for row in rows] == [row["key"] for row in raw]
    assert [row["value"] for row in rows] == [row["value"] or "" for row in raw]
    assert "86,11" in page and "81,61–90,61" in page
    assert "data tidak cukup" in page
    assert "selang 95 %" in page  # a percent sign in a template's text
    assert "B, baik" in page
    assert 'width="244.4"' in page  # (86.11 - 25) / 75 of 300: the bar


def test_periods_add_up(answered: None, client_as: Callable[[str], Any]) -> None:
    client = client_as("leadership")
    counts = {
        period: json.loads(client.get(f"/survey/{period}/index.json").content)["rows"][-1]["n"]
        for period in ("202610", "202611", "2026-q4", "2026-s2", "2026")
    }
    assert counts == {"202610": 43, "202611": 1, "2026-q4": 44, "2026-s2": 44, "2026": 44}
    assert json.loads(client.get("/survey/2026-q3/index.json").content)["rows"] == []


def test_the_same_form_handed_in_again_counts_once(city: Path) -> None:
    from center.core.survey_periods import bounds
    from center.survey.reading import sums_of_units

    voices.add_answers(UNIT, GOOD, at_ms=at(20261015), client_id="formulir-1")
    voices.add_answers(UNIT, FAIR, at_ms=at(20261016), client_id="formulir-1")
    voices.add_answers(UNIT, GOOD, at_ms=at(20261016), client_id="formulir-1", node=OTHER)
    voices.add_answers(UNIT, GOOD, FAIR, at_ms=at(20261016), client_id="")
    assert sums_of_units(bounds("202610"))[UNIT].n == 4


def test_whoever_sees_only_some_sites_sees_only_their_answers(answered: None, client_as: Callable[[str], Any]) -> None:
    wall_city.give_sites("lurah", OTHER)
    raw = json.loads(client_as("lurah").get("/survey/202610/index.json").content)["rows"]
    assert [row["key"] for row in raw] == [OTHER, ""]
    assert raw[-1]["n"] == 3
    assert UNIT not in client_as("lurah").get("/survey/202610/").content.decode()


def test_nobody_without_an_account_and_no_period_that_is_none(city: Path, client_as: Callable[[str], Any]) -> None:
    assert client_as("").get("/survey/202610/").status_code == 302
    client = client_as("leadership")
    for period in ("202613", "2026-q5", "abc", "1999", "2026-x1"):
        for file in ("", "table.csv", "index.json"):
            assert client.get(f"/survey/{period}/{file}").status_code == 404
    assert client.get("/survey/").headers["Location"].startswith("/survey/20")
    assert "Belum ada yang mengisi survei" in client.get("/survey/202610/").content.decode()


def test_the_survey_and_the_requests_are_sections_of_the_monthly_report(
    answered: None, client_as: Callable[[str], Any]
) -> None:
    from center.reports.build import month_document
    from center.reports.tables import tables

    wall_city.add_complaint(UNIT, category="ppid", code=voices.code(), received_ms=at(20261005))
    found = {table.id: table for table in tables(month_document(202610, wall_city.now_ms()))}
    assert found["survey"].rows[0]["value"] == "86.11"
    assert found["information"].rows[0]["received"] == 1
    csv_file = client_as("leadership").get("/reports/202610/survey.csv").content.decode("utf-8-sig")
    assert "86.11" in csv_file


def test_how_many_answers_a_figure_needs_is_configured(city: Path, tmp_path: Path) -> None:
    from center.config import ConfigError, load_config

    (tmp_path / "center.toml").write_text("[reports]\nsurvey_least_answers = 12\n")
    assert load_config(tmp_path).reports.survey_least_answers == 12
    (tmp_path / "center.toml").write_text("[reports]\nsurvey_least_answers = 1\n")
    with pytest.raises(ConfigError, match="survey_least_answers"):
        load_config(tmp_path)
