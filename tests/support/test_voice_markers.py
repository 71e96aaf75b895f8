"""A search that finds nothing proves nothing unless it finds what is there."""

import base64
import gzip
import io
import random
import tarfile
import zlib

import pytest

from tests.support.number_picture import draw, read
from tests.support.voice_markers import Markers


@pytest.mark.parametrize("before", range(6))
def test_a_marker_is_found_in_every_form_wherever_it_stands(before: int) -> None:
    markers = Markers()
    word = markers.plant("text")
    markers.watch("code", "7KQZ4M9XWD")
    around = random.Random(before).randbytes(before) + f"a {word} b".encode() + b"tail"
    assert markers.hits(around) == {"text (text)"}
    for shaped in (base64.b64encode(around), around.hex().encode(), f"a {word} b".encode("utf-16-le")):
        assert len(markers.hits(b"xx" + shaped + b"yy")) == 1
    assert markers.hits(base64.b64encode(b"." * before + b"7KQZ4M9XWD" + b"..")) != set()


def test_a_word_whose_hexadecimal_is_digits_alone_is_found_once() -> None:
    markers = Markers(common="HTsSDHwWsX")
    assert len(markers.hits(markers.plant("text").encode().hex().encode())) == 1


def test_nothing_is_found_where_nothing_is() -> None:
    markers = Markers()
    markers.plant("text")
    markers.watch("code", "7KQZ4M9XWD")
    assert markers.hits_within(random.Random(1).randbytes(2_000_000)) == set()


def test_a_marker_is_found_in_what_is_packed() -> None:
    markers = Markers()
    said = f'{{"text": "{markers.plant("name")}"}}'.encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("log")
        entry.size = len(said)
        archive.addfile(entry, io.BytesIO(said))
    for content in (
        zlib.compress(said),
        b"page" + zlib.compress(said) + b"rest",
        gzip.compress(said),
        packed.getvalue(),
    ):
        assert markers.hits(content) == set()
        assert "name (text) inside" in markers.hits_within(content)


@pytest.mark.parametrize("quality", [25, 80])
def test_the_number_on_a_picture_survives_being_encoded_again(quality: int) -> None:
    from PIL import Image

    for number in (0, 2**64 - 1, random.Random(5).getrandbits(64)):
        again = io.BytesIO()
        Image.open(io.BytesIO(draw(number, exif_note="x"))).resize((230, 230)).save(again, "JPEG", quality=quality)
        assert read(again.getvalue()) == number


def test_what_is_no_picture_of_a_number_is_refused() -> None:
    from PIL import Image

    grey = io.BytesIO()
    Image.new("RGB", (360, 360), (128, 128, 128)).save(grey, "JPEG")
    for content in (b"", b"no picture", grey.getvalue()):
        with pytest.raises(ValueError):
            read(content)
