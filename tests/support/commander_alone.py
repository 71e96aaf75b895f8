"""The commander as its own process serves it, in a thread of the test: real keys, book and socket, in real time."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Phones:
    """The people the commander knows, and what their telephones show. Each code is taken once, so the second one of a
    minute is already that of the next time step, which the commander takes too."""

    def __init__(self, secrets: dict[str, bytes]) -> None:
        self._secrets = secrets
        self._given: dict[str, int] = {}

    def code(self, name: str) -> str:
        """A code that is good now, and for half a minute more at least, and was not used yet."""
        from center.commander import agreeing, service

        present = service.now_ms() // 1000 // agreeing.STEP_S
        step = max(self._given.get(name, 0) + 1, present)
        assert step <= present + 1, f"{name} has used up the codes of this minute"
        self._given[name] = step
        return agreeing.code_at(self._secrets[name], step * agreeing.STEP_S * 1000)


@contextmanager
def commander(data: Path, *names: str) -> Iterator[Phones]:
    """A commander that answers for the centre in `data`; `names` are known to it."""
    from django.db import connections

    from center.commander import people
    from center.commander.frames import SOCKET
    from center.commander.office import Office
    from center.commander.service import Commander, now_ms

    office = Office(data, now_ms)
    phones = Phones({name: people.add(office.book, name, "test", now_ms()) for name in names})
    ready, loop = threading.Event(), asyncio.new_event_loop()
    served = Commander(office)

    async def serve() -> None:
        try:
            await served.serve(data / SOCKET, ready.set)
        finally:
            await asyncio.sleep(0)

    def run() -> None:
        asyncio.set_event_loop(loop)
        task = loop.create_task(serve())
        stopping.append(task)
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()
            connections.close_all()
            ready.set()

    stopping: list[asyncio.Task[None]] = []
    thread = threading.Thread(target=run, name="commander", daemon=True)
    thread.start()
    assert ready.wait(60) and thread.is_alive()
    try:
        yield phones
    finally:
        loop.call_soon_threadsafe(stopping[0].cancel)
        thread.join(60)
        office.book.close()
