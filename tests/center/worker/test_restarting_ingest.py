"""An ingest that is started again and again: who is there stays up, who is silent is an incident all the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.incident_town import Town

REST = [f"kel-b{number:02}" for number in range(8)]
GONE = "kel-a01"


class Restarting(Town):
    """What listens is started anew every `life_s`, and is away for `gap_s` in between."""

    life_s: int = 60
    gap_s: int = 10
    begun_ms: int = 0

    def spend(self, seconds: int) -> None:
        """Time passes from start to start."""
        from center.ingest import hearing
        from center.ingest.models import Listener

        until_ms = self.now_ms + seconds * 1000
        while self.now_ms < until_ms:
            self.begun_ms = self.now_ms
            self.listening = True
            self.look()
            Listener.objects.update(since_ms=self.begun_ms)
            for _ in range(0, self.life_s, 10):
                self.now_ms += 10_000
                hearing.heard(self.begun_ms, self.now_ms)
                self.look()
            self.listening = False
            Listener.objects.update(connected=False)
            self.run(self.gap_s, self.gap_s)
            Listener.objects.update(connected=True)


@pytest.fixture
def town(center_data: Path) -> Iterator[Restarting]:
    town = Restarting()
    town.nodes([GONE, *REST], ["line:isp-a"])
    town.look()
    return town


@pytest.mark.parametrize(
    ("life_s", "gap_s"),
    [(60, 10), pytest.param(20, 10, marks=pytest.mark.full), pytest.param(110, 30, marks=pytest.mark.full)],
)
def test_a_silent_node_is_an_incident_though_ingest_never_listens_for_long(
    town: Restarting, life_s: int, gap_s: int
) -> None:
    town.life_s, town.gap_s = life_s, gap_s
    town.spend(100)
    assert town.open() == {}
    town.cut([GONE], reason="")
    town.spend(420)
    assert town.open() == {("node", GONE): {GONE}}
    town.back([GONE])
    town.spend(140)
    assert town.open() == {}


@pytest.mark.full
def test_who_is_heard_between_the_starts_is_never_out(town: Restarting) -> None:
    from center.operations.models import Incident

    town.life_s, town.gap_s = 20, 40
    town.spend(1800)
    assert not Incident.objects.exists()
    assert town.states() == {"UP": 9}


@pytest.mark.full
def test_one_start_alone_gives_everybody_as_long_as_before(town: Restarting) -> None:
    from center.ingest.models import Listener

    town.cut([GONE], reason="")
    town.run(60)
    town.life_s, town.gap_s = 10, 300
    town.spend(310)
    Listener.objects.update(since_ms=town.now_ms)
    town.listening = True
    town.look()
    town.run(70)
    assert town.states() == {"UP": 8, "UNKNOWN": 1}
    town.run(30)
    assert town.states() == {"UP": 8, "DOWN": 1}
