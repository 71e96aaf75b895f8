"""Fetching a release over real TLS on a line that is cut again and again: whole in the end, within its budget."""

import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.enrol.door import Address
from agent.update.fetch import OVERHEAD_BYTES, Fetcher, FetchError, Wish
from center.enrolment.frames import Reply
from center.enrolment.releases import Cost, HandingOut
from center.pki import create_authority
from tests.support.listener_alone import Alone, listener_alone
from tests.support.tcp_proxy import TcpProxy

RAW = hashlib.sha256(b"seed").digest() * 10_000
DIGEST = hashlib.sha256(RAW).hexdigest()
BOUNDLESS = 10**9


@dataclass
class Way:
    """The listener, and a line to it that can be made bad."""

    door: Alone
    line: TcpProxy
    folder: Path

    def fetcher(self, folder: Path, *, budget: int = BOUNDLESS, digest: str = DIGEST, rate: int = BOUNDLESS) -> Fetcher:
        wish = Wish(digest, len(RAW), budget, rate, 200)
        address = Address("127.0.0.1", self.line.port)
        return Fetcher(address, self.door.ca.read_bytes(), folder, wish, sleep=lambda _: time.sleep(0.001))


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    folder = tmp_path_factory.mktemp("way")
    (folder / f"{DIGEST}.sandi").write_bytes(RAW)
    with listener_alone(folder, lambda _: Reply(200, b"{}")) as alone:
        alone.listener.releases = HandingOut(folder, Cost(64, 64, bytes_per_s=2**40))
        line = TcpProxy(alone.port)
        line.start()
        yield Way(alone, line, folder)
        line.close()


@pytest.fixture(autouse=True)
def good_line(way: Way) -> None:
    way.line.heal()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut_every=st.integers(60_000, 300_000), held=st.integers(0, len(RAW)))
def test_a_line_that_is_cut_at_any_byte_brings_it_whole_in_the_end(
    way: Way, tmp_path: Path, cut_every: int, held: int
) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / f"{DIGEST}.part").write_bytes(RAW[:held])
    way.line.set(cut_every=cut_every)
    fetcher = way.fetcher(tmp_path)
    assert fetcher.run().read_bytes() == RAW
    fresh = len(RAW) - held
    assert fresh <= fetcher.spent_bytes <= fresh + OVERHEAD_BYTES * (2 + len(RAW) // 4_000), (
        "what was here was not paid twice"
    )


def test_what_is_here_already_costs_nothing(way: Way, tmp_path: Path) -> None:
    (tmp_path / f"{DIGEST}.bundle").write_bytes(RAW)
    fetcher = way.fetcher(tmp_path)
    assert (fetcher.run().read_bytes() == RAW, fetcher.spent_bytes) == (True, 0)


def test_a_budget_that_is_used_up_ends_it_and_keeps_what_came(way: Way, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as ended:
        way.fetcher(tmp_path, budget=150_000).run()
    held = (tmp_path / f"{DIGEST}.part").stat().st_size
    assert ended.value.code == "budget"
    assert 100_000 < held <= 150_000
    assert way.fetcher(tmp_path, budget=len(RAW) - held + OVERHEAD_BYTES).run().read_bytes() == RAW


def test_bytes_that_are_not_the_bundles_are_fetched_anew_once(way: Way, tmp_path: Path) -> None:
    (tmp_path / f"{DIGEST}.part").write_bytes(b"x" * 100_000)
    assert way.fetcher(tmp_path).run().read_bytes() == RAW


def test_a_centre_that_hands_out_something_else_is_not_believed(way: Way, tmp_path: Path) -> None:
    other = hashlib.sha256(b"other").hexdigest()
    (way.folder / f"{other}.sandi").write_bytes(RAW)
    with pytest.raises(FetchError) as ended:
        way.fetcher(tmp_path, digest=other).run()
    assert ended.value.code == "hash"
    assert list(tmp_path.iterdir()) == []


def test_a_release_that_is_not_there_ends_at_once(way: Way, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as ended:
        way.fetcher(tmp_path, digest="0" * 64).run()
    assert ended.value.code == "not_found"


def test_other_bundles_give_way(way: Way, tmp_path: Path) -> None:
    (tmp_path / f"{'3' * 64}.part").write_bytes(b"old")
    way.fetcher(tmp_path).run()
    assert [path.name for path in tmp_path.iterdir()] == [f"{DIGEST}.bundle"]


def test_only_the_pinned_authority_is_believed(way: Way, tmp_path: Path) -> None:
    stranger = create_authority(tmp_path / "stranger").ca_certificate.read_bytes()
    folder = tmp_path / "update"
    folder.mkdir()
    wish = Wish(DIGEST, len(RAW), BOUNDLESS, BOUNDLESS, 0.0)
    with pytest.raises(FetchError) as ended:
        Fetcher(Address("127.0.0.1", way.line.port), stranger, folder, wish).run()
    assert (ended.value.code, list(folder.iterdir())) == ("late", [])


def test_the_rate_is_kept_by_waiting(way: Way, tmp_path: Path) -> None:
    waits: list[float] = []
    wish = Wish(DIGEST, len(RAW), BOUNDLESS, 100_000, 200)
    address = Address("127.0.0.1", way.line.port)
    Fetcher(address, way.door.ca.read_bytes(), tmp_path, wish, sleep=waits.append).run()
    assert max(waits) > 1.0, "320 kB at 100 kB/s want seconds of waiting in all"


def test_a_line_that_is_refused_for_a_while_is_tried_again(way: Way, tmp_path: Path) -> None:
    way.line.set(refuse=True)
    threading.Timer(0.5, way.line.heal).start()
    assert way.fetcher(tmp_path).run().read_bytes() == RAW
