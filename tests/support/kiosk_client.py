"""The screen's forms without a browser: what is sent is what the test says."""

import http.client
import re
import time
import urllib.parse

AWAY_S = 120.0
AGAIN_S = 0.5


class Client:
    """A browser's form without a browser: what it sends is what the test says."""

    def __init__(self, base: str) -> None:
        self.host = base.removeprefix("http://")
        self.session = ""
        self.page = ""

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str, dict[str, str]]:
        address, _, port = self.host.partition(":")
        connection = http.client.HTTPConnection(address, int(port), timeout=120)
        sent = {"Host": self.host, "Origin": f"http://{self.host}", "Content-Type": "application/x-www-form-urlencoded"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body or None, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def press(self, **fields: str) -> str:
        """One press; the name of the screen that it leads to. While the agent takes too long for an answer it is asked
        again, as the page does by itself or a citizen who finds the idle screen still there."""
        until_s = time.monotonic() + AWAY_S
        screen = self._press(**fields)
        while screen == "waiting" or (screen == "idle" and "lang" in fields):
            assert time.monotonic() < until_s, self.page
            time.sleep(AGAIN_S)
            screen = self._press(**({"go": "retry"} if screen == "waiting" else fields))
        return screen

    def _press(self, **fields: str) -> str:
        at = re.search(r'data-screen="(\w+)"', self.page)
        form = {"s": self.session, "at": at[1] if at else "", **fields}
        status, self.page, _ = self.ask("POST", "/", urllib.parse.urlencode(form).encode())
        assert status == 200, self.page
        session = re.search(r'data-session="([^"]*)"', self.page)
        self.session = session[1] if session else ""
        found = re.search(r'data-screen="(\w+)"', self.page)
        assert found is not None
        return found[1]

    def until_text(self) -> None:
        for fields in (
            {"lang": "id"},
            {"choice": "no"},
            {"choice": "aduan"},
            {"choice": "jalan"},
            {"choice": "own"},
            {},
        ):
            self.press(**fields)
        assert 'data-screen="text"' in self.page
