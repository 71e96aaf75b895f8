"""A citizen before the kiosk's screen without a browser: the forms as they are sent when no script runs."""

import http.client
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

MOST_SCREENS = 60
PATIENCE_S = 60.0
WAIT_S = 0.2
AGENT_BACK_S = 90.0
"""Whoever stands before the screen waits so long at most, for an agent that is away or a busy machine."""
CHOSEN = {
    "emergency": "no", "kind": "aduan", "subject": "lampu", "area": "own", "identity": "anonymous", "urgent": "go_on",
}  # fmt: skip


class LostError(Exception):
    """The screen has gone, or begins anew: what was typed is forgotten, and nobody knows what came of it."""


class ScreenVisitor:
    """Somebody at `base`."""

    def __init__(self, base: str) -> None:
        self._base = base

    def hand_in(self, text: str, at_review: Callable[[], None] = lambda: None) -> tuple[str, str]:
        """A complaint; code and PIN from the receipt. LostError when the screen did not live to show it.

        `at_review` is called when everything has been typed and nothing was handed in.
        """
        page, screens, deadline = self._post({"lang": "id"}), 0, time.monotonic() + AGENT_BACK_S
        while screens < MOST_SCREENS and time.monotonic() < deadline:
            screen = _found(page, r'data-screen="([^"]+)"')
            if screen == "receipt":
                return _shown(page, "data-code"), _shown(page, "data-pin")
            if screen in ("idle", ""):
                raise LostError
            if screen == "waiting":  # the agent is away: the page asks again by itself
                time.sleep(WAIT_S)
            else:
                screens += 1
            if screen == "review":
                at_review()
            page = self._post({"s": _found(page, r'name="s" value="([^"]+)"'), "at": screen, **_answer(screen, text)})
        raise LostError

    def _post(self, fields: dict[str, str]) -> str:
        request = urllib.request.Request(
            f"{self._base}/", urllib.parse.urlencode(fields).encode(), {"Origin": self._base}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.read().decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            raise LostError from error


def _answer(screen: str, text: str) -> dict[str, str]:
    if screen in CHOSEN:
        return {"choice": CHOSEN[screen]}
    if screen == "waiting":
        return {"go": "retry"}
    return {"go": "next", "field": text if screen == "text" else ""}


def _found(page: str, pattern: str) -> str:
    match = re.search(pattern, page)
    return match[1] if match else ""


def _shown(page: str, mark: str) -> str:
    return "".join(_found(page, rf"{mark}[^>]*>([^<]+)<").split())
