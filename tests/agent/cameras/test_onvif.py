"""The ONVIF adapter against a device with the habits of real ones; against ipycam, see test_onvif_ipycam.py."""

import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.cameras.base import (
    CameraAuthError,
    CameraError,
    CameraSetupError,
    CameraUnavailableError,
    CameraUnreachableError,
    PictureInvalidError,
    Secrets,
)
from agent.cameras.onvif import OnvifCamera, OnvifConfig
from tests.agent.cameras.http_camera import PASSWORD, USER
from tests.agent.cameras.onvif_device import MEDIA1, MEDIA2, OnvifDevice, envelope, onvif_device
from tests.support.own_time import within
from tests.support.serving import Certificates

DEADLINE_S = 60.0
SHORT_S = 1.0
RIGHT, WRONG = Secrets(USER, PASSWORD), Secrets(USER, "Salah:sama-sekali")


@pytest.fixture
def device() -> Iterator[OnvifDevice]:
    with onvif_device() as made:
        yield made


def adapter(device: OnvifDevice, secrets: Secrets = RIGHT, **settings: object) -> OnvifCamera:
    made = OnvifCamera(OnvifConfig(url=device.url, **settings), secrets)  # type: ignore[arg-type]
    made.open(0)
    return made


def test_the_snapshot_is_found_on_the_devices_own_host_whatever_it_tells_and_whatever_its_clock_says(
    device: OnvifDevice,
) -> None:
    camera = adapter(device)
    frame = camera.grab(DEADLINE_S)
    assert frame.width == 160
    assert set(frame.timings_ms) == {"search", "connect", "first_byte", "body"}
    assert device.questions == ["GetSystemDateAndTime", "GetServices", "GetProfiles", "GetSnapshotUri"]
    assert not device.refused
    assert PASSWORD not in device.password_text


def test_what_was_found_is_kept_for_the_next_picture(device: OnvifDevice) -> None:
    camera = adapter(device)
    camera.grab(DEADLINE_S)
    asked = len(device.questions)
    assert camera.grab(DEADLINE_S).width == 160
    assert len(device.questions) == asked


def test_an_address_that_moved_is_asked_for_again_in_the_same_picture(device: OnvifDevice) -> None:
    camera = adapter(device)
    camera.grab(DEADLINE_S)
    device.fault = "not found"
    with pytest.raises(CameraError):
        camera.grab(DEADLINE_S)
    device.fault, device.snapshot_path = "redirect", "/really.jpg"
    assert camera.grab(DEADLINE_S).width == 160


def test_the_snapshot_may_want_digest_although_the_device_takes_tokens(device: OnvifDevice) -> None:
    device.auth = "basic-alone-works"
    assert adapter(device).grab(DEADLINE_S).width == 160


def test_a_device_that_wants_http_digest_instead_of_tokens_gets_it(device: OnvifDevice) -> None:
    device.auth, device.token = "sha256", False
    assert adapter(device).grab(DEADLINE_S).width == 160


@pytest.mark.parametrize("secrets", [WRONG, Secrets()], ids=["wrong", "none"])
def test_a_wrong_password_is_told_as_that_after_one_attempt(device: OnvifDevice, secrets: Secrets) -> None:
    camera = adapter(device, secrets)
    with pytest.raises(CameraAuthError, match=r"camera-passwords\.toml") as failure:
        camera.grab(DEADLINE_S)
    assert len(device.refused) == 1
    told = "".join(traceback.format_exception(failure.value)) + repr(vars(camera))
    assert WRONG.password not in told
    assert "kata sandi?" not in told


def test_a_device_that_knows_no_services_is_asked_for_its_capabilities(device: OnvifDevice) -> None:
    device.unknown = {"GetServices"}
    assert adapter(device).grab(DEADLINE_S).width == 160


def test_a_device_with_the_newer_media_service_alone_is_understood(device: OnvifDevice) -> None:
    device.services = [MEDIA2]
    assert adapter(device).grab(DEADLINE_S).width == 160


def test_the_common_media_service_is_preferred_and_the_newer_one_helps_where_it_says_nothing(
    device: OnvifDevice,
) -> None:
    device.services = [MEDIA2, MEDIA1]
    assert adapter(device).grab(DEADLINE_S).width == 160
    device.answers["GetProfiles"] = envelope("<trt:GetProfilesResponse/>")
    device.questions.clear()
    with pytest.raises(CameraUnavailableError, match="no profile with video"):
        adapter(device).grab(DEADLINE_S)
    assert device.questions.count("GetProfiles") == 2


def test_a_device_that_keeps_its_time_for_itself_is_believed_to_have_ours(device: OnvifDevice) -> None:
    device.unknown, device.behind = {"GetSystemDateAndTime"}, timedelta(0)
    assert adapter(device).grab(DEADLINE_S).width == 160


def test_a_device_behind_https_is_met_there_alone_although_it_tells_http(tmp_path: Path) -> None:
    authority = Certificates(tmp_path / "ca")
    with onvif_device(authority.server_context(authority.leaf("kamera"))) as device:
        assert adapter(device, verify_tls=False).grab(DEADLINE_S).width == 160
        with pytest.raises(CameraUnavailableError, match="certificate"):
            adapter(device).grab(DEADLINE_S)


def test_where_basic_is_forbidden_no_stream_is_met_for_the_camera_chooses_how_to_log_in_there(
    device: OnvifDevice,
) -> None:
    device.auth = "basic"
    with pytest.raises(CameraAuthError, match="allow_basic"):
        adapter(device, allow_basic=False).grab(DEADLINE_S)
    device.auth, device.unknown = "md5", {"GetSnapshotUri"}
    with pytest.raises(CameraUnavailableError):
        adapter(device, allow_basic=False).grab(DEADLINE_S)
    assert "GetSnapshotUri" in device.questions and "GetStreamUri" not in device.questions
    assert "basic" not in {way for _, way in device.seen}
    with pytest.raises(ValueError, match="allow_basic"):
        OnvifConfig(url=device.url, way="stream", allow_basic=False)


def test_a_session_that_ended_is_asked_for_anew_with_the_next_picture(device: OnvifDevice) -> None:
    camera = adapter(device)
    camera.grab(DEADLINE_S)
    device.fault = "forbidden"
    with pytest.raises(CameraAuthError):
        camera.grab(DEADLINE_S)
    device.fault = ""
    device.questions.clear()
    assert camera.grab(DEADLINE_S).width == 160
    assert "GetSnapshotUri" in device.questions


def test_a_profile_that_is_not_there_is_named_with_those_that_are(device: OnvifDevice) -> None:
    with pytest.raises(CameraSetupError, match="it has sub1, main1, tiny, other"):
        adapter(device, profile="Profil 99").grab(DEADLINE_S)


def test_without_snapshot_and_stream_the_last_reason_is_told(device: OnvifDevice) -> None:
    device.unknown = {"GetSnapshotUri", "GetStreamUri"}
    with pytest.raises(CameraUnavailableError, match="GetStreamUri"):
        adapter(device).grab(DEADLINE_S)
    with pytest.raises(CameraUnavailableError, match="GetSnapshotUri"):
        adapter(device, way="snapshot").grab(DEADLINE_S)
    assert "GetStreamUri" in device.questions


UNPLEASANT = {
    "no XML": b"<html><body>Login",
    "empty": b"",
    "a document type": b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>',
    "billions": b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
    "deep": b"<a>" * 5000,
    "wide": b"<a>" + b"<b/>" * 60_000 + b"</a>",
    "of an encoding nobody has": b'<?xml version="1.0" encoding="utf-seven"?><a/>',
    "another answer": envelope("<trt:GetSomethingElseResponse/>"),
    "an address of nothing": envelope("<trt:GetProfilesResponse><trt:Profiles token=''/></trt:GetProfilesResponse>"),
}


@pytest.mark.parametrize("answer", UNPLEASANT)
@pytest.mark.parametrize("question", ["GetSystemDateAndTime", "GetServices", "GetProfiles", "GetSnapshotUri"])
def test_an_unpleasant_answer_is_a_typed_error_and_no_end(device: OnvifDevice, question: str, answer: str) -> None:
    device.answers[question] = UNPLEASANT[answer]
    device.behind = timedelta(0)
    camera = adapter(device, way="snapshot")
    if question in ("GetSystemDateAndTime", "GetServices"):  # there is another way
        assert camera.grab(DEADLINE_S).width == 160
        return
    with pytest.raises(CameraUnavailableError):
        camera.grab(DEADLINE_S)
    device.answers.clear()
    assert camera.grab(DEADLINE_S).width == 160


@pytest.mark.parametrize(
    "uri",
    ["", "nonsense", "file:///etc/passwd", "http://[::1", "http://x:0/", "gopher://x/", "http://a/" + "b" * 2000],
)
def test_a_snapshot_address_that_is_none_is_not_followed(device: OnvifDevice, uri: str) -> None:
    device.answers["GetSnapshotUri"] = envelope(
        f"<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri></trt:GetSnapshotUriResponse>"
    )
    with pytest.raises(CameraUnavailableError):
        adapter(device, way="snapshot").grab(DEADLINE_S)
    assert not [path for path, _ in device.seen if "onvif" not in path]


def test_a_device_that_sends_more_than_any_answer_is_stopped(device: OnvifDevice) -> None:
    device.answers["GetProfiles"] = b"<a>" + b" " * 3_000_000
    with pytest.raises(CameraError, match="2000000"):
        adapter(device).grab(DEADLINE_S)


def test_a_bad_picture_at_a_good_address_is_told_as_that(device: OnvifDevice) -> None:
    device.fault = "login page"
    with pytest.raises(PictureInvalidError, match="web page"):
        adapter(device, way="snapshot").grab(DEADLINE_S)


def test_a_silent_device_is_unreachable_in_time_and_found_again(device: OnvifDevice) -> None:
    camera = adapter(device)
    camera.grab(DEADLINE_S)
    device.fault = "silent"
    with within(SHORT_S + 1), pytest.raises(CameraUnreachableError):
        camera.grab(SHORT_S)
    device.fault = ""
    assert camera.grab(DEADLINE_S).width == 160
