"""`sandi-center outages` and `availability`: sentences for people, JSON for scripts, and one that asks for work."""

import json
from pathlib import Path

import pytest

from center.cli import main
from tests.support.fleet import NODE


@pytest.fixture
def data(center_data: Path) -> Path:
    """One outage that is over, one that lasts, and a day of each kind."""
    from center.availability.models import Day, Outage
    from center.core import days

    start = days.bounds(20261103).start_ms
    common = {"start_lo_ms": start, "start_hi_ms": start + 1000, "opened_ms": start, "changed_ms": start}
    over = {"end_lo_ms": start + 3_600_000, "end_hi_ms": start + 3_601_000}
    Outage.objects.create(node=NODE, cause="L5b", party="isp", parent="isp-ring-1", told=True, **common, **over)
    Outage.objects.create(node="opd-dinkes", cause="silent", **common)
    whole = {"maintenance_s": 0, "isp_up_s": 0, "isp_down_s": 0, "isp_excluded_s": 0, "isp_unknown_s": 0}
    Day.objects.create(node=NODE, day=20261103, up_s=80_000, down_s=400, unknown_s=6_000, **whole)
    Day.objects.create(node="opd-dinkes", day=20261103, up_s=1, down_s=1, unknown_s=86_398, **whole)
    return center_data


def run(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> str:
    assert main(["--lang", "en", *words, "--data", str(data)]) in (None, 0)
    return capsys.readouterr().out


def test_outages_say_when_why_whose_and_which_revision(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, data, "outages", "--since", "2026-11-01")
    first, second = sorted(text.splitlines())
    assert first.startswith(f"{NODE}  2026-11-03 00:00:01 - 2026-11-03 01:00:00  L5b (isp) < isp-ring-1  [")
    assert "goes on" in second
    assert run(capsys, data, "outages", NODE, "--since", "2026-11-01", "--open") == "No outage in this time.\n"
    rows = json.loads(run(capsys, data, "outages", "--since", "2026-11-01", "--json"))
    assert [(row["node"], row["cause"], row["evidence"]) for row in rows] == [
        (NODE, "L5b", []),
        ("opd-dinkes", "silent", []),
    ]


def test_a_month_is_a_figure_with_bounds_or_not_enough_data(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = run(capsys, data, "availability", "--month", "2026-11").splitlines()
    assert first == f"{NODE}  99.502 %  (at worst 92.593 %, at best 99.537 %)"
    assert second == "opd-dinkes  not enough data (coverage 0.002 %)"
    (row,) = json.loads(run(capsys, data, "availability", "--month", "2026-11", "--node", NODE, "--json"))
    assert (row["up_s"], row["down_s"], row["unknown_s"], row["enough"]) == (80_000, 400, 6_000, True)
    assert "No day" in run(capsys, data, "availability", "--month", "2025-01")


def test_recomputing_makes_the_nodes_due_and_a_wrong_month_is_told(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.availability.models import Due
    from center.ingest.models import Epoch

    for node in (NODE, "opd-dinkes"):
        Epoch.objects.create(node=node, epoch="epoch-1", first_seen_ms=5)
    assert run(capsys, data, "availability", "recompute").startswith("2 nodes")
    assert {row.from_ms for row in Due.objects.all()} == {0}
    assert main(["availability", "--month", "november", "--data", str(data)]) == 2
    assert "2026-11" in capsys.readouterr().err
