"""config.txt: our lines between markers, everybody else's byte for byte, and what the firmware would stumble over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.provision import configtxt

OURS = ["[all]", "dtparam=watchdog=on", "[all]"]
LINE = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=40)
FOREIGN = st.lists(LINE.filter(lambda line: "sandi" not in line), max_size=8)


@given(before=FOREIGN, after=FOREIGN, newline=st.sampled_from(["\n", "\r\n"]), ends=st.booleans())
def test_foreign_lines_stay_byte_for_byte_and_a_second_run_changes_nothing(
    before: list[str], after: list[str], newline: str, ends: bool
) -> None:
    content = newline.join(before).encode() + (newline.encode() if ends and before else b"")
    once = configtxt.edit(content, OURS)
    assert once.startswith(content)
    assert configtxt.edit(once, OURS) == once
    tail = newline.join(["", *after]).encode()[len(newline) :]
    grown = once + tail
    changed = configtxt.edit(grown, [*OURS, "arm_boost=1"])
    assert changed.startswith(content)
    assert changed.endswith(tail)
    assert configtxt.without(changed) == configtxt.without(grown)


@given(st.binary(max_size=400))
def test_any_bytes_are_edited_or_refused(content: bytes) -> None:
    try:
        once = configtxt.edit(content, OURS)
    except configtxt.MarkerError:
        return
    assert configtxt.edit(once, OURS) == once
    configtxt.findings(once.decode("utf-8", "replace"))


@pytest.mark.parametrize(
    "content",
    ["# >>> sandi\n", "# <<< sandi\n", "# <<< sandi\n# >>> sandi\n", "# >>> sandi\n# <<< sandi\n" * 2],
)
def test_markers_somebody_damaged_are_refused(content: str) -> None:
    with pytest.raises(configtxt.MarkerError, match="one pair"):
        configtxt.edit(content.encode(), OURS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gpu_mem=64\ngpu_mem=64\n", "stands in line 1 already"),
        ("gpu_mem=64\ngpu_mem=128\n", "contradicts line 1"),
        ("dtparam=audio=on\ndtparam=audio=off\n", "contradicts line 1"),
        ("dtparam=i2c_arm=on,audio=on\ndtparam=audio=off\n", "contradicts line 1"),
        ("dtoverlay=disable-bt\ndtoverlay=disable-bt\n", "twice"),
        ("[pi9]\narm_boost=1\n", "no filter"),
        ("arm_boost\n", "is not key=value"),
        (f"dtoverlay={'x' * 90}\n", "characters; the firmware reads 98"),
    ],
)
def test_what_is_wrong_is_found(text: str, words: str) -> None:
    [problem] = configtxt.findings(text)
    assert words in problem


@pytest.mark.parametrize(
    "text",
    [
        "[pi4]\ngpu_mem=64\n[pi3]\ngpu_mem=128\n[all]\n",  # one board each
        "dtoverlay=uart2\ndtoverlay=uart3\n",
        "dtoverlay=i2c-rtc\ndtparam=ds3231\ndtoverlay=w1-gpio\ndtparam=gpiopin=4\ndtoverlay=w1-gpio,gpiopin=5\ndtparam=gpiopin=6\n",
        "dtparam=i2c_arm=on\ndtparam=spi=on\n",
        "# gpu_mem=1\n\ninclude extra.txt\n[gpio4=1]\narm_boost=1\n[EDID=VSC-TD2220]\n[all]\n",
        "hdmi_group:0=1\nhdmi_group:1=2\n",
    ],
)
def test_what_the_firmware_allows_is_no_mistake(text: str) -> None:
    assert configtxt.findings(text) == []


def test_our_lines_bind_no_other_board_and_leave_no_filter_behind() -> None:
    lines = configtxt.block("pi4", ["arm_boost=1"], ["disable_overscan=1"])
    text = configtxt.edit(b"[cm5]\ndtoverlay=dwc2\n", lines).decode() + "enable_uart=0\n"
    sections = {entry.key: entry.section for entry in configtxt.entries(text)}
    assert sections == {
        "dtoverlay": "[cm5]", "disable_overscan": "[all]", "arm_boost": "[pi4]", "enable_uart": "[all]",
    }  # fmt: skip
