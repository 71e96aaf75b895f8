"""The ingest process: MQTT to database, then acknowledgement. Several of them may run side by side.

Order of everything, per group of messages:

1. decode (network thread), 2. files of pictures and blobs synced, 3. one transaction committed,
4. one Ack per node, epoch and stream, 5. PUBACK to the broker.

Dying between any two steps loses nothing: what was not acknowledged comes again and is recognised.

The process is healthy when it makes progress, not when a flag says connected: the network thread's end, a failed
callback, or a silence that a message to ourselves does not break each end the session, and a fresh one is opened.
While the database is in trouble the group in hand is tried again; after `GIVE_UP_S` the session is given up too,
so that other workers get the messages.
"""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection

from center.config import MqttConfig
from center.ingest import hearing, incoming, listener
from center.ingest.acks import acks
from center.ingest.commit import commit
from center.ingest.decode import CenterNews, Parcel
from center.ingest.generation import current_generation
from center.ingest.session import Arrival, Session, SessionConfig, SessionLostError, Will, share_group
from center.ingest.store import Item, Outcome
from center.notify import Watchdog
from center.operations import downlink
from center.pki import ClientCredentials
from center.processes import stop_at_signals
from wire import PROTOCOL_VERSION, codec, topics
from wire.messages import CenterState

GROUP_RECORDS = 1500
"""About 25 ms in one transaction (measured with records of 1 kB): other writers wait no longer than that."""
GROUP_BYTES = 4 * 1024 * 1024
GIVE_UP_S = 30.0
SILENCE_S = 60.0
"""Without any message for so long, we send one to ourselves; without its arrival in ECHO_S the session is dead."""
ECHO_S = 15.0
RETRY_FIRST_S, RETRY_MOST_S = 0.2, 2.0
"""The broker is next door and boxes come back to it within seconds: what they send before we are there comes twice."""
POLL_S = 0.2

_log = logging.getLogger("center.ingest")


class DatabaseTroubleError(Exception):
    """The database has not taken a group for GIVE_UP_S."""


def run(
    mqtt: MqttConfig,
    credentials: ClientCredentials,
    *,
    worker: int,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Run until SIGTERM or SIGINT; `on_ready` is called when the fleet is first heard. Django must be set up."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(mqtt.host, mqtt.host)
    config = SessionConfig(
        host, mqtt.port, credentials.name, credentials.ca, credentials.certificate, credentials.key,
        group=share_group(settings.SECRET_KEY),
    )  # fmt: skip
    stop = stop_at_signals()
    Ingest(config, worker, Path(settings.DATA_DIR), stop, on_ready).run()


class Ingest:
    """One worker. `run` returns after `stop` is set."""

    def __init__(
        self, config: SessionConfig, worker: int, data_dir: Path, stop: threading.Event, on_ready: Callable[[], None]
    ) -> None:
        self._config = config
        self._worker = worker
        self._data_dir = data_dir
        self._stop = stop
        self._on_ready = on_ready
        self._generation = ""
        self._trouble = ""
        self._echoing = False
        self._since_ms = 0
        self._watchdog = Watchdog()

    def run(self) -> None:
        """Sessions one after the other, with a growing and scattered pause between failing ones."""
        pause_s = RETRY_FIRST_S
        while not self._stop.is_set():
            began_s = time.monotonic()
            self._watchdog.feed()
            try:
                self._session()
            except (SessionLostError, DatabaseTroubleError, AnyDatabaseError, OSError) as error:
                self._lost(error)
                connection.close()
            if time.monotonic() - began_s > RETRY_MOST_S:
                pause_s = RETRY_FIRST_S
            self._stop.wait(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(pause_s * 2, RETRY_MOST_S)

    def _session(self) -> None:
        """One session from connecting to its end. A database that does not answer is found before connecting."""
        listener.beat(self._worker, connected=False, detail=self._trouble)
        self._generation = current_generation()
        incoming.settle_all(self._data_dir)
        session = Session(self._config, Will(topics.CENTER_STATE, self._center_state("offline")))
        session.open()
        try:
            self._say_online(session)
            listener.beat(self._worker, connected=True)
            self._since_ms = int(time.time() * 1000)
            self._found()
            self._serve(session)
            self._note_hearing(session)
            session.publish(topics.CENTER_STATE, self._center_state("offline"), qos=1, retain=True)
            listener.beat(self._worker, connected=False, detail="stopped")
        except BaseException:
            session.abort()
            raise
        session.close()

    def _serve(self, session: Session) -> None:
        beat_s = poll_s = time.monotonic()
        while not self._stop.is_set():
            session.check()
            self._watchdog.feed()
            group = take_group(session.inbox, POLL_S / 4)
            if group:
                self._process(session, group)
            now_s = time.monotonic()
            if now_s - poll_s >= POLL_S:
                poll_s = now_s
                self._send_downlinks(session)
                self._check_echo(session, now_s)
            if now_s - beat_s >= listener.BEAT_S:
                beat_s = now_s
                self._renew_generation(session)
                listener.beat(self._worker, connected=True)
                self._note_hearing(session)

    def _process(self, session: Session, group: list[Arrival]) -> None:
        items: list[Item] = []
        for arrival in group:
            if isinstance(arrival.news, CenterNews):
                if arrival.news.status != "online":  # another worker's will or farewell: we are still here
                    self._say_online(session)
            elif arrival.news is not None:
                items.append(arrival.news)
        for node, ack in acks(self._commit(session, items)) if items else ():
            # QoS 0: a lost acknowledgement is asked for again by re-sending, and the repeat is recognised.
            session.publish(topics.down(node, "ack"), codec.encode(ack), qos=0)
        for arrival in group:
            session.acknowledge(arrival)

    def _commit(self, session: Session, items: list[Item]) -> list[Outcome]:
        """Commit a group, trying again while the database is in trouble; the group is then merely a repeat."""
        deadline_s = time.monotonic() + GIVE_UP_S
        pause_s = 0.05
        while True:
            try:
                outcomes = commit(items, self._data_dir)
            except (AnyDatabaseError, OSError) as error:
                connection.close()
                if not self._trouble:
                    self._trouble = repr(error)
                    _log.warning("database-trouble", extra={"error": repr(error)})
                if time.monotonic() > deadline_s or self._stop.wait(pause_s):
                    raise DatabaseTroubleError(f"the database takes nothing: {error}") from error
                session.check()
                self._watchdog.feed()  # waiting for the database is what is to be done now
                pause_s = min(pause_s * 2, 2.0)
            else:
                self._found()
                return outcomes

    def _send_downlinks(self, session: Session) -> None:
        now_ms = int(time.time() * 1000)
        for message in downlink.due(now_ms):
            if downlink.claim(message, now_ms):
                session.publish(message.topic, message.payload(), qos=1)

    def _check_echo(self, session: Session, now_s: float) -> None:
        """Hear ourselves when nobody else speaks: only a delivery proves that the way through the broker is open."""
        silence_s = now_s - session.last_inbound_s
        if silence_s > SILENCE_S + ECHO_S:
            raise SessionLostError(f"nothing heard for {silence_s:.0f} s, not even ourselves")
        if silence_s > SILENCE_S and not self._echoing:
            self._say_online(session)
        self._echoing = silence_s > SILENCE_S

    def _note_hearing(self, session: Session) -> None:
        """Everything up to the newest delivery was heard; what came since the last group waits in the inbox."""
        silent_ms = int((time.monotonic() - session.last_inbound_s) * 1000)
        hearing.heard(self._since_ms, int(time.time() * 1000) - silent_ms)

    def _renew_generation(self, session: Session) -> None:
        generation = current_generation()
        if generation != self._generation:
            self._generation = generation
            raise SessionLostError("the database was restored: a new generation begins with a new session")

    def _say_online(self, session: Session) -> None:
        session.publish(topics.CENTER_STATE, self._center_state("online"), qos=1, retain=True)

    def _center_state(self, status: str) -> bytes:
        return codec.encode(CenterState(PROTOCOL_VERSION, status, self._generation))  # type: ignore[arg-type]

    def _lost(self, error: Exception) -> None:
        if not self._trouble:
            _log.warning("ingest-interrupted", extra={"worker": self._worker, "reason": str(error)})
        self._trouble = str(error) or repr(error)
        with suppress(AnyDatabaseError):  # then nobody reads it either
            listener.beat(self._worker, connected=False, detail=self._trouble)

    def _found(self) -> None:
        if self._trouble:
            _log.info("ingest-resumed", extra={"worker": self._worker})
            self._trouble = ""
        self._on_ready()
        self._on_ready = lambda: None


def take_group(inbox: "queue.SimpleQueue[Arrival]", wait_s: float) -> list[Arrival]:
    """What has arrived, within the bounds of one transaction; waits for the first message only.

    No waiting for company: while one group commits, the next one gathers by itself.
    """
    group: list[Arrival] = []
    records = size_bytes = 0
    try:
        arrival = inbox.get(timeout=wait_s)
        while True:
            group.append(arrival)
            size_bytes += arrival.size_bytes
            records += len(arrival.news.records) if isinstance(arrival.news, Parcel) else 1
            if records >= GROUP_RECORDS or size_bytes >= GROUP_BYTES:
                break
            arrival = inbox.get_nowait()
    except queue.Empty:
        pass
    return group
