"""`sandi-center security`: who was turned away, for people and for scripts."""

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from center.broker_log import FILE, BrokerLog, read_seen
from center.cli import main
from center.core.broker_watch import Row, Seen
from center.pki import create_authority

GONE, HERE = "kel-3673011001", "kel-3673011002"
ADDRESS = "10.0.0.5"


@pytest.fixture
def data(center_data: Path) -> Path:
    """A centre with one revoked node, one in order, and nobody turned away yet."""
    authority = create_authority(center_data / "pki")
    for node in (GONE, HERE):
        authority.issue_node(node, center_data / node, seal_public_key=bytes(32))
    authority.revoke(GONE)
    (center_data / "run").mkdir()
    return center_data


def put(data: Path, *rows: Row) -> None:
    now_ms = int(time.time() * 1000)
    seen = Seen(now_ms, list(rows), 0, {ADDRESS: {GONE: now_ms, HERE: now_ms}})
    (data / FILE).write_bytes(msgspec.json.encode(seen))


def said(capsys: pytest.CaptureFixture[str], data: Path, *words: str, lang: str = "en") -> tuple[int, str]:
    code = main(["--lang", lang, "security", *words, "--data", str(data)])
    found = capsys.readouterr()
    return code, found.out + found.err


def test_a_quiet_day_says_so_and_ends_with_0(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, data) == (0, "Nobody was refused in the last day.\n")
    assert said(capsys, data, "--json") == (0, "[]\n")
    now_ms = int(time.time() * 1000)
    put(data, Row(ADDRESS, "left", 3, now_ms, now_ms), Row("10.0.0.6", "certificate", 9, 1, now_ms - 2 * 86_400_000))
    code, text = said(capsys, data)
    assert code == 0, "a port test and what was days ago alarm nobody"
    assert "came and went without a word" in text


def test_a_revoked_box_that_tries_is_named_with_where_from(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now_ms = int(time.time() * 1000)
    put(data, Row(ADDRESS, "certificate", 14, now_ms - 9_000, now_ms), Row(HERE, "foreign_topic", 1, now_ms, now_ms))
    code, text = said(capsys, data, lang="id")
    assert code == 1
    assert f"{GONE}: dicabut, masih mencoba, terakhir 20" in text and f", dari {ADDRESS}\n" in text
    assert f"{HERE}: dicabut" not in text
    assert "meminta topik yang tidak diminta agen kita" in text and "15 kali ditolak" in text
    rows = json.loads(said(capsys, data, "--json")[1])
    assert {(row["who"], tuple(row["nodes"]), tuple(row["revoked"])) for row in rows} == {
        (ADDRESS, (GONE, HERE), (GONE,)),
        (HERE, (), ()),
    }


def test_refusals_at_the_enrolment_stand_beside_them_by_address_and_code(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.enrolment.models import EnrolmentRefusal

    at = datetime.now(UTC)
    hour_ms = int(at.timestamp() * 1000) // 3_600_000 * 3_600_000
    for before, count in ((1, 2), (0, 3)):
        EnrolmentRefusal.objects.create(
            hour_ms=hour_ms - before * 3_600_000, code="revoked", node=GONE, address=ADDRESS, count=count, last_at=at
        )
    [row] = json.loads(said(capsys, data, "--json")[1])
    assert (row["door"], row["who"], row["reason"], row["count"], row["revoked"]) == (
        "enrol",
        ADDRESS,
        "revoked",
        5,
        [GONE],
    )
    code, text = said(capsys, data)
    assert code == 1 and f"{GONE}: revoked, still trying" in text


def test_a_count_that_cannot_be_read_is_a_sentence(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / FILE).write_bytes(b"{")
    code, text = said(capsys, data)
    assert code == 2 and "the broker's count" in text


def test_the_count_goes_on_over_restarts_and_a_damaged_one_begins_anew(data: Path) -> None:
    line = "Client connection from 10.0.0.5 denied: max_connections exceeded."

    async def heard() -> None:
        log = BrokerLog(data / FILE, lambda _name, _line: None)
        log.line("broker", line)
        log.line("web", line)
        log.save()

    for expected in (1, 2):
        asyncio.run(heard())
        assert [(row.who, row.count) for row in read_seen(data).rows] == [("10.0.0.5", expected)]
    assert (data / FILE).stat().st_mode & 0o077 == 0
    (data / FILE).write_bytes(b"\xff")
    asyncio.run(heard())
    assert [row.count for row in read_seen(data).rows] == [1]
