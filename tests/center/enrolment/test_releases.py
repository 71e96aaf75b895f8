"""The door where boxes fetch releases: real TLS, from any byte on, within bounds, and nothing else of the disk."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.enrolment.frames import Reply
from center.enrolment.releases import Cost, HandingOut, wanted
from tests.support.listener_alone import PATIENT, Alone, exchange, listener_alone
from tests.support.processes import wait_until

RAW = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(RAW).hexdigest()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    folder = tmp_path_factory.mktemp("releases")
    (folder / "releases").mkdir()
    (folder / f"releases/{DIGEST}.sandi").write_bytes(RAW)
    (folder / f"releases/{'1' * 64}.sandi").symlink_to("/etc/passwd")
    (folder / f"releases/{'2' * 64}.sandi").mkdir()
    with listener_alone(folder, lambda _: Reply(200, b"{}")) as alone:
        alone.listener.releases = HandingOut(folder / "releases", Cost(bytes_per_s=2**40))
        yield alone


def _get(door: Alone, path: str, *lines: str) -> tuple[int, dict[str, str], bytes]:
    raw = door.say("\r\n".join((f"GET {path} HTTP/1.1", "Host: x", *lines, "", "")).encode())
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    return int(first.split()[1]), {name.lower(): value for name, _, value in (x.partition(": ") for x in rest)}, body


def test_a_whole_bundle_comes_whole(door: Alone) -> None:
    status, head, body = _get(door, f"/v1/release/{DIGEST}")
    assert (status, head["content-length"], body == RAW) == (200, str(len(RAW)), True)


@settings(max_examples=15, deadline=None)
@given(start=st.integers(0, len(RAW) - 1))
def test_the_rest_comes_from_any_byte_on(door: Alone, start: int) -> None:
    status, head, body = _get(door, f"/v1/release/{DIGEST}", f"Range: bytes={start}-")
    assert (status, head["content-range"]) == (206, f"bytes {start}-{len(RAW) - 1}/{len(RAW)}")
    assert body == RAW[start:]


def test_behind_the_end_there_is_nothing(door: Alone) -> None:
    status, head, body = _get(door, f"/v1/release/{DIGEST}", f"Range: bytes={len(RAW)}-")
    assert (status, head["content-range"], body) == (416, f"bytes */{len(RAW)}", b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/release/" + "0" * 64, 404), ("/v1/release/" + "1" * 64, 404), ("/v1/release/" + "2" * 64, 404),
        ("/v1/release/../../etc/passwd", 400), (f"/v1/release/{DIGEST}.sandi", 400),
    ],
)  # fmt: skip
def test_nothing_else_of_the_disk_can_be_had(door: Alone, path: str, status: int) -> None:
    found, _, body = _get(door, path)
    assert found == status
    assert b"root:" not in body


@pytest.mark.parametrize("line", ["Range: bytes=-5", "Range: bytes=0-1,3-4"])
def test_a_range_of_another_shape_is_no_request(door: Alone, line: str) -> None:
    assert _get(door, f"/v1/release/{DIGEST}", line)[0] == 400


def test_only_get_and_no_body(door: Alone) -> None:
    for raw in (
        f"POST /v1/release/{DIGEST} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        f"GET /v1/release/{DIGEST} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
    ):
        assert re.match(rb"HTTP/1.1 400 ", door.say(raw.encode()))
    assert not any(getattr(question, "path", "").startswith("/v1/release") for question in door.asked)


def test_who_does_not_read_holds_one_place_of_his_and_is_cut(tmp_path: Path) -> None:
    (tmp_path / f"{DIGEST}.sandi").write_bytes(RAW * 16)
    with listener_alone(tmp_path, lambda _: Reply(200, b"{}"), replace(PATIENT, answer_s=5)) as alone:
        alone.listener.releases = HandingOut(tmp_path, Cost(per_address=1, bytes_per_s=2**40, stall_s=3))
        ask = f"GET /v1/release/{DIGEST} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        idle = alone.connect()
        idle.sendall(ask)
        wait_until(lambda: b" 503 " in alone.say(ask)[:30], "his one place is taken")
        wait_until(lambda: b" 200 " in alone.say(ask)[:30], "his place is free again")
        assert len(exchange(idle, b"")) < 16 * len(RAW)


@given(path=st.text(max_size=100), part=st.none() | st.text(max_size=40))
def test_no_text_leads_out_of_the_folder(path: str, part: str | None) -> None:
    try:
        found = wanted(path, part)
    except ValueError:
        return
    assert found is None or re.fullmatch("[0-9a-f]{64}", found.digest)


@pytest.mark.parametrize(
    "path", ["/v1/release/", f"/v1/release/{'A' * 64}", f"/v1/release/{DIGEST}/", "/v1/release/%2e"]
)
@pytest.mark.parametrize("part", [None, "lines=1-", "bytes=x-", "bytes=-1"])
def test_what_is_no_digest_is_no_release(path: str, part: str | None) -> None:
    assert wanted(path, part) is None
