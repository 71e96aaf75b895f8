"""The oracle's source: what citizens were told is accepted, written down by the caller after it was told.

One journal per box, in a file of its own. Nothing of the product writes into it or reads it.
"""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from agent.control_client import RefusedError
from tests.support.city import Agent

WORDS = (
    "lampu", "jalan", "padam", "berlubang", "banjir", "saluran", "tersumbat", "sampah", "menumpuk", "air", "bersih",
    "puskesmas", "antrean", "kelurahan", "pasar", "sekolah", "jembatan", "pohon", "tumbang", "trotoar",
)  # fmt: skip
RETRY_S = 0.1


class Journal(threading.Thread):
    """Files complaints at a steady rate, each under one client id until it is answered, as the kiosk's page does."""

    def __init__(self, agent: Agent, path: Path, per_s: float, seed: int) -> None:
        super().__init__(name=f"journal-{agent.node}", daemon=True)
        self.agent = agent
        self.path = path
        self.refused = 0
        """Times the box said no (disk full, read-only) or nobody answered; the complaint was then filed again."""
        self._per_s = per_s
        self._rng = random.Random(seed)
        self._filing = threading.Lock()
        self._stop_asked = threading.Event()
        self._abandoned = False
        self._number = 0
        self._accepted: dict[str, str] = {}

    @property
    def accepted(self) -> dict[str, str]:
        """Code by text, of everything accepted so far."""
        return dict(self._accepted)

    def run(self) -> None:
        """Until `finish`; a complaint once begun is filed to its end, however long the box is away."""
        with self.path.open("a", encoding="utf-8") as book:
            while not self._stop_asked.wait(self._rng.expovariate(self._per_s)):
                with self._filing:
                    self._number += 1
                    words = " ".join(self._rng.choices(WORDS, k=self._rng.randint(4, 40)))
                    self._file(f"{self.agent.directory.name} nomor {self._number}: {words}", book)

    def finish(self, timeout_s: float) -> None:
        """File no more; AssertionError when the last complaint is still not accepted after `timeout_s`."""
        self._stop_asked.set()
        self.join(timeout_s)
        assert not self.is_alive(), f"{self.agent.node} accepts nothing:\n{self.agent.tail()}"

    def abandon(self) -> None:
        """File no more, and let the last complaint go if nobody accepts it any more: the scene is being taken down."""
        self._abandoned = True
        self._stop_asked.set()

    @contextmanager
    def silent(self, timeout_s: float) -> Iterator[bool]:
        """Nothing is being filed inside this block; yields False when that could not be had in time."""
        held = self._filing.acquire(timeout=timeout_s)
        try:
            yield held
        finally:
            if held:
                self._filing.release()

    def _file(self, text: str, book: TextIO) -> None:
        client_id = f"{self.agent.directory.name}-chaos-number-{self._number}"
        while not self._abandoned:
            try:
                answer = self.agent.complain(text, client_id)
            except RefusedError:
                answer = None
            if answer is not None:
                self._accept(text, str(answer["code"]), book)
                return
            self.refused += 1
            time.sleep(RETRY_S)

    def _accept(self, text: str, code: str, book: TextIO) -> None:
        book.write(json.dumps({"text": text, "code": code}) + "\n")
        book.flush()
        self._accepted[text] = code


def entries(path: Path) -> dict[str, str]:
    """Code by text, as the journal's file has it."""
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {str(line["text"]): str(line["code"]) for line in lines}
