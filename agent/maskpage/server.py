"""The mask page's server, for one technician and for as long as the command runs.

1. The address holds a random word; who does not know it is told nothing, and guesses are counted.
2. Only addresses of a local network are served, and only under an address or a local name.
3. Whatever changes something is a POST of JSON, bounded, with the page's own token and from the page's own origin.
4. Without a request for `IDLE_S` the server ends: a picture without its mask is not left open on a network.
"""

import asyncio
import hmac
import secrets
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from agent.headless.lan.door import Rates
from agent.headless.lan.http import HEADERS, Answer, Request, RequestError, encode, head_of
from agent.headless.lan.near import is_local, is_local_host
from agent.maskpage import page
from agent.maskpage.drawing import MOST_BODY_BYTES, Asked, Drawing, Reply
from agent.messages import Messages

REQUEST_S: Final = 15.0
ANSWER_S: Final = 60.0
"""For the picture over a slow network; a fresh one has its camera's deadline beside."""
IDLE_S: Final = 1800.0
MOST_CONNECTIONS: Final = 24
MOST_OF_ONE: Final = 8  # what a browser opens at once, and a little
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike: the address is typed into a phone."""
_ASKED: Final = msgspec.json.Decoder(Asked)


def new_word() -> str:
    """59 bits, in three groups that can be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


class MaskServer:
    """Serves one drawing until it is told that all is done, or nobody asks any more."""

    def __init__(self, drawing: Drawing, messages: Messages, idle_s: float = IDLE_S) -> None:
        self.word = new_word()
        self._drawing = drawing
        self._messages = messages
        self._idle_s = idle_s
        self._csrf = secrets.token_urlsafe(24)
        self._rates = Rates()
        self._connections: Counter[str] = Counter()
        self._done = asyncio.Event()
        self._ending = False
        self._asked_s = time.monotonic()
        self._one_at_a_time = asyncio.Lock()

    async def serve(self, host: str, port: int, ready: Callable[[int], None]) -> bool:
        """Until it is done (true) or idle too long (false). OSError when the address cannot be had."""
        server = await asyncio.start_server(self._connected, host, port, limit=8192)
        async with server:
            ready(server.sockets[0].getsockname()[1])
            while not self._done.is_set():
                left_s = self._asked_s + self._idle_s - time.monotonic()
                if left_s <= 0:
                    return False
                try:
                    async with asyncio.timeout(left_s):
                        await self._done.wait()
                except TimeoutError:
                    continue
        return True

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str(writer.get_extra_info("peername")[0]).partition("%")[0].removeprefix("::ffff:")
        full = self._connections[address] >= MOST_OF_ONE or self._connections.total() >= MOST_CONNECTIONS
        if not is_local(address) or full:
            writer.close()
            return
        self._connections[address] += 1
        try:
            answer, with_body = await self._reply(reader, address)
            async with asyncio.timeout(ANSWER_S):
                writer.write(encode(answer, with_body=with_body))
                await writer.drain()
        except (OSError, TimeoutError):  # gone or slow: cut
            writer.transport.abort()
        finally:
            self._connections[address] -= 1
            self._connections += Counter()  # forgets who has none
            writer.close()
            if self._ending:
                self._done.set()

    async def _reply(self, reader: asyncio.StreamReader, address: str) -> tuple[Answer, bool]:
        with_body = True
        try:
            async with asyncio.timeout(REQUEST_S):
                request = await _request(reader)
            with_body = request.method != "HEAD"
            answer = await self._answer(request, address)
        except RequestError as error:
            answer = Answer(error.status, page.plain(self._messages, error.status))
        headers = (*answer.headers, ("Content-Security-Policy", page.POLICY))
        return Answer(answer.status, answer.body, headers, answer.kind, HEADERS), with_body

    async def _answer(self, request: Request, address: str) -> Answer:
        if not is_local_host(request.fields["host"]):
            raise RequestError(421)
        _, word, name = (*request.path.split("/", 2), "", "")[:3]
        if not hmac.compare_digest(word.encode(), self.word.encode()):
            if not self._rates.allows(address, time.monotonic()):
                raise RequestError(429)
            raise RequestError(404)
        self._asked_s = time.monotonic()
        if request.path == f"/{self.word}":
            return Answer(303, headers=(("Location", f"/{self.word}/"),))
        if request.method == "POST":
            return await self._asked(request, name)
        return self._shown(name)

    def _shown(self, name: str) -> Answer:
        if name == "":
            return Answer(200, page.html(self._drawing.camera, self._csrf, self._messages))
        if name == "picture.jpg":
            return Answer(200, self._drawing.shot.jpeg, kind="image/jpeg")
        if name == "state":
            reply = self._drawing.state()
            return _json(Reply(reply.ok, {**reply.facts, "words": page.words(self._messages)}))
        if name in page.FILES:
            return Answer(200, page.file(name), kind=page.FILES[name])
        raise RequestError(405 if name in ("save", "clear", "fresh", "done") else 404)

    async def _asked(self, request: Request, name: str) -> Answer:
        asked = self._genuine(request)
        async with self._one_at_a_time:
            match name:
                case "save":
                    return _json(await asyncio.to_thread(self._drawing.save, asked))
                case "clear":
                    return _json(await asyncio.to_thread(self._drawing.clear))
                case "fresh":
                    return _json(await self._drawing.fresh())
                case "done":
                    self._ending = True  # once this answer has left
                    return _json(Reply(True, {"text": self._messages.text("mask_page.ended")}))
        raise RequestError(404)

    def _genuine(self, request: Request) -> Asked:
        """What the page sent. RequestError for anything that another page could have sent, or that is none of ours."""
        if request.fields.get("origin") not in (None, f"http://{request.fields['host']}"):
            raise RequestError(403)
        if request.fields.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise RequestError(415)
        try:
            asked = _ASKED.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RequestError(400) from error
        if not hmac.compare_digest(asked.csrf.encode(), self._csrf.encode()):
            raise RequestError(403)
        return asked


def _json(reply: Reply) -> Answer:
    body = msgspec.json.encode({"ok": reply.ok, **reply.facts})
    return Answer(200 if reply.ok else 422, body, kind="application/json")


async def _request(reader: asyncio.StreamReader) -> Request:
    """One whole request. RequestError; OSError when the other side went."""
    data = b""
    while (found := head_of(data, MOST_BODY_BYTES)) is None:
        data += await _more(reader)
    request, length = found
    body = bytearray(data[data.index(b"\r\n\r\n") + 4 :])
    while len(body) < length:
        body += await _more(reader)
    if len(body) > length:
        raise RequestError(400)  # a second request behind the first: this server answers one
    return Request(request.method, request.path, request.query, request.fields, bytes(body))


async def _more(reader: asyncio.StreamReader) -> bytes:
    piece = await reader.read(8192)
    if not piece:
        raise ConnectionResetError("the request was cut off")
    return piece
