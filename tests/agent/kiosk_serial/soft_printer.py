"""An ESC/POS printer in software: prints what it can, keeps what it cannot, answers DLE EOT as one of its kind does."""

import asyncio
import re

ASK = re.compile(rb"\x10\x04([\x01-\x04])")
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"


class SoftPrinter:
    """`printed`: what is on paper. `paper`: whether there is any; `answers`: whether it tells; `reads`: or is stuck."""

    def __init__(self, port: object) -> None:
        self.port = port
        self.printed = b""
        self.kept = b""
        self.paper = True
        self.answers = True
        self.online = True
        self.out_of_paper_after: int | None = None
        self.asked = 0
        self.reads = asyncio.Event()
        self.reads.set()

    async def run(self) -> None:
        """For ever."""
        rest = b""
        while True:
            data = await self.port.read()  # type: ignore[attr-defined]
            await self.reads.wait()
            rest = await self._take(rest + data)

    async def _take(self, data: bytes) -> bytes:
        at = 0
        while at < len(data):
            if data[at] == 0x10 and len(data) - at < len(CLEAR):
                question = ASK.match(data, at)
                if question is None:
                    return data[at:]  # perhaps not all of it has come
            question = ASK.match(data, at)
            if question is not None:
                await self._tell(question[1][0])
                at = question.end()
            elif data.startswith(CLEAR, at):
                self.kept = b""
                at += len(CLEAR)
            else:
                self._put(data[at : at + 1])
                at += 1
        return b""

    def _put(self, byte: bytes) -> None:
        if self.out_of_paper_after is not None and len(self.printed) >= self.out_of_paper_after:
            self.paper = False
        if self.paper and self.online:
            self.printed += self.kept + byte
            self.kept = b""
        else:
            self.kept += byte

    def more_paper(self) -> None:
        """Somebody put in a new roll: what was kept comes out."""
        self.paper, self.out_of_paper_after = True, None
        self.printed += self.kept
        self.kept = b""

    async def _tell(self, number: int) -> None:
        self.asked += 1
        if not self.answers:
            return
        status = 0x12
        if number == 1 and not (self.online and self.paper):
            status |= 0x08
        if number == 2 and not self.paper:
            status |= 0x20
        if number == 4 and not self.paper:
            status |= 0x60
        await self.port.write(bytes((status,)))  # type: ignore[attr-defined]
