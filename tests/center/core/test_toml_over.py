"""One TOML over another, and waves: pure rules the commander and the pages share."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.rollout import wave_numbers
from center.core.toml_over import laid_over, merged, text_of

keys = st.text(min_size=1, max_size=8)
scalars = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=20)
    | st.dates() | st.times() | st.datetimes()
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
tables = st.dictionaries(keys, values, max_size=5)


@given(tables)
def test_what_is_written_reads_back_as_the_same(table: dict[str, Any]) -> None:
    assert tomllib.loads(text_of(table)) == table


@given(tables, tables)
def test_what_is_laid_over_another_is_their_merge(base: dict[str, Any], over: dict[str, Any]) -> None:
    assert tomllib.loads(laid_over(text_of(base), text_of(over))) == merged(base, over)


@given(tables)
def test_nothing_over_a_table_changes_nothing_and_itself_neither(table: dict[str, Any]) -> None:
    assert merged(table, {}) == table == merged(table, table)


def test_tables_are_merged_key_by_key_and_lists_replaced() -> None:
    base = '[a]\nx = 1\ny = [1, 2]\n[[a.many]]\nz = 1\n[b]\nkeep = "yes"\n'
    over = "[a]\ny = [3]\n[[a.many]]\nz = 2\n[[a.many]]\nz = 3\n"
    assert tomllib.loads(laid_over(base, over)) == {
        "a": {"x": 1, "y": [3], "many": [{"z": 2}, {"z": 3}]}, "b": {"keep": "yes"},
    }  # fmt: skip


@pytest.mark.parametrize(("base", "over"), [("[", ""), ("", "= 1"), ("a = 1\na = 2", "")])
def test_what_is_no_toml_is_said(base: str, over: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        laid_over(base, over)


@given(st.integers(1, 200), st.integers(0, 20), st.integers(0, 50))
def test_waves_begin_with_the_canaries_and_are_as_large_as_asked(total: int, canary: int, size: int) -> None:
    waves = wave_numbers(total, canary, size)
    assert waves == sorted(waves)
    assert waves[0] == 1
    assert set(waves) == set(range(1, waves[-1] + 1))
    if canary:
        assert waves.count(1) == min(canary, total)
    for wave in range(2 if canary else 1, waves[-1]):
        assert waves.count(wave) == size
