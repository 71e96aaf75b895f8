"""The HTTP camera against a real server: every way of logging in, every bad manner, and no password anywhere."""

import contextlib
import io
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from agent.cameras.base import (
    CameraAuthError,
    CameraBusyError,
    CameraError,
    CameraHungError,
    CameraSetupError,
    CameraUnavailableError,
    CameraUnreachableError,
    PictureInvalidError,
    PictureTooLargeError,
    Secrets,
    TruncatedError,
)
from agent.cameras.http_jpeg import HttpJpegCamera, HttpJpegConfig
from tests.agent.cameras.http_camera import PASSWORD, USER, HttpCamera, http_camera
from tests.agent.cameras.http_logins import AUTHS
from tests.agent.cameras.http_manners import FAULTS
from tests.support.own_time import told_within, within
from tests.support.ports import held_port, port_of
from tests.support.serving import Certificates, serving

DEADLINE_S = 60.0
"""For what comes at once, however busy the machine is."""
PROMPT_S = 21.0
SHORT_S = 1.0
"""For what cannot come."""
RIGHT, WRONG = Secrets(USER, PASSWORD), Secrets(USER, "Salah:sama-sekali")


@pytest.fixture
def box() -> Iterator[HttpCamera]:
    with http_camera() as made:
        yield made


def adapter(camera: HttpCamera | str, secrets: Secrets = RIGHT, **settings: object) -> HttpJpegCamera:
    url = camera if isinstance(camera, str) else camera.url
    made = HttpJpegCamera(HttpJpegConfig(url=url, **settings), secrets)  # type: ignore[arg-type]
    made.open(0)
    return made


def refusal(camera: HttpJpegCamera, deadline_s: float) -> CameraError:
    with pytest.raises(CameraError) as failure:
        camera.grab(deadline_s)
    return failure.value


# --- logging in ---

WAYS = {
    "none": ["", ""],
    "basic": ["", "basic", "basic"],
    "md5": ["", "digest md5", "digest md5"],
    "md5-old": ["", "digest md5", "digest md5"],
    "md5-sess": ["", "digest md5-sess", "digest md5-sess"],
    "auth-int": ["", "digest md5", "digest md5"],
    "sha256": ["", "digest sha-256", "digest sha-256"],
    "sha256-sess": ["", "digest sha-256-sess", "digest sha-256-sess"],
    "both": ["", "digest sha-256", "digest sha-256"],
    "both-one-header": ["", "digest sha-256", "digest sha-256"],
    "sha256-reckoned-wrong": ["", "digest sha-256", "digest md5", "digest md5"],
    "basic-alone-works": ["", "digest md5", "basic", "basic"],
    "stale": ["", "digest md5", "digest md5", "digest md5"],
    "stale-silent": ["", "digest md5", "digest md5", "digest md5"],
}
"""What the camera sees during two pictures: the best way first, then the next; the second time what worked, at once."""


@pytest.mark.parametrize("auth", WAYS)
def test_it_logs_in_the_best_way_that_works_and_remembers_it(box: HttpCamera, auth: str) -> None:
    box.auth = auth
    camera = adapter(box)
    assert (camera.grab(DEADLINE_S).width, camera.grab(DEADLINE_S).width) == (160, 160)
    assert [way for _, way in box.seen] == WAYS[auth]


@pytest.mark.parametrize("auth", sorted(set(AUTHS) - {"none"}))
def test_a_wrong_password_is_told_as_that_each_way_tried_once(box: HttpCamera, auth: str) -> None:
    box.auth = auth
    camera = adapter(box, WRONG)
    with pytest.raises(CameraAuthError) as failure:
        camera.grab(DEADLINE_S)
    tried = [way for _, way in box.seen if way]
    assert len(tried) <= (3 if auth in {"stale", "always-stale"} else 2)  # a camera locks its account after five
    if auth in WAYS:
        assert "camera-passwords.toml" in failure.value.message


@pytest.mark.parametrize("auth", sorted(set(AUTHS) - {"none"}))
def test_where_basic_is_forbidden_the_password_never_leaves_as_it_is(box: HttpCamera, auth: str) -> None:
    box.auth = auth
    camera = adapter(box, allow_basic=False)
    if auth in WAYS and "basic" not in WAYS[auth]:
        assert camera.grab(DEADLINE_S).width == 160
    elif auth in WAYS:
        with pytest.raises(CameraAuthError, match="allow_basic" if auth == "basic" else "refuses user or password"):
            camera.grab(DEADLINE_S)
    else:
        with contextlib.suppress(CameraAuthError):
            camera.grab(DEADLINE_S)
    assert box.seen and "basic" not in {way for _, way in box.seen}
    with pytest.raises(ValueError, match="allow_basic"):
        HttpJpegConfig(url=box.url + "?pwd={password}", allow_basic=False)


def test_the_right_password_works_once_the_wrong_one_was_refused_and_corrected_at_the_camera(box: HttpCamera) -> None:
    box.auth, box.password = "both", "another"
    camera = adapter(box)
    with pytest.raises(CameraAuthError):
        camera.grab(DEADLINE_S)
    box.password = PASSWORD
    assert camera.grab(DEADLINE_S).width == 160


def test_a_camera_that_changes_its_way_of_logging_in_is_followed(box: HttpCamera) -> None:
    camera = adapter(box)
    for auth in ("sha256", "md5", "basic", "sha256", "none", "md5-sess"):
        box.auth = auth
        assert camera.grab(DEADLINE_S).width == 160, auth


def test_without_user_nothing_is_tried_and_the_file_is_named(box: HttpCamera) -> None:
    box.auth = "both"
    with pytest.raises(CameraAuthError, match=r"asks for user and password.*camera-passwords\.toml"):
        adapter(box, Secrets()).grab(DEADLINE_S)
    assert [way for _, way in box.seen] == [""]


def test_a_password_wanted_in_the_address_is_put_there_and_shown_to_nobody(box: HttpCamera) -> None:
    camera = adapter(f"http://127.0.0.1:{box.port}/snap/{{user}}?pwd={{password}}&x=1")
    assert camera.grab(DEADLINE_S).width == 160
    assert box.seen == [("/snap/pengamat?pwd=Rahasia%3A%C3%A4%C3%B6%C3%BC-42&x=1", "")]
    box.fault = "not found"
    with pytest.raises(CameraUnavailableError) as failure:
        camera.grab(DEADLINE_S)
    told = "".join(traceback.format_exception(failure.value)) + repr(vars(camera))
    assert PASSWORD not in told and "Rahasia" not in told and "pwd" not in failure.value.message


# --- manners ---

MANNERS: dict[str, type[CameraError] | None] = {
    "silent": CameraUnreachableError,
    "stops mid-body": CameraHungError,
    "cut mid-body": TruncatedError,
    "cut without a length": TruncatedError,
    "half as if whole": TruncatedError,
    "resets mid-body": TruncatedError,
    "without a length": None,
    "endless": PictureTooLargeError,
    "drips its body": CameraHungError,
    "drips its header": CameraHungError,
    "announces too much": PictureTooLargeError,
    "chunked": None,
    "chunked, cut": TruncatedError,
    "bad chunks": TruncatedError,
    "login page": PictureInvalidError,
    "wrong type": None,
    "png": PictureInvalidError,
    "empty": PictureInvalidError,
    "redirect": None,
    "redirect loop": CameraUnavailableError,
    "redirect elsewhere": CameraUnavailableError,
    "redirect nowhere": CameraUnavailableError,
    "huge header": CameraUnavailableError,
    "many headers": CameraUnavailableError,
    "bomb": PictureInvalidError,
    "bomb without size": PictureInvalidError,
    "corrupt head": PictureInvalidError,
    "corrupt scan": PictureInvalidError,
    "two in one": PictureInvalidError,
    "trailer": None,
    "busy": CameraBusyError,
    "too many": CameraBusyError,
    "forbidden": CameraAuthError,
    "not found": CameraUnavailableError,
    "broken": CameraUnavailableError,
    "switching": CameraUnavailableError,
    "multipart": None,
    "multipart without lengths": None,
    "multipart that stops": CameraHungError,
    "not http": CameraUnavailableError,
    "noise": CameraUnavailableError,
    "hangs up": CameraUnreachableError,
    "closes kept": None,
}
WAITS_OUT_ITS_TIME = {"silent", "stops mid-body", "drips its body", "drips its header", "multipart that stops"}


DECODING_TELLS = {"bomb within the sides"}
"""Of these an adapter sees nothing, who does not decode: test_http_worker.py."""


def test_every_bad_manner_of_the_server_has_its_verdict_here() -> None:
    assert set(MANNERS) == set(FAULTS) - DECODING_TELLS - {""}


@pytest.mark.parametrize("fault", MANNERS)
def test_a_bad_manner_is_a_typed_error_in_time_and_the_next_picture_comes(box: HttpCamera, fault: str) -> None:
    box.fault, box.auth = fault, "md5"
    camera, expected = adapter(box), MANNERS[fault]
    if expected is None:
        frame = camera.grab(DEADLINE_S)
        assert Image.open(io.BytesIO(frame.jpeg)).convert("RGB").size == (160, 120)
    else:
        if fault in WAITS_OUT_ITS_TIME:
            error = told_within(
                SHORT_S, lambda deadline_s: refusal(camera, deadline_s), lambda it: type(it) is expected
            )
        else:
            with within(PROMPT_S):
                error = refusal(camera, DEADLINE_S)
        assert type(error) is expected, error
        assert 0 < len(error.message) <= 500
        assert not error.permanent
        assert PASSWORD not in "".join(traceback.format_exception(error))
    box.fault = ""
    assert camera.grab(DEADLINE_S).width == 160


def test_a_picture_of_another_size_than_the_one_before_is_as_good(box: HttpCamera) -> None:
    camera = adapter(box)
    assert camera.grab(DEADLINE_S).width == 160
    box.size = (320, 96)
    frame = camera.grab(DEADLINE_S)
    assert (frame.width, frame.height) == (320, 96)


def test_the_cameras_own_bytes_come_untouched(box: HttpCamera) -> None:
    box.still = True
    assert adapter(box).grab(DEADLINE_S).jpeg == box.picture()


def test_what_somebody_between_kept_is_as_old_as_he_says(box: HttpCamera) -> None:
    box.headers = [("Age", "90")]
    assert adapter(box).grab(DEADLINE_S).age_ms >= 90_000
    box.headers = [("Age", "-5; young")]
    assert adapter(box).grab(DEADLINE_S).age_ms < 90_000


def test_a_file_that_is_no_longer_written_is_as_old_as_the_server_says(box: HttpCamera) -> None:
    box.headers = [("Date", "Fri, 27 Nov 2026 10:00:00 GMT"), ("Last-Modified", "Fri, 27 Nov 2026 09:30:00 GMT")]
    assert 1_800_000 <= adapter(box).grab(DEADLINE_S).age_ms < 3_600_000
    assert adapter(box, trust_dates=False).grab(DEADLINE_S).age_ms < 1_800_000
    for date in (
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Sat, 28 Nov 2026 09:30:00 GMT",
        "yesterday",
        "Fri, 99 Foo 2026 09:30:00",
    ):
        box.headers[1] = ("Last-Modified", date)
        assert adapter(box).grab(DEADLINE_S).age_ms < 1_800_000, date


def test_nobody_listening_is_unreachable_with_what_to_check() -> None:
    with held_port() as held, pytest.raises(CameraUnreachableError, match="power, cable and address"):
        adapter(f"http://127.0.0.1:{port_of(held)}/").grab(DEADLINE_S)


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    camera, words = adapter("http://kamera.invalid/"), "kamera.invalid is unknown"
    error = told_within(SHORT_S, lambda deadline_s: refusal(camera, deadline_s), lambda it: words in it.message)
    assert isinstance(error, CameraUnreachableError)
    assert words in error.message


def test_a_grab_before_opening_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(CameraSetupError):
        HttpJpegCamera(HttpJpegConfig(url="http://127.0.0.1/"), Secrets()).grab(1)


# --- https ---


def test_https_wants_a_certificate_it_can_trust_or_is_told(tmp_path: Path) -> None:
    import hashlib
    import ssl

    authority = Certificates(tmp_path / "ca")
    leaf = authority.leaf("kamera")
    seen = hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaf[0].read_text())).hexdigest()
    with http_camera(auth="md5", tls=authority.server_context(leaf)) as box:
        with pytest.raises(CameraUnavailableError, match="certificate_sha256"):
            adapter(box).grab(DEADLINE_S)
        with pytest.raises(CameraUnavailableError, match="another certificate"):
            adapter(box, certificate_sha256="00" * 32).grab(DEADLINE_S)
        assert not box.seen  # no password went anywhere
        pairs = ":".join(seen[at : at + 2].upper() for at in range(0, 64, 2))
        assert adapter(box, certificate_sha256=pairs).grab(DEADLINE_S).width == 160
        assert adapter(box, verify_tls=False).grab(DEADLINE_S).width == 160


def test_plain_words_on_the_https_port_are_a_typed_error() -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with serving(plain) as port, pytest.raises(CameraUnavailableError, match="encryption failed"):
        adapter(f"https://127.0.0.1:{port}/", verify_tls=False).grab(DEADLINE_S)


def test_a_server_that_never_shakes_hands_is_unreachable_in_time() -> None:
    with (
        serving(lambda connection: connection.recv(10**6) and connection.recv(10**6) and None) as port,
        within(SHORT_S + 1),
        pytest.raises(CameraUnreachableError),
    ):
        adapter(f"https://127.0.0.1:{port}/").grab(SHORT_S)
