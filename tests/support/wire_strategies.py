"""Hypothesis strategies for everything that can stand on the wire, derived from the types themselves."""

import base64
import re
import string

import msgspec
from hypothesis import strategies as st

from wire import topics
from wire.messages import MAX_INTEGER, Batch, Record, make_record

node_ids = st.one_of(
    st.from_regex(r"kel-[0-9]{10}(-[1-9][0-9]?)?", fullmatch=True),
    st.from_regex(r"kec-[0-9]{6}", fullmatch=True),
    st.from_regex(r"(opd|cctv)-[a-z][a-z0-9]{0,12}(-[a-z0-9]{1,8}){0,2}", fullmatch=True),
).filter(topics.is_node_id)
streams = st.sampled_from(topics.STREAMS)
batch_streams = st.sampled_from(("complaint", "event", "health"))
names = st.text(string.ascii_letters + string.digits + "-_.:", min_size=1, max_size=40)
BASE64_PATTERN = r"^[A-Za-z0-9+/=]+$(?!\n)"
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(st.text(max_size=10), json_values, max_size=5).map(msgspec.json.encode)
millis = st.integers(0, MAX_INTEGER)
wall = st.integers(-MAX_INTEGER, MAX_INTEGER)


@st.composite
def records(draw: st.DrawFn, seq: int | None = None) -> Record:
    """Any record with a true content hash."""
    return make_record(
        seq=seq if seq is not None else draw(st.integers(1, MAX_INTEGER)),
        boot=draw(names),
        run=draw(names),
        mono_ms=draw(millis),
        wall_ms=draw(wall),
        synced=draw(st.booleans()),
        kind=draw(names),
        body=draw(bodies),
    )


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Any well-formed batch of up to eight records."""
    numbers = sorted(draw(st.sets(st.integers(1, 10_000), max_size=8)))
    held = tuple(draw(records(seq=number)) for number in numbers)
    oldest = draw(st.integers(0, numbers[0] if numbers else 10_000))
    head = draw(st.integers(numbers[-1] if numbers else oldest, 20_000))
    return Batch(1, draw(node_ids), draw(names), draw(batch_streams), oldest, head, held)


def pattern_text(pattern: str, max_length: int = 64) -> st.SearchStrategy[str]:
    """Texts that match a msgspec pattern."""
    return st.from_regex(re.compile(pattern), fullmatch=True).filter(lambda text: len(text) <= max_length)


def of_struct(struct: type[msgspec.Struct]) -> st.SearchStrategy[msgspec.Struct]:
    """Any instance of a message or body, drawn from its own type and constraints."""
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    return st.builds(struct, **{field.name: _of_info(field.type) for field in info.fields})


def _of_info(info: msgspec.inspect.Type) -> st.SearchStrategy[object]:
    match info:
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.IntType():
            return st.integers(info.ge if info.ge is not None else -MAX_INTEGER, info.le or MAX_INTEGER)
        case msgspec.inspect.FloatType():
            return st.floats(info.ge, info.le, allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
        case msgspec.inspect.StrType():
            limit = min(info.max_length or 60, 200)
            if info.pattern == BASE64_PATTERN:
                return st.binary(min_size=60, max_size=120).map(lambda raw: base64.b64encode(raw).decode())
            if info.pattern:
                return st.from_regex(re.compile(info.pattern, re.ASCII), fullmatch=True).filter(
                    lambda text: (info.min_length or 0) <= len(text) <= limit
                )
            return st.text(min_size=info.min_length or 0, max_size=limit)
        case msgspec.inspect.LiteralType():
            return st.sampled_from(info.values)
        case msgspec.inspect.UnionType():
            return st.one_of([_of_info(kind) for kind in info.types])
        case msgspec.inspect.VarTupleType():
            least = info.min_length or 0
            return st.lists(_of_info(info.item_type), min_size=least, max_size=max(3, least)).map(tuple)
        case msgspec.inspect.TupleType():
            return st.tuples(*(_of_info(kind) for kind in info.item_types))
        case msgspec.inspect.DictType():
            return st.dictionaries(_of_info(info.key_type), _of_info(info.value_type), max_size=3)
        case msgspec.inspect.StructType():
            return of_struct(info.cls)
        case msgspec.inspect.RawType():
            return bodies.map(msgspec.Raw)
    raise AssertionError(f"no strategy for {info}")
