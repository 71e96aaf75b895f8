"""The browser pages are tested in: Chromium's engine without its windows, Debian's headless shell, at half the work.

What is about the kiosk's own browser (its watch, its switches) runs the whole one.
"""

from typing import Final

CHROMIUM: Final = "/usr/bin/chromium-headless-shell"
WHOLE_CHROMIUM: Final = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
