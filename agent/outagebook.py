"""The journals as people read them: one row per outage, and the steps of one; for the terminal and the control socket.

Times of day are those of the box's clock when the journal was written; `clock_known` is False where that clock was not
set, and they are then only good for the distance between them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from agent.core.diagnosis import diagnose
from agent.core.journal import End, Entry, Header, JournalError, Recorded
from agent.core.observation import Observation
from agent.journals import numbered, read
from agent.notices import MOST_EVIDENCE, evidence_item
from agent.outagestory import because, rebuilt
from wire.evidence import sentence
from wire.verdicts import VERDICTS

MOST_ROWS: Final = 100
Document = dict[str, Any]


class NoOutageError(Exception):
    """There is no journal of this outage."""


def rows(folder: Path, last: int, lang: str) -> list[Document]:
    """The newest `last` outages, the newest first; a file that cannot be read is a row with `error`.

    Raises PermissionError where the folder is not this user's to read.
    """
    paths = [path for _, path in numbered(folder)][: -last - 1 : -1] if last > 0 else []
    return [_row(path, lang, number) for number, path in enumerate(paths, 1)]


def one(folder: Path, ident: str, lang: str) -> Document:
    """The outage called `ident`: its id, the beginning of it, or its place in the list (1: the newest).

    Raises NoOutageError, JournalError, OSError.
    """
    paths = [path for _, path in numbered(folder)][::-1]
    if ident.isdigit() and 1 <= int(ident) <= len(paths):
        chosen = paths[int(ident) - 1]
    else:
        named = [path for path in paths if ident and path.stem.partition("-")[2].startswith(ident)]
        if len(named) != 1:
            raise NoOutageError(ident)
        chosen = named[0]
    recorded = read(chosen)
    entries = recorded.entries
    if recorded.end is not None and len(entries) > 1 and entries[-1].since_ms >= recorded.end.end_ms:
        entries = entries[:-1]  # the line was back: that is the end, not a step
    steps = [_step(recorded, entry, lang) for entry in entries]
    return {**summary(recorded, lang), "file": str(chosen), "steps": steps, "torn_lines": recorded.torn}


def summary(recorded: Recorded, lang: str) -> Document:
    """What happened, when, how long, why."""
    header, end, outage = recorded.header, recorded.end, rebuilt(recorded)
    name = outage.name
    verdict = VERDICTS.get(name.code)
    return {
        "id": header.id,
        "node": header.node,
        "boot": header.boot,
        "code": name.code,
        "label": label(name.code, lang),
        "party": verdict.party if verdict is not None else "none",
        "confidence": round(name.confidence_pct / 100, 3),
        "onset_ms": wall_ms(recorded, header.onset_ms),
        "end_ms": None if end is None else wall_ms(recorded, end.end_ms),
        "clock_known": header.synced or _anchor(header, end) is not header,
        "duration_s": None if end is None else round((end.end_ms - header.onset_ms) / 1000, 1),
        "how": None if end is None else end.how,
        "sent": outage.sent,
        "lost": outage.lost,
        "evidence": sentences(_named(recorded, name.code), lang),
    }


def wall_ms(recorded: Recorded, at_ms: int) -> int:
    """The time of day of a boot-time of the outage's boot."""
    anchor = _anchor(recorded.header, recorded.end)
    return anchor.wall_ms - anchor.mono_ms + at_ms


def sentences(evidence: tuple[Observation, ...], lang: str) -> list[str]:
    """What a verdict rested on, in words."""
    return list(dict.fromkeys(sentence(evidence_item(seen), lang) for seen in evidence[:MOST_EVIDENCE]))


def label(code: str, lang: str) -> str:
    verdict = VERDICTS.get(code)
    if verdict is None:
        return code
    return verdict.label_en if lang == "en" else verdict.label_id


def again(recorded: Recorded) -> list[Document]:
    """Every evaluation redone from its evidence: the verdict then and the verdict of this version."""
    found = []
    for entry in recorded.entries:
        now = diagnose(entry.items)
        found.append(
            {
                "mono_ms": entry.mono_ms,
                "kind": entry.kind,
                "recorded": entry.code,
                "now": now.code,
                "recorded_confidence": entry.confidence,
                "now_confidence": round(now.confidence, 3),
                "agrees": now.code == entry.code,
            }
        )
    return found


def answered(folder: Path, request: Mapping[str, object]) -> Document:
    """What the control socket's operation `outages` answers; `id` asks for one. Raises as `rows` and `one`."""
    lang = "en" if request.get("lang") == "en" else "id"
    ident, last = request.get("id"), request.get("last")
    if isinstance(ident, str):
        return one(folder, ident, lang)
    wanted = last if isinstance(last, int) and not isinstance(last, bool) else MOST_ROWS
    return {"outages": rows(folder, max(0, min(wanted, MOST_ROWS)), lang)}


def _row(path: Path, lang: str, number: int) -> Document:
    try:
        return {"number": number, **summary(read(path), lang)}
    except (JournalError, OSError) as error:
        if isinstance(error, PermissionError):
            raise
        return {"number": number, "file": str(path), "error": str(error)}


def _step(recorded: Recorded, entry: Entry, lang: str) -> Document:
    return {
        "at_ms": wall_ms(recorded, entry.since_ms),
        "after_s": round((entry.since_ms - recorded.header.onset_ms) / 1000, 1),
        "kind": entry.kind,
        "code": entry.code,
        "label": label(entry.code, lang),
        "confidence": entry.confidence,
        "also": list(entry.also),
        "evidence": sentences(because(entry), lang),
    }


def _named(recorded: Recorded, code: str) -> tuple[Observation, ...]:
    """The evidence of the surest evaluation that named the outage."""
    named = [entry for entry in recorded.entries if entry.code == code]
    return because(max(named, key=lambda entry: entry.confidence)) if named else ()


def _anchor(header: Header, end: End | None) -> Header | End:
    """The reading of both clocks to count from: one of a set clock, if there is any of this boot."""
    if not header.synced and end is not None and end.synced and end.boot == header.boot:
        return end
    return header
