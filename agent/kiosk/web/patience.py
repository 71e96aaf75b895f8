"""How long a client of the screen may take to say what it wants: one that trickles is cut, and holds no place for ever.

uvicorn waits without end for the rest of a request's head or body, and another program of this box could take all
places with that. Here a head is whole within `HEAD_S`, and a body brings at least `BODY_BYTES` in every `BODY_S`.
"""

import asyncio
import logging
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

log: Final = logging.getLogger("agent.kiosk.web")

HEAD_S: Final = 5.0
"""A browser opens a connection in advance and sends nothing for a while; it opens another one when it is needed."""
BODY_S: Final = 70.0
BODY_BYTES: Final = 64 * 1024
"""Longer than a photo may take in all: that one ends first, with words for the citizen (`app.PHOTO_S`). While the
application is not reading, nobody counts."""
MOST_HEAD_BYTES: Final = 16 * 1024


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, with one timer while a request is on its way in."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._phase: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        self._body_bytes += len(data)
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop()

    def _look(self) -> None:
        """Begin to wait for a head or a body when one is due, and stop when the request is whole."""
        phase = self.conn.their_state
        if phase is self._phase:
            return
        self._stop()
        self._phase, self._body_bytes = phase, 0
        if not self.transport.is_closing() and phase in (h11.IDLE, h11.SEND_BODY):
            self._timer = self.loop.call_later(HEAD_S if phase is h11.IDLE else BODY_S, self._due)

    def _due(self) -> None:
        enough = self._body_bytes >= BODY_BYTES or self.flow.read_paused
        if self._phase is h11.SEND_BODY and enough:
            self._body_bytes = 0
            self._timer = self.loop.call_later(BODY_S, self._due)
            return
        log.info("kiosk-web-too-slow", extra={"phase": "body" if self._phase is h11.SEND_BODY else "head"})
        self.transport.abort()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
