"""The screen fits its terminal, reads without colour and without UTF-8, and ends in verdict and next step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.diagnosis import Diagnosis, diagnose
from agent.core.evidence import Evidence
from agent.core.observation import Observation, Reason
from agent.messages import LANGUAGES, Messages
from agent.watch.scene import Memory, Scene
from agent.watch.screen import Size, event_words, lines
from wire.actions import action
from wire.verdicts import VERDICTS

CLOCK = "14.32.07"


def scene(code: str = "L5b", **more: object) -> Scene:
    values: dict[str, object] = {
        "connected": False, "server": "pusat.test:8883", "pending": 12, "oldest_s": 200,
        "warnings": [("uplink_down", "warning"), ("outbox_readonly", "error")], **more,
    }  # fmt: skip
    return Scene("agent", "kel-3673011001", Diagnosis(code, 0.92), **values)  # type: ignore[arg-type]


def memory(events: int = 3) -> Memory:
    found = Memory()
    found.add("gateway", [0.4] * 30)
    found.add("center", [12.0, None] * 20)
    found.events.extend((f"14.31.{number:02}", "disconnected") for number in range(events))
    return found


@given(
    st.sampled_from(sorted(VERDICTS)), st.integers(20, 200), st.integers(3, 60), st.booleans(),
    st.sampled_from(LANGUAGES), st.integers(0, 40),
)  # fmt: skip
def test_whatever_the_terminal_it_fits_and_ends_in_what_to_do(
    code: str, width: int, height: int, plain: bool, lang: str, events: int
) -> None:
    made = lines(scene(code), memory(events), Messages(lang), Size(width, height), CLOCK, ascii_only=plain)
    assert len(made) == height or height < 6
    assert len(made) <= height
    assert all(len(text) <= width for text, _ in made)
    assert all(text.isascii() for text, _ in made) or not plain
    verdict = [number for number, (text, _) in enumerate(made) if text.startswith(("Putusan", "Verdict"))]
    assert verdict, made
    assert made[verdict[0]][0].split()[1] == code
    assert made[-1][0].split()


def test_at_eighty_columns_the_whole_next_step_is_readable() -> None:
    for code in VERDICTS:
        made = lines(scene(code), memory(), Messages("id"), Size(80, 24), CLOCK)
        text = " ".join(" ".join(line for line, _ in made).split())
        assert action(code, "id") in text, code


def test_a_picture_by_hand() -> None:
    items = [
        Evidence(Observation("link", "local", 1, True, detail={"interface": "eth0", "carrier": True}), "up"),
        Evidence(Observation("address", "local", 1, True, detail={"ipv4": "10.20.3.7/24"}), "up"),
        Evidence(Observation("route", "local", 1, False, Reason.NO_DEFAULT_ROUTE), "down", 3),
    ]
    shown = Scene("live", "", diagnose(items), obstacle="gone", maintenance_left_s=3600)
    text = "\n".join(line for line, _ in lines(shown, Memory(), Messages("id"), Size(80, 24), CLOCK))
    assert "Layanan TIDAK berjalan" in text
    assert "PEMELIHARAAN masih 1 jam" in text
    assert "  rute           RUSAK" in text
    assert "Putusan   L3  Tidak ada rute" in text


def test_hostile_words_cannot_move_the_cursor() -> None:
    evil = scene(server="\x1b[2Jpusat\r\n", outbox_error="\x1b]0;x\x07", pending=None)
    for text, _ in lines(evil, memory(), Messages("id"), Size(80, 24), CLOCK):
        assert text.isprintable() or text == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_changes_read_as_sentences(lang: str) -> None:
    messages = Messages(lang)
    assert "L5b" in event_words("OK>L5b", messages)
    assert "1" in event_words("outage L5d 61", messages) and "L5d" in event_words("outage L5d ", messages)
    assert "X9" in event_words("outage X9 5", messages)
    for change in ("agent_gone", "agent_back", "connected", "disconnected", "maintenance_begun", "maintenance_over"):
        assert not event_words(change, messages).startswith("cli.")
