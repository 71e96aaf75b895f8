"""What is known of commands, on the disk: read back as written, and whatever lies there instead is put aside."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.commands import store
from agent.commands.shown import rows
from agent.commands.store import CommandStore, Entry, file_name
from wire.shape import replace

ENTRY = Entry("c-1", "ping", 1, "command", "done", "boot", 5, 6, told=True)
ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10)


def opened(folder: Path) -> CommandStore:
    found = CommandStore(folder)
    found.open()
    return found


@given(ids, st.text(max_size=50), st.dictionaries(st.text(max_size=5), scalars, max_size=3))
def test_an_entry_comes_back_as_it_was_written(ident: str, detail: str, memo: dict[str, object]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        entry = replace(ENTRY, id=ident, detail=detail, memo=memo)
        opened(Path(folder) / "commands").write(entry)
        assert opened(Path(folder) / "commands").entries == {ident: entry}


@given(ids, ids)
def test_every_id_has_a_file_of_its_own_inside_the_folder(one: str, other: str) -> None:
    assert Path(file_name(one)).name == file_name(one) and not file_name(one).startswith(".")
    assert (file_name(one) == file_name(other)) == (one == other)


@given(st.binary(max_size=400))
def test_whatever_lies_there_is_read_or_put_aside(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "c-9.json").write_bytes(content)
        found = opened(Path(folder))
        assert [entry.code for entry in found.entries.values()] == ["damaged"]
        assert (Path(folder) / "c-9.json.damaged").read_bytes() == content
        assert opened(Path(folder)).entries["c-9"].state == "failed", "and stays so"


def test_a_file_that_is_too_large_or_of_another_command_is_put_aside(tmp_path: Path) -> None:
    folder = tmp_path / "commands"
    opened(folder).write(ENTRY)
    (folder / "c-1.json").rename(folder / "c-2.json")
    (folder / "c-3.json").write_bytes(b" " * (store.MAX_FILE_BYTES + 1))
    found = opened(folder)
    assert (sorted(found.damaged), set(found.entries)) == (["c-2.json", "c-3.json"], {"c-2", "c-3"})


def test_a_damaged_file_without_a_name_of_its_own_is_only_put_aside(tmp_path: Path) -> None:
    folder = tmp_path / "commands"
    opened(folder).write(replace(ENTRY, id="a/b"))
    [path] = folder.iterdir()
    path.write_bytes(b"{")
    assert opened(folder).entries == {}
    assert [each.name for each in folder.iterdir()] == [f"{path.name}.damaged"]


def test_a_field_of_a_newer_version_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "commands"
    opened(folder).write(ENTRY)
    path = folder / "c-1.json"
    path.write_bytes(path.read_bytes()[:-1] + b',"of_tomorrow":[1]}')
    assert opened(folder).entries == {"c-1": ENTRY}


def test_what_a_cut_write_left_is_swept_away_and_damaged_files_do_not_pile_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_DAMAGED", 2)
    folder = tmp_path / "commands"
    folder.mkdir()
    (folder / ".c-1.json.part").write_bytes(b"{")
    for number in range(4):
        (folder / f"old-{number}.json.damaged").write_bytes(b"?")
    assert opened(folder).entries == {}
    assert len(list(folder.iterdir())) == 2


def test_people_are_shown_the_newest_first_and_nothing_of_what_is_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "commands"
    assert rows(folder, 10) == []
    kept = opened(folder)
    for number in range(1, 5):
        kept.write(replace(ENTRY, id=f"c-{number}", number=number))
    (folder / "c-2.json").write_bytes(b"?")
    assert [row["id"] for row in rows(folder, 2)] == ["c-4", "c-3"]
    assert len(rows(folder, 10)) == 3
