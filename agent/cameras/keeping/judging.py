"""The judge of one camera (`agent.core.eyes`) between the worker's measures and the memory file."""

from agent.cameras.handing import Verdict
from agent.cameras.lines import Measures
from agent.core.eyes import Judge, decode_memory, encode_memory


class Eyes:
    """`memory` is what an earlier run's `memory()` gave; anything else begins to learn anew."""

    def __init__(self, memory: str = "") -> None:
        self._judge = Judge(decode_memory(memory.encode()))

    def judge(self, measures: Measures | None, mono_s: float, wall_s: float | None) -> Verdict:
        """What to say of the camera with its newest picture; "learning" for one that nobody measured."""
        if measures is None:
            return "learning"
        return self._judge.look(measures, round(mono_s * 1000), None if wall_s is None else round(wall_s * 1000))

    def memory(self) -> str:
        """What it learned."""
        return encode_memory(self._judge.memory).decode()
