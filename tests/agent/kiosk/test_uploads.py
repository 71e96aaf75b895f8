"""Photos piece by piece: repeats, restarts, two at once, and workers that hang, die or lie."""

import asyncio
import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk import photos
from agent.kiosk.bounds import CHUNK_BYTES_MAX, PHOTO_BYTES_MAX
from agent.kiosk.errors import IntakeError
from agent.kiosk.photos import Uploads, read_piece
from tests.support.full_disk import fill_disk
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import Kiosk
from tests.support.kiosk_photos import a_picture, handed_over, pieces

Request = dict[str, object]


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "short"},
        {"client_id": None},
        {"index": 3},
        {"index": -1},
        {"index": True},
        {"index": "0"},
        {"bytes_total": 0},
        {"bytes_total": 1.5},
        {"offset": -1},
        {"offset": 10**30},
        {"data": "!!!"},
        {"data": 5},
        {"data": base64.b64encode(bytes(CHUNK_BYTES_MAX + 1)).decode()},
        {"sha256": "zz"},
        {"sha256": None},
        {"path": "../../etc/passwd"},
    ],
)
def test_a_piece_that_is_none_is_refused(change: Request) -> None:
    (piece,) = pieces(a_picture(size=(20, 20)))
    with pytest.raises(IntakeError) as refusal:
        read_piece(piece | change)
    assert refusal.value.code == "bad_request" and refusal.value.permanent


@given(
    st.dictionaries(
        st.sampled_from(["client_id", "index", "bytes_total", "offset", "data", "sha256", "op", "lang", "x"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=70) | st.binary(max_size=9),
    )
)
def test_any_object_is_a_piece_or_the_one_error(request: Request) -> None:
    try:
        piece = read_piece(request)
    except IntakeError as error:
        assert error.message("id") and error.message("en")
        return
    assert piece.offset + len(piece.data) <= piece.bytes_total <= PHOTO_BYTES_MAX


@in_loop
async def test_pieces_again_change_nothing_and_one_too_early_is_asked_for_again(kiosk: Kiosk) -> None:
    raw = a_picture()
    first, second, *rest = pieces(raw, step=len(raw) // 4 + 1)
    answers = [await kiosk.intake.photo(piece) for piece in (first, first, rest[0], second, first, *rest)]
    step = len(raw) // 4 + 1
    assert [answer["have_bytes"] for answer in answers] == [step, step, step, 2 * step, 2 * step, 3 * step, len(raw)]
    assert [answer["complete"] for answer in answers] == [False] * 6 + [True]
    again = await kiosk.intake.photo(rest[-1])
    assert again == answers[-1], "the answer to the last piece was lost"
    assert (await kiosk.intake.status())["photos"] == 1


@in_loop
async def test_after_a_restart_an_upload_begins_anew(kiosk: Kiosk) -> None:
    raw = a_picture()
    first, second, *_ = pieces(raw, step=len(raw) // 2)
    await kiosk.intake.photo(first)
    await kiosk.intake._at_the_door().uploads.close()
    kiosk.reopen()
    assert await kiosk.intake.photo(second) == {"photo_id": "", "have_bytes": 0, "complete": False}
    assert await handed_over(kiosk, raw)


@in_loop
async def test_two_are_taken_at_once_a_third_waits_and_another_picture_takes_the_place_of_the_first(
    kiosk: Kiosk,
) -> None:
    raw = a_picture()
    begun = [pieces(raw, client_id=f"{n}" * 20, step=1000)[0] for n in range(3)]
    for piece in begun[:2]:
        await kiosk.intake.photo(piece)
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.photo(begun[2])
    assert refusal.value.code == "photo_busy" and not refusal.value.permanent
    other = a_picture(size=(200, 200))
    await handed_over(kiosk, other, client_id="0" * 20)
    await kiosk.intake.photo(begun[2])
    await kiosk.intake._at_the_door().uploads.close()


@in_loop
async def test_many_that_begin_at_the_same_moment_start_two_workers_and_a_repeat_none(tmp_path: Path) -> None:
    started = tmp_path / "started"
    worker = _worker_that(f"import sys; open({str(started)!r}, 'a').write('x'); sys.stdin.buffer.read()")
    uploads = Uploads(worker)
    firsts = [pieces(a_picture(size=(30, 30)), client_id=f"{n:020}", step=200)[0] for n in range(20)]
    begun = await asyncio.gather(
        *(uploads.take(read_piece(piece), b"k" * 32) for piece in (firsts[0], *firsts)), return_exceptions=True
    )
    refused = [one.code for one in begun if isinstance(one, IntakeError)]
    assert refused == ["photo_busy"] * 18
    assert [one for one in begun if not isinstance(one, IntakeError)] == [(200, None)] * 3
    async with asyncio.timeout(120):
        while not started.exists() or len(started.read_text()) < 2:  # noqa: ASYNC110 - another process's file
            await asyncio.sleep(0.01)
    await uploads.close()
    assert started.read_text() == "xx"


def _worker_that(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


HANGS = "import time; time.sleep(600)"


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (HANGS, "photo_too_large"),
        ("import sys; sys.stdin.readline(); print('{}')", "photo_unreadable"),
        ("raise SystemExit(1)", ""),
        ("import sys; sys.stdin.readline(); print('[' * 100000, flush=True); sys.stdin.read()", "photo_unreadable"),
        ("import sys; sys.stdin.readline(); print('{\"size_bytes\": 99999999}', flush=True); sys.stdin.read()", ""),
        ("import sys; sys.stdin.readline(); print('{\"size_bytes\": 10}', flush=True)", "photo_unreadable"),
    ],
)
def test_a_worker_that_hangs_dies_or_lies_is_killed_and_said_to_be(code: str, answer: str) -> None:
    """Whose time ends the one that hangs; the others come to their end however long their start takes."""

    async def scenario() -> None:
        uploads = Uploads(_worker_that(code), work_s=1.5 if code == HANGS else 120)
        with pytest.raises(IntakeError) as refusal:
            for piece in pieces(a_picture()):
                await uploads.take(read_piece(piece), b"k" * 32)
        assert refusal.value.code in ((answer,) if answer else ("photo_busy", "photo_unreadable"))
        assert uploads._going == {}
        await uploads.close()

    asyncio.run(scenario())


@in_loop
async def test_an_upload_that_does_not_end_is_given_up_with_its_process() -> None:
    uploads = Uploads(upload_s=0.0)
    (piece,) = pieces(a_picture(size=(30, 30)), step=500)[:1]
    await uploads.take(read_piece(piece), b"k" * 32)
    (upload,) = uploads._going.values()
    pid = upload.child.pid
    await asyncio.sleep(0.01)
    await uploads.drop_old()
    assert uploads._going == {}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@in_loop
async def test_a_full_disk_refuses_a_photo_before_it_is_sent(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(kiosk.outbox, monkeypatch)
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.photo(pieces(a_picture())[0])
    assert refusal.value.code == "storage_full"


@in_loop
async def test_a_box_that_takes_no_photos_says_so_at_the_door(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.kiosk.handing_in.can_decode", lambda: False)
    assert (await kiosk.intake.ready())["limits"]["photos"] == 0  # type: ignore[index]
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.photo(pieces(a_picture())[0])
    assert refusal.value.code == "photo_off"


def test_the_library_is_found_without_being_loaded() -> None:
    assert photos.can_decode() is True


def test_the_daemon_s_side_loads_neither_pillow_nor_libsodium() -> None:
    code = (
        "import sys; import agent.kiosk.handing_in, agent.kiosk.answering, agent.kiosk.photos\n"
        "heavy = {'nacl', 'PIL', 'click', 'rich', 'email', 'cryptography', 'urllib.request'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
