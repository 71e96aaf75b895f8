"""What a camera's pictures are worth: ok, or covered, dark, blurred, moved or frozen, judged from each one's measures.

For each camera the judge learns what it sees by day and what by night. The order matters, and so do the limits, which
come from photographs made worse on purpose (tests/agent/cameras/pipeline/scenes.py; other photographs test them):

1. frozen: the same luma, bit for bit, for half a minute and longer. A sensor has noise, so no two real pictures agree.
2. dark: no light. covered: light, but nothing in it that has edges. At night a flat dim picture is dark, never covered.
3. moved: another view than learned. covered too, when besides nearly all of its relief is gone (a cloth has folds).
4. blurred: the view is there, its fine detail is not, by itself and against what this camera had.

A fault is said once three pictures in a row show it; a good picture takes it back at once.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, Protocol

import msgspec
from msgspec import Meta

from wire.snapshot import Verdict

LEARNED_AFTER: Final = 5
"""Pictures of one time of day."""
IN_A_ROW: Final = 3
FROZEN_AFTER_MS: Final = 30_000
"""A camera may hand out one picture twice when it is asked twice within its own interval."""
RELEARN_AFTER_MS: Final = 8 * 3_600_000
RELEARN_PICTURES: Final = 40
RELEARN_STEP_MS: Final = 3_600_000
"""A camera that shows its new view for eight hours of daylight, and so often, was turned on purpose. No two pictures
add more than an hour, so that a switched-off camera does not become right by waiting."""
DARK: Final = 8.0
DIM_AT_NIGHT: Final = 60.0
DIM: Final = 35.0
"""Brightness (0..255): below DARK nothing can be seen; a flat picture is dark below DIM when nobody knows the hour."""
FLAT: Final = 1.2
"""Relief in grey levels. Under a hand or paper 0.7, more in strong noise; a view by an eighth of its light 2.4."""
LOST_RELIEF: Final = 0.25
"""Of the learned relief. Under a cloth at most 0.1; fog leaves 0.3 and more, a turned camera 0.65 and more. In full
daylight half of FAR goes with it: folds may agree with a bare view by chance, and fog changes one bit in twenty."""
FAR: Final = 0.22
"""Share of the sure bits of the fingerprint. The same view has at most 0.19, another one 0.26 and more."""
SOFT: Final = 0.15
SOFTER: Final = 0.3
"""Focus: blurred is below the first and below the second times what was learned, where 0.5 is sharp enough."""
SHARP: Final = 0.5
BRIGHT_DAY: Final = 55.0
BITS: Final = 64
_MOST_VOTES: Final = 24
_SURE: Final = 0.6
_FEWEST_SURE: Final = 16
_WIB_S: Final = 7 * 3600
_DAY_S, _NIGHT_S = (6 * 3600 + 1800, 17 * 3600), (18 * 3600 + 2700, 5 * 3600 + 900)
"""Full day, and night without dusk and dawn, all year round near the equator (WIB)."""

Slot = Literal["day", "night"]
Fault = Literal["frozen", "dark", "covered", "moved", "blurred"]


class Look(Protocol):
    """The measures of a picture, as a worker tells them (`agent.cameras.lines.Measures`)."""

    @property
    def brightness(self) -> float: ...
    @property
    def focus(self) -> float: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def relief(self) -> float: ...


Vote = Annotated[int, Meta(ge=-_MOST_VOTES, le=_MOST_VOTES)]


class View(msgspec.Struct):
    """A learned view: for each bit of the fingerprint how often it was 1 rather than 0 lately, and usual measures."""

    votes: Annotated[list[Vote], Meta(min_length=BITS, max_length=BITS)] = msgspec.field(
        default_factory=lambda: [0] * BITS
    )
    count: Annotated[int, Meta(ge=0)] = 0
    focus: Annotated[float, Meta(ge=0)] = 0.0
    relief: Annotated[float, Meta(ge=0)] = 0.0

    @property
    def learned(self) -> bool:
        return self.count >= LEARNED_AFTER

    def learn(self, look: Look) -> None:
        """This picture shows the view as it is."""
        bits = int(look.fingerprint, 16)
        self.votes = [
            max(-_MOST_VOTES, min(_MOST_VOTES, vote + (1 if bits >> at & 1 else -1)))
            for at, vote in enumerate(self.votes)
        ]
        self.count += 1
        share = 1 / min(self.count, _MOST_VOTES)
        self.focus += (look.focus - self.focus) * share
        self.relief += (look.relief - self.relief) * share

    def distance(self, look: Look) -> float:
        """Share of the bits this view is sure of in which the picture differs: 0 the same, 0.5 nothing in common."""
        bits = int(look.fingerprint, 16)
        least = _SURE * min(self.count, _MOST_VOTES)
        sure = [(at, vote) for at, vote in enumerate(self.votes) if abs(vote) >= least]
        other = sum((vote > 0) != bool(bits >> at & 1) for at, vote in sure)
        return other / max(_FEWEST_SURE, len(sure))


class Memory(msgspec.Struct):
    """All a judge knows of one camera; kept between runs as JSON (`encode_memory`)."""

    day: View = msgspec.field(default_factory=View)
    night: View = msgspec.field(default_factory=View)
    turned: View = msgspec.field(default_factory=View)
    turned_ms: Annotated[int, Meta(ge=0)] = 0
    turned_for_ms: Annotated[int, Meta(ge=0)] = 0
    said: Verdict = "learning"
    fault: str = ""
    in_a_row: Annotated[int, Meta(ge=0)] = 0
    digest: str = ""
    digest_ms: Annotated[int, Meta(ge=0)] = 0


_MEMORY: Final = msgspec.json.Decoder(Memory)


def encode_memory(memory: Memory) -> bytes:
    """As JSON, about a kilobyte."""
    return msgspec.json.encode(memory)


def decode_memory(content: bytes) -> Memory:
    """What `encode_memory` wrote; a fresh memory for anything else."""
    try:
        return _MEMORY.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Memory()


class Judge:
    """Judges the pictures of one camera, in the order they were taken."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory if memory is not None else Memory()

    def look(self, look: Look, mono_ms: int, wall_ms: int | None) -> Verdict:
        """What to say of the camera with this picture. `wall_ms` is None while the clock is not sure."""
        memory = self.memory
        slot = _slot(look, wall_ms)
        fault = self._frozen(look, mono_ms) or self._lightless(look, slot, wall_ms is not None)
        if fault is None and slot is not None and not self._view(slot).learned and not self._known(look):
            return self._learning(look, slot)
        fault = fault or self._unlike(look, slot)
        if slot == "day":
            self._turned(look, mono_ms, fault)
        if fault is None:
            return self._fine(look, slot)
        memory.in_a_row = memory.in_a_row + 1 if memory.fault == fault else 1
        memory.fault = fault
        if memory.in_a_row >= IN_A_ROW:
            memory.said = fault
        return memory.said

    def _view(self, slot: Slot) -> View:
        return self.memory.day if slot == "day" else self.memory.night

    def _views(self) -> Sequence[View]:
        return [view for view in (self.memory.day, self.memory.night) if view.learned]

    def _known(self, look: Look) -> bool:
        """Whether a view of either time of day is recognised."""
        return any(view.distance(look) < FAR for view in self._views())

    def _frozen(self, look: Look, mono_ms: int) -> Fault | None:
        memory = self.memory
        if look.digest != memory.digest or mono_ms < memory.digest_ms:  # or another boot's clock
            memory.digest, memory.digest_ms = look.digest, mono_ms
            return None
        return "frozen" if mono_ms - memory.digest_ms >= FROZEN_AFTER_MS and look.relief >= FLAT else None

    def _lightless(self, look: Look, slot: Slot | None, hour_known: bool) -> Fault | None:
        if look.brightness < DARK:
            return "dark"
        if look.relief >= FLAT:
            return None
        dim = DIM_AT_NIGHT if hour_known and slot != "day" else DARK if hour_known else DIM
        return "dark" if look.brightness < dim else "covered"

    def _unlike(self, look: Look, slot: Slot | None) -> Fault | None:
        """Whether the picture is unlike what was learned. Dusk and dawn resemble neither, so they judge no view."""
        views = self._views()
        if not views:
            return None
        near = min(view.distance(look) for view in views)
        lost = slot is not None and look.relief < LOST_RELIEF * self._view(slot).relief
        if lost and near >= (FAR / 2 if slot == "day" else FAR):
            return "covered"
        if near >= FAR:
            return "moved" if slot is not None else None
        usual = min(SHARP, *(view.focus for view in views))
        return "blurred" if look.focus < min(SOFT, SOFTER * usual) else None

    def _learning(self, look: Look, slot: Slot) -> Verdict:
        self._view(slot).learn(look)
        memory = self.memory
        memory.fault, memory.in_a_row, memory.said = "", 0, "learning"
        return memory.said

    def _fine(self, look: Look, slot: Slot | None) -> Verdict:
        memory = self.memory
        if slot is not None and (self._known(look) or not self._views()):
            self._view(slot).learn(look)
        memory.fault, memory.in_a_row = "", 0
        memory.said = "ok" if self._views() else "learning"
        return memory.said

    def _turned(self, look: Look, mono_ms: int, fault: Fault | None) -> None:
        """By day: a new view that stays becomes the learned one, and the night is learned anew."""
        memory = self.memory
        if fault != "moved" or (memory.turned.learned and memory.turned.distance(look) >= FAR):
            memory.turned, memory.turned_for_ms = View(), 0
        if fault != "moved":
            return
        if memory.turned.count:
            memory.turned_for_ms += max(0, min(RELEARN_STEP_MS, mono_ms - memory.turned_ms))
        memory.turned_ms = mono_ms
        memory.turned.learn(look)
        if memory.turned.count >= RELEARN_PICTURES and memory.turned_for_ms >= RELEARN_AFTER_MS:
            memory.day, memory.night, memory.turned, memory.turned_for_ms = memory.turned, View(), View(), 0


def _slot(look: Look, wall_ms: int | None) -> Slot | None:
    """Day or night by the clock; None at dusk and dawn; by the light when the clock is not sure."""
    if wall_ms is None:
        return "day" if look.brightness >= BRIGHT_DAY else "night"
    second = (wall_ms // 1000 + _WIB_S) % 86_400
    if _DAY_S[0] <= second < _DAY_S[1]:
        return "day"
    return "night" if second >= _NIGHT_S[0] or second < _NIGHT_S[1] else None
