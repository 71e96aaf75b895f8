"""The agent as built for 64-bit Arm, run instruction by instruction by QEMU: its wheels, its Python, its OpenSSL.

QEMU translates one program, and the kernel here starts no Arm program by itself. So what the agent starts, it has to
find as a script that calls QEMU again: `python` (which `sys.executable` names too) and `openssl`, first in PATH.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.arm_root import arm_root, compile_for, python_version

QEMU = "qemu-aarch64-static"
_PROGRAMS = {"python": "usr/bin/python3", "openssl": "usr/bin/openssl"}
_PLATFORMS = ("linux_aarch64", "manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in range(17, 37)))
_COMMAND_TIMEOUT_S = 300
_NEVER_LOADED = ("center", "setuptools", "pygments", "PIL", "anyio", "jinja2", "starlette", "uvicorn", "escpos")


class ArmBox:
    """`folder` gets the scripts and the packages of `bundle` (scripts/bundle DIR aarch64)."""

    def __init__(self, folder: Path, bundle: Path) -> None:
        self._root = arm_root()
        self._programs = folder / "programs"
        self._packages = folder / "packages"
        self._programs.mkdir(parents=True)
        for name, inside in _PROGRAMS.items():
            words = (QEMU, "-L", str(self._root))
            script = self._programs / name
            script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} -0 "$0" {self._root / inside} "$@"\n')
            script.chmod(0o755)
        self._install(bundle)

    @property
    def environment(self) -> dict[str, str]:
        """What a program of the box is started with."""
        return {
            **os.environ,
            "PATH": f"{self._programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(self._packages),
            "PYTHONDONTWRITEBYTECODE": "1",  # the tree is for all, and only ever read
            "PYTHONUNBUFFERED": "1",
        }

    def command(self, *words: str) -> list[str]:
        """`sandi WORDS` on the box, as a command for here."""
        return [str(self._programs / "python"), "-m", "agent.cli", *words]

    def run(
        self, *words: str, check: bool = True, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`sandi WORDS` to its end; AssertionError with all it said when it fails and `check` is set."""
        return self._complete(self.command(*words), check, environment)

    def python(self, code: str) -> str:
        """What a line of Python prints on the box."""
        return self._complete([str(self._programs / "python"), "-c", code], True, None).stdout

    def _complete(
        self, command: list[str], check: bool, environment: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, env={**self.environment, **(environment or {})}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=_COMMAND_TIMEOUT_S, check=False, cwd=self._programs,
        )  # fmt: skip
        if check:
            assert done.returncode == 0, f"{command} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def _install(self, bundle: Path) -> None:
        platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
        kind = ("--only-binary=:all:", *platforms, "--implementation", "cp", "--python-version", python_version())
        done = subprocess.run(
            (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps",
             "--no-index", "--no-compile", *kind, "--target", str(self._packages), *_needed(bundle)),
            capture_output=True, text=True, check=False, timeout=_COMMAND_TIMEOUT_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        compile_for(python_version(), self._packages, str(self._packages), *_NEVER_LOADED)


def _needed(bundle: Path) -> list[str]:
    """The wheels of the agent; PyAV is for cameras that speak in streams."""
    wheels = [*(bundle / "wheels").glob("*.whl"), *(bundle / "systemd").glob("sandi-*.whl")]
    return [str(wheel) for wheel in wheels if not wheel.name.startswith("av-")]
