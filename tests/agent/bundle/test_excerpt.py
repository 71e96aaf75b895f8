"""What of an archive is told as text: within its bound, the most telling first, and nothing that must stay."""

from hypothesis import given
from hypothesis import strategies as st

from agent.bundle.excerpt import ORDER, excerpt
from agent.bundle.pieces import Piece
from agent.core.redact import Redactor

PIECES = st.lists(
    st.builds(Piece, st.sampled_from((*ORDER, "journal/0001.jsonl")), st.text(max_size=3000)),
    max_size=8,
    unique_by=lambda piece: piece.name,
)


@given(PIECES, st.integers(0, 6000))
def test_it_never_says_more_than_it_may_and_keeps_its_order(pieces: list[Piece], most_bytes: int) -> None:
    told = excerpt(pieces, Redactor([]), most_bytes)
    assert len(told.encode()) <= most_bytes
    named = [line.removeprefix("== ") for line in told.splitlines() if line.removeprefix("== ") in ORDER]
    assert [name for name in named if told.count(f"== {name}\n") == 1] == sorted(
        (name for name in named if told.count(f"== {name}\n") == 1), key=ORDER.index
    )


def test_of_a_long_log_the_end_is_told_and_of_a_long_document_the_beginning() -> None:
    lines = "".join(f"line {number:04d}\n" for number in range(1000))
    told = excerpt([Piece("log.txt", lines), Piece("status.json", lines)], Redactor([]), 4000)
    status, _, log = told.partition("== log.txt\n")
    assert status.startswith("== status.json\nline 0000\n")
    assert log.startswith("...\nline ")
    assert log.endswith("line 0999\n")


def test_secrets_are_taken_out_as_in_the_archive() -> None:
    told = excerpt([Piece("log.txt", "key kunci-rahasia-7 used\n")], Redactor(["kunci-rahasia-7"]), 4000)
    assert "kunci-rahasia-7" not in told
    assert told.startswith("== log.txt\nkey ")
