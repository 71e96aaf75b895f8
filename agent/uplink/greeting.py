"""How a session begins: a number that was never used, CONNECT with our death as will, subscription, birth."""

import asyncio
import os

from agent.uplink import ending, hearing
from agent.uplink.connecting import RECEIVE_MAXIMUM, connect
from agent.uplink.context import Context
from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.link import Link
from agent.uplink.linkevents import Connected, Subscribed
from agent.uplink.payloads import Limits
from agent.uplink.presence import Presence, death
from wire import PROTOCOL_VERSION, topics
from wire.codec import encode
from wire.messages import State


async def open_line(shared: Context, epoch: str, arrived: asyncio.Event) -> tuple[Link, Presence]:
    """A connection whose CONNECT is on its way, and what is to be said on it about this session."""
    number = await shared.outbox.call(shared.outbox.outbox.next_session)
    shared.facts.sessions = number
    birth = State(
        v=PROTOCOL_VERSION,
        node=shared.node,
        status="online",
        reason="birth",
        boot=shared.clock.boot,
        run=shared.clock.run,
        epoch=epoch,
        session=number,
        nonce=os.urandom(12).hex(),
        version=shared.version,
    )
    will = (topics.state(shared.node), encode(death(birth, "will")))
    line = await connect(shared.config, shared.node, will, arrived, shared.book)
    return line, Presence(line, birth, shared.standing, shared.report_every_s)


async def greet(
    shared: Context, line: Link, arrived: asyncio.Event, presence: Presence, packet_limit: int | None
) -> tuple[Limits, int]:
    """CONNACK and SUBACK, then the birth; returns the limits of payloads and of flights.

    The subscription comes first: at our birth the centre publishes again what is open for us.
    """
    connected = await hearing.expect(line, arrived, Connected, "CONNECT")
    if connected.reason != 0:
        refused = connected.reason in (ending.BAD_CREDENTIALS, ending.NOT_AUTHORISED)
        words = f"the broker refused the connection: {connected.words}"
        code = ending.SHUT_OUT if refused else "refused_by_broker"
        raise SessionEndedError(Ending(code, words, reason=connected.words))
    line.subscribe(topics.down_filter(shared.node), topics.CENTER_STATE)
    subscribed = await hearing.expect(line, arrived, Subscribed, "SUBSCRIBE")
    if subscribed.reason >= ending.REFUSED:
        raise SessionEndedError(
            Ending(ending.SHUT_OUT, "the broker refused our subscription", reason="subscription not authorised")
        )
    shared.facts.nonce = presence.nonce  # before the birth: a command may follow on its heels
    presence.begin(shared.clock.mono_s())
    sizes = [size for size in (packet_limit, connected.maximum_packet_bytes) if size is not None]
    limits = Limits(shared.config.batch_bytes, packet_bytes=min(sizes, default=None))
    return limits, max(1, min(RECEIVE_MAXIMUM, connected.receive_maximum))
