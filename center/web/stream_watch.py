"""Ends the open live streams of whoever may no longer look: one look for all streams of the process, every AGAIN_S.

1. The rows that all the streams' rights hang on are read together (`center.web.stream_rights.facts`).
2. A stream whose rows are others than at the last look, or that is looked at for the first time, is asked for in full.
3. One that would be refused now, or would see other sites, is let go: its page comes back, and is told.

While the database does not answer nobody is let go; a stream ends by itself after some minutes in any case.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from center.web.live import Client
from center.web.stream_rights import Admission, Facts, Holder, admit, facts

log = logging.getLogger("center.web.streams")

AGAIN_S = 2.5
"""With the second after which a browser comes back, whoever is shut out sees nothing new within five."""
UNANSWERED = frozenset({503})
"""Refusals that say nothing about who asks."""


@dataclass(eq=False, slots=True)
class Stream:
    """One open stream: how it asked, what it was let in as, and the facts of the last look (None: not looked yet)."""

    client: Client
    scope: dict[str, Any]
    admission: Admission
    seen: Facts | None = None


class Watch:
    """Looks as long as there are streams. `let_go` ends one; everything but `_look` runs in the event loop."""

    def __init__(self, let_go: Callable[[Client], None], again_s: float = AGAIN_S) -> None:
        self._let_go = let_go
        self._again_s = again_s
        self._streams: dict[Client, Stream] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, client: Client, scope: dict[str, Any], admission: Admission) -> None:
        """Watch over one more stream."""
        self._streams[client] = Stream(client, scope, admission)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._watch(), name="sandi-stream-watch")

    def remove(self, client: Client) -> None:
        """The stream is over; with the last one the looking ends."""
        self._streams.pop(client, None)
        if not self._streams and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self) -> None:
        look = sync_to_async(_look, thread_sensitive=True)
        fault = ""
        while True:
            await asyncio.sleep(self._again_s)
            try:
                for client in await look(list(self._streams.values())):
                    self._let_go(client)
                if fault:
                    log.info("streams-looked-at-again")
                fault = ""
            except DatabaseError as error:
                if not fault:
                    log.warning("streams-not-looked-at", extra={"reason": str(error)})
                fault = str(error)
            except Exception as error:  # a watch that has died would leave every stream open
                if repr(error) != fault:
                    log.exception("stream-watch-failed")
                fault = repr(error)


def _look(streams: list[Stream]) -> list[Client]:
    """Whose stream is to end. The facts are read before the full question: what changes in between shows next time."""
    holders: set[Holder] = {one.admission.holder for one in streams if one.admission.holder is not None}
    now = facts(holders)
    shut_out = []
    for one in streams:
        known = now.get(one.admission.holder, ()) if one.admission.holder else ()
        if known and known == one.seen:
            continue
        admission = admit(one.scope)
        if admission.refusal in UNANSWERED:
            continue
        if admission == one.admission:
            one.seen = known
        else:
            shut_out.append(one.client)
    return shut_out
