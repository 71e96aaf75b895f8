"""Lets the real programs judge the syntax of what goes onto a card. One that is not here is said, never passed over.

Every program gets a scratch folder, a minute, and nothing to write to; none of them changes this machine.
"""

import configparser
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from center.provision.catalogue import Catalogue
from center.provision.lint import Finding, rendered_pairs

WITHIN_S: Final = 60.0
_UDEV: Final = re.compile(r'[A-Z]+(?:\{[^}"]+\})?(?:==|!=|\+=|-=|:=|=)"[^"]*"')
_SYSCTL: Final = re.compile(r"-?[a-z0-9_.*/-]+ = \S.*")
_TMPFILES: Final = re.compile(r"[a-zA-Z][-+!=~^$]* /\S+ (?:[0-7]{3,4}|-) \S+ \S+ \S+")
Judge = Callable[[Path, bytes], "str | None"]


class NotHereError(Exception):
    """The program that would judge is not installed."""


def check_files(catalogue: Catalogue) -> tuple[list[Finding], list[str]]:
    """Mistakes in the files of every supported card, and which judges are missing here, by name."""
    kinds = {file.path: file.check for file in catalogue.files} | {copy.path: copy.check for copy in catalogue.copies}
    texts: dict[tuple[str, bytes], None] = {}
    for *_, card in rendered_pairs(catalogue):
        texts |= {
            (name.removeprefix("root"), content): None
            for name, content in card.files.items() if name.startswith("root/")
        }  # fmt: skip
        texts["/firstrun.sh", card.files["firstrun.sh"]] = None
    found: dict[Finding, None] = {}
    absent: dict[str, None] = {}
    for path, content in texts:
        try:
            what = judge(kinds.get(path, "script"), path, content)
        except NotHereError as error:
            absent[str(error)] = None
            continue
        if what:
            found[Finding(path, what)] = None
    return list(found), list(absent)


def judge(kind: str, path: str, content: bytes) -> str | None:
    """What is wrong with one file; None when nothing is. Raises NotHereError."""
    with tempfile.TemporaryDirectory(prefix="sandi-check-") as scratch:
        file = Path(scratch, Path(path).name)
        file.write_bytes(content)
        file.chmod(0o600)
        return JUDGES[kind](file, content)


def _run(program: str, *words: str, stdin: bytes = b"", always: bool = False) -> str | None:
    """The program's complaint, None when it had none. `always`: all it said, line by line, whatever its exit code."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if found is None:
        raise NotHereError(program)
    try:
        done = subprocess.run([found, *words], input=stdin, capture_output=True, timeout=WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program}: {error}"
    if always:
        return (done.stderr + done.stdout).decode("utf-8", "replace")
    text = " ".join((done.stderr + done.stdout).decode("utf-8", "replace").split())
    return f"{program}: {text[:500] or done.returncode}" if done.returncode else None


def _nft(file: Path, _: bytes) -> str | None:
    if os.geteuid() != 0:
        raise NotHereError("nft (needs root)")
    return _run("nft", "-c", "-f", str(file))


def _unit(file: Path, _: bytes) -> str | None:
    """Its exit code is 0 for a misspelt key: what it says about our file is what counts.

    A program that is not installed on this machine may well be on the box.
    """
    said = _run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(file), always=True) or ""
    about = [line for line in said.splitlines() if file.name in line and "is not executable" not in line]
    return " ".join(about) or None


def _chrony(file: Path, _: bytes) -> str | None:
    return _run("chronyd", "-p", "-f", str(file))


def _keyfile(file: Path, content: bytes) -> str | None:
    return _run("nmcli", "--offline", "connection", "modify", "connection.autoconnect", "yes", stdin=content) or _ini(
        file, content
    )


def _script(file: Path, _: bytes) -> str | None:
    return _run("bash", "-n", str(file))


def _ini(_: Path, content: bytes) -> str | None:
    parser = configparser.RawConfigParser(strict=True, delimiters=("=",), comment_prefixes=("#",), interpolation=None)
    try:
        parser.read_string(content.decode("utf-8"))
    except (configparser.Error, ValueError) as error:
        return " ".join(str(error).split())
    return None


def _lines(pattern: re.Pattern[str], what: str) -> Judge:
    def check(_: Path, content: bytes) -> str | None:
        return next((f"{line!r} is no {what}" for line in _statements(content) if not pattern.fullmatch(line)), None)

    return check


def _udev(file: Path, content: bytes) -> str | None:
    for line in _statements(content):
        if not all(_UDEV.fullmatch(part.strip()) for part in line.split(", ")):
            return f"{line!r} is no rule of udev"
    if "verify" not in (_run("udevadm", "--help", always=True) or ""):
        raise NotHereError("udevadm verify (systemd 254)")
    return _run("udevadm", "verify", str(file))


def _text(_: Path, content: bytes) -> str | None:
    return None if content.decode("utf-8", "replace").isprintable() or b"\0" not in content else "is not text"


def _statements(content: bytes) -> Iterable[str]:
    lines = (line.strip() for line in content.decode("utf-8", "replace").splitlines())
    return (line for line in lines if line and not line.startswith("#"))


JUDGES: Final[dict[str, Judge]] = {
    "nft": _nft,
    "unit": _unit,
    "chrony": _chrony,
    "chrony-sources": _chrony,
    "keyfile": _keyfile,
    "ini": _ini,
    "sysctl": _lines(_SYSCTL, "setting of sysctl"),
    "tmpfiles": _lines(_TMPFILES, "line of tmpfiles.d"),
    "udev": _udev,
    "text": _text,
    "script": _script,
}
