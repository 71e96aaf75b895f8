"""A property meets the same values in every run, whichever tests ran before it in the same process."""

import importlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st


def met() -> list[tuple[int, str]]:
    """What a property is given."""
    found = []

    @given(st.integers(0, 10**12), st.text(max_size=20))
    def holds(number: int, text: str) -> None:
        found.append((number, text))

    holds()
    return found


def test_the_constants_of_a_module_that_a_test_imports_are_not_among_what_later_properties_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = met()
    (tmp_path / "imported_late.py").write_text(f"NUMBERS = {list(range(1_000_003, 1_009_003, 9))}\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("imported_late")
    assert met() == before
