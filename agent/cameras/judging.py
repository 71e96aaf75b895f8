"""What is wrong with a picture, as far as its measures say: the judge of one camera, with its memory as text."""

from agent.cameras.handing import Verdict
from agent.cameras.lines import Measures


class Eyes:
    """One camera's judge. `memory` is what an earlier run's `memory()` gave."""

    def __init__(self, memory: str = "") -> None:
        self._memory = memory

    def judge(self, measures: Measures | None, minute: int | None) -> Verdict:
        """The verdict on the newest picture; `minute` of the day when it is known."""
        return "learning"

    def memory(self) -> str:
        """What it learned."""
        return self._memory
