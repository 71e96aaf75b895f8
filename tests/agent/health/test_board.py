"""The board's readings against copied trees of real models' files, and what must not break them."""

from pathlib import Path

import pytest

from agent.health.board import Board
from agent.health.reset import ResetEvidence

FIXTURES = Path(__file__).parent / "fixtures"


def everything(root: Path) -> dict[str, object]:
    board = Board(root)
    return {
        "model": board.model(),
        "board_id": board.board_id(),
        "throttled": board.throttled(),
        "temp_c": board.temp_c(),
        "sd_wear_pct": board.sd_wear_pct(),
        "reset_reason": board.reset_reason(),
    }


GOLDEN: dict[str, tuple[object, ...]] = {
    "pi4": ("Raspberry Pi 4 Model B Rev 1.4", "serial-10000000a1b2c3d4", 0x50000, 48.7, None, "power_on"),
    "cm4": ("Raspberry Pi Compute Module 4 Rev 1.1", "serial-100000005f3759df", 0, 71.6, 30.0, "warm_reset"),
    "pi5": ("Raspberry Pi 5 Model B Rev 1.0", "serial-6b206ca09127ae99", 0x50005, 55.2, None, "undervoltage"),
    "zero2w": ("Raspberry Pi Zero 2 W Rev 1.0", "serial-00000000c0ffee42", 0x1, 43.5, None, "panic"),
    "pc": ("OptiPlex 3080", "machine-5bea9651208442fe", None, 41.0, None, "watchdog"),
    "virtual_machine": (None, "unknown", None, None, None, None),
}


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_models_files_read_as_its_golden_values(name: str) -> None:
    assert tuple(everything(FIXTURES / name).values()) == GOLDEN[name]


def test_a_machine_that_offers_nothing_reads_as_unavailable(tmp_path: Path) -> None:
    assert set(everything(tmp_path).values()) == {None, "unknown"}


@pytest.mark.parametrize("junk", [b"", b"\0", b"\xff\xfe\xfd", b"zzz", b"0x", b"-", b"9" * 50_000])
def test_junk_in_any_file_is_no_reading_and_no_exception(tmp_path: Path, junk: bytes) -> None:
    for model in ("pi4", "cm4", "pi5", "zero2w", "pc"):
        for source in (p for p in (FIXTURES / model).rglob("*") if p.is_file()):
            target = tmp_path / model / source.relative_to(FIXTURES / model)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(junk)
        everything(tmp_path / model)


def test_two_machines_have_two_ids_and_the_machine_id_itself_is_not_given_away(tmp_path: Path) -> None:
    ids = set()
    for n in range(2):
        (tmp_path / str(n) / "etc").mkdir(parents=True)
        (tmp_path / str(n) / "etc/machine-id").write_text(f"{n:032x}\n")
        ids.add(Board(tmp_path / str(n)).board_id())
    assert len(ids) == 2
    assert not any(f"{0:032x}" in board_id for board_id in ids)


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (ResetEvidence(), None),
        (ResetEvidence(rsts=0x1000), "power_on"),
        (ResetEvidence(rsts=0x1020), "power_on"),
        (ResetEvidence(rsts=0x20), "warm_reset"),
        (ResetEvidence(rsts=0x20, is_pi5=True), None),
        (ResetEvidence(rsts=0x20, is_pi5=True, pmic=0), None),
        (ResetEvidence(rsts=0x1000, pmic=0b10), "undervoltage"),
        (ResetEvidence(rsts=0x1000, pmic=0b1000), "power_on"),
        (ResetEvidence(rsts=0x1000, pmic=0b10010), "watchdog"),
        (ResetEvidence(rsts=0x1000, bootstatus=0x20), "watchdog"),
        (ResetEvidence(rsts=0x1000, panic_dumps=1), "panic"),
    ],
)
def test_the_surest_evidence_names_the_reset(evidence: ResetEvidence, reason: str | None) -> None:
    assert evidence.reason() == reason
