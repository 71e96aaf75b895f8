"""The two unix sockets: control for technicians, intake for the kiosk.

One JSON object per line each way: `{"op": "status", ...}` is answered by `{"ok": true, ...}` or by
`{"ok": false, "error": {"code": "...", "message": "..."}}`. Who may speak is asked of the kernel (SO_PEERCRED and
SO_PEERGROUPS), not believed from the line. A line is at most 256 KiB; who is silent or does not read for 10 s is cut;
at most 32 clients are served at a time.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from agent.sockets import Peer, group_id, peer_of, serve_at

log = logging.getLogger("agent.control")

MAX_LINE_BYTES: Final = 256 * 1024
IDLE_TIMEOUT_S: Final = 10.0
MAX_CLIENTS: Final = 32

Operation = Callable[[Mapping[str, object]], Awaitable[Mapping[str, object]]]


class ControlError(Exception):
    """A request that cannot be done; `code` is for programs, the message for whoever typed it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class ControlSocket:
    """One socket at `path`, serving `operations` to root, to the agent's own user and to members of `group`.

    With `tell_peer` operations find who asks, by the kernel's word, as `peer_uid` in the request.
    """

    def __init__(self, path: Path, operations: Mapping[str, Operation], group: str, *, tell_peer: bool = False) -> None:
        self.path = path
        self._operations = operations
        self._group = group
        self._tell_peer = tell_peer
        self._gid = group_id(group)
        self._clients: set[asyncio.StreamWriter] = set()

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """Serve until cancelled; the socket file goes when this ends. OSError when it cannot be bound."""
        await serve_at(self.path, self._gid, self._serve, limit=MAX_LINE_BYTES, visitors=self._clients, ready=ready)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = peer_of(writer.get_extra_info("socket"))
        self._clients.add(writer)
        try:
            if not self._may(peer):
                log.warning("peer-refused", extra={"path": str(self.path), "uid": peer.uid, "pid": peer.pid})
                await _answer(writer, failure("not_allowed", f"this user is not in the group {self._group}"))
            elif len(self._clients) > MAX_CLIENTS:
                await _answer(writer, failure("busy", "too many clients; try again in a few seconds"))
            else:
                await self._converse(reader, writer, peer)
        except (TimeoutError, ConnectionError):
            writer.transport.abort()  # silent, slow or gone: what waits to be read is given up
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        while True:
            try:
                async with asyncio.timeout(IDLE_TIMEOUT_S):
                    line = await reader.readline()
            except ValueError:  # StreamReader's word for a line over its limit
                await _answer(writer, failure("too_large", f"a request is at most {MAX_LINE_BYTES} bytes"))
                return
            if not line.endswith(b"\n"):
                return
            await _answer(writer, await self._handle(line, peer))

    async def _handle(self, line: bytes, peer: Peer) -> Mapping[str, object]:
        try:
            request = msgspec.json.decode(line, type=dict[str, object])
        except (msgspec.DecodeError, RecursionError):
            return failure("bad_request", "a request is one JSON object on one line")
        name = request.get("op")
        operation = self._operations.get(name) if isinstance(name, str) else None
        if operation is None:
            return failure("unknown_op", f"operations here: {', '.join(sorted(self._operations))}")
        try:
            return {"ok": True, **await operation({**request, "peer_uid": peer.uid} if self._tell_peer else request)}
        except ControlError as error:
            return failure(error.code, error.message)
        except Exception:  # whatever a request breaks: the daemon goes on, the client is told
            log.exception("operation-failed", extra={"op": name})
            return failure("internal", "the agent failed on this request; see its log (journalctl -u sandi-agent)")

    def _may(self, peer: Peer) -> bool:
        return peer.uid in (0, os.geteuid()) or (self._gid is not None and self._gid in peer.groups)


def failure(code: str, message: str) -> dict[str, object]:
    return {"ok": False, "error": {"code": code, "message": message}}


async def _answer(writer: asyncio.StreamWriter, answer: Mapping[str, object]) -> None:
    writer.write(msgspec.json.encode(answer) + b"\n")
    async with asyncio.timeout(IDLE_TIMEOUT_S):
        await writer.drain()
