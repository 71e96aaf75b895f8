"""The routes. One address, `/`: what is on the screen hangs on the session, named in the form and never in an address.

GET / is the idle screen. POST / is a press: it answers with the next screen. `/photo` takes one photo, `/beat` says
that the page lives and whether somebody touched it, `/health` tells that to the browser's watchdog.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from agent.kiosk.serial.client import Scan
from agent.kiosk.web.board import Board
from agent.kiosk.web.catalogue import Catalogues
from agent.kiosk.web.config import WebConfig
from agent.kiosk.web.door import AwayError, Door, DoorError
from agent.kiosk.web.flow import Flow, Print
from agent.kiosk.web.forms import MAX_FORM_BYTES, FormError, read_form
from agent.kiosk.web.guard import Guard
from agent.kiosk.web.journey import Fault
from agent.kiosk.web.pages import Pages
from agent.kiosk.web.sessions import Session, Sessions
from agent.kiosk.web.sounds import sound_file

log: Final = logging.getLogger("agent.kiosk.web")
STATIC: Final = Path(__file__).parent / "static"
SWEEP_S: Final = 1.0
PHOTO_S: Final = 60.0
"""A photo comes from this machine's own browser: what takes longer will never be whole."""
Scanner = Callable[[str], Scan | None]
"""What was scanned since it was last asked, told in that language; called in a thread."""


class Kiosk:
    """The server's parts. `app` is what uvicorn serves."""

    def __init__(
        self,
        config: WebConfig,
        socket: Path,
        status_url: str = "",
        clock: Callable[[], float] = time.monotonic,
        *,
        print_it: Print | None = None,
        scan: Scanner | None = None,
    ) -> None:
        """CatalogueError when a language has no catalogue."""
        self._config = config
        self._clock = clock
        self._door = Door(socket)
        self._flow = Flow(self._door, config, print_it)
        self._scanner = scan
        self._catalogues = Catalogues(config.languages, config.catalogue_dir)
        self._pages = Pages(config, self._catalogues, self._flow, status_url)
        self._board = Board(self._door, clock)
        self.sessions = Sessions(config.idle_s + config.warn_s, clock)
        self._page_seen_s: float | None = None
        self._receiving = asyncio.Lock()
        routes = [
            Route("/", self._screen, methods=["GET", "POST"]),
            Route("/photo", self._photo, methods=["POST"]),
            Route("/beat", self._beat, methods=["POST"]),
            Route("/scan", self._scan, methods=["POST"]),
            Route("/health", self._health, methods=["GET"]),
            Route("/sound/{lang}/{name}", self._sound, methods=["GET"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        handlers = {HTTPException: self._refused, FormError: self._refused, 500: self._broken}
        inner = Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)
        self.app: ASGIApp = Guard(inner, config.port)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(self._sweep(), name="sweep")
        try:
            yield
        finally:
            sweeping.cancel()

    async def _sweep(self) -> None:
        while True:
            self.sessions.sweep()
            await asyncio.sleep(SWEEP_S)

    # -- the screen ---------------------------------------------------------------------------------------------------

    async def _screen(self, request: Request) -> Response:
        if request.method == "GET":
            return await self._idle()
        form = read_form(await _body(request, MAX_FORM_BYTES))
        session = self.sessions.find(form.get("s", ""))
        if session is None:
            return await self._begin(form.get("lang", ""), form.get("camera") == "1")
        async with session.lock:
            await self._flow.act(session, form)
            if not session.ended:
                return self._pages.screen(session)
        self.sessions.end(session)
        return await self._idle(wiped=True)

    async def _begin(self, lang: str, has_camera: bool) -> Response:
        """A language was chosen. Anything else came from a visit that is over."""
        if lang not in self._catalogues:
            return await self._idle(wiped=True)
        session = self.sessions.begin(lang, self._config.low_reach)
        session.has_camera = has_camera
        try:
            await self._flow.open(session)
        except AwayError:
            self.sessions.end(session)
            return await self._idle()
        return self._pages.screen(session)

    async def _idle(self, *, wiped: bool = False) -> Response:
        return self._pages.idle(await self._board.look(), wiped=wiped)

    # -- beside the screen --------------------------------------------------------------------------------------------

    async def _photo(self, request: Request) -> Response:
        session = self.sessions.find(request.headers.get("x-session", ""))
        if session is None:
            return JSONResponse({"error": "stale"}, 410)
        most = self._flow.most_photo_bytes(session)
        if self._receiving.locked():  # one screen takes one photo at a time; more would only fill the memory
            return self._pages.photo_error(session, "photo.failed", 503)
        try:
            async with self._receiving, asyncio.timeout(PHOTO_S):
                photo = await _body(request, most)
        except TimeoutError:
            return self._pages.photo_error(session, "photo.failed", 408)
        except FormError:
            return self._pages.photo_error(session, "photo.too_large", 413, mb=most // (1024 * 1024))
        async with session.lock:
            try:
                await self._flow.add_photo(session, photo)
            except Fault as fault:
                return self._pages.photo_error(session, fault.key, 409)
            except AwayError:
                return self._pages.photo_error(session, "photo.failed", 503)
            except DoorError as error:
                log.info("kiosk-photo-refused", extra={"code": error.code})
                return self._pages.photo_error(session, "photo.failed", 422)
        return JSONResponse({"ok": True})

    async def _beat(self, request: Request) -> Response:
        """204, or 205 (RFC 9110, 15.3.6: show the page anew) when the visit it names is over. No error: a beat that
        sets out while the visit's last press is being answered hears it whenever the agent takes a moment."""
        form = read_form(await _body(request, 1024))
        self._page_seen_s = self._clock()
        name = form.get("s", "")
        alive: Session | None = self.sessions.find(name, touch=form.get("active") == "1") if name else None
        return Response(status_code=204 if alive or not name else 205)

    async def _scan(self, request: Request) -> Response:
        """A ticket's code from a scanner, while the screen asks for one."""
        form = read_form(await _body(request, 1024))
        session = self.sessions.find(form.get("s", ""), touch=False)
        if self._scanner is None:
            return JSONResponse({"scanner": False})  # need not be asked again
        if session is None or session.screen != "code":
            return Response(status_code=204)
        scan = await asyncio.to_thread(self._scanner, session.lang)
        if scan is None or self.sessions.find(session.name) is None:
            return Response(status_code=204)
        return JSONResponse({"code": scan.code, "message": scan.message})

    async def _health(self, _: Request) -> Response:
        seen = self._page_seen_s
        age_s = None if seen is None else round(self._clock() - seen, 1)
        return JSONResponse({"ok": True, "page_age_s": age_s})

    async def _sound(self, request: Request) -> Response:
        names = request.path_params
        path = sound_file(self._config.audio_dir, names["lang"], names["name"])
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type="audio/ogg")

    # -- when it does not do ------------------------------------------------------------------------------------------

    async def _refused(self, _: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else getattr(error, "status", 400)
        return self._pages.refused(int(status))

    async def _broken(self, _: Request, __: Exception) -> Response:
        return self._pages.refused(500)


async def _body(request: Request, most: int) -> bytes:
    """The whole body. FormError(413) as soon as it is known to be too long, before it is read where it says so."""
    told = request.headers.get("content-length", "0")
    if not told.isascii() or not told.isdigit() or int(told[:12]) > most:
        raise FormError(413)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise FormError(413)
            parts.append(part)
    except ClientDisconnect:
        raise FormError(400) from None
    return b"".join(parts)
