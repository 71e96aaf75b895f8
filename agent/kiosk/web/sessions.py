"""What somebody at the screen has said so far: in this process's memory alone, under a random name, until wiped."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Final

from agent.kiosk.web.place import Places

MOST: Final = 16
"""One screen has one; a page that was loaded anew leaves an old one behind until its time is over."""
GRACE_S: Final = 15.0
"""Beyond what the page itself waits: the page wipes first, and this only where it no longer can."""


class Session:
    """One visit. `step` is where it stands; `over` a screen laid over it: leaving, calling 112, waiting."""

    def __init__(self, name: str, lang: str, low_reach: bool, now_s: float) -> None:
        self.name = name
        self.lang = lang
        self.low_reach = low_reach
        self.touched_s = now_s
        self.lock = asyncio.Lock()
        self.has_camera = False
        self.ended = False
        self._begin()

    def _begin(self) -> None:
        self.step = "emergency"
        self.over = ""
        self.answers: dict[str, str] = {}
        self.photos: dict[int, str] = {}
        self.client_id = secrets.token_hex(16)
        self.door: Mapping[str, object] = {}
        self.closed = ""
        self.places = Places()
        self.ticket: Mapping[str, object] | None = None
        self.found: Mapping[str, object] | None = None
        self.error = ""
        self.facts: Mapping[str, object] = {}

    def __repr__(self) -> str:
        return f"Session({self.step})"

    @property
    def screen(self) -> str:
        """The screen that is shown."""
        return self.over or self.step

    @property
    def has_typed(self) -> bool:
        """Whether leaving would throw away something that is not kept anywhere."""
        typed = any(self.answers.get(key) for key in ("text", "contact", "name", "purpose")) or bool(self.photos)
        return typed and self.step not in ("receipt", "answer", "thanks")

    def anew(self, kind: str) -> None:
        """Begin another matter: what was said before stays with the one before."""
        door, places, closed = self.door, self.places, self.closed
        self._begin()
        self.door, self.places, self.closed = door, places, closed
        self.answers = {"kind": kind}
        self.step = "kind"

    def wipe(self) -> None:
        """Nothing of it is left."""
        self._begin()
        self.ended = True


class Sessions:
    """All visits by their names. `keep_s`: how long one lives without a touch."""

    def __init__(self, keep_s: float, clock: Callable[[], float]) -> None:
        self._keep_s = keep_s + GRACE_S
        self._clock = clock
        self._all: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._all)

    def begin(self, lang: str, low_reach: bool) -> Session:
        """A new visit. With too many at once the one that was touched longest ago goes."""
        self.sweep()
        while len(self._all) >= MOST:
            self.end(min(self._all.values(), key=lambda held: held.touched_s))
        session = Session(secrets.token_urlsafe(24), lang, low_reach, self._clock())
        self._all[session.name] = session
        return session

    def find(self, name: str, *, touch: bool = True) -> Session | None:
        """The visit of that name, if its time is not over."""
        self.sweep()
        session = self._all.get(name)
        if session is not None and touch:
            session.touched_s = self._clock()
        return session

    def end(self, session: Session) -> None:
        """Forget it."""
        self._all.pop(session.name, None)
        session.wipe()

    def sweep(self) -> None:
        """Forget those nobody has touched."""
        oldest_s = self._clock() - self._keep_s
        for session in [held for held in self._all.values() if held.touched_s < oldest_s]:
            self.end(session)
