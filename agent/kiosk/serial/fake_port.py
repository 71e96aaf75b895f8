"""A serial line without a device, which obeys what a real one is held to: for tests and for trying things out."""

import asyncio

from agent.kiosk.serial.port import READ_BYTES, WRITE_TIMEOUT_S, PortError

ROOM_BYTES = 4096
"""As much as a kernel keeps for a device that takes nothing."""


class FakePort:
    """The box's end. The other end is `take`, `give` and `hang_up`."""

    def __init__(self, write_timeout_s: float = WRITE_TIMEOUT_S) -> None:
        self._write_timeout_s = write_timeout_s
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._changed = asyncio.Condition()
        self._writing = asyncio.Lock()
        self._is_over = False

    async def read(self) -> bytes:
        async with self._changed:
            await self._changed.wait_for(lambda: self._incoming or self._is_over)
            if self._is_over:
                raise PortError("gone", "hung up")
            data = bytes(self._incoming[:READ_BYTES])
            del self._incoming[:READ_BYTES]
            return data

    async def write(self, data: bytes) -> None:
        async with self._writing:
            try:
                async with asyncio.timeout(self._write_timeout_s):
                    await self._put(data)
            except TimeoutError as error:
                self._outgoing.clear()
                raise PortError("stuck") from error

    def close(self) -> None:
        self._is_over = True
        asyncio.get_running_loop().create_task(self._tell())

    async def take(self) -> bytes:
        """What the box has written, at least one byte."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._outgoing or self._is_over)
            data = bytes(self._outgoing)
            self._outgoing.clear()
            self._changed.notify_all()
            return data

    async def give(self, data: bytes) -> None:
        """Bytes for the box."""
        async with self._changed:
            self._incoming += data
            self._changed.notify_all()

    async def hang_up(self) -> None:
        """The plug is pulled."""
        self._is_over = True
        await self._tell()

    async def _put(self, data: bytes) -> None:
        left = data
        while left or self._is_over:
            async with self._changed:
                await self._changed.wait_for(lambda: len(self._outgoing) < ROOM_BYTES or self._is_over)
                if self._is_over:
                    raise PortError("gone", "hung up")
                room = ROOM_BYTES - len(self._outgoing)
                self._outgoing += left[:room]
                left = left[room:]
                self._changed.notify_all()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
