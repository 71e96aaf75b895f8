"""Talking to the process that stretches, seals and opens (`agent.kiosk.stretch`): bounded in time, two at once.

A conversation is an `async with`; whatever ends it, the process is gone afterwards. Its start is a quarter of what a
citizen waits for, so it may be prepared while they still read: one idle process, which knows nothing yet, for at most
`SPARE_S`. No error here carries anything that was asked or answered.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from agent.kiosk.child import Child
from agent.kiosk.errors import IntakeError

AT_ONCE: Final = 2
"""Each takes 32 MiB for every value it stretches; a Pi Zero 2 W has 512 in all."""
DEADLINE_S: Final = 30.0
"""A Pi Zero 2 W under load needs some 3 s for everything a ticket takes."""
SPARE_S: Final = 60.0
"""What is ready to send is sent within a minute, or the screen wipes itself. It weighs 13 MB as long as it waits."""
MAX_LINE_BYTES: Final = 16 * 1024 * 1024
"""Fifty answers of the largest size, in hex."""
COMMAND: Final = (sys.executable, "-P", str(Path(__file__).with_name("stretch.py")))


class Talk:
    """One conversation. Every method raises IntakeError("busy") when the process gave no sensible answer."""

    def __init__(self, child: Child) -> None:
        self._child = child

    async def stretch(self, *pairs: tuple[bytes, bytes]) -> list[bytes]:
        """argon2id of each (secret, 16 bytes of salt): 32 bytes."""
        return _all(await self._ask("stretch", *(value for pair in pairs for value in pair)), len(pairs))

    async def public(self, private: bytes) -> bytes:
        """The public half of an X25519 key."""
        return _all(await self._ask("public", private), 1)[0]

    async def seal(self, public: bytes, plain: bytes) -> bytes:
        """A sealed box that only the key's other half opens."""
        return _all(await self._ask("seal", public, plain), 1)[0]

    async def open(self, private: bytes, boxes: Sequence[bytes]) -> list[bytes | None]:
        """What is in each box; None for one that this key does not open."""
        if not boxes:
            return []
        found = await self._ask("open", private, *boxes)
        if len(found) != len(boxes):
            raise IntakeError("busy")
        return found

    async def _ask(self, name: str, *values: bytes) -> list[bytes | None]:
        line = " ".join((name, *(value.hex() or "." for value in values)))
        try:
            await self._child.write(line.encode("ascii") + b"\n")
            answer = await self._child.line()
        except (OSError, ValueError):
            raise IntakeError("busy") from None
        words = answer.decode("ascii", "replace").split() if answer.endswith(b"\n") else []
        if not words or words == ["no"]:
            raise IntakeError("busy")
        try:
            return [None if word == "-" else b"" if word == "." else bytes.fromhex(word) for word in words]
        except ValueError:
            raise IntakeError("busy") from None


class Vault:
    """Starts the process; the arguments stand in for the real ones where a hung one or little patience is wanted."""

    def __init__(
        self, command: Sequence[str] = COMMAND, deadline_s: float = DEADLINE_S, spare_s: float = SPARE_S
    ) -> None:
        self._command = tuple(command)
        self._deadline_s = deadline_s
        self._spare_s = spare_s
        self._places = asyncio.Semaphore(AT_ONCE)
        self._preparing = asyncio.Lock()
        self._spare: Child | None = None
        self._spare_ends: asyncio.TimerHandle | None = None

    async def prepare(self) -> None:
        """Have a process waiting for the next conversation. One that cannot be started is no error: that will tell."""
        async with self._preparing:  # however many ask at once: one is started, not one for each
            if self._spare is not None and self._spare.alive:
                return
            try:
                child = await self._start()
            except IntakeError:
                return
            self.close()  # what died waiting
            self._spare = child
            self._spare_ends = asyncio.get_running_loop().call_later(self._spare_s, self.close)

    def close(self) -> None:
        """Let go of the process that waits."""
        spare = self._taken()
        if spare is not None:
            spare.drop()

    def _taken(self) -> Child | None:
        """The process that waits, from now on the caller's."""
        spare, self._spare = self._spare, None
        if self._spare_ends is not None:
            self._spare_ends.cancel()
        return spare

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[Talk]:
        """A conversation; IntakeError("busy") when it cannot begin, or is not over in time."""
        try:
            async with self._places, asyncio.timeout(self._deadline_s):  # the wait for a turn does not count
                spare = self._taken()
                child = spare if spare is not None and spare.alive else await self._start()
                try:
                    yield Talk(child)
                finally:
                    await child.end()
        except TimeoutError:
            raise IntakeError("busy") from None

    async def _start(self) -> Child:
        try:
            return await Child.start(self._command, MAX_LINE_BYTES)
        except OSError:
            raise IntakeError("busy") from None


def _all(found: list[bytes | None], count: int) -> list[bytes]:
    sure = [value for value in found if value is not None]
    if len(sure) != count or len(found) != count:
        raise IntakeError("busy")
    return sure
