"""What the camera process remembers of a camera: over restarts, over damage, and never in favour of a lost mask."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.cameras.base import MaskError
from agent.cameras.config import CameraProcessConfig
from agent.cameras.keeping.memory import UNKNOWN_MASK, CameraMemory
from agent.cameras.maskfile import clear_mask, cleared_path
from agent.core.pictureplan import DayBytes

MASK = "0123456789abcdef"


def place(folder: Path) -> CameraProcessConfig:
    made = CameraProcessConfig(data_dir=folder, run_dir=folder, logins_file=folder / "x.toml")
    made.masks_dir.mkdir(exist_ok=True)
    return made


def loaded(folder: Path) -> CameraMemory:
    memory = CameraMemory(place(folder), "gate")
    memory.load()
    return memory


def draw(folder: Path) -> Path:
    mask = place(folder).masks_dir / "gate.json"
    mask.write_text("{}")
    return mask


def test_what_was_saved_is_there_after_a_restart(tmp_path: Path) -> None:
    memory = loaded(tmp_path)
    memory.count(DayBytes(20_000, 123))
    memory.now.warmth, memory.now.eyes = "w", "e"
    memory.save()
    again = loaded(tmp_path)
    assert (again.today(), again.now.warmth, again.now.eyes) == (DayBytes(20_000, 123), "w", "e")
    assert (tmp_path / "memory" / "gate.json").stat().st_mode & 0o777 == 0o600


def test_a_mask_once_applied_is_demanded_for_ever(tmp_path: Path) -> None:
    mask, memory = draw(tmp_path), loaded(tmp_path)
    memory.demand_mask()
    memory.applied_mask(MASK)
    mask.unlink()
    for each in (memory, loaded(tmp_path), loaded(tmp_path)):
        with pytest.raises(MaskError, match="sandi camera mask gate"):
            each.demand_mask()
    draw(tmp_path)
    loaded(tmp_path).demand_mask()
    assert loaded(tmp_path).now.mask_version == MASK


def test_a_mask_that_was_seen_is_demanded_even_if_no_picture_carried_it(tmp_path: Path) -> None:
    mask = draw(tmp_path)
    loaded(tmp_path).demand_mask()
    mask.unlink()
    with pytest.raises(MaskError, match="sandi camera mask gate"):
        loaded(tmp_path).demand_mask()
    clear_mask(mask)
    loaded(tmp_path).demand_mask()
    assert loaded(tmp_path).now.mask_version == ""


def test_a_picture_without_the_mask_it_should_carry_is_refused(tmp_path: Path) -> None:
    memory = loaded(tmp_path)
    memory.applied_mask("")
    memory.applied_mask(MASK)
    with pytest.raises(MaskError, match="thrown away"):
        memory.applied_mask("")
    memory.applied_mask("f" * 16)
    assert loaded(tmp_path).now.mask_version == "f" * 16, "a mask drawn anew is the one that counts"


def test_a_mask_taken_away_on_purpose_is_not_missed(tmp_path: Path) -> None:
    mask, memory = draw(tmp_path), loaded(tmp_path)
    memory.applied_mask(MASK)
    clear_mask(mask)
    for each in (memory, loaded(tmp_path)):
        each.demand_mask()
        each.applied_mask("")
    assert loaded(tmp_path).now.mask_version == ""


def test_a_look_between_note_and_removal_does_not_undo_the_purpose(tmp_path: Path) -> None:
    mask, memory = draw(tmp_path), loaded(tmp_path)
    memory.applied_mask(MASK)
    cleared_path(mask).touch()
    memory.demand_mask()
    mask.unlink()
    memory.demand_mask()
    assert memory.now.mask_version == ""


def test_a_note_is_worth_nothing_once_a_mask_was_put_back(tmp_path: Path) -> None:
    mask, memory = draw(tmp_path), loaded(tmp_path)
    clear_mask(mask)
    memory.demand_mask()
    while draw(tmp_path).stat().st_ctime_ns <= cleared_path(mask).stat().st_ctime_ns:
        mask.unlink()  # the kernel's clock for files ticks some hundred times a second
    memory.demand_mask()
    memory.applied_mask(MASK)
    mask.unlink()
    with pytest.raises(MaskError):
        memory.demand_mask()
    assert not cleared_path(mask).exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.one_of(st.binary(max_size=200), st.sampled_from([b"", b"null", b"[]", b'{"mask_version":1}', b"[" * 9000])))
def test_a_damaged_memory_counts_as_one_that_knew_of_a_mask(tmp_path: Path, content: bytes) -> None:
    path = place(tmp_path).memory_dir / "gate.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    memory = loaded(tmp_path)
    assert memory.now.mask_version in (UNKNOWN_MASK, "") and memory.today().size_bytes >= 0
    if memory.now.mask_version == UNKNOWN_MASK:
        with pytest.raises(MaskError):
            memory.demand_mask()


def test_a_memory_larger_than_any_of_ours_is_not_believed(tmp_path: Path) -> None:
    path = place(tmp_path).memory_dir / "gate.json"
    path.parent.mkdir()
    path.write_bytes(b'{"eyes":"' + b"x" * 100_000 + b'"}')
    assert loaded(tmp_path).now.mask_version == UNKNOWN_MASK


def test_a_disk_that_refuses_stops_no_picture(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    memory = loaded(tmp_path)
    (tmp_path / "memory").write_text("a file where a folder belongs")
    memory.count(DayBytes(1, 1))
    memory.save()
    memory.count(DayBytes(1, 2))
    memory.save()
    assert [record.message for record in caplog.records] == ["camera-memory-not-saved"], "said once"
    (tmp_path / "memory").unlink()
    memory.save()
    assert loaded(tmp_path).today() == DayBytes(1, 2)
