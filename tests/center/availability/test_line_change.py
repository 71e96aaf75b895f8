"""A line that changes while its node is cut off: the worker divides the day there, and takes the division back."""

from pathlib import Path

from tests.center.availability.test_any_order import NOW_MS, arrive
from tests.support import two_days
from tests.support.arithmetic import DAY, work_out_all

NODE = two_days.NODES[0]
COLUMNS = DAY[2:-1]


def change_line(at_ms: int) -> None:
    """ISP A until then, ISP B since; B has office hours."""
    from center.sites.models import LineTerm, Provider

    for code, hours in (("isp-a", ""), ("isp-b", "Mon-Sun 08:00-20:00")):
        Provider.objects.get_or_create(code=code, defaults={"name": code, "contract_hours": hours})
    for from_ms, provider in ((0, "isp-a"), (at_ms, "isp-b")):
        LineTerm.objects.create(site_id=NODE, from_ms=from_ms, provider=provider)


def days_and_parts() -> tuple[dict[int, tuple[int, ...]], dict[int, list[tuple[int, ...]]]]:
    from center.availability.models import Day, DayPart

    days = {row[0]: row[1:] for row in Day.objects.filter(node=NODE).values_list("day", *COLUMNS)}
    parts: dict[int, list[tuple[int, ...]]] = {}
    for row in DayPart.objects.filter(node=NODE).order_by("from_ms").values_list("day", *COLUMNS):
        parts.setdefault(row[0], []).append(row[1:])
    return days, parts


def check_divided(data: Path) -> None:
    """The whole claim, for both databases."""
    from center.availability.lines import seconds_of_providers
    from center.availability.reading import days, outages
    from center.reports.build import period_document
    from center.sites.models import LineTerm

    arrive(data, None)
    (cut,) = [row for row in outages([NODE], 0, NOW_MS) if row.cause == "L5b"]
    assert cut.end_lo_ms is not None
    middle_ms = (cut.start_hi_ms + cut.end_lo_ms) // 2
    change_line(middle_ms - middle_ms % 1000)
    work_out_all(NOW_MS)
    whole, parts = days_and_parts()
    (day,) = parts
    assert len(parts[day]) == 2
    assert tuple(map(sum, zip(*parts[day], strict=True))) == whole[day]
    isp_down = COLUMNS.index("isp_down_s")
    assert parts[day][0][isp_down] > 0
    document = period_document(day, day, NOW_MS)
    (row,) = (row for row in document["outages"] if row["id"] == cut.id)
    assert [part["provider"] for part in row["parts"]] == ["isp-a", "isp-b"]
    assert sum(part["lost_s"] for part in row["parts"]) == row["lost_s"] > 0
    assert {sheet["provider"]: sheet["down_s"] for sheet in document["sla"]} == {
        "isp-a": parts[day][0][isp_down], "isp-b": parts[day][1][isp_down],
    }  # fmt: skip
    assert [code for code, _seconds in seconds_of_providers(days([NODE], day, day))] == ["isp-a", "isp-b"]
    work_out_all(NOW_MS)
    assert days_and_parts() == (whole, parts), "working it out again says the same"
    LineTerm.objects.all().delete()
    work_out_all(NOW_MS)
    assert not days_and_parts()[1]


def test_the_day_of_a_change_is_divided_at_it_and_whole_again_when_there_was_none(center_data: Path) -> None:
    check_divided(center_data)
