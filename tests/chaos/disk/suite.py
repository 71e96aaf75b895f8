"""The storage torture as a whole: its parts one after the other, and what they come to."""

import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.disk.bad_disks import break_disk, fill_disk
from tests.chaos.disk.cities import cut_agents, kill_agents
from tests.chaos.disk.cuts import cut_power
from tests.chaos.disk.damage import damage_files
from tests.chaos.disk.kills import kill_storage
from tests.chaos.disk.quarantines import cut_quarantines
from tests.chaos.disk.result import Result
from tests.chaos.disk.running_damage import damage_running
from tests.support.loop_disk import why_not

Part = Callable[[Path, int, int], Result]
PARTS: dict[str, tuple[Part, float, bool]] = {
    "power cuts, storage at work": (cut_power, 1.0, True),
    "power cuts while a damaged outbox is put aside": (cut_quarantines, 0.4, True),
    "power cuts, whole agent": (cut_agents, 0.2, True),
    "kill -9, storage at work": (kill_storage, 1.0, False),
    "kill -9, whole agents": (kill_agents, 1.0, False),
    "damaged files, agent down": (damage_files, 2.0, False),
    "damaged files, agent running": (damage_running, 0.1, False),
    "disk full": (fill_disk, 0.1, True),
    "disk read-only, failing, hanging": (break_disk, 0.1, True),
}
"""What is called, how often per cycle, and whether it mounts something."""
NAMES = {
    "power_cut": "power cut (ext4 shut down)",
    "kill_agent": "kill -9 agent, filing",
    "kill_storage": "kill -9 storage, writing",
    "corrupt": "outbox bytes corrupted",
    "disk_full": "disk full",
    "disk_fails": "disk fails",
    "disk_hangs": "disk hangs",
    "read_only": "disk read-only",
}


def run_parts(cycles: int, seed: int, say: Callable[[str], None]) -> Result:
    """All parts; `cycles` scales everything: so many power cuts of a working storage, as many kills of whole agents."""
    logging.getLogger("agent").addHandler(logging.NullHandler())  # what it says of damage done on purpose is no news
    total = Result()
    for name, (part, share, mounts) in PARTS.items():
        if mounts and why_not():
            say(f"skipped {name}: {why_not()}")
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            result = part(Path(folder), max(1, round(cycles * share)), seed)
        total.add(result)
        say(_line(name, result, time.monotonic() - began))
    return total


def good(total: Result) -> bool:
    """Whether every promise held."""
    return not (total.broken or total.lost or total.twice)


def summary(total: Result, cycles: int, seed: int) -> dict[str, object]:
    """As every part of the torture suite gives its result."""
    return {
        "part": "disk",
        "seed": seed,
        "cycles": cycles,
        "accepted": total.accepted,
        "lost": total.lost,
        "equal_rows": total.twice,
        "epochs_begun_anew": total.renewed,
        "refused_at_the_door": total.refused,
        "gone_with_damaged_bytes_and_declared": total.damaged,
        "good": good(total),
        "problems": total.broken[:20],
        "faults": {NAMES.get(kind, kind): count for kind, count in sorted(total.faults.items())},
    }


def lines(total: Result) -> list[str]:
    """For people."""
    text = [f"{count:6d}  {NAMES.get(kind, kind)}" for kind, count in sorted(total.faults.items())]
    text += [
        f"{total.faults.total():6d}  faults injected",
        "",
        f"accepted            {total.accepted} records",
        f"lost                {total.lost}",
        f"rows of equal content  {total.twice}",
        f"epochs begun anew   {total.renewed}",
        f"refused at the door {total.refused}   (gone with damaged bytes, and declared: {total.damaged})",
    ]
    text += [f"PROBLEM {sentence}" for sentence in total.broken]
    text.append("good" if good(total) else "BROKEN")
    return text


def _line(name: str, result: Result, took_s: float) -> str:
    verdict = "kept" if good(result) else "BROKEN"
    faults = result.faults.total()
    return f"{verdict:7} {name:48} {faults:6} faults {result.accepted:8} accepted {result.lost:4} lost {took_s:7.1f} s"
