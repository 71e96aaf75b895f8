"""Byte code for the agent's service in a new slot: made by compiling, never by importing.

The service runs without docstrings and cannot write; byte code nobody made costs it seconds at each start. For Python's
own modules that of the slot in use is taken over: it is the same Python.
"""

import py_compile
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_OWN: Final = ("agent", "wire")
_SUFFIX: Final = f".{sys.implementation.cache_tag}.opt-2.pyc"


def compile_like(new: Path, old: Path, link: Path) -> None:
    """Fill `new`/pycache as the service will look for it through `link`. What fails is compiled at run time."""
    if (new / ".compiled").exists():
        return
    cache = new / "pycache"
    of_system = old / "pycache" / "usr"
    if of_system.is_dir():
        with suppress(OSError, shutil.Error):
            shutil.copytree(of_system, cache / "usr", symlinks=True, dirs_exist_ok=True)
    for packages in new.glob("lib/python3*/site-packages"):
        seen_by_service = link / packages.relative_to(new)
        for name in _wanted(old / "pycache" / str(seen_by_service).lstrip("/")):
            for source in sorted((packages / name).rglob("*.py")):
                _compile(source, seen_by_service / source.relative_to(packages), cache)
    with suppress(OSError):
        (new / ".compiled").touch()


def _wanted(before: Path) -> list[str]:
    """The packages the service loaded so far, and its own."""
    try:
        loaded = {path.name for path in before.iterdir() if path.is_dir()}
    except OSError:
        loaded = set()
    return sorted(loaded | set(_OWN))


def _compile(source: Path, seen: Path, cache: Path) -> None:
    target = cache / str(seen.with_suffix("")).lstrip("/")
    with suppress(OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        py_compile.compile(str(source), f"{target}{_SUFFIX}", str(seen), doraise=False, quiet=2, optimize=2)
