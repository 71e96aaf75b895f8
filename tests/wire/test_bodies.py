"""Every kind of record and downlink: any instance survives the wire, and any JSON is one or raises WireError."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.wire_strategies import json_values, of_struct
from wire import codec
from wire.bodies import BODIES, DOWNLINK_BODIES, encode_body
from wire.errors import WireError

KINDS = [(stream, kind, struct) for stream, table in BODIES.items() for kind, struct in table.items()]


@pytest.mark.parametrize(("stream", "kind", "struct"), KINDS, ids=[f"{s}-{k}" for s, k, _ in KINDS])
@given(st.data())
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_a_record_body_survives_the_wire(
    stream: str, kind: str, struct: type[msgspec.Struct], data: st.DataObject
) -> None:
    body = data.draw(of_struct(struct))
    assert codec.decode_body(stream, kind, encode_body(body)) == body


@pytest.mark.parametrize(("leaf", "struct"), DOWNLINK_BODIES.items(), ids=list(DOWNLINK_BODIES))
@given(st.data())
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_a_downlink_body_survives_the_wire(leaf: str, struct: type[msgspec.Struct], data: st.DataObject) -> None:
    body = data.draw(of_struct(struct))
    assert codec.decode_downlink_body(leaf, encode_body(body)) == body


@given(json_values, st.sampled_from(KINDS))
def test_any_json_as_a_body_decodes_or_raises_the_one_error(value: object, kind: tuple[str, str, type]) -> None:
    try:
        codec.decode_body(kind[0], kind[1], msgspec.json.encode(value))
    except WireError as error:
        assert error.code in {"schema", "json", "depth"}
