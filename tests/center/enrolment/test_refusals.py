"""Who was turned away is counted in a few rows, whoever knocks however often."""

from pathlib import Path

import pytest
from django.db import DatabaseError

from wire.enrolment import STATUS

HOUR_MS = 3_600_000
NOW = 490_000 * HOUR_MS + 5


def rows() -> dict[tuple[str, str, str], int]:
    from center.enrolment.models import EnrolmentRefusal

    return {(row.code, row.node, row.address): row.count for row in EnrolmentRefusal.objects.all()}


def test_ten_thousand_refusals_are_few_rows_and_few_lines_and_none_is_lost(
    center_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from center.enrolment.refusals import MOST_AN_HOUR, Refusals

    refusals = Refusals(lambda: NOW)
    for number in range(10_000):
        refusals.add("token_unknown", f"kel-{number:010}", f"10.{number % 7}.0.1")
        if number % 1000 == 0:
            refusals.flush()
    refusals.add("rate", "", "10.0.0.1", 5000)
    refusals.flush()
    assert len(caplog.records) < 100
    found = rows()
    assert len(found) == MOST_AN_HOUR + 2
    assert sum(found.values()) == 15_000
    assert found["token_unknown", "", "*"] == 10_000 - MOST_AN_HOUR
    again = Refusals(lambda: NOW)
    again.load()
    again.add("token_unknown", "kel-9999999999", "10.0.0.1")
    again.add("token_unknown", "kel-0000000003", "10.3.0.1")
    again.flush()
    assert len(rows()) == MOST_AN_HOUR + 2, "a signer that was started again goes on counting"
    assert rows()["token_unknown", "kel-0000000003", "10.3.0.1"] == 2


def test_a_count_that_is_full_stays_so(center_data: Path) -> None:
    from center.enrolment.refusals import MOST_COUNT, Refusals

    refusals = Refusals(lambda: NOW)
    for _ in range(3):
        refusals.add("rate", "", "10.0.0.1", MOST_COUNT)
        refusals.add("rate", "", "10.0.0.1", 5)
        refusals.flush()
    assert rows() == {("rate", "", "10.0.0.1"): MOST_COUNT}


def test_while_the_database_is_away_nothing_is_forgotten(center_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from center.enrolment import refusals as module

    refusals, broken = module.Refusals(lambda: NOW), True

    def execute_many(sql: str, values: list[object]) -> int:
        if broken:
            raise DatabaseError("away")
        return original(sql, values)  # type: ignore[arg-type]

    original = module.execute_many
    monkeypatch.setattr(module, "execute_many", execute_many)
    refusals.add("csr", "opd-setda", "10.0.0.1")
    with pytest.raises(DatabaseError):
        refusals.flush()
    refusals.add("csr", "opd-setda", "10.0.0.1")
    broken = False
    refusals.flush()
    assert rows() == {("csr", "opd-setda", "10.0.0.1"): 2}


def test_what_is_old_goes(center_data: Path) -> None:
    from center.enrolment.refusals import KEPT_DAYS, Refusals

    now = [NOW]
    refusals = Refusals(lambda: now[0])
    for code in STATUS:
        refusals.add(code, "", "10.0.0.1")
    refusals.flush()
    now[0] += KEPT_DAYS * 24 * HOUR_MS + 2 * HOUR_MS
    refusals.add("rate", "", "10.0.0.2")
    refusals.flush()
    assert rows() == {("rate", "", "10.0.0.2"): 1}
