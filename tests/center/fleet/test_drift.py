"""In which way a box does not run what it should."""

from pathlib import Path
from typing import Any

import pytest

from tests.support import configs

NODE = "kel-3673011001"


def kind(node: str = NODE) -> str:
    from center.fleet.drift import standings

    [one] = standings([node])
    return one.kind


@pytest.mark.parametrize(
    ("target", "said", "expected"),
    [
        ("done", {"revision": 1}, "same"),
        ("running", {"revision": 1, "state": "trying"}, "trying"),
        ("running", {"revision": 0, "state": "card"}, "waiting"),
        ("due", {}, "waiting"),
        ("failed", {"revision": 0, "state": "reverted", "tried": 1, "code": "disk"}, "reverted"),
        ("failed", {"revision": 0, "state": "refused", "tried": 1}, "refused"),
        ("skipped", {"revision": 0, "state": "card"}, "skipped"),
        ("failed", {"revision": 0, "state": "card"}, "other"),
        ("done", {"revision": 1, "overrides": ["health.interval_s"]}, "changed"),
        ("expired", {}, "unheard"),
    ],
)
def test_every_way_has_its_word(center_data: Path, target: str, said: dict[str, Any], expected: str) -> None:
    from center.fleet.drift import KINDS
    from center.web.config_words import DRIFTS

    configs.add_push({NODE: target})
    if said:
        configs.runs(NODE, **said)
    assert kind() == expected
    assert set(KINDS) == set(DRIFTS)


def test_a_box_without_any_push_runs_its_card(center_data: Path) -> None:
    assert kind() == "unheard"
    configs.runs(NODE, 0, "card")
    assert kind() == "same"


def test_an_override_on_a_box_with_its_card_alone_is_told_too(center_data: Path) -> None:
    configs.runs(NODE, 0, "card", overrides=["uplink.host"])
    assert kind() == "changed"


def test_the_same_number_of_another_life_of_the_database_is_another_revision(center_data: Path) -> None:
    from center.fleet.models import NodeConfig

    revision = configs.add_push({NODE: "done"})
    configs.runs(NODE, revision)
    NodeConfig.objects.filter(node=NODE).update(generation="an older one")
    assert kind() == "other"


def test_what_was_pushed_counts_its_boxes(center_data: Path) -> None:
    from center.fleet.shown import rows

    first = configs.add_push({NODE: "done", "kel-3673011002": "done"})
    second = configs.add_push({NODE: "done"}, note="lampu mati")
    configs.runs(NODE, second)
    configs.runs("kel-3673011002", first)
    found = {row.revision: (row.nodes, row.running, row.wanted, row.note) for row in rows()}
    assert found == {second: (1, 1, 1, "lampu mati"), first: (2, 1, 1, "")}
