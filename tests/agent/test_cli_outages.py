"""`sandi outages` and `sandi replay`: what a technician reads of the journal, alive, dead and without permission."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import outages
from agent.core.journal import entry_line, header_line, parse
from agent.fakes import FakeClock
from agent.journals import numbered
from tests.agent.test_cli import sandi
from tests.agent.test_outages import Life
from tests.support.agent_box import AgentBox

# 1_800_000_000 s is 15 January 2027, 15:00:00 in Serang
DAY = "15-01-2027"


def recorded(folder: Path) -> None:
    """An outage of two minutes with two verdicts, one an hour later, and one that a restart cut short."""

    async def story() -> None:
        life = Life(folder, FakeClock())
        await life.hold("is_up", 30)
        await life.hold("is_cut", 60)
        await life.hold("is_silent", 60)
        await life.hold("is_up", 30)
        life.clock.advance(3600)
        await life.hold("is_silent", 45)
        await life.hold("is_up", 30)
        await life.hold("is_cut", 20)

    asyncio.run(story())
    asyncio.run(Life(folder, FakeClock(mono_ms=9_000_000, wall_ms=1_800_009_000_000, run="2")).begin())


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AgentBox:
    monkeypatch.setattr(outages, "WRITE_S", 120.0)  # no line is left out because a busy disk is slow
    made = AgentBox(tmp_path)
    made.data_dir.mkdir()
    recorded(made.data_dir)
    return made


@pytest.fixture(params=["dead", "alive"])
def asked(box: AgentBox, request: pytest.FixtureRequest) -> Iterator[AgentBox]:
    if request.param == "dead":
        yield box
        return
    with box.running():
        yield box


def test_the_list_says_what_happened_when_how_long_and_why(asked: AgentBox) -> None:
    done = sandi("outages", "-c", str(asked.config))
    assert done.returncode == 0
    text = done.stdout
    assert f"{DAY} 15:00:30 WIB   2 mnt" in text
    assert "L1 Kabel tidak tersambung" in text
    assert "L5d Tidak ada jawaban setelah gateway (ISP)" in text
    assert "paling sedikit" in text
    assert text.index("paling sedikit") < text.index("L5d") < text.index("15:00:30")  # the newest first
    english = sandi("outages", "--lang", "en", "-c", str(asked.config)).stdout
    assert "No carrier" in english
    assert "at least" in english


def test_the_list_is_also_for_programs_and_can_be_short(box: AgentBox) -> None:
    rows = json.loads(sandi("outages", "--json", "-c", str(box.config)).stdout)["outages"]
    assert [row["code"] for row in rows] == ["L1", "L5d", "L1"]
    assert rows[2]["duration_s"] == 120.0
    assert (rows[2]["onset_ms"], rows[2]["end_ms"]) == (1_800_000_030_000, 1_800_000_150_000)
    assert rows[2]["clock_known"] is True
    assert rows[2]["evidence"]
    assert rows[0]["how"] == "restart"
    short = json.loads(sandi("outages", "--json", "--last", "1", "-c", str(box.config)).stdout)["outages"]
    assert short == rows[:1]


def test_one_outage_is_told_step_by_step_by_number_or_by_id(box: AgentBox) -> None:
    text = sandi("outages", "3", "-c", str(box.config)).stdout
    lines = [line for line in text.splitlines() if line[:8].count(":") == 2]
    assert [line[:14].split()[:2] for line in lines[:2]] == [["15:00:30", "L1"], ["15:01:30", "L5d"]]
    assert "tersambung kembali" in lines[-1]
    assert "15:02:30" in lines[-1]
    found = json.loads(sandi("outages", "3", "--json", "-c", str(box.config)).stdout)
    assert [step["code"] for step in found["steps"]] == ["L1", "L5d"]
    same = json.loads(sandi("outages", found["id"], "--json", "-c", str(box.config)).stdout)
    assert same == found


@pytest.mark.parametrize("ident", ["99", "nobody", "0", "../../etc/passwd", ""])
def test_an_outage_there_is_none_of_is_a_wrong_question(box: AgentBox, ident: str) -> None:
    done = sandi("outages", ident, "-c", str(box.config))
    assert done.returncode == 2
    assert "sandi outages" in done.stderr


def test_a_box_without_outages_says_so(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    done = sandi("outages", "-c", str(box.config))
    assert (done.returncode, "Belum ada gangguan" in done.stdout) == (0, True)


def test_a_damaged_file_is_a_line_in_the_list_and_hides_nothing_else(box: AgentBox) -> None:
    newest = numbered(box.data_dir / "journal")[-1][1]
    newest.write_bytes(b"\0" * 100)
    done = sandi("outages", "-c", str(box.config))
    assert done.returncode == 0
    assert "Jurnal tidak terbaca" in done.stdout
    assert "L5d" in done.stdout


def test_replaying_gives_the_recorded_verdicts_again(box: AgentBox) -> None:
    for _, path in numbered(box.data_dir / "journal"):
        done = sandi("replay", str(path))
        assert done.returncode == 0, done.stdout
        assert "semuanya sama" in done.stdout
        again = json.loads(sandi("replay", "--json", str(path)).stdout)
        assert again["agrees"]
        assert all(line["recorded"] == line["now"] for line in again["lines"])


def test_a_verdict_that_would_be_another_now_is_shown_and_counts(box: AgentBox, tmp_path: Path) -> None:
    from wire.shape import replace

    found = parse(numbered(box.data_dir / "journal")[0][1].read_bytes())
    wrong = replace(found.entries[0], code="B3")
    other = tmp_path / "other.jsonl"
    other.write_bytes(header_line(found.header) + entry_line(wrong))
    done = sandi("replay", str(other))
    assert done.returncode == 1
    assert "B3" in done.stdout
    assert "BERBEDA" in done.stdout
    assert json.loads(sandi("replay", "--json", str(other)).stdout)["agrees"] is False


def test_what_cannot_be_read_whole_is_no_journal_to_replay(box: AgentBox, tmp_path: Path) -> None:
    good = numbered(box.data_dir / "journal")[0][1].read_bytes()
    damaged = tmp_path / "damaged.jsonl"
    lines = good.split(b"\n")
    damaged.write_bytes(b"\n".join([lines[0], b"{torn", *lines[1:]]))
    for file in (damaged, tmp_path / "missing.jsonl", tmp_path):
        assert sandi("replay", str(file)).returncode == 2
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(good[:-40])
    assert sandi("replay", str(cut)).returncode == 0
