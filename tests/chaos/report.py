"""The last lines of a run, its result as JSON, and the results table of docs/reliability.md."""

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.run import Outcome

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
PART = "city"
TITLES = {PART: "The city: processes, lines, clocks", "disk": "The storage: power cuts, kills, damage, bad disks"}
Result = Mapping[str, object]


def as_result(outcome: Outcome) -> dict[str, object]:
    """`{"part", "accepted", "lost", "faults": {kind: count}, ...}`, as every part of the torture suite prints it."""
    verdict = outcome.verdict
    return {
        "part": PART,
        "seed": outcome.options.seed,
        "minutes": round(outcome.options.duration_s / 60, 1),
        "boxes": outcome.options.agents,
        "accepted": verdict.accepted,
        "lost": verdict.lost,
        "equal_rows": verdict.equal,
        "undeclared_gaps": verdict.undeclared,
        "records_stored": verdict.records,
        "given_up_and_declared": verdict.declared,
        "left_in_ended_epochs": verdict.closed,
        "resend_ratio": round(outcome.ratio, 3),
        "resend_ratio_by_stream": outcome.ratios,
        "offered_anew_in_new_epochs": outcome.offered_anew,
        "published_observed": outcome.seen.total(),
        "settled_s": round(outcome.settled_s, 1),
        "good": outcome.good,
        "problems": verdict.problems,
        "faults": dict(sorted(outcome.faults.items())),
    }


def lines(outcome: Outcome) -> list[str]:
    """For people."""
    verdict = outcome.verdict
    text = [f"{count:6d}  {name}" for name, count in sorted(outcome.faults.items())]
    text += [
        f"{outcome.faults.total():6d}  faults injected, {outcome.kills} of them kill -9 (seed {outcome.options.seed})",
        "",
        f"accepted            {verdict.accepted} complaints; {verdict.records} records of all kinds stored",
        f"lost                {verdict.lost}",
        f"rows of equal content  {verdict.equal}",
        f"undeclared gaps     {verdict.undeclared}   (declared: {verdict.declared}; in ended epochs: {verdict.closed})",
        f"re-send ratio       {outcome.ratio:.3f}   (bound {outcome.resend_bound}; {outcome.seen.total()} published)",
        f"  by stream         {', '.join(f'{stream} {ratio}' for stream, ratio in outcome.ratios.items())}",
        f"offered anew        {outcome.offered_anew}   (under a new epoch, after damage)",
        f"at rest after       {outcome.settled_s:.0f} s",
    ]
    text += [f"PROBLEM {problem}" for problem in verdict.problems]
    text.append("good" if outcome.good else f"BROKEN; repeat with --seed {outcome.options.seed}")
    return text


def write(path: Path, results: Sequence[Result]) -> None:
    """Replace what stands between the marks of the page by these results."""
    page = path.read_text(encoding="utf-8")
    fresh = f"{BEGIN}\n{_tables(results)}\n{END}"
    found = re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: fresh, page, flags=re.DOTALL)
    path.write_text(found, encoding="utf-8")


def _tables(results: Sequence[Result]) -> str:
    text = [f"Measured {datetime.now(UTC).date().isoformat()} on {machine()}.", ""]
    for result in results:
        facts = {key: value for key, value in result.items() if key not in ("part", "faults", "problems", "good")}
        faults = result.get("faults", {})
        assert isinstance(faults, dict)
        text += [f"### {TITLES[str(result['part'])]}", "", "| figure | value |", "|---|---|"]
        text += [f"| {key.replace('_', ' ')} | {_shown(value)} |" for key, value in facts.items()]
        text += ["", "| fault | times |", "|---|---|"]
        text += [f"| {name} | {count} |" for name, count in faults.items()]
        text += [f"| all | {sum(int(count) for count in faults.values())} |", ""]
    return "\n".join(text).rstrip()


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def machine() -> str:
    """What the run was measured on, in a few words."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({platform.machine()}), {memory_gib:.0f} GiB, Linux {platform.release()}"
