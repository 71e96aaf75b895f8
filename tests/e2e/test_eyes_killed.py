"""kill -9 of the camera process, of the agent and of both while pictures flow: the chain and the files stay whole, no
picture comes twice, and none is said to be younger than it is.

The oracle is the camera's own list of what it gave and when; it gives every picture once.
"""

import hashlib
import signal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.agent.cameras.http_camera import HttpCamera
from tests.support.city import Agent, running_city, wait_until
from tests.support.torture import often
from tests.support.watched_city import arrived, camera, chain_in_pack, is_unbroken, settled, wait_for, watched

pytestmark = [pytest.mark.broker, pytest.mark.full, pytest.mark.timeout(900)]


class Witness(HttpCamera):
    """Notes what it gives, and when (wall clock, ms), before the first byte leaves."""

    def __init__(self) -> None:
        super().__init__(auth="md5")
        self.gave: list[tuple[str, int]] = []

    def picture(self) -> bytes:
        import time

        content = super().picture()
        self.gave.append((hashlib.sha256(content).hexdigest(), time.time_ns() // 1_000_000))
        return content


def killed(agent: Agent, who: str) -> None:
    """End the part at once, or both, and start what is missing."""
    assert agent.eyes is not None
    if who in ("eyes", "both"):
        agent.eyes.stop(signal.SIGKILL)
    if who in ("agent", "both"):
        assert agent.process is not None
        agent.process.kill()
        agent.process.wait()
        agent.start()  # and the camera process, where it was killed as well
        wait_until(agent.ready, f"the agent again\n{agent.tail()}")
    elif not agent.eyes.alive():
        agent.eyes.start()


def test_whoever_is_killed_the_chain_is_whole_and_nothing_old_is_sold_as_fresh(tmp_path: Path) -> None:
    source = Witness()
    source.start()
    try:
        with running_city(tmp_path) as city:
            login = source.user, source.password
            agent = watched(city, camera("http_jpeg", url=source.url, strip=False), login)
            agent.start()
            wait_for(city, agent, lambda rows: len(rows) >= 2, "pictures at the centre")
            for who in ("eyes", "agent", "both") * often(2, 10):
                killed(agent, who)
                count = len(arrived(city))
                wait_for(city, agent, lambda rows, count=count: len(rows) > count + 1, f"pictures after {who}")
            settled(city, agent)
            rows = arrived(city)
            assert is_unbroken(chain_in_pack(city, tmp_path)), [dict(row) for row in rows]
            spool = agent.directory / "camera-run" / "spool"
            assert [file.name for file in spool.iterdir()] == [], "nothing is left behind of those that died"
            records = {row.record(city).sha256: row.record(city) for row in rows}
    finally:
        source.stop()
    order = [digest for digest, _ in source.gave]
    assert len(records) == len(rows), "no picture came twice"
    assert set(records) <= set(order), "all of them are the camera's own"
    gave_ms = dict(source.gave)
    followed_ms = {digest: after for (digest, _), (_, after) in pairwise(source.gave)}
    for digest, record in records.items():
        taken_ms = record.wall_ms - record.taken_age_ms
        # The next picture is asked for only when this one is done with: what claims to be of later is sold as fresh.
        assert taken_ms <= followed_ms.get(digest, taken_ms) + 1, (record, gave_ms[digest])
    by_number = [record.sha256 for record in sorted(records.values(), key=lambda record: record.seq)]
    assert by_number == sorted(by_number, key=order.index), "they are numbered as they were taken"
