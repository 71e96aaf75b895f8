"""What a pushed configuration holds for a node, whether a box would take it, who is wanted to run it."""

import tomllib
from pathlib import Path

import pytest

A, B = "kel-3673011001", "kel-3673011002"


def test_a_valid_configuration_has_no_problems(center_data: Path) -> None:
    from center.fleet.revisions import problems

    toml = '[health]\ninterval_s = 60\n[uplink]\nhost = "pusat.example"\n[[probes.target]]\nhost = "10.0.0.1"\n'
    assert [one for one in problems(toml, {}, [A], "id") if "probes" not in one.text] == []
    assert problems("# the card alone\n", {}, [A], "id") == []


def test_what_a_box_refuses_is_said_before_anything_is_sent_in_both_languages(center_data: Path) -> None:
    from center.fleet.revisions import problems

    toml = "[node]\nplace = 'x'\n[health]\ninterval_s = -1\n"
    english, indonesian = problems(toml, {}, [A], "en"), problems(toml, {}, [A], "id")
    assert len(english) == len(indonesian) == 2
    assert "only this box's card" in english[0].text and "hanya kartu" in indonesian[0].text
    assert "health.interval_s" in english[1].text


def test_what_is_wrong_for_one_box_alone_names_it(center_data: Path) -> None:
    from center.fleet.revisions import problems

    over = {A: "[health]\ninterval_s = 0\n", B: "no toml", "kel-9": "[node]\nid = 'x'\n"}
    found = problems("[health]\nvcgencmd = false\n", over, [A, B], "en")
    assert [one.node for one in found] == [B, A]
    assert found[0].text.startswith("TOML")


def test_a_nodes_part_is_laid_over_key_by_key(center_data: Path) -> None:
    from center.fleet.revisions import text_for

    text = text_for("[health]\ninterval_s = 60\nvcgencmd = false\n", {A: "[health]\ninterval_s = 30\n"}, A)
    assert tomllib.loads(text) == {"health": {"interval_s": 30, "vcgencmd": False}}
    assert text_for("# as it is\n", {A: "[health]\n"}, B) == "# as it is\n"


def test_wanted_is_the_newest_order_whatever_comes_first(center_data: Path) -> None:
    from center.fleet.models import NodeConfig
    from center.fleet.revisions import want

    want("g", 2, [A, B])
    want("g", 1, [A])
    want("g", 3, [B])
    assert dict(NodeConfig.objects.values_list("node", "wanted_revision")) == {A: 2, B: 3}
    want("restored", 1, [A])
    assert NodeConfig.objects.get(node=A).wanted_generation == "restored"


@pytest.mark.parametrize("revision", [0, 7, 2**70])
def test_a_revision_nobody_pushed_is_none(center_data: Path, revision: int) -> None:
    from center.fleet.revisions import push_of

    assert push_of(revision) is None


def test_what_a_node_says_keeps_what_it_is_wanted_to_run(center_data: Path) -> None:
    from center.fleet.models import NodeConfig
    from center.fleet.revisions import want
    from tests.support.arrivals import project_all, store_records
    from tests.support.fleet import NODE, record

    want("g", 4, [NODE])
    body = {"state": "confirmed", "generation": "g", "revision": 4, "digest": "a" * 64, "overrides": ["health.x"]}
    store_records(center_data, [record(1, "config", body)])
    project_all(center_data)
    one = NodeConfig.objects.get(node=NODE)
    assert (one.state, one.revision, one.wanted_revision, one.overrides) == ("confirmed", 4, 4, '["health.x"]')
