"""A TCP relay between a node and the broker whose line can be made bad while it is in use.

It sees only bytes (the line is TLS), as the network does. What it can do, each switched on and off at run time:

* `refuse`      new connections are reset
* `black_hole`  bytes are read and thrown away, in both directions; nobody is told
* `stall`       nothing is read any more: buffers fill up, as behind a dead modem
* `half_open`   the broker's side of every present connection is closed, the node's side is never told
* `cut_every`   a connection is reset after it has carried this many bytes
* `trickle`     bytes per second and connection
* `hold_next`   so many new connections wait while later ones go through first, at most until the line is healed

Everything runs in one thread with an event loop of its own; the methods may be called from any thread.
"""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

CHUNK = 16 * 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST


@dataclass(frozen=True, slots=True)
class Line:
    """How the line is. The default is a good one."""

    refuse: bool = False
    black_hole: bool = False
    stall: bool = False
    cut_every: int | None = None
    trickle: int | None = None
    hold_s: float = 0.0


GOOD = Line()


class TcpProxy:
    """Listens on `port` of the loopback and relays to `target_port` there."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.carried = 0
        """Bytes relayed in both directions."""
        self.connections = 0
        self.line = GOOD
        self._hold_next = 0
        self._pairs: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tcp-proxy", daemon=True)

    def start(self) -> None:
        """Begin to listen; `port` is known afterwards."""
        self._thread.start()
        assert self._ready.wait(30), "the proxy did not start"

    def close(self) -> None:
        """Cut everything and stop listening."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def set(self, **changes: object) -> None:
        """Change the line from now on, for present and new connections."""
        self.line = replace(self.line, **changes)  # type: ignore[arg-type]

    def heal(self) -> None:
        """A good line again. What was thrown away stays lost: such connections are cut."""
        spoiled = self.line.black_hole
        self.line, self._hold_next = GOOD, 0
        if spoiled:
            self.cut()

    def cut(self) -> None:
        """Reset every present connection, both sides."""
        self._call(lambda: [pair.reset() for pair in tuple(self._pairs)])

    def half_open(self) -> None:
        """Close the broker's side of every present connection; the node's side stays open and silent."""
        self._call(lambda: [pair.half_open() for pair in tuple(self._pairs)])

    def hold_next(self, count: int, hold_s: float) -> None:
        """The next `count` connections reach the broker `hold_s` late; later ones overtake them."""
        self._hold_next = count
        self.set(hold_s=hold_s)

    def open_now(self) -> int:
        """Connections relayed at this moment."""
        return len(self._pairs)

    def _call(self, what: Callable[[], object]) -> None:
        """Done when this returns: what a test sends afterwards meets the line as it is then."""
        done = threading.Event()

        def call() -> None:
            what()
            done.set()

        self._loop.call_soon_threadsafe(call)
        assert done.wait(30) or not self._thread.is_alive(), "the proxy stands still"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accepted, "127.0.0.1", 0))
        self.port = int(server.sockets[0].getsockname()[1])
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        held = self._hold_next > 0
        self._hold_next -= held
        pair = _Pair(self, (reader, writer))
        try:
            until_s = time.monotonic() + self.line.hold_s
            # Let go at once when the line is good again, which another thread says.
            while held and self.line.hold_s and time.monotonic() < until_s:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            if not self.line.refuse:
                await pair.relay()
        except asyncio.CancelledError:  # by `close`; the stream's own callback would report it as an error
            return
        finally:
            pair.reset()

    def joined(self, pair: "_Pair") -> None:
        """A connection is relayed from now on."""
        self._pairs.add(pair)

    def left(self, pair: "_Pair") -> None:
        """It is over."""
        self._pairs.discard(pair)


class _Pair:
    """One relayed connection."""

    def __init__(self, proxy: TcpProxy, node: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self._proxy = proxy
        self._node = node
        self._broker: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._carried = 0
        self._halved = False

    async def relay(self) -> None:
        """Until either side ends, or the line cuts it."""
        try:
            self._broker = await asyncio.open_connection("127.0.0.1", self._proxy.target_port)
        except OSError:
            return
        if self._proxy.line.refuse:  # since it was let in: whoever cut the line then did not see this one
            return
        self._proxy.joined(self)
        (from_node, to_node), (from_broker, to_broker) = self._node, self._broker
        ways = [
            asyncio.create_task(self._pump(from_node, to_broker)),
            asyncio.create_task(self._pump(from_broker, to_node)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if self._halved:
                await ways[0]  # the node still believes in this connection; its bytes go nowhere
        except OSError:
            return
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._proxy.left(self)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                rate = self._proxy.line.trickle
                began = time.monotonic()
                data = await reader.read(min(CHUNK, max(1, rate // 10)) if rate else CHUNK)
                if not data:
                    return
                while self._proxy.line.stall:  # noqa: ASYNC110 - switched from another thread
                    await asyncio.sleep(0.02)
                line = self._proxy.line
                if line.black_hole or self._halved:
                    continue
                if self._cuts(line, len(data)):
                    return
                writer.write(data)
                await writer.drain()
                self._proxy.carried += len(data)
                if line.trickle:
                    await asyncio.sleep(max(0.0, len(data) / line.trickle - (time.monotonic() - began)))

    def _cuts(self, line: Line, size: int) -> bool:
        self._carried += size
        return line.cut_every is not None and self._carried > line.cut_every

    def half_open(self) -> None:
        """The broker's end is gone; the node's end is not told."""
        if self._broker is not None and not self._halved:
            self._halved = True
            _reset(self._broker[1])

    def reset(self) -> None:
        """Cut both sides without a goodbye."""
        self._halved = False
        for end in (self._node, self._broker):
            if end is not None:
                _reset(end[1])


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
