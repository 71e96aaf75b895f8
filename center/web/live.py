"""One broadcaster per web process: a thread reads the database, the event loop hands frames to its clients.

1. The thread asks every 150 ms whether anything was committed; if so (at most four times a second), and every two
   seconds in any case, it reads the whole state of the wall: a few milliseconds for the whole city.
2. What differs from the state before becomes one frame of JSON with a serial number; the newest frames are kept.
3. A client that comes back with the number of the last frame it saw gets the ones it missed, else the whole state.
4. Each client has a bounded queue. One that does not keep up is let go: it will come back and ask again.

Everything below the line "loop side" runs in the event loop's thread only.
"""

import asyncio
import json
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from center.web.change_reader import ChangeReader, ReadError

log = logging.getLogger("center.web.live")

POLL_S = 0.15
REST_S = 0.25  # shortest time between two reads: many commits a second become one frame
REREAD_S = 2.0  # facts that come without a commit of ours (liveness of ingest) are at most this old
KEPT_FRAMES = 256
QUEUE_FRAMES = 64

State = dict[str, Any]
ReadState = Callable[[ChangeReader], State]


class TooManyClientsError(Exception):
    """The process already serves as many live pages as it may."""


@dataclass(eq=False, slots=True)
class Client:
    """One open live page: its queue of frames; None in the queue says good-bye, and `let_go` is set with it."""

    frames: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_FRAMES + 1))
    let_go: asyncio.Event = field(default_factory=asyncio.Event)


class Broadcaster:
    """Reads the state with `read_state` and tells every client what changed. `close()` ends thread and clients."""

    def __init__(self, open_reader: Callable[[], ChangeReader], read_state: ReadState, max_clients: int = 200) -> None:
        self._open_reader = open_reader
        self._read_state = read_state
        self._max_clients = max_clients
        self._token = secrets.token_hex(4)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serial = 0
        self._state: State | None = None
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT_FRAMES)
        self._clients: set[Client] = set()
        self._first = asyncio.Event()
        self.read_ms = 0
        """When the database was last read without fault, centre's clock."""

    # -- thread side ---------------------------------------------------------------------------------------------

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        reader = self._open_reader()
        read_at, fault = 0.0, ""
        pending = True
        while not self._stopping.wait(POLL_S):
            try:
                pending = reader.committed() or pending
                rested = time.monotonic() - read_at
                if (pending and rested >= REST_S) or rested >= REREAD_S:
                    state = self._read_state(reader)
                    read_at, pending = time.monotonic(), False
                    loop.call_soon_threadsafe(self._publish, state)
                    if fault:
                        log.info("live-read-recovered")
                    fault = ""
            except ReadError as error:
                if str(error) != fault:
                    log.warning("live-read-failed", extra={"reason": str(error)})
                fault, pending = str(error), True
                self._stopping.wait(1)
            except Exception as error:  # a wall that silently stays as it was would be the worst of all faults
                if loop.is_closed():
                    break
                if repr(error) != fault:
                    log.exception("live-state-failed")
                fault, pending = repr(error), True
                self._stopping.wait(1)
        reader.close()

    # -- loop side -----------------------------------------------------------------------------------------------

    async def subscribe(self, last_event_id: str) -> tuple[Client, list[bytes]]:
        """A new client and the frames it must see first. Raises TooManyClientsError."""
        if len(self._clients) >= self._max_clients:
            raise TooManyClientsError
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._follow, args=(self._loop,), name="sandi-live", daemon=True)
            self._thread.start()
        client = Client()
        self._clients.add(client)
        try:
            await asyncio.wait_for(self._first.wait(), 5)
        except TimeoutError:  # no database yet: the heartbeat says so, and the state follows when it can be read
            return client, []
        while not client.frames.empty():  # what came while waiting is part of what is sent now
            client.frames.get_nowait()
        return client, self._catch_up(last_event_id)

    def unsubscribe(self, client: Client) -> None:
        """The client has gone."""
        self._clients.discard(client)

    def let_go(self, client: Client) -> None:
        """End the stream of a client that may no longer look; what still waits for it is not sent."""
        while not client.frames.empty():
            client.frames.get_nowait()
        self._let_go(client)

    def beat(self) -> bytes:
        """The heartbeat: the centre's clock, and when the database was last read."""
        return frame("beat", {"now": now_ms(), "read": self.read_ms})

    def close(self) -> None:
        """End the thread and say good-bye to every client."""
        self._stopping.set()
        for client in list(self._clients):
            self._let_go(client)
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _catch_up(self, last_event_id: str) -> list[bytes]:
        token, _, serial = last_event_id.partition("-")
        if token == self._token and serial.isdigit() and int(serial) <= self._serial:
            missed = [body for number, body in self._kept if number > int(serial)]
            if len(missed) == self._serial - int(serial):
                return missed
        return [frame("state", {**(self._state or {}), "now": now_ms()}, f"{self._token}-{self._serial}")]

    def _publish(self, state: State) -> None:
        self.read_ms = now_ms()
        before, self._state = self._state, state
        if before is None:
            self._first.set()
            late = frame("state", {**state, "now": now_ms()}, f"{self._token}-{self._serial}")
            self._hand_out(late)
            return
        changed = difference(before, state)
        if changed:
            self._serial += 1
            body = frame("change", changed, f"{self._token}-{self._serial}")
            self._kept.append((self._serial, body))
            self._hand_out(body)

    def _hand_out(self, body: bytes) -> None:
        for client in list(self._clients):
            if client.frames.qsize() >= QUEUE_FRAMES:
                log.info("live-client-too-slow")
                self._let_go(client)
            else:
                client.frames.put_nowait(body)

    def _let_go(self, client: Client) -> None:
        self._clients.discard(client)
        while client.frames.qsize() >= QUEUE_FRAMES:
            client.frames.get_nowait()
        client.frames.put_nowait(None)
        client.let_go.set()


def difference(before: State, after: State) -> State:
    """The sections that changed; of "sites", only the entries that did."""
    changed: State = {key: value for key, value in after.items() if key != "sites" and before.get(key) != value}
    old, new = before.get("sites", {}), after.get("sites", {})
    sites = {code: view for code, view in new.items() if old.get(code) != view}
    if sites:
        changed["sites"] = sites
    return changed


def frame(event: str, data: State, event_id: str = "") -> bytes:
    """One server-sent event; JSON holds no line breaks."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {event}\ndata: {json.dumps(data, separators=(',', ':'), ensure_ascii=False)}\n\n".encode()


def now_ms() -> int:
    """The centre's clock, milliseconds since 1970."""
    return time.time_ns() // 1_000_000
