#!/usr/bin/env python3
"""Checks an evidence pack of Sandi offline. Needs Python 3.8 or newer and nothing else.

    python3 verify.py PACK.zip [--key BASE64]

1. The manifest's signature must be good under the pack's key (and under --key, the one the city has published).
2. Every file must have the SHA-256 the manifest names, and no file may be missing or too many.
3. Every line must be signed, numbered without a hole, and name the SHA-256 of the line before it.
4. The seconds of the lines must add up to what the sheet says, in all and for each node.
Exit 0: all of it holds. Exit 1: something does not, and the first fault is named. Exit 2: wrong use.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import zipfile
from typing import Any, Dict, List, Optional, Tuple  # noqa: UP035 -- Python 3.8 reads this file

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
DOMAIN = b"sandi-evidence-1\n"
MOST_BYTES = 256 * 1024 * 1024
Point = Tuple[int, int, int, int]  # noqa: UP006
Bodies = Dict[str, List[Any]]  # noqa: UP006


class Fault(Exception):  # noqa: N818 -- what is wrong with the pack, not with this script
    """Something in the pack does not hold."""


def _point(data: bytes) -> Point:
    """Decode a compressed point (RFC 8032, 5.1.3) to extended coordinates."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        raise Fault("malformed point")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        raise Fault("malformed point")
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) of `message` is good under the Ed25519 public key (32 bytes)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    try:
        a, r = _point(key), _point(signature[:32])
    except Fault:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = _times(s, BASE), _add(r, _times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def canonical(value: Any) -> bytes:
    """JSON in the one way it is signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def decoded(text: Any, what: str) -> bytes:
    """The bytes of a text in base64. Fault names `what` it was to be."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Fault(f"{what}: not base64") from None


def loaded(data: bytes, what: str) -> Any:
    """The value of a JSON text. Fault names `what` it was to be."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Fault(f"{what}: not JSON") from None


def check_lines(name: str, data: bytes, key: bytes) -> list[Any]:
    """The bodies of a file of signed lines, in order."""
    bodies: list[Any] = []
    before = "0" * 64
    for number, line in enumerate(data.splitlines(), 1):
        where = f"{name}, line {number}"
        entry = loaded(line, where)
        if not isinstance(entry, dict) or set(entry) != {"body", "n", "prev", "sig"}:
            raise Fault(f"{where}: not a signed line")
        signed = {part: entry[part] for part in ("body", "n", "prev")}
        if entry["n"] != number or entry["prev"] != before:
            raise Fault(f"{where}: a line before it is missing or was moved")
        if canonical(entry) != line:
            raise Fault(f"{where}: not written the way it was signed")
        if not is_signed(key, DOMAIN + name.encode() + b"\n" + canonical(signed), decoded(entry["sig"], where)):
            raise Fault(f"{where}: the signature is not good: this line was changed")
        before = hashlib.sha256(line).hexdigest()
        bodies.append(entry["body"])
    return bodies


def check(path: str, published: Optional[str] = None) -> tuple[dict[str, Any], Bodies]:  # noqa: UP045
    """Check the pack; returns (manifest, {file: bodies}). Fault names what does not hold."""
    try:
        with zipfile.ZipFile(path) as pack:
            if sum(info.file_size for info in pack.infolist()) > MOST_BYTES:
                raise Fault("larger than any pack is")
            names = pack.namelist()
            if len(set(names)) != len(names):
                raise Fault("a file is in the pack twice")
            files = {name: pack.read(name) for name in names}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Fault(f"not a readable pack: {error}") from None
    for name in ("manifest.json", "manifest.sig"):
        if name not in files:
            raise Fault(f"{name} is missing")
    raw = files.pop("manifest.json")
    manifest = loaded(raw, "manifest.json")
    signature = decoded(files.pop("manifest.sig").strip(), "manifest.sig")
    key = decoded(manifest.get("key") if isinstance(manifest, dict) else None, "the manifest's key")
    if published is not None and decoded(published, "--key") != key:
        raise Fault("the pack is signed with another key than the one given")
    if not is_signed(key, DOMAIN + b"manifest.json\n" + raw, signature):
        raise Fault("manifest.json: the signature is not good: the manifest was changed")
    listed = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
    if set(listed) != set(files):
        raise Fault(f"files missing or too many: {sorted(set(listed) ^ set(files))}")
    for name, digest in listed.items():
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise Fault(f"{name}: was changed")
    bodies = {name: check_lines(name, data, key) for name, data in files.items() if name.endswith(".jsonl")}
    _check_sums(bodies)
    return manifest, bodies


def _check_sums(bodies: Bodies) -> None:
    sheet = bodies["sheet.jsonl"][0]
    for name, part in (("up_s", "isp_up_s"), ("down_s", "isp_down_s"), ("excluded_s", "isp_excluded_s"),
                       ("unknown_s", "isp_unknown_s")):  # fmt: skip
        if sum(day[part] for day in bodies["days.jsonl"]) != sheet[name]:
            raise Fault(f"the days do not add up to the sheet's {name}")
        _check_nodes(bodies["days.jsonl"], part, sheet["lines"], name)
    if sum(outage["isp_s"] for outage in bodies["outages.jsonl"]) != sheet["down_s"]:
        raise Fault("the outages do not add up to the sheet's down_s")
    _check_nodes(bodies["outages.jsonl"], "isp_s", sheet["lines"], "down_s")
    for outage in bodies["outages.jsonl"] + bodies["others.jsonl"]:
        if "part_ms" in outage and not outage["isp_s"] <= outage["lost_s"] <= outage["whole_s"]:
            raise Fault(f"outage {outage['id']}: a part is more than the whole")


def _check_nodes(rows: List[Any], part: str, lines: List[Any], name: str) -> None:  # noqa: UP006
    """Node by node: a line the provider had for a part of the month counts that part, in days and outages alike."""
    left = {}  # type: Dict[str, int]
    for line in lines:
        left[line["node"]] = left.get(line["node"], 0) + line[name]
    for row in rows:
        left[row["node"]] = left.get(row["node"], 0) - row[part]
    wrong = sorted(node for node, seconds in left.items() if seconds)
    if wrong:
        raise Fault(f"{wrong[0]}: days or outages do not add up to the {name} of its lines")


def main(arguments: list[str]) -> int:
    """The command; its exit code."""
    if len(arguments) not in (1, 3) or (len(arguments) == 3 and arguments[1] != "--key"):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        manifest, bodies = check(arguments[0], arguments[2] if len(arguments) == 3 else None)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except Fault as fault:
        sys.stdout.write(f"TIDAK SAH / NOT GOOD: {fault}\n")
        return 1
    sheet = bodies["sheet.jsonl"][0]
    key = base64.b64decode(manifest["key"])
    sys.stdout.write(
        f"SAH / GOOD: {manifest['provider']} {manifest['period']}\n"
        f"  gangguan / outages: {len(bodies['outages.jsonl'])}, detik putus / seconds down: {sheet['down_s']}\n"
        f"  ketersediaan / availability: {sheet['pct']} % ({sheet['worst_pct']} .. {sheet['best_pct']})\n"
        f"  kunci / key: {manifest['key']}\n"
        f"  sidik jari / fingerprint: {hashlib.sha256(key).hexdigest()}\n"
    )
    if len(arguments) == 1:
        sys.stdout.write(
            "  Bandingkan kunci dengan yang diumumkan kota. / Compare the key with the one the city has published.\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
