"""Payloads that no node of ours would send, byte by byte, with the code each must be refused with."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.fleet import BOOT, EPOCH
from wire.messages import MAX_INTEGER


@dataclass(frozen=True)
class Pill:
    """One poison payload for a node's `up/` stream."""

    name: str
    payload: bytes
    code: str
    stream: str = "event"


def raw_record(seq: int | str = 1, body: bytes = b'{"reason":"poison"}', **fields: Any) -> bytes:
    """A record as JSON bytes whose hash is right, whatever stands in it."""
    values = {"boot": BOOT, "run": "run-1", "mono_ms": 1, "wall_ms": 1_760_000_000_000, "synced": 1, "kind": "stop"}
    values |= fields
    order = ("boot", "run", "mono_ms", "wall_ms", "synced", "kind")
    lines = "\n".join(str(values[name]) for name in order)
    digest = hashlib.blake2b(f"{seq}\n{lines}\n".encode() + body, digest_size=16).hexdigest()
    said = {**values, "synced": bool(values["synced"])}
    head = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()[1:-1]
    return b'{"seq":%s,%s,"body":%s,"hash":"%s"}' % (str(seq).encode(), head, body, digest.encode())


def raw_batch(
    node: str, *records: bytes, stream: str = "event", head: int | str = 9, more: Mapping[str, object] | None = None
) -> bytes:
    """A batch around records given as bytes."""
    values: dict[str, object] = {"v": 1, "node": node, "epoch": EPOCH, "stream": stream, "oldest_held": 1}
    start = json.dumps({**values, **(more or {})}, separators=(",", ":")).encode()[:-1]
    return start + b',"head":%s,"records":[%s]}' % (str(head).encode(), b",".join(records))


def pills(node: str) -> list[Pill]:
    """Every sort of poison of which the whole payload is refused."""
    good = raw_batch(node, raw_record())
    packed = zlib.compress(good * 5)
    deep = b"[" * 5000 + b"]" * 5000
    return [
        Pill("oversized", b'{"v":1,"x":"' + b"x" * 300_000 + b'"}', "too_large"),
        Pill("one body too large", raw_batch(node, raw_record(body=b'{"reason":"%s"}' % (b"x" * 70_000))), "too_large"),
        Pill("truncated zlib", packed[: len(packed) // 2], "zlib"),
        Pill("zlib with a tail", zlib.compress(good) + b"tail", "zlib"),
        Pill("zip bomb", zlib.compress(bytes(64 * 1024 * 1024), 9), "bomb"),
        Pill("bomb in a bomb", zlib.compress(zlib.compress(bytes(200 * 1024 * 1024), 9), 9), "json"),
        Pill("wrong node", raw_batch("kel-3673019999", raw_record()), "node_mismatch"),
        Pill("wrong stream", raw_batch(node, raw_record(), stream="health"), "stream_mismatch"),
        Pill("NaN", raw_batch(node, raw_record(body=b'{"reason":NaN}')), "json"),
        Pill("Infinity", raw_batch(node, raw_record(body=b'{"reason":-Infinity}')), "json"),
        Pill("a key twice", good[:-1] + b',"head":1}', "json"),
        Pill("a key twice in a body", raw_batch(node, raw_record(body=b'{"reason":"a","reason":"b"}')), "json"),
        Pill("very deep", raw_batch(node, raw_record(body=b'{"reason":%s}' % deep)), "depth"),
        Pill("very deep, unknown kind", raw_batch(node, raw_record(body=deep, kind="new")), "depth"),
        Pill("invalid UTF-8", raw_batch(node, raw_record(body=b'{"reason":"\xff\xfe"}')), "json"),
        Pill("invalid UTF-8, kind unknown", raw_batch(node, raw_record(body=b'{"x":"\xff"}', kind="new")), "json"),
        Pill("encoded surrogate", raw_batch(node, raw_record(body=b'{"x":"\xed\xa0\x80"}', kind="new")), "json"),
        Pill("sequence 2^53", raw_batch(node, raw_record(MAX_INTEGER + 1), head=MAX_INTEGER), "schema"),
        Pill("sequence 10^400", raw_batch(node, raw_record("1" + "0" * 400), head=MAX_INTEGER), "schema"),
        Pill("sequence 0", raw_batch(node, raw_record(0)), "schema"),
        Pill("sequence -1", raw_batch(node, raw_record(-1)), "schema"),
        Pill("head 2^53", raw_batch(node, raw_record(), head=MAX_INTEGER + 1), "schema"),
        Pill("beyond its head", raw_batch(node, raw_record(10), head=9), "range"),
        Pill("descending", raw_batch(node, raw_record(2), raw_record(1)), "range"),
        Pill("giant epoch", raw_batch(node, raw_record(), more={"epoch": "e" * 65}), "schema"),
        Pill("epoch of 200 kB", raw_batch(node, raw_record(), more={"epoch": "e" * 200_000}), "schema"),
        Pill("epoch with NUL", raw_batch(node, raw_record(), more={"epoch": "e\x00"}), "schema"),
        Pill("epoch with a surrogate", raw_batch(node, raw_record(), more={"epoch": "\ud800"}), "json"),
        Pill("empty epoch", raw_batch(node, raw_record(), more={"epoch": ""}), "schema"),
        Pill("kind with NUL", raw_batch(node, raw_record(kind="a\x00b")), "schema"),
        Pill("not its hash", good.replace(b"poison", b"p0ison"), "hash_mismatch"),
        Pill("version 2", raw_batch(node, raw_record(), more={"v": 2}), "version"),
        Pill("no JPEG", b"\xff\xd8 no picture", "jpeg", "snapshot"),
        Pill("no blob", b"no blob", "blob", "attachment"),
        Pill("an empty blob", b"SANDI1 {}\n", "schema", "attachment"),
        Pill("escaped surrogate", raw_batch(node, raw_record(body=b'{"reason":"\\ud800"}')), "json"),
        Pill("no batch", b"[]", "json"),
        Pill("nothing", b"", "json"),
    ]


def misfits() -> dict[int, bytes]:
    """Records of a readable batch whose body does not fit its kind, by sequence: stored, named, never projected."""
    return {
        12: raw_record(12, b'{"reason":7}'),
        13: raw_record(13, b"[]"),
        14: raw_record(14, b'{"boot":"b","offset_ms":1e300,"error_ms":0,"source":"ntp"}', kind="anchor"),
    }


def strange_but_true() -> dict[int, bytes]:
    """Records within the rules that are hard to digest further on."""
    anchor = b'{"boot":"%s","offset_ms":%d,"error_ms":1,"source":"ntp"}'
    return {
        21: raw_record(21, b'{"reason":"NUL: \\u0000"}'),
        22: raw_record(22, wall_ms=-62_135_596_800_000),  # year 1
        23: raw_record(23, wall_ms=253_402_300_799_999),  # year 9999
        24: raw_record(24, wall_ms=MAX_INTEGER, mono_ms=MAX_INTEGER),
        25: raw_record(25, wall_ms=-MAX_INTEGER, synced=0, boot="boot-x"),
        26: raw_record(26, anchor % (b"boot-y", MAX_INTEGER), kind="anchor", boot="boot-y", mono_ms=MAX_INTEGER),
        27: raw_record(27, boot="boot-y", mono_ms=MAX_INTEGER),
        28: raw_record(28, anchor % (b"boot-z", -MAX_INTEGER), kind="anchor", boot="boot-z"),
        29: raw_record(29, boot="boot-z"),
        30: raw_record(30, b'{"x":"\\u0000"}', kind="kind-of-tomorrow"),
        MAX_INTEGER: raw_record(MAX_INTEGER),
    }


def endless_lineage(node: str) -> list[bytes]:
    """Batches whose epochs descend from themselves and from each other."""

    def said(predecessor: str, seq: int = 1) -> bytes:
        body = b'{"predecessor":"%s","predecessor_heads":{},"board":"b","reason":"board_changed"}'
        return raw_record(seq, body % predecessor.encode(), kind="epoch")

    return [
        raw_batch(node, said("loop"), more={"epoch": "loop"}),
        raw_batch(node, said("loop"), said("loop", 2), more={"epoch": "new"}),
        raw_batch(node, said("round"), said("round", 2), said("about", 3), more={"epoch": "about"}),
        raw_batch(node, said("about"), said("about", 2), said("round", 3), more={"epoch": "round"}),
    ]
