"""The page's server: who may come, how often, for how long, and what each gets.

1. Only addresses of a local network are served, and only under an address or a local name: a page of the Internet
   cannot point its own name at this box (DNS rebinding).
2. A connection has `REQUEST_S` for its one request; at most `MOST_CONNECTIONS` at a time, `MOST_OF_ONE` from one
   address; requests of one address are counted (`door.Rates`).
3. The PIN is asked once; the answer is a random cookie that holds for half an hour and is forgotten with the process.
   Tries are bounded (`agent.core.pinguard`), reckoned one at a time and outside the loop. A try counts, and has its
   turn to the end, even when the connection it came by was cut meanwhile.
4. There is nothing to write, and nothing to ask but the state: no path leads to a file.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.core.pinguard import Guard, tried, wait_s
from agent.headless.lan import page, pin
from agent.headless.lan.door import SESSION_S, Rates, Sessions
from agent.headless.lan.http import Answer, Request, RequestError, encode, head_of
from agent.headless.lan.near import is_local, is_local_host
from agent.messages import DEFAULT_LANGUAGE, LANGUAGES, Messages
from agent.watch.scene import Memory, Scene

log = logging.getLogger("agent.lan")

REQUEST_S: Final = 10.0
MOST_CONNECTIONS: Final = 24
MOST_OF_ONE: Final = 6  # what a browser opens at once
COOKIE: Final = "sandi"
SCENE_FRESH_S: Final = 1.0

Ask = Callable[[], "asyncio.Future[Scene]"]


class LanPage:
    """One server. `ask` gives the present scene, or raises what `unavailable` names."""

    def __init__(self, pin_file: Path, ask: Ask, unavailable: type[Exception], clock: Callable[[], str]) -> None:
        self._pin_file = pin_file
        self._ask = ask
        self._unavailable = unavailable
        self._clock = clock
        self._memory = Memory()
        self._guard = Guard()
        self._sessions = Sessions()
        self._rates = Rates()
        self._connections: dict[str, int] = {}
        self._reckoning = asyncio.Lock()
        self._asking = asyncio.Lock()
        self._scene: tuple[float, Scene] | None = None

    async def serve(self, port: int, ready: Callable[[int], None] = lambda _: None, host: str | None = None) -> None:
        """Until cancelled. OSError when the port cannot be had. `ready` is told the port."""
        server = await asyncio.start_server(self._connected, host, port, limit=8192)
        async with server:
            ready(server.sockets[0].getsockname()[1])
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str(writer.get_extra_info("peername")[0]).partition("%")[0].removeprefix("::ffff:")
        count = self._connections.get(address, 0)
        try:
            if not is_local(address) or count >= MOST_OF_ONE or sum(self._connections.values()) >= MOST_CONNECTIONS:
                return
            self._connections[address] = count + 1
            try:
                async with asyncio.timeout(REQUEST_S):
                    await self._one(reader, writer, address)
            finally:
                self._connections[address] -= 1
                if not self._connections[address]:
                    del self._connections[address]
        except (OSError, TimeoutError):  # gone or slow: cut
            pass
        finally:
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()  # does not read what it asked for
            else:
                writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> None:
        messages, with_body = Messages(DEFAULT_LANGUAGE), True
        try:
            request = await _request(reader)
            with_body = request.method != "HEAD"
            messages = Messages(_language(request))
            answer = await self._answer(request, address, messages)
        except RequestError as error:
            answer = Answer(error.status, page.plain(messages, error.status))
        headers = (*answer.headers, ("Content-Security-Policy", page.POLICY))
        writer.write(encode(Answer(answer.status, answer.body, headers), with_body=with_body))
        await writer.drain()

    async def _answer(self, request: Request, address: str, messages: Messages) -> Answer:
        if not is_local_host(request.fields["host"]):
            raise RequestError(421)
        if not self._rates.allows(address, time.monotonic()):
            raise RequestError(429)
        match request.method, request.path:
            case (("GET" | "HEAD"), "/"):
                if not self._sessions.holds(request.cookies.get(COOKIE, ""), time.monotonic()):
                    return Answer(200, page.question(messages))
                return Answer(200, page.state(await self._fresh(), self._memory, messages, self._clock()))
            case "POST", "/pin":
                return await self._sign_in(request, address, messages)
            case _, ("/" | "/pin"):
                raise RequestError(405)
        raise RequestError(404)

    # -- the PIN -----------------------------------------------------------------------------------------------------

    async def _sign_in(self, request: Request, address: str, messages: Messages) -> Answer:
        given = request.form().get("pin", "")
        origin = request.fields.get("origin")
        if origin not in (None, f"http://{request.fields['host']}"):
            raise RequestError(403)
        left_s, right = await self._tried(given, address)
        if left_s > 0:
            return Answer(429, page.question(messages, wait_s=left_s), (("Retry-After", str(int(left_s) + 1)),))
        if not right:
            return Answer(403, page.question(messages, wrong=True))
        log.info("lan-signed-in", extra={"peer": address})
        token = self._sessions.new(time.monotonic())
        cookie = f"{COOKIE}={token}; Path=/; Max-Age={int(SESSION_S)}; HttpOnly; SameSite=Strict"
        return Answer(303, b"", (("Location", f"/?lang={messages.lang}"), ("Set-Cookie", cookie)))

    async def _tried(self, given: str, address: str) -> tuple[float, bool]:
        """How long this address has to wait before it may try, or whether the PIN was right. RequestError (503)."""
        async with self._reckoning:
            left_s = wait_s(self._guard, address, time.monotonic())
            if left_s > 0:
                return left_s, False
            reckoning = asyncio.ensure_future(self._reckoned(given, address))
            try:
                return 0.0, await asyncio.shield(reckoning)
            except asyncio.CancelledError:
                await asyncio.wait({reckoning})  # some tenths of a second; 16 MiB each, so never two at once
                reckoning.exception()  # nobody is there any more to be told
                raise

    async def _reckoned(self, given: str, address: str) -> bool:
        right = await self._is_right(given)
        self._guard = tried(self._guard, address, right=right, now_s=time.monotonic())
        if not right:
            log.warning("lan-pin-wrong", extra={"peer": address})
        return right

    async def _is_right(self, given: str) -> bool:
        """Reckoned whatever was given: the time says nothing. RequestError (503) when the PIN cannot be read."""
        try:
            # Anew each time. The file of our own unit is a copy: `lan-pin set` starts the unit anew.
            line = pin.read(self._pin_file)
            right = await asyncio.to_thread(pin.is_right, given[: pin.MOST_DIGITS], line)
        except pin.PinError as error:
            log.error("lan-pin-unusable", extra={"detail": error.code})
            raise RequestError(503) from error
        return right and len(given) <= pin.MOST_DIGITS

    # -- what is shown -----------------------------------------------------------------------------------------------

    async def _fresh(self) -> Scene:
        """The scene, asked for at most once a second however many look. RequestError (503) without an agent."""
        async with self._asking:
            now_s = time.monotonic()
            if self._scene is None or now_s - self._scene[0] > SCENE_FRESH_S:
                try:
                    scene = await self._ask()
                except self._unavailable as error:
                    self._scene = None
                    raise RequestError(503) from error
                self._memory.take(scene, self._clock())
                self._scene = (now_s, scene)
            return self._scene[1]


async def _request(reader: asyncio.StreamReader) -> Request:
    """One whole request. RequestError; OSError when the other side went."""
    data = b""
    while (found := head_of(data)) is None:
        more = await reader.read(2048)
        if not more:
            raise ConnectionResetError("the request was cut off")
        data += more
    request, length = found
    body = data[data.index(b"\r\n\r\n") + 4 :]
    while len(body) < length:
        more = await reader.read(2048)
        if not more:
            raise ConnectionResetError("the body was cut off")
        body += more
    if len(body) > length:
        raise RequestError(400)  # a second request behind the first: this server answers one
    return Request(request.method, request.path, request.query, request.fields, body)


def _language(request: Request) -> str:
    wanted = request.query.get("lang", "")
    return wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE
