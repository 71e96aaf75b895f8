"""The published test vectors: a second implementation can be held against the same file."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wire import codec, topics
from wire.attachment import Attachment
from wire.bodies import EVENT_BODIES
from wire.errors import WireError
from wire.schema import documents
from wire.snapshot import Snapshot

SCHEMA = Path(__file__).parents[2] / "docs" / "schema"
VECTORS: list[dict[str, Any]] = json.loads((SCHEMA / "vectors.json").read_text(encoding="utf-8"))


def decode(topic: str, payload: bytes) -> object:
    parsed = topics.parse(topic)
    if parsed.kind == "up":
        message = codec.decode_up(topic, payload)
        return message.record if isinstance(message, Snapshot | Attachment) else message
    if parsed.kind == "state":
        return codec.decode_state(payload)
    if parsed.kind == "center":
        return codec.decode_center_state(payload)
    return codec.decode_ack(payload) if parsed.leaf == "ack" else codec.decode_downlink(payload)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_each_published_vector_decodes_as_written(vector: dict[str, Any]) -> None:
    payload = bytes.fromhex(vector["payload_hex"])
    if "error" in vector:
        with pytest.raises(WireError) as caught:
            decode(vector["topic"], payload)
        assert caught.value.code == vector["error"]
    else:
        assert json.loads(msgspec.json.encode(decode(vector["topic"], payload))) == vector["decodes_to"]


def test_the_vectors_cover_every_topic_and_fit_the_published_schema() -> None:
    import jsonschema

    schema = json.loads((SCHEMA / "messages.schema.json").read_text(encoding="utf-8"))
    seen = set()
    for vector in VECTORS:
        if "error" in vector:
            continue
        parsed = topics.parse(vector["topic"])
        seen.add((parsed.kind, parsed.leaf))
        name = {
            ("up", "snapshot"): "SnapshotRecord",
            ("up", "attachment"): "AttachmentRecord",
            ("down", "ack"): "Ack",
            ("state", "state"): "State",
            ("center", "state"): "CenterState",
        }.get((parsed.kind, parsed.leaf), "Batch" if parsed.kind == "up" else "Downlink")
        jsonschema.validate(vector["decodes_to"], {**schema, "$ref": f"#/$defs/{name}"})
    assert {("up", "event"), ("up", "health"), ("up", "snapshot"), ("up", "attachment"), ("down", "ack"),
            ("down", "reply"), ("state", "state"), ("center", "state")} <= seen  # fmt: skip


def test_the_generated_schemas_on_disk_are_what_the_code_says() -> None:
    for name, text in documents().items():
        assert (SCHEMA / name).read_text(encoding="utf-8") == text


def test_the_vectors_hold_a_whole_example_of_what_a_node_finds_out_and_the_prose_shows_the_same() -> None:
    [vector] = [one for one in VECTORS if one["name"].startswith("what a node found out")]
    told = {record["kind"]: record["body"] for record in vector["decodes_to"]["records"]}
    assert set(told) == {"verdict", "outage", "path", "maintenance"}
    prose = (SCHEMA.parent / "protocol.md").read_text(encoding="utf-8")
    assert [json.loads(block) for block in re.findall(r"```json\n(.*?)```", prose, re.DOTALL)] == list(told.values())
    for kind, body in told.items():
        struct = EVENT_BODIES[kind]
        decoded = codec.decode_body("event", kind, json.dumps(body).encode())
        assert isinstance(decoded, struct)
        assert json.loads(msgspec.json.encode(decoded)) == body  # nothing in the example is ignored


def test_the_prose_names_every_field_of_what_a_node_finds_out() -> None:
    prose = (SCHEMA.parent / "protocol.md").read_text(encoding="utf-8")
    for kind in ("verdict", "outage", "path", "maintenance"):
        [line] = re.findall(rf"^{kind} \{{(.*?)\}}$", prose, re.MULTILINE | re.DOTALL)
        named = {name.strip().removesuffix("?").removesuffix("[]") for name in line.split(",")}
        assert named == set(EVENT_BODIES[kind].__struct_fields__)
