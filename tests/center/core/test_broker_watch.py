"""What is made of the broker's lines: real ones of mosquitto 2.0.11, and any others."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.broker_watch import (
    LINES_A_MINUTE,
    MOST_ADDRESSES,
    MOST_ROWS,
    NODES_OF_ONE,
    QUIET_MS,
    BrokerWatch,
    Row,
    Seen,
)

NODE, OTHER = "kel-3673011001", "kel-3673011002"
NOW_MS = 1_795_000_000_000
STAMP = "2026-11-28T12:40:10: "
VERIFY = "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed"
GONE = "Client <unknown> disconnected: Protocol error."


def came(address: str, port: int = 40_000) -> str:
    return f"New connection from {address}:{port} on port 8883."


def let_in(address: str, node: str, port: int = 40_000) -> str:
    return f"New client connected from {address}:{port} as {node} (p5, c1, k30, u'{node}')."


def heard(*lines: str, seen: Seen | None = None, at_ms: int = NOW_MS) -> tuple[Seen, list[str]]:
    watch = BrokerWatch(seen or Seen())
    told = [text for line in lines for text in watch.take(STAMP + line, at_ms)]
    return watch.seen, told


def reasons(seen: Seen) -> dict[tuple[str, str], int]:
    return {(row.who, row.reason): row.count for row in seen.rows}


def test_each_way_to_be_turned_away_is_known_by_its_lines() -> None:
    seen, told = heard(
        came("10.0.0.1"), VERIFY, GONE,
        came("10.0.0.2"), "OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate", GONE,
        "Client connection from 10.0.0.3 failed: error:0A00010B:SSL routines::wrong version number.",
        came("10.0.0.4"), "OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading", GONE,
        came("10.0.0.5"), GONE,
        came("10.0.0.6"), "Client <unknown> disconnected due to oversize packet.",
        came("10.0.0.7"), "Client <unknown> has exceeded timeout, disconnecting.",
        "Client connection from 10.0.0.8 denied: max_connections exceeded.",
        came("10.0.0.9"), let_in("10.0.0.9", NODE), f"{NODE} 1 #", f"{NODE} 1 sandi/v1/{NODE}/down/#",
        f"{NODE} 1 sandi/v1/center/state", f"Client {NODE} disconnected due to oversize packet.",
        "center-ingest-1 1 $share/a-secret/sandi/v1/+/up/#",
    )  # fmt: skip
    assert reasons(seen) == {
        ("10.0.0.1", "certificate"): 1,
        ("10.0.0.2", "no_certificate"): 1,
        ("10.0.0.3", "no_tls"): 1,
        ("10.0.0.4", "left"): 1,
        ("10.0.0.5", "garbage"): 1,
        ("10.0.0.6", "oversize"): 1,
        ("10.0.0.7", "slow"): 1,
        ("10.0.0.8", "full"): 1,
        (NODE, "foreign_topic"): 1,
        (NODE, "oversize"): 1,
    }
    assert not any("a-secret" in line for line in told)
    assert any(line.endswith(f"{NODE} 1 #") for line in told)


def test_a_refusal_among_several_strangers_is_laid_to_nobody() -> None:
    seen, _ = heard(came("10.0.0.1"), came("10.0.0.2"), VERIFY, GONE)
    assert reasons(seen) == {("", "certificate"): 1}


def test_the_boxes_of_an_address_are_remembered_and_what_a_box_says_on_leaving_is_no_stranger_s() -> None:
    eof = "OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading"
    seen, _ = heard(
        came("10.0.0.1", 1), let_in("10.0.0.1", NODE, 1), eof, f"Client {NODE} closed its connection.",
        came("10.0.0.1", 2), let_in("10.0.0.1", OTHER, 2), came("10.0.0.1", 3), GONE,
    )  # fmt: skip
    assert list(seen.nodes["10.0.0.1"]) == [NODE, OTHER]
    assert reasons(seen) == {("10.0.0.1", "garbage"): 1}


def test_a_flood_is_counted_whole_told_in_part_and_its_rest_in_one_line() -> None:
    watch, told = BrokerWatch(Seen()), []
    for number in range(1_000):
        for line in (came("10.0.0.1", number), VERIFY, GONE):
            told += watch.take(line, NOW_MS)
    assert len(told) == LINES_A_MINUTE
    assert reasons(watch.seen) == {("10.0.0.1", "certificate"): 1_000}
    after = list(watch.take(let_in("10.0.0.2", NODE), NOW_MS + 60_000))
    assert after[0].startswith(f"{3_000 - LINES_A_MINUTE} more lines")
    assert after[1] == let_in("10.0.0.2", NODE)


def test_many_addresses_are_bounded_and_what_is_given_up_is_counted() -> None:
    lines = [
        f"Client connection from 10.0.{n // 250}.{n % 250} denied: max_connections exceeded." for n in range(1_000)
    ]
    seen, _ = heard(*lines)
    assert len(seen.rows) == MOST_ROWS
    assert seen.left_out == 1_000 - MOST_ROWS
    seen, _ = heard(*(let_in(f"10.{n // 60_000}.{n // 250 % 250}.{n % 250}", NODE) for n in range(MOST_ADDRESSES + 10)))
    assert len(seen.nodes) == MOST_ADDRESSES
    seen, _ = heard(*(let_in("10.0.0.1", f"opd-{'a' * n}") for n in range(1, 30)))
    assert len(seen.nodes["10.0.0.1"]) == NODES_OF_ONE


def test_what_was_kept_goes_on_and_a_quiet_week_ends_a_row() -> None:
    seen = Seen(1, [Row("10.0.0.1", "full", 5, 1, NOW_MS - QUIET_MS - 1), Row("10.0.0.2", "full", 7, 1, NOW_MS - 9)])
    seen, _ = heard("Client connection from 10.0.0.2 denied: max_connections exceeded.", seen=seen)
    assert [(row.who, row.count, row.last_ms) for row in seen.rows] == [("10.0.0.2", 8, NOW_MS)]
    assert (seen.since_ms, seen.left_out) == (1, 5)


PIECES = st.sampled_from([
    came("10.0.0.1", 1), came("10.0.0.2", 2), came("::1", 3), VERIFY, GONE, let_in("10.0.0.1", NODE, 1), f"{NODE} 1 #",
    "Client <unknown> disconnected due to oversize packet.", f"Client {NODE} closed its connection.", "", "x",
])  # fmt: skip


@given(st.lists(st.tuples(st.one_of(PIECES, st.text(max_size=60)), st.integers(0, 200_000)), max_size=80))
def test_any_lines_in_any_order_at_any_time_are_taken(lines: list[tuple[str, int]]) -> None:
    watch, told = BrokerWatch(Seen()), 0
    for line, at_ms in lines:
        told += len(list(watch.take(line, NOW_MS + at_ms)))
    assert told <= 2 * len(lines)
    assert len({(row.who, row.reason) for row in watch.seen.rows}) == len(watch.seen.rows)
    assert all(row.count > 0 for row in watch.seen.rows)
