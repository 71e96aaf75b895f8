"""A node whose line changed within the month: each provider's sheet has its own part, in every format and the pack."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from center.core import days as calendar
from center.core.facts import Concluded, When
from center.reports.pack import verify
from tests.support import month_rows
from tests.support.month_rows import MONTH, NODES, month_window

NODE, WINDOW = NODES[0], month_window()
CHANGE_MS = calendar.bounds(20261015).start_ms + 10 * 3_600_000 + 17_000
"""A Thursday, 10:00:17 in Serang: within the contract hours of both."""
RIPE_MS = WINDOW.end_ms + 3 * 86_400_000


@pytest.fixture(scope="module")
def changed(month_city: Path) -> Path:
    """The node hung on Astinet until the change and on Banten Net since; an outage of 40 minutes lies across it."""
    from center.availability.storing import store_outages
    from center.sites.models import Link

    Link.objects.filter(site_id=NODE, upstream_id="line-astinet").update(upstream_id="line-banten-net", circuit="BTN-9")
    add_terms()
    across = Concluded(
        NODE, When(CHANGE_MS - 1_200_000, CHANGE_MS - 1_200_000), When(CHANGE_MS + 1_200_000, CHANGE_MS + 1_200_000),
        "L5b", "isp", "down", "", True,
    )  # fmt: skip
    others = month_rows.outages_of(NODE, seed=1)
    store_outages(NODE, [*(one for one in others if not overlap(one, across)), across], WINDOW.start_ms, WINDOW.end_ms)
    work_out()
    return month_city


def add_terms() -> None:
    from center.sites.models import LineTerm

    for from_ms, provider, circuit in ((0, "astinet", "SRG-0000"), (CHANGE_MS, "banten-net", "BTN-9")):
        LineTerm.objects.create(site_id=NODE, from_ms=from_ms, provider=provider, circuit=circuit)


def overlap(one: Concluded, other: Concluded) -> bool:
    assert one.end is not None and other.end is not None
    return one.start.lo_ms < other.end.hi_ms and other.start.lo_ms < one.end.hi_ms


def work_out() -> None:
    """What the worker's pass does with the days of the node, by the terms as they are now."""
    from center.availability.reading import outages
    from center.availability.storing import store_days, store_parts
    from center.availability.ties import ties
    from center.core.facts import NodeFacts
    from center.core.sweep import day_parts, seconds
    from center.core.terms import cuts_by_day
    from center.reports.build import _concluded

    tied = ties()
    facts = NodeFacts(NODE, WINDOW.start_ms, contacts=month_rows.contacts_of(NODE))
    concluded = [_concluded(row) for row in outages([NODE], WINDOW.start_ms, WINDOW.end_ms)]
    first, last = calendar.month(MONTH)
    hours, cuts = tied.hours.get(NODE), cuts_by_day(tied.terms.get(NODE, ()), WINDOW)
    store_days(seconds(facts, concluded, list(calendar.days(first, last)), WINDOW.end_ms, hours))
    store_parts(NODE, first, last, day_parts(facts, concluded, cuts, WINDOW.end_ms, hours))


def month() -> dict[str, Any]:
    from center.reports.build import month_document

    return json.loads(json.dumps(month_document(MONTH, RIPE_MS)))  # type: ignore[no-any-return]


def sheets(document: dict[str, Any]) -> dict[str, Any]:
    return {sheet["provider"]: sheet for sheet in document["sla"]}


def test_each_provider_has_its_own_part_and_the_parts_are_the_whole(changed: Path) -> None:
    document = month()
    lines = {
        code: [line for line in sheet["lines"] if line["node"] == NODE] for code, sheet in sheets(document).items()
    }
    (old,), (new,) = lines["astinet"], lines["banten-net"]
    assert (old["from_ms"], old["until_ms"], old["circuit"]) == (None, CHANGE_MS, "SRG-0000")
    assert (new["from_ms"], new["until_ms"], new["circuit"]) == (CHANGE_MS, None, "BTN-9")
    days = [row for row in document["days"] if row[0] == NODE]
    for at, name in ((6, "up_s"), (7, "down_s"), (8, "excluded_s"), (9, "unknown_s")):
        assert old[name] + new[name] == sum(row[at] for row in days), name
    always_s = (WINDOW.end_ms - CHANGE_MS) // 1000
    assert sum(new[name] for name in ("up_s", "down_s", "excluded_s", "unknown_s")) == always_s, (
        "no hours: every second"
    )
    assert sum(old[name] for name in ("up_s", "down_s", "excluded_s", "unknown_s")) == (
        10 * 8.5 * 3600 + 2.5 * 3600 + 17
    ), "Astinet's office hours, up to the second of the change"
    for part in ("up_s", "down_s", "unknown_s", "maintenance_s"):
        assert sum(row[part] for row in document["groups"]["provider"]) == document["city"][part], part
    assert document["changes"] == [
        {"node": NODE, "name": document["changes"][0]["name"], "at_ms": CHANGE_MS, "provider_before": "astinet",
         "circuit_before": "SRG-0000", "provider": "banten-net", "circuit": "BTN-9"}
    ]  # fmt: skip
    assert document["unsettled"] == []


def test_an_outage_across_the_change_is_divided_there_and_said_so(changed: Path) -> None:
    from center.reports.held import outages_of

    document = month()
    (across,) = (row for row in document["outages"] if "parts" in row)
    assert [(part["provider"], part["lost_s"], part["isp_s"]) for part in across["parts"]] == [
        ("astinet", 1200, 1200), ("banten-net", 1200, 1200),
    ]  # fmt: skip
    for code, sheet in sheets(document).items():
        held = [row for row in outages_of(document, code) if row["isp_s"] > 0]
        assert [row["id"] for row in held] == sheet["outages"]
        assert sum(row["isp_s"] for row in held) == sheet["down_s"] > 0
        ends = [row["end_ms"][0] <= CHANGE_MS for row in held if row["node"] == NODE and row["id"] != across["id"]]
        assert all(ends) if code == "astinet" else not any(ends), "nobody is charged for another's time"


def test_files_and_pages_say_the_part(changed: Path) -> None:
    from django.utils import translation

    from center.reports.drawing import draw
    from center.reports.formats import FORMATS

    document = month()
    with zipfile.ZipFile(io.BytesIO(FORMATS["csv"].render(document, "t"))) as archive:
        files = {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
            for name in archive.namelist()
        }
    assert [row["node"] for row in files["changes.csv"]] == [NODE]
    for code, sheet in sheets(document).items():
        assert sum(int(row["isp_s"]) for row in files[f"sla-{code}-outages.csv"]) == sheet["down_s"]
        for name in ("up_s", "down_s", "unknown_s", "excluded_s"):
            assert sum(int(row[name]) for row in files[f"sla-{code}.csv"]) == sheet[name]
        (mine,) = (row for row in files[f"sla-{code}.csv"] if row["node"] == NODE)
        moment = "2026-10-15T10:00:17"
        start, end = mine["part_ms"].split("/")
        assert (moment in end, moment in start) == ((True, False) if code == "astinet" else (False, True))
    with translation.override("id"):
        page = draw(document, "t")
    assert "BTN-9" in page and "15 Okt" in page
    assert json.loads(FORMATS["json"].render(document, "t")) == document


@pytest.mark.parametrize("provider", ["astinet", "banten-net"])
def test_the_pack_of_each_adds_up_offline_and_shows_nothing_of_the_other(
    provider: str, changed: Path, tmp_path: Path
) -> None:
    from center.reports.keys import load_key
    from center.reports.pack.build import build_pack

    document = month()
    path = tmp_path / "pack.zip"
    path.write_bytes(build_pack(document, provider, load_key(changed), 0, ""))
    _manifest, bodies = verify.check(str(path))
    assert sum(row["isp_s"] for row in bodies["outages.jsonl"]) == sheets(document)[provider]["down_s"]
    mine = [row for name in ("outages.jsonl", "others.jsonl") for row in bodies[name] if row["node"] == NODE]
    (part,) = (row for row in mine if "part_ms" in row)
    assert (part["lost_s"], part["whole_s"], part["provider"]) == (1200, 2400, provider)
    assert all(row["start_ms"][0] < CHANGE_MS for row in mine) == (provider == "astinet")
    days = [row for row in bodies["days.jsonl"] if row["node"] == NODE]
    assert len(days) == (15 if provider == "astinet" else 17)
    wrong = {name: [dict(row) for row in rows] for name, rows in bodies.items()}
    other = next(row for row in wrong["days.jsonl"] if row["node"] != NODE and row["isp_up_s"] > 60)
    other["isp_up_s"] -= 60
    wrong["days.jsonl"][wrong["days.jsonl"].index(days[0])]["isp_up_s"] += 60
    with pytest.raises(verify.Fault, match="of its lines"):
        verify._check_sums(wrong)


def test_a_month_published_before_lines_had_a_time_is_drawn_and_packed_as_it_was(changed: Path) -> None:
    from center.reports.drawing import draw
    from center.reports.keys import load_key
    from center.reports.pack.build import build_pack

    document = month()
    old = {name: value for name, value in document.items() if name not in {"changes", "day_parts", "unsettled"}}
    whole = next(sheet for sheet in old["sla"] if sheet["provider"] == "banten-net")
    other = [line for line in whole["lines"] if line["node"] != NODE]
    old["sla"] = [
        {
            **whole,
            **{name: other[0][name] for name in ("up_s", "down_s", "excluded_s", "unknown_s")},
            "lines": [{k: v for k, v in line.items() if k not in {"from_ms", "until_ms"}} for line in other],
        }
    ]
    old["outages"] = [row for row in old["outages"] if row["node"] != NODE]
    assert other[0]["node"] in draw(old, "t")
    with zipfile.ZipFile(io.BytesIO(build_pack(old, "banten-net", load_key(changed), 1, ""))) as archive:
        bodies = {
            name: [json.loads(line)["body"] for line in archive.read(name).splitlines()]
            for name in archive.namelist() if name.endswith(".jsonl")
        }  # fmt: skip
    verify._check_sums(bodies)
    assert len(bodies["days.jsonl"]) == 31


def test_a_day_not_yet_divided_is_charged_to_nobody_and_not_published(changed: Path) -> None:
    from center.availability.models import DayPart
    from center.reports.frozen import FrozenError, freeze

    DayPart.objects.all().delete()
    document = month()
    assert document["unsettled"] == [[NODE, 20261015]]
    (across,) = (row for row in document["outages"] if row["start_ms"][0] == CHANGE_MS - 1_200_000)
    assert all(across["id"] not in sheet["outages"] for sheet in document["sla"])
    day = next(row for row in document["days"] if row[:2] == [NODE, 20261015])
    named = sum(row["up_s"] + row["down_s"] for row in document["groups"]["provider"])
    assert named + day[2] + day[3] == document["city"]["up_s"] + document["city"]["down_s"]
    with pytest.raises(FrozenError, match="still being worked out"):
        freeze(MONTH, "admin", RIPE_MS)
    work_out()


def test_a_published_month_asks_for_an_amendment_when_a_line_was_always_anothers(changed: Path) -> None:
    from center.reports.frozen import amend, freeze, pending, published
    from center.reports.models import FrozenMonth
    from center.sites.models import LineTerm

    first = freeze(MONTH, "admin", RIPE_MS)
    LineTerm.objects.filter(site_id=NODE).delete()
    work_out()
    changes = pending(MONTH, RIPE_MS)
    assert ("line", f"astinet {NODE}") in {(change.kind, change.key) for change in changes}
    assert {"astinet", "banten-net"} <= {change.key for change in changes if change.kind == "provider"}
    assert published(MONTH)[-1].document == first.document
    second = amend(MONTH, "admin", "sirkuit salah dicatat sejak awal", RIPE_MS)
    assert NODE not in {line["node"] for line in sheets(second.document)["astinet"]["lines"]}
    assert second.document["changes"] == []
    FrozenMonth.objects.all().delete()
    add_terms()
    work_out()
