"""The codec: what is encoded decodes to the same; bytes from outside decode or raise WireError, nothing else."""

import json
import zlib
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.torture import often
from tests.support.wire_strategies import batches, names, node_ids, records, wall
from wire import codec, strictjson, topics
from wire.errors import WireError
from wire.messages import Ack, Batch, CenterState, Downlink, Record, Refusal, Rejection, State, make_record
from wire.ranges import Ranges

NODE = "kel-3673011001"
TOPIC = topics.up(NODE, "health")


def _record(seq: int = 1, body: bytes = b"{}") -> Record:
    return make_record(seq=seq, boot="b", run="r", mono_ms=1, wall_ms=2, synced=False, kind="report", body=body)


def _batch(*held: Record, head: int = 10) -> Batch:
    return Batch(1, NODE, "e1", "health", 1, head, held)


def _refusal(payload: bytes, topic: str = TOPIC) -> str:
    """The code of the one error that this payload must end in."""
    with pytest.raises(WireError) as caught:
        codec.decode_up(topic, payload)
    return caught.value.code


@settings(max_examples=often(50, 500))
@given(batches())
def test_a_batch_decodes_to_what_was_encoded(batch: Batch) -> None:
    decoded = codec.decode_up(topics.up(batch.node, batch.stream), codec.encode_batch(batch))
    assert decoded == batch
    assert isinstance(decoded, Batch)
    assert [bytes(record.body) for record in decoded.records] == [bytes(record.body) for record in batch.records]


@given(st.binary(max_size=600), st.sampled_from(topics.STREAMS))
def test_any_bytes_on_any_stream_decode_or_raise_the_one_error(payload: bytes, stream: str) -> None:
    for candidate in (payload, b"{" + payload, b"\x78" + payload, zlib.compress(payload), b"SANDI1 " + payload):
        try:
            found = codec.decode_up(topics.up(NODE, stream), candidate)
        except WireError as error:
            assert error.code
            continue
        assert (found.node if isinstance(found, Batch) else found.record.node) == NODE


@given(batches(), st.data())
def test_a_damaged_batch_decodes_to_whole_records_or_raises_the_one_error(batch: Batch, data: st.DataObject) -> None:
    payload = bytearray(codec.encode_batch(batch))
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] ^= data.draw(st.integers(1, 255))
    try:
        decoded = codec.decode_batch(bytes(payload))
    except WireError:
        return
    known = {record.hash for record in batch.records}
    assert {record.hash for record in decoded.records} <= known, "a changed record passed as an old one"


@given(st.binary(max_size=300))
def test_any_bytes_as_a_control_message_decode_or_raise_the_one_error(payload: bytes) -> None:
    for decode in (codec.decode_state, codec.decode_ack, codec.decode_center_state, codec.decode_downlink):
        for candidate in (payload, b"{" + payload + b"}"):
            try:
                found = decode(candidate)
            except WireError as error:
                assert error.code
                continue
            assert decode(codec.encode(found)) == found


@given(
    node_ids,
    names,
    st.integers(1, 2**53 - 1),
    st.sampled_from([("online", "birth"), ("offline", "will"), ("offline", "stop")]),
)
def test_a_state_decodes_to_what_was_encoded(node: str, name: str, session: int, what: tuple[str, str]) -> None:
    state = State(1, node, what[0], what[1], name, name, name, session, name, "0.1.0")  # type: ignore[arg-type]
    assert codec.decode_state(codec.encode(state)) == state


@given(st.sets(st.integers(1, 500)), st.lists(st.integers(1, 500), max_size=5))
def test_an_acknowledgement_decodes_to_what_was_encoded(stored: set[int], rejected: list[int]) -> None:
    ack = Ack(
        1,
        "e1",
        "event",
        Ranges.of(stored).pairs,
        tuple(Rejection(seq, "schema") for seq in rejected),
        (Refusal(codec.payload_digest(b"x"), "zlib"),),
    )
    assert codec.decode_ack(codec.encode(ack)) == ack


@given(names, names, wall, st.dictionaries(names, st.text(max_size=20), max_size=4))
def test_downlink_and_presence_decode_to_what_was_encoded(
    name: str, generation: str, at: int, body: dict[str, str]
) -> None:
    downlink = Downlink(1, name, generation, at, msgspec.Raw(msgspec.json.encode(body)))
    assert codec.decode_downlink(codec.encode(downlink)) == downlink
    presence = CenterState(1, "online", generation)
    assert codec.decode_center_state(codec.encode(presence)) == presence


@given(records())
def test_a_record_changed_anywhere_no_longer_fits_its_hash(record: Record) -> None:
    for change in ({"boot": record.boot + "x"}, {"synced": not record.synced}, {"body": msgspec.Raw(b'{"other":1}')}):
        changed = msgspec.structs.replace(record, **change)
        with pytest.raises(WireError) as caught:
            codec.decode_batch(codec.encode(Batch(1, NODE, "e", "event", 0, record.seq, (changed,))))
        assert caught.value.code == "hash_mismatch"


def test_large_batches_travel_compressed_and_small_ones_as_plain_json() -> None:
    large = codec.encode_batch(_batch(*(_record(seq, b'{"rtt_ms":12.5,"target":"gateway"}') for seq in range(1, 11))))
    assert large[0] == 0x78
    assert codec.encode_batch(_batch())[0:1] == b"{"


def test_a_bomb_costs_no_more_than_the_limit() -> None:
    assert _refusal(zlib.compress(b"{" + b" " * (codec.MAX_DECODED_BYTES * 40))) == "bomb"


def test_an_oversize_payload_is_refused_before_it_is_read() -> None:
    assert _refusal(b"{" + b" " * codec.MAX_PAYLOAD_BYTES) == "too_large"
    with pytest.raises(WireError):
        codec.encode_batch(_batch(_record(1, b'"' + b"x" * codec.MAX_DECODED_BYTES + b'"')))


def test_truncated_zlib_and_trailing_bytes_are_refused() -> None:
    payload = zlib.compress(codec.encode(_batch(_record())))
    assert _refusal(payload[:-3]) == "zlib"
    assert _refusal(payload + b"x") == "zlib"


def test_deep_nesting_is_refused_without_recursion() -> None:
    assert _refusal(b'{"a":' + b"[" * 100_000) == "depth"
    assert _refusal(b'{"a":' + b"[" * 40 + b"]" * 40 + b"}") == "depth"


def test_brackets_inside_a_text_are_not_nesting() -> None:
    body = msgspec.json.encode({"text": '[{"\\' * 200})
    assert isinstance(codec.decode_up(TOPIC, codec.encode_batch(_batch(_record(1, body)))), Batch)


def test_keys_given_twice_are_refused_at_any_depth() -> None:
    assert _refusal(codec.encode(_batch(_record(1, b'{"a":1,"a":2}')))) == "json"


def test_keys_given_twice_are_refused_in_every_message_at_any_depth() -> None:
    state = codec.encode(State(1, NODE, "online", "birth", "b", "r", "e", 1, "n", "0.1.0"))
    ack = codec.encode(Ack(1, "e", "event", rejected=(Rejection(5, "schema"),)))
    downlink = codec.encode(Downlink(1, "i", "g", 1, msgspec.Raw(b'{"text":"x"}')))
    center = codec.encode(CenterState(1, "online", "g"))
    for decode, payload, twice in (
        (codec.decode_state, state, (b'"session":1', b'"session":1,"session":2')),
        (codec.decode_state, state, (b'"session":1', b'"session":1,"\\u0073ession":1')),
        (codec.decode_state, state, (b'"session":1', b'"session":1,"later":[{"a":"\\\\","a":"\\""}]')),
        (codec.decode_ack, ack, (b'"seq":5', b'"seq":5,"seq":6')),
        (codec.decode_downlink, downlink, (b'"text":"x"', b'"text":"x","text":"y"')),
        (codec.decode_center_state, center, (b'"v":1', b'"v":1,"v":1')),
    ):
        decode(payload)
        with pytest.raises(WireError) as caught:
            decode(payload.replace(*twice))
        assert caught.value.code == "json"


def test_what_is_not_utf_8_is_refused_also_where_nobody_reads_it() -> None:
    state = codec.encode(State(1, NODE, "online", "birth", "b", "r", "e", 1, "n", "0.1.0"))
    for hostile in (b'"\xff":1', b'"x":"\xff"', b'"x":{"\xed\xa0\x80":1}', b'"x":["\\ud800"]', b'"\\udc00":1'):
        with pytest.raises(WireError) as caught:
            codec.decode_state(state[:-1] + b"," + hostile + b"}")
        assert caught.value.code == "json", hostile


class Pairs(list):  # type: ignore[type-arg]
    """The members of an object in the order they are written, repeats and all."""


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(st.text(max_size=2), inner), max_size=4).map(Pairs),
    max_leaves=15,
)


def _written(value: object, spell: Callable[[str], str]) -> str:
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{spell(key)}: {_written(inner, spell)}" for key, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(inner, spell) for inner in value) + "]"
    return spell(value) if isinstance(value, str) else json.dumps(value)


def _repeats(value: object) -> bool:
    if isinstance(value, Pairs):
        keys = [key for key, _ in value]
        return len(set(keys)) < len(keys) or any(_repeats(inner) for _, inner in value)
    return isinstance(value, list) and any(_repeats(inner) for inner in value)


@given(documents, st.booleans())
def test_exactly_the_documents_that_repeat_a_key_are_refused_however_they_are_spelled(
    document: object, plain: bool
) -> None:
    payload = _written(document, lambda text: json.dumps(text, ensure_ascii=not plain)).encode()
    try:
        strictjson.check_whole(payload)
    except WireError as error:
        assert _repeats(document), (payload, error)
    else:
        assert not _repeats(document), payload


def test_numbers_json_does_not_have_are_refused() -> None:
    good = codec.encode(_batch())
    for bad in (b"NaN", b"Infinity", b"1e999", b"18446744073709551616", b"-1", b"1.5"):
        assert _refusal(good.replace(b'"head":10', b'"head":' + bad)) in {"json", "schema"}, bad


def test_a_payload_that_names_another_node_or_stream_is_refused() -> None:
    payload = codec.encode_batch(_batch(_record()))
    assert _refusal(payload, topics.up("kel-3673011002", "health")) == "node_mismatch"
    assert _refusal(payload, topics.up(NODE, "event")) == "stream_mismatch"


def test_sequences_must_ascend_and_lie_within_the_head() -> None:
    assert _refusal(codec.encode(_batch(_record(2), _record(2)))) == "range"
    assert _refusal(codec.encode(_batch(_record(2), _record(1)))) == "range"
    assert _refusal(codec.encode(_batch(_record(11), head=10))) == "range"


def test_another_protocol_version_is_named_as_such() -> None:
    assert _refusal(codec.encode(_batch()).replace(b'"v":1', b'"v":2')) == "version"


def test_unknown_keys_are_ignored_and_unknown_kinds_have_no_body_type() -> None:
    payload = codec.encode(_batch()).replace(b'{"v":1', b'{"later":true,"v":1')
    assert codec.decode_up(TOPIC, payload) == _batch()
    assert codec.decode_body("event", "made-next-year", b'{"anything":1}') is None


def test_acknowledged_ranges_must_ascend_without_touching_twice() -> None:
    for stored in (((5, 4),), ((1, 3), (3, 4)), ((4, 5), (1, 2))):
        with pytest.raises(WireError):
            codec.decode_ack(codec.encode(Ack(1, "e", "event", stored)))
