"""What decides over what: card, pushed tables, override."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.core import overlay

CARD = {
    "node": {"id": "kel-1", "data_dir": "/d"},
    "uplink": {"host": "old", "port": 8883, "credentials": "/keys"},
    "health": {"interval_s": 30, "vcgencmd": True},
    "camera_process": {"logins_file": "/secret", "worker_mb": 90},
}
NAMES = st.sampled_from(["node", "uplink", "health", "kiosk", "serial", "run_dir", "host", "control", "a"])
TABLES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(NAMES, st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2), max_size=3),
    lambda inner: st.dictionaries(NAMES, inner | st.integers(), max_size=4),
    max_leaves=12,
)


def test_a_pushed_table_replaces_the_cards_as_a_whole() -> None:
    assert overlay.effective(CARD, {"health": {"interval_s": 60}}, {})["health"] == {"interval_s": 60}


def test_the_way_to_the_centre_is_laid_over_key_by_key() -> None:
    found = overlay.effective(CARD, {"uplink": {"host": "new"}}, {})
    assert found["uplink"] == {"host": "new", "port": 8883, "credentials": "/keys"}


def test_what_is_the_boxs_own_stays_as_the_card_says() -> None:
    pushed = {"uplink": {"credentials": "/tmp"}, "camera_process": {"logins_file": "/etc/shadow", "worker_mb": 120}}
    found = overlay.effective(CARD, pushed, {})
    assert found["uplink"]["credentials"] == "/keys"
    assert found["camera_process"] == {"logins_file": "/secret", "worker_mb": 120}


def test_refusals_name_tables_and_keys() -> None:
    pushed = {
        "node": {"id": "kel-2"}, "commands": {"allow": []}, "health": {"interval_s": 5},
        "uplink": {"credentials": "/x", "port": 1}, "kiosk": {"serial": {"run_dir": "/x"}},
    }  # fmt: skip
    assert overlay.refused(pushed) == ("node", "commands", "uplink.credentials", "kiosk.serial.run_dir")
    assert overlay.refused({"health": {}, "probes": {"target": [{"host": "a"}]}, "uplink": {"host": "b"}}) == ()


def test_the_override_wins_over_both_and_is_named() -> None:
    override = {"health": {"interval_s": 15}, "uplink": {"host": "mine"}}
    found = overlay.effective(CARD, {"health": {"interval_s": 60, "vcgencmd": False}}, override)
    assert found["health"] == {"interval_s": 15, "vcgencmd": False}
    assert found["uplink"]["host"] == "mine"
    assert overlay.keys_of(override) == ("health.interval_s", "uplink.host")


def test_each_value_has_its_source() -> None:
    sources = overlay.sources(CARD, {"uplink": {"host": "new"}, "led": {"path": "/x"}}, {"node": {"place": "Serang"}})
    assert sources["uplink.host"] == "pushed"
    assert sources["uplink.port"] == sources["node.id"] == "card"
    assert sources["node.place"] == "override"
    assert "led.path" not in sources


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert overlay.digest({"a": {"x": 1, "y": 2}, "b": 3}) == overlay.digest({"b": 3, "a": {"y": 2, "x": 1}})
    assert overlay.digest({"a": 1}) != overlay.digest({"a": 2})


@given(card=TABLES, pushed=TABLES, override=TABLES)
def test_never_does_a_pushed_table_reach_what_it_must_not(
    card: dict[str, Any], pushed: dict[str, Any], override: dict[str, Any]
) -> None:
    found = overlay.values(overlay.effective(card, pushed, {}))
    own = overlay.values(card)
    for path, value in found.items():
        table = path.split(".")[0]
        if table not in overlay.PUSHABLE or path in overlay.LOCAL:
            assert own.get(path, value) == value
            assert path in own or not path
    final = overlay.values(overlay.effective(card, pushed, override))
    assert all(final[path] == value for path, value in overlay.values(override).items() if path)
    assert set(overlay.sources(card, pushed, override)) == set(final)


@given(tables=TABLES)
def test_nothing_pushed_and_nothing_overridden_is_the_card(tables: dict[str, Any]) -> None:
    assert overlay.effective(tables, {}, {}) == tables
