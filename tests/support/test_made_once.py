"""What all workers share is made by one of them, whole, also after somebody failed at it."""

import multiprocessing
from pathlib import Path

import pytest

from tests.support.made_once import made_in


def test_of_many_at_once_one_makes_it_and_all_find_it_whole(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        found = pool.map(_made, [tmp_path] * 8)
    assert found == ["made"] * 8
    assert (tmp_path / "makers").read_text() == "x"


def test_what_was_left_half_made_is_made_anew(tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError("no room")

    with pytest.raises(RuntimeError):
        made_in(tmp_path, "thing", fails)
    assert not (tmp_path / "thing").exists()
    assert _made(tmp_path) == "made"
    assert [path.name for path in (tmp_path / "thing").iterdir()] == ["content"]


def _made(folder: Path) -> str:
    def make(place: Path) -> None:
        (place / "content").write_text("made")
        with (folder / "makers").open("a") as makers:
            makers.write("x")

    return (made_in(folder, "thing", make) / "content").read_text()
