"""Generate the machine-readable contract: JSON Schema of every message and body, and an AsyncAPI 3 document.

python -m wire.schema          writes docs/schema/*.json
python -m wire.schema --check  exit 1 when a file there is not what this code would write
"""

import json
import sys
from pathlib import Path

import msgspec

from wire import PROTOCOL_VERSION
from wire.attachment import AttachmentRecord
from wire.bodies import BODIES, DOWNLINK_BODIES
from wire.dictionary import DICTIONARY
from wire.messages import Ack, Batch, CenterState, Downlink, State
from wire.snapshot import SnapshotRecord
from wire.topics import CENTER_STATE, DOWN_LEAVES, NODE_ID_PATTERN, PREFIX, STREAMS

DIRECTORY = Path(__file__).parent.parent / "docs" / "schema"
_REF = "#/components/schemas/{name}"
JsonObject = dict[str, object]


def messages_schema() -> JsonObject:
    """JSON Schema (2020-12) of all envelopes and bodies, under `$defs`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Sandi wire protocol, version {PROTOCOL_VERSION}",
        "$defs": dict(sorted(_components("#/$defs/{name}").items())),
    }


def asyncapi() -> JsonObject:
    """The AsyncAPI 3.0 description: channels, who sends what, and the payload schemas."""
    channels: JsonObject = {}
    operations: JsonObject = {}

    def channel(name: str, address: str, action: str, payload: str, summary: str) -> None:
        parameters: JsonObject = {"node": {"description": f"Node id, {NODE_ID_PATTERN}"}} if "{node}" in address else {}
        channels[name] = {
            "address": address,
            "parameters": parameters,
            "messages": {payload: {"payload": {"$ref": _REF.format(name=payload)}, "summary": summary}},
        }
        operations[name] = {"action": action, "channel": {"$ref": f"#/channels/{name}"}, "summary": summary}

    channel("state", f"{PREFIX}/{{node}}/state", "send", "State", "Birth and death, retained; also the will")
    for stream in STREAMS:
        payload = {"snapshot": "SnapshotRecord", "attachment": "AttachmentRecord"}.get(stream, "Batch")
        channel(f"up_{stream}", f"{PREFIX}/{{node}}/up/{stream}", "send", payload, f"Stream {stream}, QoS 1")
    for leaf in DOWN_LEAVES:
        payload = "Ack" if leaf == "ack" else "Downlink"
        channel(f"down_{leaf}", f"{PREFIX}/{{node}}/down/{leaf}", "receive", payload, f"Downlink {leaf}, QoS 1")
    channel("center_state", CENTER_STATE, "receive", "CenterState", "The centre's presence, retained")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sandi",
            "version": str(PROTOCOL_VERSION),
            "description": "Seen from the node. Prose and test vectors: docs/protocol.md.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": dict(sorted(_components(_REF).items()))},
    }


def documents() -> dict[str, str]:
    """File name to content, exactly as it should stand in docs/schema."""
    made = {"messages.schema.json": messages_schema(), "asyncapi.json": asyncapi()}
    texts = {name: json.dumps(document, indent=1, ensure_ascii=False) + "\n" for name, document in made.items()}
    return {**texts, "dictionary.txt": DICTIONARY.decode()}


def main(arguments: list[str]) -> int:
    """Write the documents, or with --check compare them; returns the exit code."""
    stale = []
    for name, text in documents().items():
        path = DIRECTORY / name
        if arguments == ["--check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"docs/schema is out of date ({', '.join(stale)}): run `python -m wire.schema`\n")
    return 1 if stale else 0


def _components(template: str) -> JsonObject:
    structs: list[type[msgspec.Struct]] = [Ack, Batch, CenterState, Downlink, State, SnapshotRecord, AttachmentRecord]
    for table in (*BODIES.values(), DOWNLINK_BODIES):
        structs.extend(table.values())
    _, components = msgspec.json.schema_components(structs, ref_template=template)
    return dict(components)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
