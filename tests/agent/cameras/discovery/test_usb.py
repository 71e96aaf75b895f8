"""Webcams as sysfs tells of them, on a board that has other video devices too."""

from pathlib import Path

import pytest

from agent.cameras.discovery.usb import devices


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, Path]:
    """sysfs and /dev of a Raspberry Pi with one webcam: two nodes of it, a codec and a scaler of the board."""
    sysfs, dev = tmp_path / "sys", tmp_path / "dev"
    (dev / "v4l" / "by-id").mkdir(parents=True)
    for name, title, index, driver in (
        ("video10", "bcm2835-codec-decode", "0", "bcm2835-codec"),
        ("video1", "HD Webcam C270: \x1b[2JHD Webcam", "1", "uvcvideo"),
        ("video0", "HD Webcam C270\nsecond line", "0", "uvcvideo"),
        ("video2", "", "0", ""),
    ):
        entry = sysfs / name
        (entry / "device").mkdir(parents=True)
        (entry / "name").write_text(f"{title}\n")
        (entry / "index").write_text(f"{index}\n")
        if driver:
            (tmp_path / "drivers" / driver).mkdir(parents=True, exist_ok=True)
            (entry / "device" / "driver").symlink_to(tmp_path / "drivers" / driver)
        (dev / name).touch()
    (sysfs / "v4l-subdev0").mkdir()
    (dev / "v4l" / "by-id" / "usb-046d_HD_Webcam_C270-video-index0").symlink_to("../../video0")
    return sysfs, dev


def test_the_picture_half_of_a_webcam_is_a_webcam_and_nothing_else_is(machine: tuple[Path, Path]) -> None:
    found = devices(*machine)
    assert [device.node.rpartition("/")[2] for device in found if device.webcam] == ["video0"]
    assert [device.node.rpartition("/")[2] for device in found] == ["video0", "video1", "video2", "video10"]


def test_a_webcam_is_named_by_the_path_that_stays(machine: tuple[Path, Path]) -> None:
    webcam = devices(*machine)[0]
    assert webcam.device.endswith("/v4l/by-id/usb-046d_HD_Webcam_C270-video-index0")
    assert (webcam.name, webcam.driver, webcam.readable) == ("HD Webcam C270", "uvcvideo", True)


def test_what_a_device_calls_itself_cannot_steer_a_terminal(machine: tuple[Path, Path]) -> None:
    assert devices(*machine)[1].name == "HD Webcam C270: ?[2JHD Webcam"


def test_a_machine_without_video_has_none(tmp_path: Path) -> None:
    assert devices(tmp_path / "nothing", tmp_path) == []


def test_a_device_that_lost_its_node_is_told_as_not_readable(machine: tuple[Path, Path]) -> None:
    sysfs, dev = machine
    (dev / "video0").unlink()
    assert devices(sysfs, dev)[0].readable is False
