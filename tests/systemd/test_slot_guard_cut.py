"""Whatever the power is cut at: the next boot has a whole slot, untouched data, and in the end exactly one outcome."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.fleet.bundles import BundleError, prove
from tests.support.guarded_box import Box, Cut
from tests.support.small_bundles import bundle, key

STEPS: tuple[tuple[Any, str], ...] = (
    (os, "fsync"), (os, "sync"), (Path, "rename"), (Path, "symlink_to"), (Path, "unlink"), (Path, "mkdir"),
    (shutil, "rmtree"), (subprocess, "Popen"),
)  # fmt: skip
"""What changes the disk, or waits for it: the power may go before each and behind each."""
MOST_STEPS = 400
OUTCOMES = {"confirmed", "rolled_back"}


@contextmanager
def cut_at(step: int) -> Iterator[list[int]]:
    """Raise `Cut` at this step (from 0), even ones before the act and odd ones behind it; the list counts them."""
    taken = [0]

    def faulty(act: Callable[..., Any]) -> Callable[..., Any]:
        def doing(*given: Any, **named: Any) -> Any:
            _tick(taken, step)
            result = act(*given, **named)
            _tick(taken, step)
            return result

        return doing

    with pytest.MonkeyPatch.context() as patched:
        for owner, name in STEPS:
            patched.setattr(owner, name, faulty(getattr(owner, name)))
        yield taken


def _tick(taken: list[int], step: int) -> None:
    taken[0] += 1
    if taken[0] == step + 1:
        raise Cut


@contextmanager
def _box() -> Iterator[tuple[Box, bytes]]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        box = Box(Path(folder) / "box")
        yield box, bundle(Path(folder)).read_bytes()


def _life(box: Box, raw: bytes, *, well: bool) -> None:
    """The guard from a boot to the outcome, with the agent's part beside it: it asks again after an interruption."""
    box.guard.boot_up()
    assert box.whole()
    attempt = box.state.attempt + 1 if box.state.code == "interrupted" else box.state.attempt
    box.health()
    box.wish(raw, attempt=attempt)
    guard = box.guard
    state = guard.settle()
    if state.phase != "trying":
        state = guard.install()
    while state.phase == "trying":
        assert box.whole()
        box.clock.now_ms += 30_000
        box.health(connected=well)
        state = guard.look()


def _lived_through(box: Box, raw: bytes, cuts: list[int], *, well: bool) -> int:
    """Lives cut at these steps, then one that is not; how many steps the last cut one took."""
    taken = [0]
    for cut in cuts:
        try:
            with cut_at(cut) as taken:
                _life(box, raw, well=well)
        except Cut:
            box.clock.reboot()
    for _ in range(3):
        _life(box, raw, well=well)
        if box.state.code != "interrupted":
            break
        box.clock.reboot()
    return taken[0]


def _judge(box: Box, *, well: bool) -> str:
    """How it ended, for ever, with a whole slot in use and nothing left over."""
    state = box.state
    assert box.whole()
    assert state.phase in OUTCOMES, state
    assert box.slot == (Path(state.new) if state.phase == "confirmed" else box.old)
    assert well or state.phase == "rolled_back"
    assert state.phase == "confirmed" or not well or state.code in ("reboots", "damaged")
    assert not box.places.stage.exists()
    assert {path.name for path in box.places.releases.iterdir()} <= {"old", Path(state.new).name}
    before = state
    for _ in range(2):
        box.clock.reboot()
        box.guard.boot_up()
        assert (box.state, box.guard.run()) == (before, before), "an outcome is for ever"
    return str(state.phase)


@pytest.mark.parametrize("well", [True, False])
def test_one_cut_at_every_step(*, well: bool) -> None:
    reached = cut = 0
    while cut <= reached and cut < MOST_STEPS:
        with _box() as (box, raw):
            steps = _lived_through(box, raw, [cut], well=well)
            _judge(box, well=well)
        reached, cut = max(reached, steps), cut + 1
        if steps <= cut - 1:
            break
    assert cut > 40, "an update has many steps that a power cut can meet"


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 90), max_size=4), well=st.booleans())
def test_any_number_of_cuts(cuts: list[int], well: bool) -> None:
    with _box() as (box, raw):
        _lived_through(box, raw, cuts, well=well)
        assert _judge(box, well=well) in (OUTCOMES if well else {"rolled_back"})


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 90), max_size=4), well=st.booleans())
def test_a_guard_that_is_killed_without_a_boot_goes_on(cuts: list[int], well: bool) -> None:
    """As above within one boot: systemd starts it again."""
    with _box() as (box, raw):
        box.clock.reboot = lambda: None  # type: ignore[method-assign]
        _lived_through(box, raw, cuts, well=well)
        assert _judge(box, well=well) in (OUTCOMES if well else {"rolled_back"})


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_bundle_with_any_bytes_changed_is_refused_or_the_same(data: st.DataObject) -> None:
    """Fuzz: bytes flipped, cut out, doubled. Neither box nor centre takes what the release key did not make."""
    with _box() as (box, raw):
        at = data.draw(st.integers(0, len(raw) - 1))
        piece = data.draw(st.binary(min_size=0, max_size=40))
        until = min(len(raw), at + data.draw(st.sampled_from([0, 1, 512, 1024])))
        changed = raw[:at] + piece + raw[until:]
        box.wish(changed or b"x")
        state = box.guard.install()
        assert box.whole()
        assert state.phase == ("trying" if changed == raw else "refused")
        file = box.root / "bundle.sandi"
        file.write_bytes(changed)
        if changed != raw:
            with pytest.raises(BundleError):
                prove(file, key().public_key())
