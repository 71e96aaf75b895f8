"""cmdline.txt: one line, their words in their order, ours behind them once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.provision import cmdline

OURS = ["systemd.run=/boot/firmware/sandi/firstrun.sh", "consoleblank=0"]
FIRSTBOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
WORDS = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20), max_size=12)


@given(WORDS)
def test_their_words_stay_in_order_and_a_second_run_changes_nothing(theirs: list[str]) -> None:
    content = " ".join(theirs).encode() + b"\n"
    once = cmdline.edit(content, OURS, [FIRSTBOOT])
    assert once.count(b"\n") == 1
    assert once.decode().split() == [*(word for word in theirs if word not in {*OURS, FIRSTBOOT}), *OURS]
    assert cmdline.edit(once, OURS, [FIRSTBOOT]) == once


@given(st.binary(max_size=300))
def test_any_bytes_are_edited_or_refused(content: bytes) -> None:
    cmdline.findings(content)
    try:
        once = cmdline.edit(content, OURS)
    except cmdline.CmdlineError:
        return
    assert cmdline.edit(once, OURS) == once


def test_the_images_own_first_start_goes_and_so_do_words_of_an_earlier_role() -> None:
    line = f"console=tty1 root=PARTUUID=1-02 quiet {FIRSTBOOT} video=HDMI-A-1:D\n".encode()
    assert cmdline.edit(line, ["consoleblank=0"], [FIRSTBOOT, "video=HDMI-A-1:D"]) == (
        b"console=tty1 root=PARTUUID=1-02 quiet consoleblank=0\n"
    )


@pytest.mark.parametrize("content", [b"console=tty1\nroot=/dev/sda\n", b"x" * 5000, b"x" * 2040 + b"\n"])
def test_what_no_kernel_would_read_is_refused(content: bytes) -> None:
    with pytest.raises(cmdline.CmdlineError):
        cmdline.edit(content, OURS)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"root=/dev/sda root=/dev/sdb", ["root=/dev/sdb contradicts root=/dev/sda; the last one counts"]),
        (b"quiet splash quiet", ["quiet stands there twice"]),
        (b"console=serial0,115200 console=tty1 video=A video=B quiet", []),
        (b"a\nb", ["2 lines; everything must stand in one"]),
    ],
)
def test_what_is_wrong_is_found(line: bytes, words: list[str]) -> None:
    assert cmdline.findings(line) == words
