"""Ranges, histograms, tickets, seals and verdicts: the small shared parts."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import bodies, codec, seal, tickets, verdicts
from wire.errors import WireError
from wire.histogram import LogHistogram, wilson_interval
from wire.messages import content_hash, make_record
from wire.ranges import Ranges

numbers = st.sets(st.integers(1, 200))


@given(numbers, numbers)
def test_ranges_behave_as_the_sets_they_stand_for(a: set[int], b: set[int]) -> None:
    left, right = Ranges.of(a), Ranges.of(b)
    assert {n for n in range(1, 201) if left.contains(n)} == a
    assert left.union(right) == Ranges.of(a | b)
    assert len(left) == len(a)
    missing = left.missing(20, 150)
    assert {n for n in range(220) if missing.contains(n)} == set(range(20, 151)) - a
    assert all(end + 1 < start for (_, end), (start, _) in zip(left.pairs, left.pairs[1:], strict=False))


durations = st.lists(st.floats(0.001, 60_000), max_size=60)


@given(durations, durations)
def test_merging_histograms_equals_counting_everything_in_one(a: list[float], b: list[float]) -> None:
    one, two, both = LogHistogram(), LogHistogram(), LogHistogram()
    for value in a:
        one.record(value)
        both.record(value)
    for value in b:
        two.record(value)
        both.record(value)
    assert one.merge(two).pairs == both.pairs == two.merge(one).pairs
    assert LogHistogram(both.pairs).pairs == both.pairs


@given(st.lists(st.floats(0.01, 60_000), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_is_within_five_percent_of_the_true_one(values: list[float], q: float) -> None:
    histogram = LogHistogram()
    for value in values:
        histogram.record(value)
    true = sorted(values)[max(1, -(-int(q * 10_000) * len(values) // 10_000)) - 1]
    estimate = histogram.quantile(q)
    assert estimate is not None
    assert abs(estimate - true) <= 0.06 * true + 0.001


@given(st.integers(1, 5000), st.data())
def test_the_wilson_interval_contains_the_share_and_narrows(sent: int, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, sent))
    low, high = wilson_interval(lost, sent)
    assert 0 <= low <= lost / sent <= high <= 1
    wider = wilson_interval(lost * 10, sent * 10)
    assert wider[1] - wider[0] <= high - low + 1e-12
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.binary(min_size=6, max_size=6))
def test_a_ticket_code_survives_how_people_write_it_down(random_bytes: bytes) -> None:
    code = tickets.make_code(random_bytes)
    assert len(code) == 10
    assert tickets.normalize_code(f" {code[:5].lower()}-{code[5:]} ") == code
    assert tickets.normalize_code(code.replace("1", "l").replace("0", "O")) == code


@given(st.binary(min_size=6, max_size=6), st.data())
def test_one_wrong_character_or_two_swapped_ones_are_always_noticed(random_bytes: bytes, data: st.DataObject) -> None:
    code = tickets.make_code(random_bytes)
    at = data.draw(st.integers(0, 9))
    other = data.draw(st.sampled_from(tickets.ALPHABET))
    swapped = list(code)
    partner = data.draw(st.integers(0, 9))
    swapped[at], swapped[partner] = swapped[partner], swapped[at]
    for wrong in (code[:at] + other + code[at + 1 :], "".join(swapped)):
        if wrong != code:
            with pytest.raises(WireError):
                tickets.normalize_code(wrong)


@given(st.text(max_size=60))
def test_any_text_is_a_ticket_code_or_raises_the_one_error(text: str) -> None:
    try:
        code = tickets.normalize_code(text)
    except WireError as error:
        assert error.code == "ticket"
    else:
        assert tickets.normalize_code(code) == code


def test_request_ids_are_version_7_and_sort_by_time() -> None:
    rng = random.Random(1)
    ids = [tickets.uuid7(1_700_000_000_000 + step, rng.randbytes(10)) for step in range(200)]
    assert ids == sorted(ids)
    assert all(text[14] == "7" and text[19] in "89ab" for text in ids)


def test_a_sealed_box_names_its_key_and_gives_its_bytes_back() -> None:
    box = seal.make_box(b"k" * 32, b"sealed bytes" * 8)
    assert seal.box_bytes(box) == b"sealed bytes" * 8
    assert box.key_id == seal.key_id(b"k" * 32)


def test_every_body_kind_decodes_only_its_own_shape() -> None:
    gap = bodies.Gap("health", 1, 5, 5, 0, 10, "evicted")
    assert codec.decode_body("event", "gap", bodies.encode_body(gap)) == gap
    with pytest.raises(WireError):
        codec.decode_body("event", "gap", b'{"stream":"health"}')


def test_verdicts_are_unique_labelled_and_in_ladder_order() -> None:
    assert len(verdicts.VERDICTS) == len(verdicts._ROWS)
    assert all(v.label_id and v.label_en for v in verdicts.VERDICTS.values())
    ladder = verdicts.LADDER
    assert ladder.index("L1") < ladder.index("L4") < ladder.index("L5b") < ladder.index("L7") < ladder.index("B1")


def test_the_content_hash_is_frozen() -> None:
    record = make_record(seq=1, boot="b", run="r", mono_ms=2, wall_ms=3, synced=True, kind="report", body=b'{"a":1}')
    assert record.hash == content_hash(record) == "023c88aaf4bf5197dee3015564f6fda8"
