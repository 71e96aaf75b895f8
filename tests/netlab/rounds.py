"""Rounds of judging: break a town, ask the blind process, undo, compare; and what the sum of it is."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.netlab import signs
from tests.netlab.fault import Breaking, Fault
from tests.netlab.judged import DIAGNOSE, ask, leave_address, write_config
from tests.netlab.town import Town

_EXIT_CODES = {"OK": 0, "U0": 3}
_FAULT_EXIT = 1


@dataclass(frozen=True, slots=True)
class Result:
    """One fault judged once."""

    name: str
    healthy: bool
    params: dict[str, Any]
    exact: list[str]
    must_also: list[str]
    code: str
    also: list[str]
    judgement: str
    wall_s: float
    trouble: str = ""
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def stray(self) -> list[str]:
        """What was mentioned beside the verdict and is no part of what was done."""
        return sorted(set(self.also) - set(self.must_also) - set(self.exact))

    def line(self) -> str:
        """One line of the table."""
        wanted = "/".join(self.exact) + ("".join(f"+{code}" for code in self.must_also))
        told = ", ".join(f"{name}={value}" for name, value in self.params.items())
        also = ",".join(self.also)
        return (
            f"{self.judgement:<11} {self.name:<30} {wanted:<10} {self.code or '?':<4} {also:<12} "
            f"{self.wall_s * 1000:>6.0f}  {told} {self.trouble}".rstrip()
        )


def judge(town: Town, fault: Fault, seed: int, command: Sequence[str] = DIAGNOSE) -> Result:
    """Break the town, ask, undo. The parameters are drawn from the seed and the fault's name alone."""
    with ExitStack() as undo:
        expected = fault.apply(Breaking(town, Random(f"{seed} {fault.name}"), undo))
        answer = ask(town, command)
    trouble = answer.trouble
    judgement = expected.judge(answer.code, answer.also) if answer.code else "broken"
    if not trouble and answer.exit_code != _EXIT_CODES.get(answer.code, _FAULT_EXIT):
        judgement, trouble = "broken", f"exit code {answer.exit_code} for {answer.code}"
    return Result(
        fault.name,
        fault.healthy,
        dict(expected.params),
        sorted(expected.exact),
        sorted(expected.also),
        answer.code,
        sorted(answer.also),
        judgement,
        answer.wall_s,
        trouble,
        answer.said,
    )


def run(
    faults: Iterable[Fault],
    seed: int,
    *,
    command: Sequence[str] = DIAGNOSE,
    named: bool = False,
    unmet: bool = False,
) -> Iterator[Result]:
    """Judge each fault in one town, as they come; where undoing did not heal it, a new town is built."""
    with tempfile.TemporaryDirectory(prefix="sandi-netlab-") as name, ExitStack() as towns:
        town = _build(Path(name), seed, named, unmet, towns)
        for fault in faults:
            yield judge(town, fault, seed, command)
            if signs.well(town) and signs.well(town):  # a second look: learning neighbours takes a moment
                towns.close()
                town = _build(Path(name), seed, named, unmet, towns)


def _build(folder: Path, seed: int, named: bool, unmet: bool, towns: ExitStack) -> Town:
    home = Path(tempfile.mkdtemp(dir=folder))
    town = Town(home, seed, named=named, unmet=unmet)
    towns.callback(town.close)
    write_config(town)
    if named and not unmet:
        leave_address(town)
    return town


@dataclass(frozen=True, slots=True)
class Totals:
    """The sum. Times are seconds of wall clock from the start of the process to its end."""

    faults: int
    exact: int
    coarse: int
    wrong: int
    misses: int
    broken: int
    healthy: int
    fine: int
    false_alarms: int
    healthy_p50_s: float
    healthy_p95_s: float
    faulty_p50_s: float
    faulty_p95_s: float

    stray: int

    @property
    def exact_percent(self) -> float:
        return 100 * self.exact / self.faults if self.faults else 100.0

    def text(self) -> str:
        """Some lines for people."""
        return (
            f"faults {self.faults}: exact {self.exact} ({self.exact_percent:.1f} %), coarse {self.coarse}, "
            f"wrong {self.wrong}, missed {self.misses}, broken runs {self.broken}\n"
            f"mentioned beside the verdict, and not done: {self.stray}\n"
            f"healthy {self.healthy}: fine {self.fine}, false alarms {self.false_alarms}\n"
            f"time to verdict: healthy p50 {self.healthy_p50_s:.1f} s, p95 {self.healthy_p95_s:.1f} s; "
            f"faulty p50 {self.faulty_p50_s:.1f} s, p95 {self.faulty_p95_s:.1f} s"
        )


def totals(results: Sequence[Result]) -> Totals:
    """Count."""
    faulty = [result for result in results if not result.healthy]
    well = [result for result in results if result.healthy]

    def count(among: Sequence[Result], judgement: str) -> int:
        return sum(result.judgement == judgement for result in among)

    return Totals(
        faults=len(faulty),
        exact=count(faulty, "exact"),
        coarse=count(faulty, "coarse"),
        wrong=count(faulty, "wrong"),
        misses=count(faulty, "miss"),
        broken=count(results, "broken"),
        healthy=len(well),
        fine=count(well, "exact"),
        false_alarms=count(well, "false alarm"),
        healthy_p50_s=quantile([result.wall_s for result in well], 0.5),
        healthy_p95_s=quantile([result.wall_s for result in well], 0.95),
        faulty_p50_s=quantile([result.wall_s for result in faulty], 0.5),
        faulty_p95_s=quantile([result.wall_s for result in faulty], 0.95),
        stray=sum(len(result.stray) for result in results),
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share does not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))] if ordered else 0.0


def as_json(result: Result) -> str:
    return json.dumps(asdict(result))
