"""An open serial line for asyncio. pyserial opens and sets it up; reading and writing go straight to the descriptor.

What pyserial 3.5 would do otherwise: a write without a timeout waits for ever for a device that takes nothing (its
issue 163), one with timeout 0 spins; a line that hung up still calls itself open. Here every write has a deadline, and
a line that failed once is closed for good: whoever keeps it opens another.
"""

import asyncio
import contextlib
import os
import stat
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, Protocol

READ_BYTES: Final = 4096
WRITE_TIMEOUT_S: Final = 2.0
USB_PRINTERS: Final = 180
"""The kernel's number of usblp devices (Documentation/admin-guide/devices.txt), which are no terminals."""

Trouble = Literal["absent", "denied", "in_use", "refused", "gone", "stuck"]


class PortError(Exception):
    """The line cannot be used. `code` says why; the device's name may stand in the text, what was sent never does."""

    def __init__(self, code: Trouble, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code: Trouble = code


class Port(Protocol):
    """A line to a device. One reader and any number of writers, whose bytes are never mixed."""

    async def read(self) -> bytes:
        """What has come in, at least one byte. PortError("gone") when the device is no more."""

    async def write(self, data: bytes) -> None:
        """All of it is with the kernel. PortError("stuck") when the device takes nothing in time, or "gone"."""

    def close(self) -> None:
        """Let go, without waiting for what was not sent. May be called twice."""


class DevicePort:
    """A port on a descriptor. `close_it` gives the descriptor back to whoever opened it."""

    def __init__(self, fd: int, close_it: Callable[[], None], write_timeout_s: float = WRITE_TIMEOUT_S) -> None:
        self._fd = fd
        self._close_it = close_it
        self._write_timeout_s = write_timeout_s
        self._waits: set[asyncio.Future[None]] = set()
        self._writing = asyncio.Lock()
        self._closed = False

    async def read(self) -> bytes:
        while True:
            await self._ready(asyncio.get_running_loop().add_reader, asyncio.get_running_loop().remove_reader)
            try:
                data = os.read(self._fd, READ_BYTES)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._lost(error) from error
            if not data:
                raise self._lost(None)
            return data

    async def write(self, data: bytes) -> None:
        async with self._writing:
            try:
                async with asyncio.timeout(self._write_timeout_s):
                    await self._write_all(memoryview(data))
            except TimeoutError as error:
                self._forget_unsent()
                raise PortError("stuck") from error

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for waiting in tuple(self._waits):
            if not waiting.done():
                waiting.set_exception(PortError("gone", "closed"))
        with contextlib.suppress(RuntimeError):  # no loop runs any more: then it watches nothing either
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._fd)
            loop.remove_writer(self._fd)
        self._forget_unsent()  # or the kernel holds the close until a dead device has taken it: half a minute
        with contextlib.suppress(OSError):
            self._close_it()

    async def _write_all(self, left: memoryview) -> None:
        loop = asyncio.get_running_loop()
        while left:
            if self._closed:
                raise PortError("gone", "closed")
            try:
                left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                await self._ready(loop.add_writer, loop.remove_writer)
            except OSError as error:
                raise self._lost(error) from error

    async def _ready(self, watch: Callable[..., None], forget: Callable[[int], bool]) -> None:
        if self._closed:
            raise PortError("gone", "closed")
        ready = asyncio.get_running_loop().create_future()
        self._waits.add(ready)
        watch(self._fd, _settle, ready)
        try:
            await ready
        finally:
            self._waits.discard(ready)
            if not self._closed:
                forget(self._fd)

    def _lost(self, error: OSError | None) -> PortError:
        return PortError("gone", error.strerror or str(error) if error is not None else "hung up")

    def _forget_unsent(self) -> None:
        with contextlib.suppress(termios.error, OSError):  # not a terminal: it keeps nothing back
            termios.tcflush(self._fd, termios.TCOFLUSH)


def _settle(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def open_port(path: Path, baud: int, write_timeout_s: float = WRITE_TIMEOUT_S) -> DevicePort:
    """Open a serial device (alone, as far as others ask), or a printer's character device. PortError says why not.

    Bytes that waited from before are discarded: they belong to nobody's conversation any more.
    """
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise PortError("absent", str(path)) from error
    except OSError as error:
        raise PortError("refused", f"{path}: {error.strerror}") from error
    if not stat.S_ISCHR(found.st_mode):
        raise PortError("refused", f"{path}: not a device")
    if os.major(found.st_rdev) != USB_PRINTERS:
        return _open_serial(path, baud, write_timeout_s)
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise PortError("denied" if isinstance(error, PermissionError) else "refused", f"{path}: {error}") from error
    return DevicePort(fd, lambda: os.close(fd), write_timeout_s)


def _open_serial(path: Path, baud: int, write_timeout_s: float) -> DevicePort:
    import serial

    try:
        line = serial.Serial(str(path), baud, timeout=0, write_timeout=write_timeout_s, exclusive=True)
    except serial.SerialException as error:
        code: Trouble = "in_use" if "lock" in str(error).lower() else "refused"
        raise PortError(code, f"{path}: {error}") from error
    except (OSError, ValueError, termios.error) as error:
        raise PortError("refused", f"{path}: {error}") from error
    try:
        # pyserial reads with VMIN 0, where "nothing there" and "hung up" look the same.
        settings = termios.tcgetattr(line.fd)
        settings[6][termios.VMIN] = 1
        termios.tcsetattr(line.fd, termios.TCSANOW, settings)
        os.set_inheritable(line.fd, False)
    except (termios.error, OSError) as error:
        line.close()
        raise PortError("refused", f"{path}: {error}") from error
    return DevicePort(line.fd, line.close, write_timeout_s)
