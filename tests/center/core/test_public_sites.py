"""From the looks of many nodes to one word about a site."""

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.public_sites import FORGET_MS, STATE_ORDER, LookRow, site_rows, vantages

NOW = 1_795_366_800_000
TODAY = date(2026, 11, 23)


def look(
    node: str, ok: bool = True, reason: str = "", age_s: float = 60, site: str = "Dinkes", **detail: Any
) -> LookRow:
    at_ms = NOW - int(age_s * 1000)
    known = {"ok": ok, "url": "https://dinkes.example.go.id/", "kind": "agency", **detail}
    return LookRow(node, site, ok, reason, at_ms, at_ms + 400, at_ms - 5000, 120.0, known)


@pytest.mark.parametrize(
    ("looks", "state", "failing", "seen"),
    [
        ([look("a"), look("b")], "UP", 0, 2),
        ([look("a", False, "http_status"), look("b", False, "timeout")], "DOWN", 2, 2),
        ([look("a", False, "timeout"), look("b"), look("c")], "DEGRADED", 1, 3),
        ([look("a", False, "timeout"), look("b", age_s=5000)], "DEGRADED", 1, 1),
        ([look("a", False, "site_parked")], "DOWN", 1, 1),
        ([look("a", False, "tls_expired")], "DOWN", 1, 1),
        ([look("a", False, "resolve_failed")], "DEGRADED", 1, 1),
        ([look("a", age_s=5000)], "UNKNOWN", 0, 0),
        ([look("a", suspicious="gambling: slot gacor")], "DEGRADED", 0, 1),
        ([look("a", certificate_days=5.0), look("b", certificate_days=5.0)], "DEGRADED", 0, 2),
        ([look("a", certificate_days=60.0)], "UP", 0, 1),
        ([look("a", age_s=3000, every_s=1800)], "UP", 0, 1),
        ([look("a", age_s=3000, every_s=300)], "UNKNOWN", 0, 0),
    ],
)
def test_a_site_is_what_its_fresh_looks_agree_on(looks: list[LookRow], state: str, failing: int, seen: int) -> None:
    [row] = site_rows(looks, NOW, TODAY)
    assert (row.state, row.failing, row.seen) == (state, failing, seen)


def test_a_fault_seen_from_one_place_alone_is_not_the_sites() -> None:
    [row] = site_rows([look("a", False, "timeout"), look("b"), look("c")], NOW, TODAY)
    assert row.partial
    assert {node: cell.state for node, cell in row.cells.items()} == {"a": "DOWN", "b": "UP", "c": "UP"}


def test_what_the_server_said_itself_is_the_reason_before_anybodys_silence() -> None:
    [row] = site_rows(
        [look("a", False, "timeout"), look("b", False, "timeout"), look("c", False, "http_status")], NOW, TODAY
    )
    assert row.reason == "http_status"


def test_the_newest_content_anybody_found_counts_and_ages_by_the_centres_day() -> None:
    looks = [
        look("a", fresh_date="2026-08-01", fresh_source="text", fresh_days=3, stale_after_days=90),
        look("b", fresh_date="2026-08-15", fresh_source="feed", fresh_days=3, stale_after_days=90),
        look("c", fresh_date="2027-01-01", fresh_source="text"),
        look("d", fresh_date="kemarin", fresh_source="text"),
    ]
    [row] = site_rows(looks, NOW, TODAY)
    assert (row.fresh_date, row.fresh_source, row.fresh_days, row.stale) == (date(2026, 8, 15), "feed", 100, True)


def test_a_site_nobody_looks_at_any_more_is_forgotten() -> None:
    assert site_rows([look("a", age_s=FORGET_MS / 1000 + 10)], NOW, TODAY) == []


def test_late_backlog_and_a_clock_that_runs_ahead_are_not_fresh() -> None:
    late = LookRow("a", "Dinkes", True, "", NOW - 7_200_000, NOW - 1000, NOW - 7_200_000)
    ahead = LookRow("b", "Dinkes", True, "", NOW + 9_000_000, NOW - 7_200_000, NOW)
    [row] = site_rows([late, ahead], NOW, TODAY)
    assert row.seen == 0


ROWS = st.lists(
    st.builds(
        look,
        st.sampled_from("abcd"),
        st.booleans(),
        st.sampled_from(["", "timeout", "http_status", "site_parked", "x"]),
        st.floats(0, 4_000_000),
        st.sampled_from(["Dinkes", "PPID"]),
        certificate_days=st.none() | st.floats(-5, 400) | st.text(max_size=3),
        fresh_date=st.none() | st.text(max_size=12) | st.dates().map(date.isoformat),
        stale_after_days=st.none() | st.integers(0, 4000) | st.booleans(),
        every_s=st.none() | st.integers(-5, 10**9) | st.text(max_size=2),
        suspicious=st.none() | st.integers() | st.text(max_size=9),
    ),
    max_size=12,
    unique_by=lambda row: (row.node, row.site),
)


@given(ROWS, st.randoms())
def test_whatever_nodes_send_in_whatever_order_gives_the_same_rows(looks: list[LookRow], chance: random.Random) -> None:
    rows = site_rows(looks, NOW, TODAY)
    shuffled = looks[:]
    chance.shuffle(shuffled)
    again = site_rows(shuffled, NOW, TODAY)
    assert [(r.name, r.state, r.reason, r.seen, r.fresh_date) for r in again] == [
        (r.name, r.state, r.reason, r.seen, r.fresh_date) for r in rows
    ]
    assert all(row.state in STATE_ORDER and row.failing <= row.seen <= len(row.cells) for row in rows)
    assert set(vantages(rows)) <= {one.node for one in looks}


@pytest.mark.parametrize("absurd", [10**400, -(10**400), 1e300, True, "9"])
def test_numbers_out_of_all_reason_are_no_numbers(absurd: object) -> None:
    """One box with a number of 400 digits must not take the page away from everybody."""
    names = ("every_s", "certificate_days", "stale_after_days")
    [row] = site_rows([look("a", **dict.fromkeys(names, absurd))], NOW, TODAY)
    assert (row.state, row.certificate_days, row.stale_after_days) == ("UP", None, None)


def test_one_box_alone_does_not_move_a_sites_address_nor_invent_its_kind() -> None:
    theirs = look("c", age_s=1, url="https://phish.example/", kind="<judi>")
    [row] = site_rows([look("a"), look("b"), theirs], NOW, TODAY)
    assert (row.url, row.kind) == ("https://dinkes.example.go.id/", "other")
