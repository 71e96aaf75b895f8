"""Waiting for what a connection has to say."""

import asyncio
from typing import TypeVar

from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.link import Link
from agent.uplink.linkevents import Connected, Event, Subscribed

HANDSHAKE_S = 20.0

E = TypeVar("E", Connected, Subscribed)


def check_alive(line: Link) -> None:
    """SessionEndedError when the connection is gone and nothing it said is left to be read."""
    if line.closed is not None and not line.events:
        raise SessionEndedError(line.closed.ending)


async def next_event(line: Link, arrived: asyncio.Event) -> None:
    """Until there is something in `line.events`."""
    arrived.clear()
    if line.events:
        return
    check_alive(line)
    await arrived.wait()


async def expect(line: Link, arrived: asyncio.Event, kind: type[E], what: str) -> E:
    """The event that must come first. Others before it (a retained message) go back into the queue."""
    early: list[Event] = []
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            while True:
                while line.events:
                    event = line.events.popleft()
                    if isinstance(event, kind):
                        return event
                    early.append(event)
                check_alive(line)
                arrived.clear()
                await arrived.wait()
    except TimeoutError as error:
        raise SessionEndedError(Ending("timeout", f"the broker did not answer {what}")) from error
    finally:
        line.events.extendleft(reversed(early))
