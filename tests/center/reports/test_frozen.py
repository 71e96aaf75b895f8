"""A published month changes only by a signed amendment with its reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import month_rows
from tests.support.month_rows import MONTH, NODES, month_window

DAY_MS = 86_400_000
RIPE_MS = month_window().end_ms + 3 * DAY_MS


def amend_facts() -> None:
    """Backlog that arrived after the month was frozen: other outages than were known."""
    from center.availability.models import Outage

    Outage.objects.all().delete()
    month_rows.add_month(seed=2)


def test_a_month_is_frozen_when_its_backlog_has_arrived_and_only_once(fresh_city: Path) -> None:
    from center.reports.frozen import FrozenError, freeze, published

    with pytest.raises(FrozenError, match="1 h"):
        freeze(MONTH, "admin", RIPE_MS - 1)
    assert published(MONTH) == []
    first = freeze(MONTH, "admin", RIPE_MS)
    assert (first.version, first.good, first.by) == (1, True, "admin")
    with pytest.raises(FrozenError, match="frozen already"):
        freeze(MONTH, "admin", RIPE_MS)


def test_later_facts_change_nothing_published_and_ask_for_an_amendment(fresh_city: Path) -> None:
    from center.reports.frozen import FrozenError, amend, freeze, pending, published
    from center.reports.periods import month_shown

    first = freeze(MONTH, "admin", RIPE_MS)
    assert pending(MONTH, RIPE_MS) == ()
    with pytest.raises(FrozenError, match="nothing"):
        amend(MONTH, "admin", "no reason to", RIPE_MS)
    amend_facts()
    shown = month_shown(MONTH, RIPE_MS)
    assert shown is not None
    assert (shown.version, shown.document) == (1, first.document)
    changes = pending(MONTH, RIPE_MS)
    assert {change.kind for change in changes} == {"node", "outage", "provider"}
    with pytest.raises(FrozenError, match="reason"):
        amend(MONTH, "admin", "   ", RIPE_MS)
    second = amend(MONTH, "boss", "backlog of two boxes", RIPE_MS + DAY_MS)
    assert (second.version, second.good, second.reason) == (2, True, "backlog of two boxes")
    assert second.document["city"] != first.document["city"]
    assert pending(MONTH, RIPE_MS + DAY_MS) == ()
    assert [one.version for one in published(MONTH)] == [1, 2]


def test_a_changed_row_no_longer_carries_a_good_signature(fresh_city: Path) -> None:
    from center.reports.frozen import freeze, published
    from center.reports.models import FrozenMonth

    freeze(MONTH, "admin", RIPE_MS)
    row = FrozenMonth.objects.values().get()
    changed = {"document": row["document"].replace('"down_s":', '"down_s": '), "digest": "0" * 64, "signature": "AAAA",
               "reason": "another", "month": MONTH - 1}  # fmt: skip
    for column, value in changed.items():
        FrozenMonth.objects.update(**{**row, column: value})
        (one,) = published(MONTH - 1 if column == "month" else MONTH)
        assert not one.good, column
    FrozenMonth.objects.update(**row)
    assert published(MONTH)[0].good


def test_a_new_key_leaves_what_the_old_one_signed_good(fresh_city: Path) -> None:
    from center.reports.frozen import freeze, published
    from center.reports.keys import load_key, public_keys, rotate_key

    freeze(MONTH, "admin", RIPE_MS)
    old = load_key(fresh_city).public
    new = rotate_key(fresh_city).public
    assert public_keys(fresh_city) == [new, old]
    assert new != old
    assert published(MONTH)[0].good
    assert (fresh_city / "keys" / "report.key").stat().st_mode & 0o077 == 0


def test_a_key_that_is_gone_is_not_replaced_in_silence(fresh_city: Path) -> None:
    from center.reports.keys import ReportKeyError, load_key

    load_key(fresh_city)
    (fresh_city / "keys" / "report.key").unlink()
    with pytest.raises(ReportKeyError, match="restore it from the backup"):
        load_key(fresh_city)


def test_the_page_publishes_amends_and_shows_what_would_change(
    fresh_city: Path, signed_in: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, viewer = signed_in("admin"), signed_in("viewer")
    assert viewer.post(f"/reports/{MONTH}/publish").status_code == 403
    assert admin.post(f"/reports/{MONTH}/publish").status_code == 302
    page = admin.get(f"/reports/{MONTH}/").content.decode()
    assert "versi 1" in page or "Terbit" in page
    amend_facts()
    assert "Amandemen diperlukan" in viewer.get(f"/reports/{MONTH}/").content.decode()
    admin.post(f"/reports/{MONTH}/publish", {"reason": "susulan"})
    page = admin.get(f"/reports/{MONTH}/").content.decode()
    assert "susulan" in page
    assert "Amandemen diperlukan" not in page
    first = admin.get(f"/reports/{MONTH}/?version=1")
    assert first.status_code == 200
    assert admin.get(f"/reports/{MONTH}/?version=9").status_code == 404


def test_an_agency_sees_its_own_node_alone(fresh_city: Path, signed_in: Callable[[str], Any]) -> None:
    from tests.support import wall_city

    wall_city.give_sites("agency", NODES[3])
    agency = signed_in("agency")
    for address in (
        f"/reports/{MONTH}/",
        f"/reports/{MONTH}/file.json",
        f"/reports/{MONTH}/outages.csv",
        "/reports/day/20261005/",
    ):
        answer = agency.get(address)
        assert answer.status_code == 200, address
        text = answer.content.decode()
        assert all(node not in text for node in NODES[:3]), address
    assert agency.get(f"/reports/{MONTH}/evidence/astinet.zip").status_code == 403
    assert NODES[3] in agency.get(f"/reports/{MONTH}/file.json").content.decode()
