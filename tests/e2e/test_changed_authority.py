"""Under `sandi-center up` another authority takes the present one's place: real agents, old and new certificates, and
everything they file arrives at every stage."""

from pathlib import Path

import pytest

from tests.support.city import NODE, Agent, City, running_city, wait_until

OTHER = "kel-3673011002"

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


def all_arrives(city: City, *agents: Agent) -> None:
    """Each files a complaint now; all of them are stored."""
    sql = "SELECT COUNT(*) FROM ingest_rawrecord WHERE stream = 'complaint' AND node = ?"
    for agent in agents:
        before = int(str(city.query(sql, agent.node)[0][0]))
        wait_until(agent.ready, f"the intake of {agent.node}")
        assert agent.filed("Lampu jalan mati", f"{agent.node}-{before}")
        wait_until(
            lambda node=agent.node, known=before: int(str(city.query(sql, node)[0][0])) > known,  # type: ignore[misc]
            f"the complaint of {agent.node}; the centre says:\n{city.up.tail()}",
            120,
        )


def patient(agent: Agent) -> Agent:
    """One that takes itself for cloned for seconds only: each step may cut it off more than once."""
    agent.config.write_text(agent.config.read_text().replace("[uplink]\n", "[uplink]\ntaken_over_s = 2\n"))
    return agent


def test_boxes_and_the_centre_s_own_processes_go_through_every_step(tmp_path: Path) -> None:
    with running_city(tmp_path) as city:
        one = patient(city.agent("one", NODE))
        one.start()
        all_arrives(city, one)
        city.command("ca", "prepare")
        other = patient(city.agent("other", OTHER))  # its certificate is the following authority's
        other.start()
        all_arrives(city, one, other)
        city.command("enroll", NODE, "--out", str(city.credentials(NODE)), "--force")
        one.stop()
        one.start()
        all_arrives(city, one, other)
        assert '"lacking": []' in city.command("ca", "switch", "--json")
        all_arrives(city, one, other)
        # No more steps in so short a time: a box that is cut off again and again takes itself for cloned, and waits.
        city.command("ca", "retire")
        all_arrives(city, one, other)
        said = city.up.tail(1_000_000)
        assert "keeps failing" not in said
        assert "Traceback" not in said
