#!/usr/bin/env python3
"""Checks pictures of Sandi offline: an evidence pack, or single JPEG files. Needs Python 3.8 or newer and nothing else.

    python3 verify.py PACK.zip [--key KEY]          KEY: the centre's public key, as the city has published it
    python3 verify.py PICTURE.jpg ... --key KEY     KEY: the public key of the box, base64; may be given several times

1. Of a pack, the manifest must be signed by the centre, and every file have the SHA-256 the manifest names.
2. Every picture must carry a record signed with a key of its box, and be the picture that record describes.
3. The pictures of a camera must follow each other. What is missing between them is said: it is no proof of anything.
Exit 0: every picture is genuine. Exit 1: something does not hold, and it is named. Exit 2: wrong use.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence  # noqa: UP035 -- Python 3.8 reads this file

try:
    from center.core.picture_chain import Link, findings
    from center.reports.pack.verify import Fault, canonical, decoded, is_signed, loaded
except ImportError:  # outside the centre both lie beside this script
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from chain import Link, findings  # type: ignore[import-not-found,no-redef]
    from signatures import Fault, canonical, decoded, is_signed, loaded  # type: ignore[import-not-found,no-redef]

FORMAT = "sandi-pictures/1"
DOMAIN = b"sandi-pictures-1\n"
MAGIC = b"SANDI1 "
MOST_FILE_BYTES = 1024 * 1024
MOST_MANIFEST_BYTES = 64 * 1024 * 1024
MOST_FILES = 20_000
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, LookupError, TypeError,
    AttributeError, OverflowError,
)  # fmt: skip
"""What zipfile and a manifest of anybody's making can raise: whoever signs it himself may write what he likes."""
Signed = Callable[[bytes, bytes, bytes], bool]
Picture = Dict[str, Any]  # noqa: UP006


def read_picture(file: bytes, name: str) -> tuple[Picture, bytes, bytes]:
    """The record in a picture's first comment segment, its exact bytes, its signature. Fault: none, or another picture.

    The record says itself which picture it belongs to: its SHA-256 and size without that segment.
    """
    if file[:4] == b"PK\x03\x04":
        raise Fault(f"{name}: is a pack, and not whole: copy it once more from where it came")
    if file[:4] != b"\xff\xd8\xff\xfe" or len(file) > MOST_FILE_BYTES:
        raise Fault(f"{name}: carries no record of Sandi")
    length = int.from_bytes(file[4:6], "big")
    signature, _, raw = file[6 : 4 + length][len(MAGIC) :].partition(b" ")
    if file[6 : 6 + len(MAGIC)] != MAGIC or 4 + length > len(file):
        raise Fault(f"{name}: carries no record of Sandi")
    record = loaded(raw, name)
    image = file[:2] + file[4 + length :]
    if not isinstance(record, dict) or not _is_record(record):
        raise Fault(f"{name}: its record is not one of Sandi")
    if record["size_bytes"] != len(image) or record["sha256"] != hashlib.sha256(image).hexdigest():
        raise Fault(f"{name}: this is not the picture its record describes: it was changed")
    return record, raw, decoded(signature, name)


def _is_record(record: Picture) -> bool:
    texts = all(isinstance(record.get(name), str) for name in ("node", "epoch", "camera", "sha256", "previous_sha256"))
    numbers = all(
        isinstance(record.get(name), int) for name in ("seq", "wall_ms", "taken_age_ms", "size_bytes")
    ) and isinstance(record.get("evicted_more", 0), int)
    links = record.get("evicted", [])
    whole = isinstance(links, list) and all(
        isinstance(one, dict)
        and isinstance(one.get("seq"), int)
        and isinstance(one.get("sha256"), str)
        and isinstance(one.get("previous_sha256"), str)
        for one in links
    )
    return texts and numbers and whole


def judge(file: bytes, name: str, keys: Sequence[bytes], signed: Signed = is_signed) -> Picture:
    """What is known of one picture; its `finding` is "genuine" or a sentence that says what is wrong with it."""
    try:
        record, raw, signature = read_picture(file, name)
    except Fault as fault:
        return {"file": name, "finding": str(fault)}
    finding = "genuine"
    if not any(signed(key, raw, signature) for key in keys):
        finding = f"{name}: not signed with a key of its box" if keys else f"{name}: no key of its box is known"
    told = ("node", "epoch", "camera", "seq", "purpose", "reason", "verdict", "mask_version", "sha256")
    return {
        "file": name,
        "finding": finding,
        **{part: record.get(part) or "" for part in told},
        "taken_ms": record["wall_ms"] - record["taken_age_ms"],
        "time": "synced" if record.get("synced") is True else "unsynced",
        "previous_sha256": record["previous_sha256"],
        "evicted": record.get("evicted", []),
        "evicted_more": record.get("evicted_more", 0),
    }


def chain_of(pictures: List[Picture], links: Sequence[Dict[str, Any]] = ()) -> None:  # noqa: UP006
    """Put what the chain says into each picture ("chain"). `links`: of pictures that are named and not here."""
    lanes = {}  # type: Dict[tuple[str, str, str], List[Picture]]
    for one in pictures:
        if "seq" in one:
            lanes.setdefault((one["node"], one["epoch"], one["camera"]), []).append(one)
    for (_node, epoch, _camera), lane in lanes.items():
        named = [one for one in links if one["epoch"] == epoch]
        gone = [_link(one, is_here=False) for one in named]
        here = [_link(one, is_here=True) for one in lane if one["finding"] == "genuine"]
        given_up = [
            Link(each["seq"], each["sha256"], each["previous_sha256"], False)
            for one in [*lane, *named]
            for each in one.get("evicted", ())
        ]
        found = findings([*gone, *here], given_up)
        for one in lane:
            one["chain"] = found.get(one["seq"], "") if one["finding"] == "genuine" else ""


def _link(one: Dict[str, Any], *, is_here: bool) -> Link:  # noqa: UP006
    first = min((each["seq"] for each in one.get("evicted", ())), default=0)
    return Link(one["seq"], one["sha256"], one["previous_sha256"], is_here, one.get("evicted_more", 0), first)


def check_pack(path: str, published: Sequence[bytes] = (), signed: Signed = is_signed) -> Dict[str, Any]:  # noqa: UP006
    """Check a pack; {"manifest", "pictures"}. Fault: the pack itself does not hold."""
    try:
        with zipfile.ZipFile(path) as pack:
            names = pack.namelist()
            if len(set(names)) != len(names) or len(names) > MOST_FILES:
                raise Fault("a file is in the pack twice, or there are too many")
            manifest, raw, signature = _manifest(pack)
            center = decoded(manifest.get("key"), "the manifest's key")
            if not signed(center, DOMAIN + raw, signature):
                raise Fault("manifest.json: the signature is not good: the manifest was changed")
            if published and center not in published:
                raise Fault("the pack is signed with another key than the centre's")
            listed = {one["name"]: one["sha256"] for one in manifest["files"]}
            if set(listed) | {"manifest.json", "manifest.sig"} != set(names):
                raise Fault("files are missing, or there are too many")
            pictures = _pictures(pack, manifest, listed, signed)
    except UNREADABLE as error:
        raise Fault(f"not a readable pack: {error}") from None
    return {"manifest": manifest, "pictures": pictures}


def _manifest(pack: zipfile.ZipFile) -> tuple[Dict[str, Any], bytes, bytes]:  # noqa: UP006
    raw = _member(pack, "manifest.json", MOST_MANIFEST_BYTES)
    manifest = loaded(raw, "manifest.json")
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or canonical(manifest) != raw:
        raise Fault("manifest.json: not a pack of pictures of Sandi")
    return manifest, raw, decoded(_member(pack, "manifest.sig", 200).strip(), "manifest.sig")


def _pictures(pack: zipfile.ZipFile, manifest: Dict[str, Any], listed: Dict[str, str], signed: Signed) -> List[Picture]:  # noqa: UP006
    """Every file of the pack against its SHA-256, and every picture against its record; one at a time in memory."""
    keys = [(decoded(one["public"], "a key"), one["revoked_ms"]) for one in manifest["keys"]]
    told = {one["file"]: one for one in manifest["pictures"]}
    pictures = {}  # type: Dict[str, Picture]
    for name, digest in listed.items():
        content = _member(pack, name, MOST_FILE_BYTES)
        if hashlib.sha256(content).hexdigest() != digest:
            raise Fault(f"{name}: was changed since the pack was made")
        if name in told:
            arrived_ms = told[name]["received_ms"]
            counted = [key for key, revoked_ms in keys if revoked_ms is None or arrived_ms < revoked_ms]
            pictures[name] = _told(judge(content, name, counted, signed), told[name], manifest)
    if len(pictures) != len(manifest["pictures"]):
        raise Fault("pictures are missing, or listed twice")
    found = [pictures[one["file"]] for one in manifest["pictures"]]
    chain_of(found, manifest["links"])
    return found


def _told(one: Picture, told: Dict[str, Any], manifest: Dict[str, Any]) -> Picture:  # noqa: UP006
    """The picture with the centre's word for its time; it must be of the camera the pack is about."""
    if "seq" in one:
        if (one["node"], one["camera"]) != (manifest["node"], manifest["camera"]):
            one["finding"] = f"{one['file']}: is of another camera"
        if type(told["at_ms"]) is not int or type(told["age_ms"]) is not int:
            raise Fault("manifest.json: a moment is no number")
        one["taken_ms"] = told["at_ms"] - told["age_ms"]
        one["time"] = str(told["at_quality"])
    return one


def is_good(pictures: Sequence[Picture]) -> bool:
    """Whether every picture is genuine and none contradicts another. A gap contradicts nothing."""
    return bool(pictures) and all(one["finding"] == "genuine" and one.get("chain") != "broken" for one in pictures)


def _member(pack: zipfile.ZipFile, name: str, most: int) -> bytes:
    with pack.open(name) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Fault(f"{name}: larger than any there is")
    return content


def said(pictures: Sequence[Picture]) -> str:
    """The findings as text, Indonesian and English."""
    lines = []
    for one in pictures:
        if one["finding"] != "genuine":
            lines.append(f"TIDAK SAH / NOT GENUINE  {one['finding']}")
            continue
        facts = [_moment(one["taken_ms"]), TIMES.get(one["time"], one["time"]), CHAIN.get(one["chain"], one["chain"])]
        facts += [f"penilaian/verdict {one['verdict']}"] if one["verdict"] else []
        facts += [f"masker/mask {one['mask_version']}"] if one["mask_version"] else []
        lines.append(f"SAH / GENUINE  {one['file']}  {one['node']} {one['camera']} #{one['seq']}")
        lines += [f"    {fact}" for fact in facts]
    holes = sum(one.get("chain") in {"gap", "told", "restarted"} for one in pictures)
    good = sum(one["finding"] == "genuine" for one in pictures)
    lines.append(f"{good}/{len(pictures)} gambar sah / pictures genuine; lubang / holes: {holes}")
    if holes:
        lines.append("  Di antara gambar-gambar ini ada yang tidak disertakan; isinya tidak dapat disimpulkan.")
        lines.append("  Between these pictures others are missing; nothing can be said about what they showed.")
    return "\n".join(lines) + "\n"


TIMES = {
    "ntp": "jam kotak tersinkron / the box's clock was synchronised",
    "synced": "jam kotak tersinkron / the box's clock was synchronised",
    "estimated": "waktu dihitung pusat kemudian / time worked out by the centre later",
    "bounded": "WAKTU TIDAK PASTI: hanya batasnya diketahui / TIME UNCERTAIN: only its bounds are known",
    "unsynced": "WAKTU TIDAK PASTI: jam kotak belum tersinkron / TIME UNCERTAIN: the box's clock was not synchronised",
}
CHAIN = {
    "follows": "rantai: menyambung gambar sebelumnya / chain: follows the picture before it",
    "given_up": "rantai: menyambung; yang di antaranya dilepas kotak / chain: follows; the box gave up those between",
    "told": "rantai: kotak melepas lebih banyak daripada yang dapat disebut / chain: it gave up more than it names",
    "gap": "rantai: GAMBAR SEBELUMNYA TIDAK ADA DI SINI / chain: THE PICTURE BEFORE IT IS NOT HERE",
    "first": "rantai: awal / chain: its beginning",
    "restarted": "rantai: DIMULAI ULANG oleh kotak / chain: BEGUN ANEW by the box",
    "broken": "rantai: BERTENTANGAN dengan gambar lain / chain: CONTRADICTS another picture",
}


def _moment(at_ms: int) -> str:
    """A moment in the city's time; a node's clock may say anything."""
    from datetime import datetime, timedelta, timezone

    try:
        local = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=at_ms)  # noqa: UP017
        return local.astimezone(timezone(timedelta(hours=7))).strftime("%Y-%m-%d %H:%M:%S WIB")
    except OverflowError:
        return "?"


def main(arguments: List[str]) -> int:  # noqa: UP006
    """The command; its exit code."""
    paths, keys = [], []  # type: List[str], List[bytes]
    rest = list(arguments)
    try:
        while rest:
            one = rest.pop(0)
            if one == "--key" and rest:
                keys.append(decoded(rest.pop(0), "--key"))
            elif one.startswith("-"):
                raise Fault("")
            else:
                paths.append(one)
        if not paths:
            raise Fault("")
    except Fault as fault:
        sys.stderr.write(f"{fault}\n{__doc__}\n")
        return 2
    return _run(paths, keys)


def _run(paths: Sequence[str], keys: Sequence[bytes]) -> int:
    pictures = []  # type: List[Picture]
    singles = []  # type: List[Picture]
    try:
        for path in paths:
            if zipfile.is_zipfile(path):
                pack = check_pack(path, keys)
                pictures += pack["pictures"]
                sys.stdout.write(f"kunci pusat / centre's key: {pack['manifest']['key']}\n")
                if not keys:
                    sys.stdout.write("  Bandingkan dengan yang diumumkan kota. / Compare with the one published.\n")
            else:
                singles.append(judge(Path(path).read_bytes()[: MOST_FILE_BYTES + 1], Path(path).name, keys))
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except Fault as fault:
        sys.stdout.write(f"TIDAK SAH / NOT GENUINE: {fault}\n")
        return 1
    chain_of(singles)
    sys.stdout.write(said([*pictures, *singles]))
    return 0 if is_good([*pictures, *singles]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
