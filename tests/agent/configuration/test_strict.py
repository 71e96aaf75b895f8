"""The strict reader: every mistake is named with its place, its value and what would be right."""

from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configuration.problems import ConfigError, Problem, shown
from agent.configuration.settings import Settings, field
from agent.configuration.strict import Reader
from agent.messages import LANGUAGES

BASE = Path("/etc/sandi")


class Target(Settings, frozen=True):
    host: str
    port: int = 443


class Part(Settings, frozen=True):
    interval_s: float = 30.0
    cache_bytes: int = 1024
    share_pct: float = 50.0
    port: int = 8883
    folder: Path = Path("/var")
    verbose: bool = False
    mode: Literal["auto", "manual"] = "auto"
    tags: tuple[str, ...] = ()
    target: tuple[Target, ...] = ()
    limits: dict[str, int] = field(default_factory=dict)
    gateway: str | None = None
    window: int = field(default=20, metadata={"min": 1, "max": 100})
    code: str = field(default="a1", metadata={"pattern": r"[a-z][0-9]", "example": "b7"})

    def __post_init__(self) -> None:
        if self.window > self.cache_bytes:
            raise ValueError("window must not be above cache_bytes")


def read(table: dict[str, Any]) -> tuple[Part | None, list[Problem]]:
    reader = Reader(BASE)
    return reader.build(Part, table, "part"), reader.problems


def test_a_whole_table_loads() -> None:
    part, problems = read(
        {
            "interval_s": 5,
            "folder": "pictures",
            "verbose": True,
            "mode": "manual",
            "tags": ["a"],
            "target": [{"host": "x"}, {"host": "y", "port": 1}],
            "limits": {"health": 3},
            "gateway": "10.0.0.1",
        }
    )
    assert problems == []
    assert part is not None
    assert part.interval_s == 5.0
    assert isinstance(part.interval_s, float)
    assert part.folder == BASE / "pictures"
    assert part.target == (Target("x"), Target("y", 1))
    assert part.limits == {"health": 3}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"prot": 1}, "part.prot: unknown key (value 1); did you mean port?"),
        ({"zzz": 1}, "part.zzz: unknown key (value 1); the keys here are: cache_bytes,"),
        ({"interval_ms": 5000}, "part.interval_ms: this key has the wrong unit (value 5000); right is: interval_s = 5"),
        ({"interval": 5}, "part.interval: this key has the wrong unit (value 5); right is: interval_s = 5"),
        (
            {"interval_s": "30s"},
            'part.interval_s: the value "30s" must be a number without quotes and unit; right is: ',
        ),
        ({"interval_s": "5 menit"}, "right is: interval_s = 300"),
        ({"cache_bytes": "64 KiB"}, "right is: cache_bytes = 65536"),
        ({"share_pct": "80%"}, "right is: share_pct = 80"),
        ({"interval_s": "soon"}, 'the value "soon" is of the wrong type'),
        ({"interval_s": True}, "the value true is of the wrong type"),
        ({"interval_s": 0}, "the value 0 is out of bounds; right is > 0"),
        ({"interval_s": -1}, "out of bounds"),
        ({"interval_s": float("nan")}, "out of bounds"),
        ({"interval_s": float("inf")}, "out of bounds"),
        ({"share_pct": 101}, "right is >= 0, <= 100"),
        ({"port": 0}, "right is >= 1, <= 65535"),
        ({"port": 80.0}, "the value 80.0 is of the wrong type; right is something like 123"),
        ({"port": False}, "the value false is of the wrong type"),
        ({"port": 10**30}, "out of bounds"),
        ({"verbose": 1}, "the value 1 is of the wrong type; right is something like true/false"),
        ({"folder": ""}, 'part.folder: the value "" is empty'),
        ({"folder": "a\0b"}, "NUL"),
        ({"mode": "manul"}, 'did you mean manual? (choices: "auto", "manual")'),
        ({"mode": "x"}, 'the value "x" is not known; choices: "auto", "manual"'),
        ({"tags": "a"}, "part.tags: the value"),
        ({"tags": ["a", 2]}, "part.tags[2]: the value 2 is of the wrong type"),
        ({"target": [{"port": 1}]}, "part.target[1].host: required"),
        ({"target": [{"host": "x", "prt": 1}]}, "part.target[1].prt: unknown key (value 1); did you mean port?"),
        ({"target": {"host": "x"}}, "part.target: the value"),
        ({"limits": {"a": "b"}}, "part.limits.a: the value"),
        ({"window": 101}, "right is >= 1, <= 100"),
        ({"code": "77"}, "an example: b7"),
        ({"cache_bytes": 10}, "part: window must not be above cache_bytes"),
        ({"gateway": 3}, "part.gateway: the value 3 is of the wrong type"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(table: dict[str, Any], expected: str) -> None:
    part, problems = read(table)
    assert part is None
    assert len(problems) == 1
    assert expected in problems[0].text("en")


def test_all_mistakes_of_a_file_are_reported_together() -> None:
    _, problems = read({"prot": 1, "interval_s": "x", "target": [{}, {"host": 1}]})
    assert len(problems) == 4


def test_values_in_messages_are_short_and_printable() -> None:
    assert len(shown("x" * 10_000)) == 60
    assert "\x1b" not in shown("\x1b[31m")


toml_values = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)
keys = st.sampled_from([*Part.about, "host", "interval_ms", "x"]) | st.text(max_size=12)


@given(st.dictionaries(keys, toml_values, max_size=8) | toml_values)
def test_any_mapping_either_loads_or_is_refused_in_words(table: Any) -> None:
    part, problems = read(table)
    assert (part is None) == bool(problems)
    if problems:
        error = ConfigError(BASE / "agent.toml", tuple(problems))
        for lang in LANGUAGES:
            for line in error.lines(lang):
                assert line.startswith("/etc/sandi/agent.toml: ")
                assert "\n" not in line
                assert not any(code in line for code in ("config.", "{value}", "{right}"))
