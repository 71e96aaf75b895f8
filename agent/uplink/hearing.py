"""Waiting for what a connection has to say, and what every session says about itself."""

import asyncio
from typing import Literal, TypeVar

from msgspec.structs import replace

from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.link import Link
from agent.uplink.linkevents import Connected, Event, Subscribed
from wire import topics
from wire.codec import encode
from wire.messages import State

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


def publish_state(
    line: Link, birth: State, status: Literal["online", "offline"], reason: Literal["birth", "stop"]
) -> int:
    """Retained; returns the id its Taken event will carry."""
    return line.publish(topics.state(birth.node), encode(replace(birth, status=status, reason=reason)), retain=True)
