"""What a node's page says of the box's warnings about itself, and of how its lives ended."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city
from wire.warnings import WARNINGS

NODE = "kel-3673011001"
MORNING_MS = 1_795_404_672_000  # 23 Nov 2026 10.31.12 WIB


@pytest.fixture
def event(city: Path) -> Callable[..., None]:
    from center.connectivity.models import NodeEvent

    def add(kind: str, body: dict[str, Any], at_ms: int, *, boot: str = "boot-2", mono_ms: int = 20_000) -> None:
        seq = NodeEvent.objects.count() + 1
        NodeEvent.objects.create(
            node=NODE, epoch="epoch-1", seq=seq, boot=boot, run="run-1", mono_ms=mono_ms, wall_ms=at_ms, at_ms=at_ms,
            at_quality="ntp", received_ms=at_ms, kind=kind, json=json.dumps(body),
        )  # fmt: skip

    return add


def page_of(client: Any, lang: str = "id") -> str:
    answer = client.get(f"/nodes/{NODE}/?lang={lang}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def started(verdict: str, **more: Any) -> dict[str, Any]:
    body = {"previous_run": "run-0", "previous_boot": "boot-1", "verdict": verdict, "last_alive_mono_ms": 500_000}
    return {**body, **more}


def test_a_warning_stands_there_with_title_severity_text_age_and_detail(
    client_as: Callable[[str], Any], event: Callable[..., None]
) -> None:
    wall_city.add_node(NODE, "DEGRADED", cause="warnings", warnings='["uplink_down", "outbox_readonly", "from_2031"]')
    event("warning", {"code": "outbox_readonly", "active": True, "detail": "an older one"}, MORNING_MS - 90_000)
    event("warning", {"code": "outbox_readonly", "active": False, "detail": "an older one"}, MORNING_MS - 60_000)
    event("warning", {"code": "outbox_readonly", "active": True, "detail": "<b>Read-only"}, MORNING_MS)
    page = page_of(client_as("viewer"))
    rule = WARNINGS["outbox_readonly"]
    assert f"!! Gangguan: {rule.title_id}" in page
    assert rule.text_id in page
    assert "sejak 23 Nov 2026 10.31.12 WIB" in page
    assert "&lt;b&gt;Read-only" in page
    assert "an older one" not in page
    assert f"! Peringatan: {WARNINGS['uplink_down'].title_id}" in page
    assert "Peringatan: from_2031" in page
    assert page.index(rule.title_id) < page.index(WARNINGS["uplink_down"].title_id)
    english = page_of(client_as("viewer"), "en")
    assert f"!! Fault: {rule.title_en}" in english
    assert rule.text_en in english


def test_a_warning_that_was_taken_back_after_the_newest_report_has_no_age(
    client_as: Callable[[str], Any], event: Callable[..., None]
) -> None:
    wall_city.add_node(NODE, "DEGRADED", cause="warnings", warnings='["loop_slow"]')
    event("warning", {"code": "loop_slow", "active": True, "detail": "gone"}, MORNING_MS)
    event("warning", {"code": "loop_slow", "active": False, "detail": "gone"}, MORNING_MS + 1)
    page = page_of(client_as("viewer"))
    assert WARNINGS["loop_slow"].title_id in page
    assert "gone" not in page


def test_lost_power_has_both_bounds_from_the_anchor_of_the_boot_before(
    client_as: Callable[[str], Any], event: Callable[..., None]
) -> None:
    from center.connectivity.models import Anchor, Boot

    wall_city.add_node(NODE)
    offset_ms = MORNING_MS - 500_000
    Anchor.objects.create(
        node=NODE, epoch="epoch-1", seq=9, boot="boot-1", mono_ms=60_000, offset_ms=offset_ms, error_ms=1, source="ntp"
    )
    Boot.objects.create(node=NODE, boot="boot-1", max_mono_ms=400_000)
    event("start", started("power_or_unknown"), MORNING_MS + 168_000)  # 20 s after the boot began
    page = page_of(client_as("viewer"))
    words = "antara 23 Nov 2026 10.31.12 WIB dan 23 Nov 2026 10.33.40 WIB"
    assert f"<b>mati listrik atau sebab tak diketahui</b> {words}" in page
    assert "power lost or cause unknown</b> between" in page_of(client_as("viewer"), "en")


def test_a_record_that_arrived_later_than_the_last_beat_is_the_better_bound(
    client_as: Callable[[str], Any], event: Callable[..., None]
) -> None:
    from center.connectivity.models import Boot

    wall_city.add_node(NODE)
    Boot.objects.create(node=NODE, boot="boot-1", max_mono_ms=510_000)
    event("start", started("box_reset", last_alive_wall_ms=MORNING_MS, reset_reason="watchdog"), MORNING_MS + 60_000)
    page = page_of(client_as("viewer"))
    assert '<b>kotak memulai ulang sendiri</b> <span class="dim">(watchdog)</span>' in page
    assert "antara 23 Nov 2026 10.31.22 WIB dan 23 Nov 2026 10.31.52 WIB" in page


def test_a_crash_within_a_boot_ends_where_the_next_run_begins(
    client_as: Callable[[str], Any], event: Callable[..., None]
) -> None:
    wall_city.add_node(NODE)
    body = started("agent_crashed", previous_boot="boot-2", last_alive_wall_ms=MORNING_MS)
    event("start", body, MORNING_MS + 8_000, mono_ms=508_000)
    assert "antara 23 Nov 2026 10.31.12 WIB dan 23 Nov 2026 10.31.20 WIB" in page_of(client_as("viewer"))


def test_a_life_whose_end_nobody_saw_is_only_bounded_from_above(
    client_as: Callable[[str], Any], event: Callable[..., None]
) -> None:
    wall_city.add_node(NODE)
    event("start", started("power_or_unknown", last_alive_mono_ms=None, previous_boot=None), MORNING_MS, mono_ms=7_000)
    event("start", {"previous_run": None, "previous_boot": None, "verdict": "first"}, MORNING_MS - 600_000)
    page = page_of(client_as("viewer"))
    assert "mati listrik atau sebab tak diketahui</b> sebelum 23 Nov 2026 10.31.12 WIB" in page
    assert "pertama kali dijalankan" in page
