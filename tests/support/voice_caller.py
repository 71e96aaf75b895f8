"""Somebody at the kiosk: hands in one thing after another and keeps a book of what was said and what was told.

`python -m tests.support.voice_caller SOCKET BOOK SEED PER_S [KIND,...]`. Each voice stands in the book before it is
handed in, its ticket after the answer came. Without an answer it is handed in again under the same client id, also by
the next process that goes on with the book of one that was killed. Some that were answered are handed in once more: a
client that did not hear. SIGTERM: bring what was begun to its end, and go.
"""

import base64
import hashlib
import json
import random
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from agent.control_client import NoDaemonError, RefusedError, ask
from tests.support.number_picture import draw
from tests.support.voice_kinds import Voice, drawn

ANSWER_WITHIN_S = 30.0
CHUNK_BYTES = 8 * 1024
"""Small, so that much can happen between two of them."""
AGAIN_S = 0.1
UNHEARD = 0.2
"""So many that were answered are handed in once more."""
FOR_NOW = frozenset(("storage", "storage_full", "no_seal_key", "busy", "photo_busy", "photo_unknown"))
"""Refusals after which the same thing is tried again, photographs included: the box may have forgotten one that no
ticket names yet."""


@dataclass
class Book:
    """What one caller knows."""

    said: dict[str, Voice] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    """Ids of photographs the box has, by client id and index. They are noted before they are named: a repeat that named
    others would not be a repeat."""
    broken: list[str] = field(default_factory=list)
    again: int = 0
    """Times an answered voice was handed in once more and got the same ticket."""
    refused: int = 0

    @property
    def owed(self) -> list[Voice]:
        """Said and not answered."""
        return [voice for client_id, voice in self.said.items() if client_id not in self.told]


def read_book(path: Path) -> Book:
    """A line that a kill cut off counts for nothing."""
    book = Book()
    for line in path.read_bytes().split(b"\n")[:-1] if path.exists() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if "said" in entry:
            voice = Voice(**{**entry["said"], "photos": tuple(entry["said"]["photos"])})
            book.said[voice.client_id] = voice
        elif "photo" in entry:
            book.photos[entry["photo"]] = entry["id"]
        elif "told" in entry:
            book.told[entry["told"]["client_id"]] = entry["told"]
        else:
            book.broken += [entry["broken"]] if "broken" in entry else []
            book.again += entry.get("again", 0)
            book.refused += entry.get("refused", 0)
    return book


class Caller:
    """One process of one citizen after the other."""

    def __init__(self, socket: Path, pages: TextIO, book: Book, chance: random.Random) -> None:
        self._socket, self._pages, self._book, self._chance = socket, pages, book, chance
        self.stopped = False

    def run(self, per_s: float, kinds: tuple[str, ...]) -> None:
        """Until told to stop; what is owed comes first."""
        for voice in self._book.owed:
            self._hand_in(voice)
        while not self.stopped:
            voice = drawn(self._chance, kinds)
            if voice.after and not (voice := self._following(voice)):
                continue
            self._book.said[voice.client_id] = voice
            self._write(said=asdict(voice))
            self._hand_in(voice)
            time.sleep(self._chance.expovariate(per_s))

    def _hand_in(self, voice: Voice) -> None:
        told = self._answer(voice)
        known = self._book.told.setdefault(voice.client_id, told)
        self._write(told=told)
        while self._chance.random() < UNHEARD:
            self._same(known, self._answer(voice))
        if self._chance.random() < UNHEARD / 2:  # somebody from long ago tries again
            client_id = self._chance.choice(list(self._book.told))
            if client_id in self._book.said:
                self._same(self._book.told[client_id], self._answer(self._book.said[client_id]))

    def _same(self, known: dict[str, Any], again: dict[str, Any]) -> None:
        if known == again:
            self._write(again=1)
        else:
            self._write(broken=f"{again['kind']}: a repeat of {known['id']} got {again['id']}")

    def _answer(self, voice: Voice) -> dict[str, Any]:
        """Until it comes."""
        while True:
            try:
                answer = self._ask_once(voice)
            except NoDaemonError:
                time.sleep(AGAIN_S)
                continue
            except RefusedError as error:
                if error.code not in FOR_NOW:
                    self._write(broken=f"{voice.kind} refused: {error.code}")
                    raise
                self._write(refused=1)
                if error.code == "photo_unknown":
                    for index in range(len(voice.photos)):
                        self._book.photos.pop(f"{voice.client_id} {index}", None)
                time.sleep(AGAIN_S)
                continue
            return {
                "client_id": voice.client_id, "kind": voice.kind, "pin": answer.get("pin", ""),
                "id": answer.get("service_request_id") or answer["id"], "code": answer.get("code", ""),
                "at_ms": answer.get("created_ms", 0), "content": voice.content,
            }  # fmt: skip

    def _ask_once(self, voice: Voice) -> dict[str, object]:
        request = voice.request
        if voice.photos:
            request["photos"] = [self._photo(voice, index) for index in range(len(voice.photos))]
        return ask(self._socket, request, ANSWER_WITHIN_S)

    def _photo(self, voice: Voice, index: int) -> str:
        name = f"{voice.client_id} {index}"
        if name not in self._book.photos:
            found = send_photo(self._socket, voice.client_id, index, draw(voice.photos[index]))
            self._write(photo=name, id=found)
            self._book.photos[name] = found
        return self._book.photos[name]

    def _following(self, voice: Voice) -> Voice | None:
        tickets = [told for told in self._book.told.values() if told["pin"]]
        if not tickets:
            return None
        earlier = self._chance.choice(tickets)
        follows = {"follows_code": earlier["code"], "follows_pin": earlier["pin"]}
        return Voice(voice.kind, voice.client_id, {**voice.fields, **follows}, after=True)

    def _write(self, **entry: object) -> None:
        self._pages.write(json.dumps(entry) + "\n")
        self._pages.flush()


def send_photo(socket: Path, client_id: str, index: int, picture: bytes) -> str:
    """Hand in one photograph in pieces; its id. NoDaemonError, RefusedError as of `ask`."""
    digest, offset = hashlib.sha256(picture).hexdigest(), 0
    while True:
        piece = picture[offset : offset + CHUNK_BYTES]
        request = {
            "op": "photo", "client_id": client_id, "index": index, "bytes_total": len(picture), "offset": offset,
            "data": base64.b64encode(piece).decode(), "sha256": digest, "lang": "id",
        }  # fmt: skip
        answer = ask(socket, request, ANSWER_WITHIN_S)
        if answer["complete"]:
            return str(answer["photo_id"])
        assert isinstance(answer["have_bytes"], int)
        offset = answer["have_bytes"]  # 0 after a restart of the box


def main(socket: Path, path: Path, seed: int, per_s: float, kinds: tuple[str, ...] = ()) -> int:
    """Go on with the book at `path`."""
    book = read_book(path)
    with path.open("a", encoding="utf-8") as pages:
        if path.stat().st_size:
            pages.write("\n")  # what a kill cut off ends here
        caller = Caller(socket, pages, book, random.Random(f"{seed}-{len(book.said)}"))
        signal.signal(signal.SIGTERM, lambda *_: setattr(caller, "stopped", True))
        caller.run(per_s, kinds)
    return 0


if __name__ == "__main__":
    words = [*sys.argv[1:], ""]
    wanted = tuple(kind for kind in words[4].split(",") if kind)
    sys.exit(main(Path(words[0]), Path(words[1]), int(words[2]), float(words[3]), wanted))
