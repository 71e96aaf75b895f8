#!/usr/bin/python3 -IS
"""Does for the agent the three things that only root may do. It wishes for one by making a file of that name.

The folder belongs to the agent, so nothing in it is believed but a name out of three:

1. A word is taken away before it is obeyed: a wish is granted once, and what cannot be taken away is not obeyed.
2. Only a small plain file is a wish. A link, a folder, a pipe or a large file of that name is taken away, and no more.
3. Its content is never read. Every other name is left alone: nothing begins because of it.
4. A box that has been up for less than a minute is restarted when that minute is over, so that no agent, whoever has
   taken it over, keeps people from a login; and between two turns there are two seconds.

Nothing but Python's own library, and the machine's own Python: it works when the agent's software does not.
"""

import contextlib
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

RUN_DIR = "/run/sandi"
FOLDER = "want"
SYSTEMCTL = "/usr/bin/systemctl"
MOST_BYTES = 64
UP_AT_LEAST_S = 60.0
PAUSE_S = 2.0
KIOSK_UNITS = ("sandi-kiosk.service", "sandi-kiosk-browser.service", "sandi-kiosk-serial.service")
# Last what ends the machine: what lies beside it is still begun.
WORDS = ("restart-kiosk", "update", "reboot")

Order = Callable[[Sequence[str]], int]


def say(words: str) -> None:
    sys.stderr.write(words + "\n")


def systemctl(words: Sequence[str]) -> int:
    return subprocess.run((SYSTEMCTL, "--no-ask-password", *words), check=False, timeout=60).returncode


def opened(run_dir: str) -> int | None:
    """The folder itself, never what a link in its place leads to; None while there is none."""
    with contextlib.suppress(FileNotFoundError):
        above = os.open(run_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            return os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
        finally:
            os.close(above)
    return None


def taken(folder: int) -> tuple[list[str], int]:
    """The wishes that lay there, in the order of WORDS; and how many could not be taken away, which is said."""
    found, stuck = [], 0
    for word in WORDS:
        try:
            facts = os.stat(word, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(facts.st_mode):
                os.rmdir(word, dir_fd=folder)
            else:
                os.unlink(word, dir_fd=folder)
        except FileNotFoundError:
            continue
        except OSError as error:
            say(f"want-stuck: {word}: {error.strerror}")
            stuck += 1
            continue
        if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1 and facts.st_size <= MOST_BYTES:
            found.append(word)
        else:
            say(f"want-ignored: {word} is no small plain file")
    return found, stuck


def restart_kiosk(order: Order) -> None:
    """Each of its units that is on or runs; what is off stays off."""
    for unit in KIOSK_UNITS:
        if order(("--quiet", "is-enabled", unit)) == 0 or order(("--quiet", "is-active", unit)) == 0:
            order(("--no-block", "restart", unit))


def update(order: Order) -> None:
    order(("--no-block", "start", "sandi-update.service"))


def reboot(order: Order) -> None:
    time.sleep(max(0.0, UP_AT_LEAST_S - time.clock_gettime(time.CLOCK_BOOTTIME)))
    order(("--no-wall", "reboot"))


DOES: dict[str, Callable[[Order], None]] = {"restart-kiosk": restart_kiosk, "update": update, "reboot": reboot}


def grant(run_dir: str, order: Order) -> int:
    """One turn; the exit code: 1 where something could not be taken away or done."""
    try:
        folder = opened(run_dir)
        if folder is None:
            return 0
        try:
            words, stuck = taken(folder)
        finally:
            os.close(folder)
    except OSError as error:
        say(f"want-failed: {error}")
        return 1
    code = int(stuck > 0)
    for word in words:
        say(f"want-taken: {word}")
        try:
            DOES[word](order)
        except (OSError, subprocess.SubprocessError) as error:
            say(f"want-failed: {word}: {error}")
            code = 1
    return code


if __name__ == "__main__":
    outcome = grant(RUN_DIR, systemctl)
    time.sleep(PAUSE_S)
    sys.exit(outcome)
