"""A pass over one node brings all that share an upstream with it, with their sites, and whole outage notices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.arithmetic import work_out_due
from tests.support.arrivals import project_all, register_node, store_state
from tests.support.center import center_database
from tests.support.two_days import FIRST_MS, Box, at, deliver

pytestmark = pytest.mark.full
DARK = ("kel-3673011001", "kel-3673011002", "kel-3673011003")
TWINS = ("kel-3673011004", "kel-3673011005", "kel-3673011006")
"""Two of these stand at one site."""
CUT = ("kec-367301", "kec-367302", "kec-367303")
"""On one line; the last was well all the time."""
STEPS = "kel-3673011007"
NOW_MS = at(11.02)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A day in which all of these were worked out one by one, as their records came."""
    with center_database(tmp_path_factory.mktemp("witnesses") / "center") as data:
        _register()
        from center.ingest import hearing

        hearing.heard(FIRST_MS, NOW_MS)
        for box in (*map(_darkened, (*DARK, *TWINS)), *map(_cut, CUT), _stepped()):
            _sessions(data, box)
            for stream in box.seqs:
                deliver(data, (box.node, stream, [one for name, one in box.records if name == stream]), NOW_MS)
            project_all(data)
            work_out_due(NOW_MS)
        yield data


def _sessions(data: Path, box: Box) -> None:
    """From ten to eleven there was none; the last node on the line had no reason to begin another."""
    said = [(at(1), 1, "online", "birth", "boot-a"), (at(10.01), 1, "offline", "will", "boot-a")]
    said.append((at(11.005), 2, "online", "birth", box.boot))
    for at_ms, session, status, reason, boot in said[: 1 if box.node == CUT[2] else 3]:
        store_state(data, at_ms, node=box.node, session=session, status=status, reason=reason, boot=boot)
    if box.node == CUT[2]:
        store_state(data, NOW_MS - 1_000, node=box.node, session=1, boot="boot-a")


def _register() -> None:
    from center.sites.models import Link, Node, Site, Upstream

    for node in (*DARK, *TWINS, *CUT, STEPS):
        register_node(node=node)
    Node.objects.filter(id=TWINS[1]).update(site=Site.objects.get(code=TWINS[0]))
    for code, kind, nodes in (("gi-1", "feeder", DARK), ("gi-2", "feeder", TWINS), ("isp-a", "line", CUT)):
        upstream = Upstream.objects.create(code=code, name=code, kind=kind)
        for node in nodes:
            Link.objects.create(site=Site.objects.get(code=node), upstream=upstream)


def _darkened(node: str) -> Box:
    box = Box(node)
    box.start(at(1), "boot-a", "run-1")
    last_ms = at(10) - box.began_ms
    box.start(at(11), "boot-b", "run-1", verdict="power_or_unknown", last_alive_mono_ms=last_ms)
    return box


def _cut(node: str) -> Box:
    box = Box(node)
    box.start(at(1), "boot-a", "run-1")
    if node != CUT[2]:
        box.outage("o", at(10), at(11), "L6a")
    return box


def _stepped() -> Box:
    """The broker was down, and then somebody pulled the cable."""
    box = Box(STEPS)
    box.start(at(1), "boot-a", "run-1")
    seen = {
        "id": "o", "boot": box.boot, "onset_mono_ms": at(10) - box.began_ms, "found_mono_ms": at(10.01) - box.began_ms,
        "code": "L1", "confidence_pct": 95.0, "phase": "ended", "end_mono_ms": at(11) - box.began_ms,
        "steps": [
            {"mono_ms": at(hour) - box.began_ms, "code": code, "confidence_pct": 95.0}
            for hour, code in ((10.01, "B1"), (10.5, "L1"))
        ],
    }  # fmt: skip
    box.file(at(11.01), "outage", seen)
    return box


def told(nodes: tuple[str, ...]) -> list[tuple[str, str]]:
    from center.availability import reading

    return [
        (row.cause, row.parent)
        for node in nodes
        for row in sorted(reading.outages([node], FIRST_MS, NOW_MS), key=lambda row: row.start_hi_ms)
    ]


def test_boxes_worked_out_one_by_one_prove_a_power_cut_together(city: Path) -> None:
    assert told(DARK) == [("N0", "gi-1")] * 3


def test_two_boxes_of_one_site_are_one_witness(city: Path) -> None:
    assert told(TWINS) == [("restart", "")] * 3


def test_sites_that_lost_one_line_together_name_it(city: Path) -> None:
    assert told(CUT) == [("L6a", "isp-a")] * 2


def test_an_outage_is_cut_where_its_steps_say_so(city: Path) -> None:
    assert told((STEPS,)) == [("B1", ""), ("L1", "")]


def test_a_pass_over_one_node_takes_all_of_its_upstream_with_their_sites(city: Path) -> None:
    from center.availability.passes import Pass

    for node, others in ((DARK[0], DARK), (TWINS[0], TWINS), (CUT[0], CUT)):
        one = Pass([node], at(2), NOW_MS)
        for _step in one.run():
            pass
        fleet = one._fleet()
        assert set(fleet.nodes) == set(others)
        assert [fleet.sites[name] for name in others] == (
            [TWINS[0], TWINS[0], TWINS[2]] if others == TWINS else list(others)
        )
        assert {link.upstream for name in others for link in fleet.links[name]} == {fleet.links[node][0].upstream}
