"""The mask page's server as it runs: who is let in, what is kept, and what rude clients get."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.maskfile import backup_path, was_cleared
from agent.cameras.masks import make_mask, mask_path, read_mask
from agent.maskpage.drawing import MOST_BODY_BYTES
from tests.support.mask_page import CAMERA, SAMPLES, MaskPage, mask_page, write_config
from tests.support.processes import wait_until

WIDE = 960 / 540
TRIANGLE = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.6]]
SQUARE = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]
BOW = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return mask_path(tmp_path / "camera", CAMERA)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[MaskPage]:
    with mask_page(write_config(tmp_path)) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MaskPage]:
    """For what changes nothing."""
    with mask_page(write_config(tmp_path_factory.mktemp("shared"))) as running:
        yield running


def test_what_is_drawn_is_saved_shown_again_and_the_old_one_kept(page: MaskPage, place: Path) -> None:
    state = page.state()
    assert (state["ok"], state["width"], state["height"], state["polygons"]) == (True, 960, 540, [])
    status, answer = page.post("save", {"aspect": WIDE, "polygons": [TRIANGLE]})
    assert (status, answer["ok"]) == (200, True)
    assert read_mask(place) == make_mask(WIDE, [TRIANGLE])
    assert page.state()["polygons"] == [TRIANGLE]
    page.post("save", {"aspect": WIDE, "polygons": [SQUARE]})
    assert read_mask(backup_path(place)) == make_mask(WIDE, [TRIANGLE])


def test_the_picture_is_the_cameras_without_strip_and_a_fresh_one_has_another_number(page: MaskPage) -> None:
    first = page.ask(f"/{page.word}/picture.jpg?n=1")
    assert (first[0], first[1]["content-type"], first[2][:2]) == (200, "image/jpeg", b"\xff\xd8")
    status, answer = page.post("fresh")
    assert (status, answer["number"], answer["width"], answer["height"]) == (200, 2, 960, 540)


def test_clearing_takes_the_mask_away_on_purpose(page: MaskPage, place: Path) -> None:
    page.post("save", {"aspect": WIDE, "polygons": [TRIANGLE]})
    assert page.post("clear")[0] == 200
    assert read_mask(place) is None
    assert was_cleared(place)
    assert page.state()["polygons"] == []


def test_done_ends_the_command_and_it_says_what_came_of_it(page: MaskPage, place: Path) -> None:
    page.post("save", {"aspect": WIDE, "polygons": [TRIANGLE, SQUARE]})
    assert page.post("done")[0] == 200
    assert page.process.wait(120) == 0
    mask = read_mask(place)
    assert mask is not None
    assert f"Masker tersimpan: 2 bidang, versi {mask.version}" in page.process.output


@pytest.mark.parametrize(
    ("aspect", "polygons", "said"),
    [
        (WIDE, [], "cannot"),
        (WIDE, [BOW], "crosses itself"),
        (WIDE, [[[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]], "hides nothing"),
        (WIDE, [[[0.1, 0.1], [0.2, 0.2]]], "cannot|unreadable"),
        (4 / 3, [TRIANGLE], "berubah bentuk"),
    ],
    ids=["none", "crossed", "flat", "two corners", "another picture"],
)
def test_a_mask_that_would_not_hide_is_refused_and_the_old_one_stays(
    shared: MaskPage, aspect: float, polygons: list[list[list[float]]], said: str
) -> None:
    status, answer = shared.post("save", {"aspect": aspect, "polygons": polygons})
    assert (status, answer["ok"]) == (422, False)
    assert answer["text"]
    assert shared.state()["polygons"] == []


def test_whoever_does_not_know_the_address_is_told_nothing(shared: MaskPage) -> None:
    for path in ("/", "/picture.jpg", "/state", f"/{shared.word[:-1]}/", f"/{shared.word[:-1]}x/state", "//", "/../"):
        status, _, body = shared.ask(path)
        assert status == 404, path
        assert CAMERA.encode() not in body


def test_the_address_without_its_last_slash_leads_to_the_page(shared: MaskPage) -> None:
    status, headers, _ = shared.ask(f"/{shared.word}")
    assert (status, headers["location"]) == (303, f"/{shared.word}/")


def test_guessing_addresses_is_slowed_down_and_the_right_one_is_served_still(page: MaskPage) -> None:
    assert page.ask("/wrong/")[0] == 404
    wait_until(lambda: page.ask("/wrong/")[0] == 429, "an end of guessing", 120)
    assert page.ask(f"/{page.word}/")[0] == 200


def test_the_page_allows_nothing_from_elsewhere(shared: MaskPage) -> None:
    _, headers, body = shared.ask(f"/{shared.word}/")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert b"style=" not in body
    assert b"onclick" not in body
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"


def test_another_pages_requests_are_refused(shared: MaskPage) -> None:
    save = {"aspect": WIDE, "polygons": [TRIANGLE]}
    assert shared.post("save", save, Origin="http://evil.example")[0] == 403
    assert shared.post("save", save, Content_Type="text/plain")[0] == 415
    assert shared.post("save", {**save, "csrf": "wrong"})[0] == 403
    assert shared.ask(f"/{shared.word}/", Host="evil.example")[0] == 421
    assert shared.state()["polygons"] == []


def test_what_changes_something_is_never_a_get(shared: MaskPage) -> None:
    assert [shared.ask(f"/{shared.word}/{name}")[0] for name in ("save", "clear", "fresh", "done")] == [405] * 4
    assert shared.process.process.poll() is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b"[" * 20_000, 400),
        (b'{"csrf": "x", "more": 1}', 400),
        (b'{"csrf": "x", "polygons": [[[1e999, 0]]]}', 400),
        (b'{"csrf": "x", "polygons": [[[1.5, 0]]]}', 400),
        (b"x" * (MOST_BODY_BYTES + 1), 413),
    ],
    ids=range(9),
)
def test_a_body_that_is_none_of_ours_is_refused(shared: MaskPage, body: bytes, status: int) -> None:
    kind = {"Content_Type": "application/json"}
    assert shared.ask(f"/{shared.word}/save", "POST", body, **kind)[0] == status


@given(st.binary(max_size=300))
def test_any_bytes_on_the_socket_leave_the_page_serving(shared: MaskPage, noise: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", shared.port), 120)) as raw:
        answer = b""
        with suppress(ConnectionError):  # it may have waited too long for us
            raw.sendall(noise)
            raw.shutdown(socket.SHUT_WR)
            answer = raw.recv(100)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
    assert shared.process.process.poll() is None


def test_many_silent_connections_do_not_keep_the_technician_out_for_ever(page: MaskPage) -> None:
    silent = [socket.create_connection(("127.0.0.1", page.port), 120) for _ in range(40)]
    for one in silent:
        one.close()
    wait_until(lambda: _serves(page), "the page after silent connections", 120)
    assert page.process.process.poll() is None


def _serves(page: MaskPage) -> bool:
    try:
        return page.ask(f"/{page.word}/")[0] == 200 and page.state()["ok"] is True
    except OSError:
        return False


def test_a_mask_that_cannot_be_read_is_said_and_can_be_replaced(tmp_path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True)
    place.write_bytes(b"{broken")
    with mask_page(write_config(tmp_path)) as page:
        state = page.state()
        assert state["polygons"] == []
        assert "tidak memotret sampai masker baru disimpan" in state["note"]
        assert page.post("save", {"aspect": WIDE, "polygons": [TRIANGLE]})[0] == 200
    assert read_mask(place) == make_mask(WIDE, [TRIANGLE])
    assert backup_path(place).read_bytes() == b"{broken"


def test_a_mask_that_cannot_be_written_is_said_and_the_old_one_stays(tmp_path: Path, place: Path) -> None:
    with mask_page(write_config(tmp_path)) as page:
        page.post("save", {"aspect": WIDE, "polygons": [TRIANGLE]})
        place.with_name(f".{place.name}.part").mkdir()
        status, answer = page.post("save", {"aspect": WIDE, "polygons": [SQUARE]})
    assert (status, answer["ok"]) == (422, False)
    assert "Masker lama tetap berlaku" in answer["text"]
    assert read_mask(place) == make_mask(WIDE, [TRIANGLE])


def test_a_camera_that_fails_meanwhile_is_said_and_the_old_picture_stays(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    sample = sorted(SAMPLES.iterdir())[0]
    (pictures / "a.jpg").write_bytes(sample.read_bytes())
    with mask_page(write_config(tmp_path, pictures)) as page:
        (pictures / "a.jpg").unlink()
        status, answer = page.post("fresh")
        assert (status, answer["ok"]) == (422, False)
        assert "no .jpg files" in answer["text"]
        assert page.ask(f"/{page.word}/picture.jpg")[0] == 200


@pytest.mark.full
def test_for_a_phone_the_page_is_served_on_the_address_that_was_given(tmp_path: Path) -> None:
    with mask_page(write_config(tmp_path), "--listen", "127.0.0.2") as page:
        assert page.host == "127.0.0.2"
        assert page.state()["ok"] is True


def test_the_result_for_programs_is_one_json_document(tmp_path: Path) -> None:
    with mask_page(write_config(tmp_path), "--json") as page:
        page.post("save", {"aspect": WIDE, "polygons": [TRIANGLE]})
        page.post("done")
        assert page.process.wait(120) == 0
        last = page.process.output.strip().splitlines()[-1]
    assert json.loads(last)["mask"]["polygons"] == [TRIANGLE]
