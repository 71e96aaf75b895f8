"""The files of a pushed configuration, and who takes one back with which the agent does not even start.

Run before every start of the agent (`ExecStartPre`), by the system's Python and with the standard library alone: it
must work when nothing of Sandi does. The agent uses the same functions. In `data_dir`/config:

pushed.toml     the tables laid over the card, as pushed; absent: the card alone
last-good.toml  the last ones the centre confirmed; absent: the card alone
current.json    which revision pushed.toml is, and what became of the last trial
trying.json     there while a revision is on trial; it is the journal of every change

Each file is either the old or the new one (temporary file, fsync, rename, fsync of the folder). Changes, step by step;
cut off after any step, the next start finishes them or begins a trial that takes itself back:
  apply    trying.json (phase trying, what was before), pushed.toml, current.json
  confirm  trying.json (phase confirming), last-good.toml, current.json, trying.json away
  revert   trying.json (phase reverting, why), pushed.toml, current.json, trying.json away
"""

import hashlib
import os
import sys
import time
from pathlib import Path

try:  # the agent has this loaded and must not load the other for a file of ten lines
    from msgspec import DecodeError
    from msgspec.json import decode, encode
except ImportError:
    from json import JSONDecodeError as DecodeError  # type: ignore[assignment]
    from json import dumps
    from json import loads as decode  # type: ignore[no-redef]

    def encode(found: object) -> bytes:  # type: ignore[misc]
        return dumps(found).encode()


VERSION = 1
MOST_STARTS = 3
"""Starts a trial has; the next one is of the last good configuration. One that works needs a single start."""
MOST_BOOTS = 3
"""Boots it has: each gives it its time once more, and a box that a configuration restarts must not go on for ever."""
MAX_BYTES = 256 * 1024
FOLDER, PUSHED, GOOD, CURRENT, TRYING = "config", "pushed.toml", "last-good.toml", "current.json", "trying.json"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
CARD = {"v": VERSION, "generation": "", "revision": 0, "state": "card"}
Facts = dict[str, object]


def guard(folder: Path, boot: str, now_ms: int, invocation: str = "") -> str:
    """Before a start: finish what was cut off, count the start, take a hopeless trial back. Returns why, or "".

    `invocation`: systemd's id of this start; it is counted once, whoever comes first.
    """
    trying = read(folder / TRYING)
    if trying is None:
        if not (folder / TRYING).exists():
            return ""
        trying = _mended(folder)
    if trying["phase"] == "confirming":
        return _confirmed(folder, trying)
    if trying["phase"] == "reverting":
        return _reverted(folder, trying)
    if _sha256(folder / PUSHED) != trying.get("sha256"):
        _remove(folder / TRYING)  # cut off before it was put in place: nothing has changed
        return ""
    if invocation and trying.get("invocation") == invocation:
        return ""
    return _counted(folder, trying, boot, now_ms, invocation)


def _counted(folder: Path, trying: Facts, boot: str, now_ms: int, invocation: str) -> str:
    starts, boots = _number(trying, "starts"), _number(trying, "boots")
    if starts >= MOST_STARTS:
        return revert(folder, "starts", f"{starts} starts without an answer of the centre")
    if boot != trying.get("boot"):
        if boots >= MOST_BOOTS:
            return revert(folder, "boots", f"{boots} boots without an answer of the centre")
        trying.update(boot=boot, boots=boots + 1, began_ms=now_ms, deadline_ms=now_ms + _number(trying, "within_ms"))
    elif not starts:
        trying.update(began_ms=now_ms, deadline_ms=now_ms + _number(trying, "within_ms"))
    elif now_ms >= _number(trying, "deadline_ms"):
        return revert(folder, "unconfirmed", f"no answer of the centre within {_number(trying, 'within_ms') // 1000} s")
    write(folder / TRYING, {**trying, "starts": starts + 1, "invocation": invocation})
    return ""


def apply(folder: Path, toml: bytes, trial: Facts, boot: str, now_ms: int) -> None:
    """Put a checked configuration in place and on trial; the agent has to start anew after this. Raises OSError.

    `trial`: generation, revision, id of the command, digest of the effective tables, within_ms, warnings.
    """
    if not folder.is_dir():
        folder.mkdir(mode=0o750, exist_ok=True)
        _give_to_owner(folder)
    before = current(folder)
    trying = {
        **trial,
        "v": VERSION,
        "phase": "trying",
        "sha256": hashlib.sha256(toml).hexdigest(),
        "boot": boot,
        "boots": 1,
        "starts": 0,
        "began_ms": now_ms,
        "deadline_ms": now_ms + _number(trial, "within_ms"),
        "before": {key: before.get(key, "") for key in ("generation", "revision", "state")},
    }
    write(folder / TRYING, trying)
    _put(folder / PUSHED, toml)
    write(folder / CURRENT, {**_said(trying, "trying"), "before": trying["before"]})


def confirm(folder: Path) -> None:
    """The trial's configuration stays. Raises OSError."""
    trying = read(folder / TRYING)
    if trying is not None and trying["phase"] == "trying":
        trying["phase"] = "confirming"
        write(folder / TRYING, trying)
        _confirmed(folder, trying)


def revert(folder: Path, code: str, detail: str = "", *, to_card: bool = False) -> str:
    """Back to the last good configuration, or (`to_card`) to none at all; returns `code`. Raises OSError."""
    trying = read(folder / TRYING)
    if trying is None:
        now = current(folder)
        trying = {**now, "before": CARD if to_card else now}
    trying = {**trying, "v": VERSION, "phase": "reverting", "code": code, "detail": detail[:500], "to_card": to_card}
    write(folder / TRYING, trying)
    return _reverted(folder, trying)


def current(folder: Path) -> Facts:
    """What current.json says; the card's when there is none or it is damaged."""
    return read(folder / CURRENT) or dict(CARD)


def _confirmed(folder: Path, trying: Facts) -> str:
    _put(folder / GOOD, (folder / PUSHED).read_bytes())
    write(folder / CURRENT, _said(trying, "confirmed"))
    _remove(folder / TRYING)
    return ""


def _reverted(folder: Path, trying: Facts) -> str:
    before = trying.get("before")
    before = before if isinstance(before, dict) else dict(CARD)
    if trying.get("to_card") or not (folder / GOOD).exists():
        _remove(folder / GOOD)
        _remove(folder / PUSHED)
        before = dict(CARD)
    else:
        _put(folder / PUSHED, (folder / GOOD).read_bytes())
    said = _said(trying, "reverted")
    said.update(generation=before.get("generation", ""), revision=before.get("revision", 0))
    said.update(tried=trying.get("revision", 0), code=trying.get("code", ""), detail=trying.get("detail", ""))
    write(folder / CURRENT, said)
    _remove(folder / TRYING)
    return str(trying.get("code", ""))


def _mended(folder: Path) -> Facts:
    """A trial whose journal cannot be read is over: nobody knows what it was."""
    now = current(folder)
    return {**now, "phase": "reverting", "code": "damaged", "before": now.get("before", now)}


def _said(trying: Facts, state: str) -> Facts:
    kept = {key: trying.get(key, "") for key in ("generation", "revision", "digest", "id")}
    return {"v": VERSION, **kept, "state": state}


def read(path: Path) -> Facts | None:
    """A file of ours; None when it is not there, damaged, or of a version nobody here knows."""
    try:
        with path.open("rb") as stream:
            found = decode(stream.read(MAX_BYTES))
    except (OSError, ValueError, DecodeError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("v") != VERSION:
        return None
    if path.name == TRYING and (found.get("phase") not in ("trying", "confirming", "reverting") or not _whole(found)):
        return None
    return found if path.name != CURRENT or _whole(found) else None


def _whole(found: Facts) -> bool:
    texts = all(isinstance(found.get(key, ""), str) for key in ("generation", "id", "digest", "boot", "code", "detail"))
    numbers = ("revision", "starts", "boots", "within_ms", "began_ms", "deadline_ms", "tried")
    return texts and all(type(found.get(key, 0)) is int for key in numbers)


def _number(found: Facts, key: str) -> int:
    value = found.get(key, 0)
    return value if isinstance(value, int) else 0


def write(path: Path, facts: Facts) -> None:
    """Durably. Raises OSError."""
    _put(path, encode(facts) + b"\n")


def _put(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    _give_to_owner(temporary)
    temporary.rename(path)
    _sync(path.parent)


def _remove(path: Path) -> None:
    if path.exists():
        path.unlink()
        _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _give_to_owner(path: Path) -> None:
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def this_boot() -> str:
    return BOOT_ID.read_text(encoding="ascii").strip()


def now_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def main(arguments: "list[str]") -> int:
    """`config-guard DATA_DIR | --card FILE`. Exit 0, also when it took something back; 1 when the disk refuses."""
    data_dir = _data_dir(Path(arguments[1])) if arguments[:1] == ["--card"] else Path(arguments[0])
    try:
        code = guard(data_dir / FOLDER, this_boot(), now_ms(), os.environ.get("INVOCATION_ID", ""))
    except OSError as error:
        print(f"config-guard: {error}", file=sys.stderr)  # noqa: T201 - for the journal
        return 1
    if code:
        print(f"config-guard: the configuration on trial was taken back: {code}", file=sys.stderr)  # noqa: T201
    return 0


def _data_dir(card: Path) -> Path:
    """Where the card says the data is; the usual place when it does not, or cannot be read."""
    import tomllib

    try:
        named: str = tomllib.loads(card.read_text(encoding="utf-8-sig"))["node"]["data_dir"]
        return card.absolute().parent / named
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return Path("/var/lib/sandi")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
