"""The access list, by delivery: what matters is what arrives, not what the broker answers to a subscription."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from center.broker import BrokerConfig, find_mosquitto, write_broker_config
from center.errors import SetupError
from tests.support.broker import RunningBroker, running_broker
from tests.support.mqtt import Peer, peer, wait_for
from wire import topics
from wire.attachment import MAX_ATTACHMENT_BYTES

pytestmark = pytest.mark.broker

A, B = "kel-3673011001", "kel-3673011002"
INGEST = "center-ingest-1"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with running_broker(tmp_path) as running:
        yield running


@pytest.fixture
def center(broker: RunningBroker) -> Iterator[Peer]:
    with peer(broker, broker.issue_center(INGEST)) as connected:
        connected.subscribe(topics.UP_FILTER)
        connected.subscribe(topics.STATE_FILTER)
        yield connected


def test_records_reach_the_centre_and_acks_reach_their_node_alone(broker: RunningBroker, center: Peer) -> None:
    with peer(broker, broker.issue_node(A)) as a, peer(broker, broker.issue_node(B)) as b:
        a.subscribe(topics.down_filter(A))
        b.subscribe(topics.down_filter(B))
        assert not a.publish(topics.up(A, "event"), b"record").is_failure
        assert center.next() == (topics.up(A, "event"), b"record")
        center.publish(topics.down(A, "ack"), b"ack")
        assert a.next() == (topics.down(A, "ack"), b"ack")
        center.publish(topics.down(B, "reply"), b"after")
        assert b.next() == (topics.down(B, "reply"), b"after")
        assert a.received() == []


def test_the_centre_s_presence_is_seen_by_every_node_and_written_by_the_centre_alone(
    broker: RunningBroker, center: Peer
) -> None:
    center.publish(topics.CENTER_STATE, b"online", retain=True)
    with peer(broker, broker.issue_node(A)) as a:
        a.subscribe(topics.CENTER_STATE)
        assert a.next() == (topics.CENTER_STATE, b"online")
        assert a.publish(topics.CENTER_STATE, b"lie", retain=True).value == 0x87
        assert a.received() == []


@pytest.mark.parametrize(
    "topic",
    [
        topics.up(A, "complaint"),
        topics.state(A),
        topics.down(A, "command"),
        topics.down(B, "ack"),
        "sandi/v1/+/up/event",
        "elsewhere",
    ],
)
def test_a_node_cannot_publish_under_another_s_name_or_as_the_centre(
    broker: RunningBroker, center: Peer, topic: str
) -> None:
    with peer(broker, broker.issue_node(A)) as a, peer(broker, broker.issue_node(B)) as b:
        a.subscribe(topics.down_filter(A))
        if "+" in topic:
            with pytest.raises(ValueError, match="wildcards"):
                b.publish(topic)
        else:
            assert b.publish(topic, b"forged").value == 0x87
        b.publish(topics.up(B, "event"), b"own")
        assert center.next() == (topics.up(B, "event"), b"own")  # anything forged would have come before it
        assert center.received() == []
        assert a.received() == []


@pytest.mark.parametrize(
    "subscription",
    [
        "#",
        "+/#",
        "sandi/v1/#",
        "sandi/v1/+/down/#",
        "sandi/v1/+/up/#",
        topics.down_filter(A),
        f"$share/x/{topics.UP_FILTER}",
    ],
)
def test_a_node_reads_nothing_of_another_s_whatever_it_subscribes_to(
    broker: RunningBroker, center: Peer, subscription: str
) -> None:
    with peer(broker, broker.issue_node(A)) as a, peer(broker, broker.issue_node(B)) as b:
        b.subscribe(subscription)  # the broker grants it; what counts is what is delivered
        b.subscribe(topics.down_filter(B))
        a.publish(topics.state(A), b"birth", retain=True)
        a.publish(topics.up(A, "complaint"), b"secret")
        center.publish(topics.down(A, "reply"), b"answer")
        center.publish(topics.down(B, "notice"), b"mine")
        wait_for(lambda: not b.messages.empty(), "the node's own notice")
        assert {topic for topic, _ in b.received()} == {topics.down(B, "notice")}


def test_a_node_cannot_take_over_another_s_session(broker: RunningBroker, center: Peer) -> None:
    with peer(broker, broker.issue_node(A), A) as a:
        a.subscribe(topics.down_filter(A))
        with peer(broker, broker.issue_node(B), client_id=A) as thief:
            thief.subscribe(topics.down_filter(A))
            center.publish(topics.down(A, "command"), b"for A")
            assert a.next() == (topics.down(A, "command"), b"for A")
            assert a.disconnects == 0
            assert thief.received() == []


def test_a_will_cannot_speak_for_another(broker: RunningBroker, center: Peer) -> None:
    try:
        with peer(broker, broker.issue_node(B), will=topics.state(A)) as b:
            b.client.loop_stop()
            b.client.socket().close()  # type: ignore[union-attr]
    except ConnectionRefusedError:
        return
    with peer(broker, broker.issue_node(A)) as a:
        a.publish(topics.up(A, "event"), b"later")
    assert center.next() == (topics.up(A, "event"), b"later")


def test_without_a_certificate_of_the_city_nobody_gets_in(broker: RunningBroker, tmp_path: Path) -> None:
    bare = ssl.create_default_context(cafile=broker.authority.ca_certificate)
    with running_broker(tmp_path) as other_city:
        foreign = other_city.tls_context(other_city.issue_node(A))
    foreign.load_verify_locations(broker.authority.ca_certificate)
    for context in (bare, foreign, None):
        with pytest.raises(OSError):
            Peer(broker.host, broker.port, context, A).connect()


def test_a_revoked_node_is_shut_out_and_the_others_are_not(broker: RunningBroker) -> None:
    credentials, other = broker.issue_node(A), broker.issue_node(B)
    with peer(broker, credentials) as a:
        broker.authority.revoke(A)
        broker.restart()
        wait_for(lambda: a.disconnects > 0, "the live session to be cut")
        a.client.loop_stop()
    with pytest.raises(OSError), peer(broker, credentials):
        pass
    with peer(broker, other) as b:
        assert not b.publish(topics.up(B, "event")).is_failure
    with peer(broker, broker.issue_node(A)) as again:
        assert not again.publish(topics.up(A, "event")).is_failure


def test_what_is_too_large_reaches_ingest_to_be_refused_by_name_and_only_excess_costs_the_session(
    broker: RunningBroker, center: Peer
) -> None:
    with peer(broker, broker.issue_node(A)) as a:
        assert not a.publish(topics.up(A, "attachment"), bytes(MAX_ATTACHMENT_BYTES + 1)).is_failure
        assert len(center.next()[1]) == MAX_ATTACHMENT_BYTES + 1
        with pytest.raises(ConnectionAbortedError):
            a.publish(topics.up(A, "attachment"), bytes(BrokerConfig().max_packet_bytes + 1))
    with peer(broker, broker.issue_node(A)) as a:
        a.publish(topics.up(A, "event"), b"small")
        assert center.next() == (topics.up(A, "event"), b"small")


def test_shared_subscriptions_deal_the_records_out_among_the_ingest_processes(broker: RunningBroker) -> None:
    shared = f"$share/ingest/{topics.UP_FILTER}"
    with (
        peer(broker, broker.issue_center("center-ingest-1")) as one,
        peer(broker, broker.issue_center("center-ingest-16")) as two,
        peer(broker, broker.issue_node(A)) as a,
    ):
        one.subscribe(shared)
        two.subscribe(shared)
        for number in range(10):
            a.publish(topics.up(A, "event"), str(number).encode())
        wait_for(lambda: one.messages.qsize() + two.messages.qsize() == 10, "all ten records")
        both = [int(payload) for _, payload in one.received() + two.received()]
        assert sorted(both) == list(range(10))


def test_a_process_of_the_centre_without_an_entry_in_the_list_sees_nothing(broker: RunningBroker, center: Peer) -> None:
    with peer(broker, broker.issue_center("center-web-1")) as web, peer(broker, broker.issue_node(A)) as a:
        web.subscribe("#")
        a.publish(topics.up(A, "event"), b"record")
        center.next()
        assert web.publish(topics.down(A, "command"), b"x").value == 0x87
        assert web.received() == []


def test_the_configuration_names_no_revocation_list_until_something_is_revoked(
    broker: RunningBroker, tmp_path: Path
) -> None:
    path = write_broker_config(tmp_path / "other", BrokerConfig(), broker.authority)
    assert "crlfile" not in path.read_text()
    broker.issue_node(A)
    broker.authority.revoke(A)
    assert "crlfile" in write_broker_config(tmp_path / "other", BrokerConfig(), broker.authority).read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_a_missing_mosquitto_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("center.broker._PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="apt install mosquitto"):
        find_mosquitto()


def test_a_directory_with_spaces_in_its_name_works(tmp_path: Path) -> None:
    odd = tmp_path / "kota serang"
    odd.mkdir()
    with running_broker(odd) as broker, peer(broker, broker.issue_node(A)) as a:
        assert not a.publish(topics.up(A, "event")).is_failure
