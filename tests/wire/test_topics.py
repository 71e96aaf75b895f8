"""Topics and node ids: what is built parses back, and nothing else parses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.wire_strategies import node_ids, streams
from wire import codec, topics
from wire.errors import WireError
from wire.messages import CenterState


@given(node_ids, streams)
def test_every_topic_a_node_writes_parses_back_into_its_parts(node: str, stream: str) -> None:
    assert topics.parse(topics.up(node, stream)) == topics.Topic(node, "up", stream)
    assert topics.parse(topics.state(node)) == topics.Topic(node, "state", "state")


@given(node_ids, st.sampled_from(topics.DOWN_LEAVES))
def test_every_topic_the_centre_writes_parses_back_into_its_parts(node: str, leaf: str) -> None:
    assert topics.parse(topics.down(node, leaf)) == topics.Topic(node, "down", leaf)
    assert topics.parse(topics.CENTER_STATE) == topics.Topic("", "center", "state")


@given(st.text(max_size=150))
def test_any_text_parses_or_raises_the_one_error(text: str) -> None:
    try:
        parsed = topics.parse(text)
    except WireError as error:
        assert error.code == "topic"
    else:
        rebuilt = {
            "state": lambda: topics.state(parsed.node),
            "up": lambda: topics.up(parsed.node, parsed.leaf),
            "down": lambda: topics.down(parsed.node, parsed.leaf),
            "center": lambda: topics.CENTER_STATE,
        }[parsed.kind]()
        assert rebuilt == text


@pytest.mark.parametrize(
    "node", ["kel-3673011001", "kel-3673011001-2", "kec-367301", "opd-diskominfo", "cctv-alun-alun", "cctv-alun-alun-3"]
)
def test_the_names_of_the_city_are_node_ids(node: str) -> None:
    assert topics.is_node_id(node)


@pytest.mark.parametrize(
    "node",
    ["", "kel-1", "kel-36730110012", "kel-3673011001-0", "+", "#", "kel-3673011001/up", "center", "center-ingest-1",
     "opd-", "opd-a b", "OPD-dinkes", "kel-٣٦٧٣٠١١٠٠١", "kel-3673011001\n", "cctv-" + "a" * 70],
)  # fmt: skip
def test_no_other_name_is_a_node_id(node: str) -> None:
    assert not topics.is_node_id(node)
    with pytest.raises(WireError):
        topics.state(node)


def test_a_line_end_behind_a_name_is_not_part_of_it() -> None:
    payload = codec.encode(CenterState(1, "online", "g1")).replace(b'"g1"', b'"g1\\n"')
    with pytest.raises(WireError):
        codec.decode_center_state(payload)
