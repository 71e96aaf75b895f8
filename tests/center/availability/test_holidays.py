"""Holidays are no contract hours of a provider that does not count them; every other one keeps its hours."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from center.config import ConfigError, ReportsConfig, load_config
from center.core import days as calendar
from center.core.facts import NodeFacts
from center.core.sweep import seconds
from tests.support import month_rows, wall_city

HOLIDAY = 20261028  # a Wednesday
NODES = month_rows.NODES


def test_a_holiday_takes_the_contract_seconds_of_who_does_not_count_it(
    center_data: Path, settings_of_center: Any
) -> None:
    from center.availability.ties import ties
    from center.sites.models import Provider

    wall_city.add_sites()
    month_rows.add_registry()
    Provider.objects.filter(code="astinet").update(holidays_count=False)
    settings_of_center(ReportsConfig(("2026-10-28",)))
    tied = ties()
    assert set(tied.holidays) == set(NODES[:3])
    start_ms = calendar.bounds(HOLIDAY).start_ms
    facts = NodeFacts(NODES[0], start_ms - 1)
    for day, expected_s in ((HOLIDAY, 0), (HOLIDAY + 1, 8 * 3600 + 1800)):
        (row,) = seconds(
            facts, (), [day], start_ms + 2 * 86_400_000, tied.hours[NODES[0]], holidays=tied.holidays[NODES[0]]
        )
        assert row.isp_unknown_s == expected_s
    assert NODES[3] not in tied.holidays


def test_without_holidays_nothing_is_taken(center_data: Path) -> None:
    from center.availability.ties import ties

    wall_city.add_sites()
    month_rows.add_registry()
    assert ties().holidays == {}


@pytest.mark.parametrize("day", ["2026-2-1", "2026-02-30", "natal", "20261225", "２０２６-12-25"])
def test_what_is_no_day_is_refused_by_name(day: str, tmp_path: Path) -> None:
    (tmp_path / "center.toml").write_text(f'[reports]\nholidays = ["{day}"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="holidays"):
        load_config(tmp_path)


@pytest.fixture
def settings_of_center() -> Any:
    from django.conf import settings

    before = settings.CENTER
    yield lambda reports: setattr(settings, "CENTER", replace(before, reports=reports))
    settings.CENTER = before
