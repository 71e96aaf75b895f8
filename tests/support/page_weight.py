"""What a page loads: every answer by its address, with the bytes of its body."""

import time
from typing import Any

DEADLINE_S = 60


class Weight:
    """Of a page that has not gone anywhere yet; the live stream is not part of loading it."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.sizes: dict[str, int] = {}
        page.on("requestfinished", self._note)

    def wait_for(self, *parts: str) -> None:
        """Until an answer of each of these addresses is weighed: the browser tells of it later than it uses it."""
        deadline = time.monotonic() + DEADLINE_S
        while missing := [part for part in parts if not any(part in address for address in self.sizes)]:
            assert time.monotonic() < deadline, (missing, self.sizes)
            self._page.wait_for_timeout(20)

    def _note(self, request: Any) -> None:
        if not request.url.endswith("/events"):
            self.sizes[request.url] = request.sizes()["responseBodySize"]
