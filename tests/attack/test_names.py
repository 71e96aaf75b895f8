"""An enrolled box turned against the city: it speaks as others, listens to others, takes others' sessions.

Judged by what arrives. After each attack an honest message is sent the same way: what was forged would have come first.
"""

import socket
from pathlib import Path

import pytest

from center.broker_log import FILE, BrokerLog, read_seen
from center.ingest.session import share_group
from tests.support.broker import RunningBroker
from tests.support.mqtt import Peer, peer, wait_for
from tests.support.siege import rss_mib
from wire import topics

pytestmark = pytest.mark.broker

VICTIM, THIEF = "kel-3673011001", "kel-3673011002"
DENIED = 0x87


@pytest.fixture
def victim(broker: RunningBroker) -> Path:
    return broker.issue_node(VICTIM)


@pytest.fixture
def thief(broker: RunningBroker) -> Path:
    return broker.issue_node(THIEF)


FORGED = [
    *(topics.up(VICTIM, stream) for stream in topics.STREAMS),
    topics.state(VICTIM),
    *(topics.down(node, leaf) for node in (VICTIM, THIEF) for leaf in topics.DOWN_LEAVES),
    topics.CENTER_STATE,
    "sandi-siren/v1/center-siren-1",
    "$SYS/broker/uptime",
    f"sandi/v1/{THIEF}/../{VICTIM}/up/event",
    f"sandi/v1/{THIEF}",
    f"sandi/v1/{THIEF}/up/invented",
    f"sandi/v1/{THIEF}/up/event/deeper",
    "sandi/v1//up/event",
]


def test_a_box_speaks_under_its_own_name_alone(broker: RunningBroker, center: Peer, victim: Path, thief: Path) -> None:
    with peer(broker, victim) as other, peer(broker, thief) as evil:
        other.subscribe(topics.down_filter(VICTIM))
        other.subscribe(topics.CENTER_STATE)
        for topic in FORGED:
            assert evil.publish(topic, b"forged", retain=True).value == DENIED, topic
        evil.publish(topics.up(THIEF, "event"), b"own")
        assert center.next() == (topics.up(THIEF, "event"), b"own")
        center.publish(topics.down(VICTIM, "notice"), b"true")
        assert other.next() == (topics.down(VICTIM, "notice"), b"true")
    with peer(broker, victim) as later:  # nothing forged was kept either
        later.subscribe(topics.CENTER_STATE)
        later.subscribe(topics.down_filter(VICTIM))
        center.publish(topics.down(VICTIM, "notice"), b"again")
        assert later.next() == (topics.down(VICTIM, "notice"), b"again")


def test_a_box_hears_nothing_of_others_by_any_filter(
    broker: RunningBroker, center: Peer, victim: Path, thief: Path
) -> None:
    greedy = [
        "#", "+/#", "+/+/+/#", "sandi/+/+/up/+", "sandi/v1/+/state", "sandi/v1/+/down/+", "$SYS/#", "sandi-siren/v1/#",
        topics.down_filter(VICTIM), f"{topics.up(VICTIM, 'complaint')}", f"$share/any/{topics.STATE_FILTER}",
        f"$share/any/{topics.down_filter(VICTIM)}", "$share/any/#",
    ]  # fmt: skip
    with peer(broker, victim) as other, peer(broker, thief) as evil:
        other.publish(topics.state(VICTIM), b"birth", retain=True)
        for wanted in greedy:
            evil.subscribe(wanted)
        evil.subscribe(topics.down_filter(THIEF))
        other.publish(topics.up(VICTIM, "complaint"), b"sealed words")
        center.publish(topics.down(VICTIM, "command"), b"not yours")
        center.publish(topics.down(THIEF, "ack"), b"yours")
        wait_for(lambda: not evil.messages.empty(), "the thief's own acknowledgement")
        assert {topic for topic, _ in evil.received()} == {topics.down(THIEF, "ack")}
        other.publish(topics.state(VICTIM), b"", retain=True)
    assert evil.received() == []


def test_a_box_cannot_fill_the_broker_s_memory_with_what_it_leaves_behind(broker: RunningBroker, thief: Path) -> None:
    """Retained messages: one for each topic it may write, however many it tries."""
    before = rss_mib(broker.pid)
    with peer(broker, thief) as evil:
        for number in range(20):
            assert evil.publish(f"sandi/v1/{THIEF}/up/{number}", bytes(1_000_000), retain=True).value == DENIED
        for topic in (topics.up(THIEF, "event"), topics.state(THIEF)):
            assert evil.publish(topic, bytes(1_000_000), retain=True).value != DENIED
        assert rss_mib(broker.pid) - before < 10
        for topic in (topics.up(THIEF, "event"), topics.state(THIEF)):
            evil.publish(topic, b"", retain=True)


def test_greed_is_told_and_counted_and_the_centre_s_own_subscriptions_stay_untold(
    broker: RunningBroker, thief: Path, tmp_path: Path
) -> None:
    before = len(broker.log.read_text())
    with peer(broker, thief) as evil, peer(broker, broker.issue_center("center-ingest-2")) as ingest:
        evil.subscribe("#")
        evil.subscribe(topics.down_filter(THIEF))
        ingest.subscribe("$share/a-secret/sandi/v1/+/up/#")
    told: list[str] = []
    (tmp_path / "run").mkdir()
    log = BrokerLog(tmp_path / FILE, lambda _name, line: told.append(line))
    for line in broker.log.read_text()[before:].splitlines():
        log.take(line)
    log.save()
    [row] = [row for row in read_seen(tmp_path).rows if row.reason == "foreign_topic" and row.who == THIEF]
    assert row.count >= 1
    assert any(line.endswith(f"{THIEF} 1 #") for line in told)
    assert not any("a-secret" in line for line in told)


def test_nobody_can_join_the_ingest_processes_and_swallow_what_falls_to_him(
    broker: RunningBroker, victim: Path, thief: Path
) -> None:
    """The broker grants the subscription and loses what falls to one who may not read it: so the name is a secret."""
    group = share_group("this centre's secret key")
    assert group != share_group("another's") and "secret" not in group
    with (
        peer(broker, broker.issue_center("center-ingest-3")) as ingest,
        peer(broker, victim) as other,
        peer(broker, thief) as evil,
    ):
        ingest.subscribe(f"$share/{group}/{topics.UP_FILTER}")
        for guess in ("ingest", "ingest-1", group[:-1], group.upper()):
            evil.client.subscribe(f"$share/{guess}/{topics.UP_FILTER}", 1)
        for number in range(20):
            other.publish(topics.up(VICTIM, "event"), str(number).encode())
        wait_for(lambda: ingest.messages.qsize() == 20, "all twenty records")
        assert evil.received() == []


def test_another_s_client_id_gets_neither_his_session_nor_what_waits_in_it(
    broker: RunningBroker, center: Peer, victim: Path, thief: Path
) -> None:
    away = Peer(broker.host, broker.port, broker.tls_context(victim), VICTIM)
    away.connect(session_expiry_s=3600)
    away.subscribe(topics.down_filter(VICTIM))
    away.close()
    center.publish(topics.down(VICTIM, "command"), b"waits for him")
    evil = Peer(broker.host, broker.port, broker.tls_context(thief), VICTIM)
    evil.connect(session_expiry_s=3600)
    evil.subscribe(topics.down_filter(THIEF))
    center.publish(topics.down(THIEF, "ack"), b"own")
    assert evil.next() == (topics.down(THIEF, "ack"), b"own")
    assert evil.received() == []
    back = Peer(broker.host, broker.port, broker.tls_context(victim), VICTIM)
    back.connect(session_expiry_s=3600)
    assert back.next() == (topics.down(VICTIM, "command"), b"waits for him")
    back.close()
    evil.close()


def test_a_live_session_is_not_disturbed_by_whoever_claims_its_name(
    broker: RunningBroker, center: Peer, victim: Path, thief: Path
) -> None:
    with peer(broker, victim, VICTIM) as other:
        other.subscribe(topics.down_filter(VICTIM))
        for name in (VICTIM, "center-ingest-1", "", "x" * 200):
            with peer(broker, thief, client_id=name):
                pass
        center.publish(topics.down(VICTIM, "ack"), b"still here")
        assert other.next() == (topics.down(VICTIM, "ack"), b"still here")
        assert (other.disconnects, center.disconnects) == (0, 0)


@pytest.mark.parametrize("will", [topics.state(VICTIM), topics.CENTER_STATE])
def test_a_last_will_speaks_for_nobody_else(
    broker: RunningBroker, center: Peer, victim: Path, thief: Path, will: str
) -> None:
    with peer(broker, victim) as other:
        other.subscribe(topics.down_filter(VICTIM))
        other.subscribe(topics.CENTER_STATE)
        evil = Peer(broker.host, broker.port, broker.tls_context(thief), "", will=will)
        evil.connect()
        evil.client.loop_stop()
        plain = evil.client.socket()
        assert plain is not None
        plain.shutdown(socket.SHUT_RDWR)  # a death without a good-bye: now the broker speaks the will
        plain.close()
        with peer(broker, thief) as own:
            own.publish(topics.up(THIEF, "event"), b"later")
        assert center.next() == (topics.up(THIEF, "event"), b"later")
        center.publish(topics.down(VICTIM, "ack"), b"true")
        assert other.next() == (topics.down(VICTIM, "ack"), b"true")
