"""The camera lines of `sandi status`: state, age, what was seen, what to do."""

from typing import Any

import msgspec
import pytest

from agent.cameras.handing import CameraReport
from agent.cli_status import camera_lines
from agent.messages import LANGUAGES, Messages


def lines(lang: Any = "id", **more: Any) -> list[str]:
    values = {
        "state": "ok",
        "type": "onvif",
        "purpose": "traffic",
        "interval_s": 300.0,
        "last_picture_age_s": 12,
    } | more
    camera = msgspec.to_builtins(CameraReport(**values))
    return [text for _, text in camera_lines(Messages(lang), "halaman", camera)]


def test_a_camera_that_is_well_is_one_line() -> None:
    assert lines(verdict="ok") == ["Kamera halaman: [green]baik[/], gambar terakhir 12 dtk lalu"]


def test_what_its_last_picture_was_like_is_said_when_it_was_not_good() -> None:
    assert "TERTUTUP" in lines(verdict="covered")[0] and "masih dipelajari" in lines(verdict="learning")[0]


def test_one_that_fails_says_what_to_do_and_why() -> None:
    told = lines(state="failing", code="auth", cause="401 from [10.0.0.5]", last_picture_age_s=None)
    assert "GAGAL" in told[0] and "kata sandi" in told[1] and "401" in told[2]
    assert len(lines(state="failing", code="none_we_know", cause="x")) == 3


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "code",
    ["hours", "daily_limit", "no_camera_process", "silent", "logins", "memory", "worker_died", "timeout", "mask",
     "hung", "notice", "setup", "auth", "unreachable", "no_keyframe", "truncated", "busy", "unavailable",
     "picture_invalid", "picture_too_large", "refused"],
)  # fmt: skip
def test_every_code_has_a_next_step_in_both_languages(code: str, lang: Any) -> None:
    told = lines(lang, state="failing", code=code, cause="x")
    assert told[1] not in ("", Messages(lang).text("camera.do.other"))
