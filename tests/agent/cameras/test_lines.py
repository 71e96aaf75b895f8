"""What core and worker say to each other: anything else is a LineError and nothing worse."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.lines import (
    MAX_LINE_BYTES,
    Failed,
    Grab,
    LineError,
    Setup,
    Spooled,
    read_answer,
    read_grab,
    read_setup,
    write_line,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=20,
)
names = st.from_regex(r"[a-z][a-z0-9-]{0,31}\.[0-9]{1,10}\.[0-9]{1,10}\.jpg", fullmatch=True)


@given(st.binary(max_size=300) | json_values.map(msgspec.json.encode))
def test_any_line_is_an_answer_or_the_one_error(line: bytes) -> None:
    for reader in (read_answer, read_setup, read_grab):
        try:
            found = reader(line)
        except LineError:
            continue
        assert len(line) <= MAX_LINE_BYTES
        assert reader(write_line(found)) == found


@given(st.integers(-(2**53), 2**53), names, st.integers(4, 400_000), st.integers(1, 8192), st.integers(0, 2**53 - 1))
def test_an_answer_comes_back_as_it_was(number: int, file: str, size: int, side: int, age_ms: int) -> None:
    answer = Spooled(number, file, size, side, side, age_ms)
    line = write_line(answer)
    assert line.count(b"\n") == 1 and len(line) <= MAX_LINE_BYTES
    assert read_answer(line) == answer


def test_a_failure_a_request_and_a_setup_come_back_as_they_were() -> None:
    failed = Failed(1, "unavailable", "x" * 500, permanent=True)
    assert read_answer(write_line(failed)) == failed
    assert read_grab(write_line(Grab(3, 2.5))) == Grab(3, 2.5)
    setup = Setup("gate", "replay", "/spool", {"folder": "/x", "purpose": None, "notice_posted": True}, 7)
    assert read_setup(write_line(setup)) == setup


@pytest.mark.parametrize(
    "file", ["../etc/passwd", "a/b.1.1.jpg", "a.1.1.jpg\n", ".a.1.1.jpg", "A.1.1.jpg", "a.1.jpg", "a.1.1.jpeg", ""]
)
def test_a_file_outside_the_spool_cannot_even_be_named(file: str) -> None:
    with pytest.raises(LineError):
        read_answer(
            msgspec.json.encode(
                {"type": "spooled", "id": 1, "file": file, "size_bytes": 9, "width": 1, "height": 1, "age_ms": 0}
            )
        )


def test_a_line_over_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(LineError, match="bytes"):
        read_answer(b"[" * (MAX_LINE_BYTES + 1))
