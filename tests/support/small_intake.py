"""An intake socket without an agent behind it: the real socket and lines, and what was handed in kept in memory.

It answers as the intake does where the kiosk's screen can tell the difference; `refuse` makes it say no to an
operation, `hang` not answer one while it is in there, `stop` and `start` take it away and bring it back.
"""

import asyncio
import base64
import hashlib
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.control import ControlError, ControlSocket
from agent.kiosk.areas import own_first, read_areas
from wire.errors import WireError
from wire.subjects import SUBJECTS
from wire.tickets import make_code, normalize_code

NODE = "kel-3673011001"
CREATED_MS = 1_795_000_000_000
LIMITS = {"text": 4000, "name": 100, "contact": 100, "rt_rw": 12, "photo_bytes": 8 * 1024 * 1024, "photos": 3}


class SmallIntake:
    """`handed_in`: every submit that was accepted, once; `surveys` likewise; `photos` by their names."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "intake.sock"
        self.forget()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._serving: asyncio.Task[None] | None = None

    def forget(self) -> None:
        """As it was in the beginning."""
        self.handed_in: list[dict[str, Any]] = []
        self.surveys: list[dict[str, Any]] = []
        self.photos: dict[str, bytes] = {}
        self.refuse: dict[str, str] = {}
        self.hang: set[str] = set()
        self.online = True
        self.replies: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []
        self.answered: list[dict[str, Any]] = []
        self.ask = False
        self.prepared = 0
        self._tickets: dict[str, dict[str, Any]] = {}

    def ticket(self) -> tuple[str, str]:
        """Code and PIN of the newest ticket."""
        answer = list(self._tickets.values())[-1]["answer"]
        return answer["code"], answer["pin"]

    def __enter__(self) -> "SmallIntake":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        opened = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(opened,), daemon=True)
        self._thread.start()
        assert opened.wait(30)

    def stop(self) -> None:
        if self._loop is None or self._serving is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join(30)
        self._loop = None

    def _run(self, opened: threading.Event) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            names = ("ready", "prepare", "submit", "photo", "lookup", "board", "survey")
            operations = {name: self._operation(name) for name in names}
            socket = ControlSocket(self.path, operations, "no-such-group")
            self._serving = asyncio.create_task(socket.run(opened.set))
            await asyncio.gather(self._serving, return_exceptions=True)
            await asyncio.sleep(0.01)  # whoever was let in last is begun with, and so cut off like the others

        asyncio.run(serve())

    def _operation(self, name: str) -> Any:
        async def answer(request: Mapping[str, Any]) -> Mapping[str, Any]:
            if name in self.refuse:
                raise ControlError(self.refuse[name], "refused by the test")
            while name in self.hang:  # noqa: ASYNC110  # another thread takes it out
                await asyncio.sleep(0.05)
            return getattr(self, f"_{name}")(dict(request))  # type: ignore[no-any-return]

        return answer

    def _ready(self, _: dict[str, Any]) -> dict[str, Any]:
        listed = own_first(read_areas("kota-serang"), NODE)
        areas = [{"code": area.code, "name": area.name, "district": area.district} for area in listed]
        subjects = [subject.code for subject in SUBJECTS]
        return {
            "ready": True,
            "place": NODE,
            "subjects": subjects,
            "areas": areas,
            "limits": LIMITS,
            "online": self.online,
        }

    def _prepare(self, _: dict[str, Any]) -> dict[str, Any]:
        self.prepared += 1
        return {}

    def _submit(self, request: dict[str, Any]) -> dict[str, Any]:
        request.pop("op")
        client = request["client_id"]
        known = self._tickets.get(client)
        if known is not None:
            if known["request"] != request:
                raise ControlError("client_id_reused", "other content")
            return {**known["answer"], "duplicate": True}
        number = len(self._tickets) + 1
        answer = {
            "service_request_id": f"00000000-0000-7000-8000-{number:012d}",
            "code": make_code(hashlib.sha256(client.encode()).digest()[:6]),
            "pin": f"{(1000 + number) % 10_000:04d}",
            "category": request["category"],
            "urgent": "kebakaran" in request["text"].lower(),
            "created_ms": CREATED_MS,
            "duplicate": False,
            "online": self.online,
            "photos": len(request.get("photos", ())),
        }
        self._tickets[client] = {"request": request, "answer": answer}
        self.handed_in.append(request)
        return answer

    def _photo(self, request: dict[str, Any]) -> dict[str, Any]:
        name = f"{request['client_id']}-{request['index']}"
        data = base64.b64decode(request["data"], validate=True)
        held = self.photos.get(name, b"") if request["offset"] else b""
        if len(held) != request["offset"]:
            raise ControlError("bad_photo", "a piece is missing")
        self.photos[name] = held + data
        have = len(self.photos[name])
        complete = have == request["bytes_total"]
        if complete and not self.photos[name].startswith((b"\xff\xd8", b"\x89PNG")):
            raise ControlError("bad_photo", "no photo")
        return {"photo_id": name, "have_bytes": have, "complete": complete}

    def _lookup(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            code = normalize_code(str(request["code"]))
        except WireError:
            raise ControlError("bad_code", "no code") from None
        for held in self._tickets.values():
            if (held["answer"]["code"], held["answer"]["pin"]) == (code, request["pin"]):
                return {
                    **{key: held["answer"][key] for key in ("service_request_id", "code", "category", "created_ms")},
                    "subject": held["request"].get("subject", ""),
                    "status": self.replies[-1]["status"] if self.replies else "received",
                    "step": "",
                    "ask": self.ask,
                    "delivered": self.online,
                    "replies": self.replies,
                }
        raise ControlError("not_found", "code or PIN do not fit")

    def _board(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"notices": self.notices, "answered": self.answered, "now_ms": int(time.time() * 1000)}

    def _survey(self, request: dict[str, Any]) -> dict[str, Any]:
        request.pop("op")
        if request in self.surveys:
            return {"id": "00000000-0000-7000-8000-000000000000", "duplicate": True}
        self.surveys.append(request)
        return {"id": "00000000-0000-7000-8000-000000000000", "duplicate": False}
