"""From a wish to a finished slot: the bundle into root's own folder, proven, unpacked, built; nothing is switched."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from slotguard.bundle import MAX_BUNDLE_BYTES, Box, Manifest, RefusedError, check_fit, copied, opened, unpacked
from slotguard.disk import StrangeFileError, clear, open_untrusted, room_bytes, sync_folder
from slotguard.machine import State
from slotguard.places import Places
from slotguard.pycaches import compile_like
from slotguard.slots import is_bootable

BUILD_S: Final = 1800
"""A Zero 2 W needs some minutes; what takes longer hangs."""
RESERVE_BYTES: Final = 128 * 1024 * 1024
"""Stays free: citizens' complaints go on while a release is built."""
SLOT_FACTOR: Final = 5
"""A slot with its byte code takes up to so many times its wheels."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the agent wishes for. Its words are a stranger's: only the signature makes a bundle good."""

    digest: str
    size_bytes: int
    version: str
    forced: bool
    command: str
    attempt: int


def request_of(value: Mapping[str, Any]) -> Request:
    """Raises ValueError."""
    digest, size, version = value.get("digest"), value.get("size"), value.get("version")
    command, attempt = value.get("command", ""), value.get("attempt", 0)
    if not isinstance(digest, str) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError("digest")
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_BUNDLE_BYTES:
        raise ValueError("size")
    if (
        not isinstance(version, str)
        or not 1 <= len(version) <= 40
        or not version.isascii()
        or not version.isprintable()
    ):
        raise ValueError("version")
    if not isinstance(command, str) or len(command) > 64 or not command.isprintable():
        raise ValueError("command")
    if not isinstance(attempt, int) or isinstance(attempt, bool) or not 0 <= attempt <= 100:
        raise ValueError("attempt")
    return Request(digest, size, version, value.get("forced") is True, command, attempt)


def prepared(places: Places, state: State, request: Request) -> None:
    """Build the slot `state.new`. Raises RefusedError or OSError; what was begun is cleared away later."""
    if not is_bootable(Path(state.old)):
        raise RefusedError("slot", "there is no whole version to go back to")
    check_room(places, request.size_bytes)
    clear(places.stage)
    places.stage.mkdir(mode=0o700, parents=True)
    bundle = places.stage / "bundle"
    _fetch(places, request, bundle)
    manifest = _taken_out(places, state, request, bundle)
    clear(bundle)
    _build(places, state, manifest)


def check_room(places: Places, size_bytes: int) -> None:
    """The copy, its files, and the slot. Raises RefusedError `room`."""
    copies, slot = 2 * size_bytes, SLOT_FACTOR * size_bytes
    places.releases.mkdir(exist_ok=True)
    together = places.home.stat().st_dev == places.releases.stat().st_dev
    for folder, wanted in ((places.home, copies + together * slot), (places.releases, slot)):
        if room_bytes(folder) < wanted + RESERVE_BYTES:
            free_mb, wanted_mb = room_bytes(folder) // 1_000_000, (wanted + RESERVE_BYTES) // 1_000_000
            raise RefusedError("room", f"{free_mb} MB free in {folder}, {wanted_mb} MB needed")


def _fetch(places: Places, request: Request, target: Path) -> None:
    try:
        handle = open_untrusted(
            places.data, "update", f"{request.digest}.bundle", most_bytes=max(request.size_bytes, 1)
        )
    except FileNotFoundError as error:
        raise RefusedError("absent", "the bundle is not where the agent said") from error
    except StrangeFileError as error:
        raise RefusedError("size", str(error)) from error
    with os.fdopen(handle, "rb") as source:
        copied(source, target, request.digest, request.size_bytes)


def _taken_out(places: Places, state: State, request: Request, bundle: Path) -> Manifest:
    scratch, wheels = places.stage / "proof", places.stage / "wheels"
    scratch.mkdir(mode=0o700)
    wheels.mkdir(mode=0o755)
    box = Box(f"{sys.version_info.major}.{sys.version_info.minor}", os.uname().machine, state.running)
    with bundle.open("rb") as stream:
        manifest, _ = opened(stream, places.key, scratch)
        check_fit(manifest, box, request.version, forced=request.forced)
        unpacked(stream, manifest, wheels)
    return manifest


def _build(places: Places, state: State, manifest: Manifest) -> None:
    """By the installer's own steps, in a process group that ends as a whole. Raises RefusedError `build`."""
    log = places.home / "build.log"
    words = [str(places.builder), str(places.stage / "wheels"), state.new, state.old]
    with log.open("wb") as told:
        worker = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT, start_new_session=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SANDI_LANG": "en", "LC_ALL": "C.UTF-8"}, cwd="/",
        )  # fmt: skip
        try:
            code = worker.wait(BUILD_S)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            _end(worker)
    if code != 0 or not is_bootable(Path(state.new)):
        clear(Path(state.new))
        raise RefusedError("build", f"{manifest.version} cannot be built here: {_last_words(log)}")
    compile_like(Path(state.new), Path(state.old), places.link)
    # All of it on the disk before anything points at it.
    os.sync()
    sync_folder(places.releases)


def _end(worker: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def _last_words(log: Path) -> str:
    """pip's own first complaint, or else how it ended."""
    lines = log.read_bytes()[-20_000:].decode("utf-8", "replace").splitlines()
    complaints = [line for line in lines if line.startswith("ERROR")]
    return complaints[0][:300] if complaints else " ".join(" ".join(lines).split())[-300:]
