"""The templates filled in."""

from pathlib import Path
from typing import Any, Final, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, Response

from agent.kiosk.web import icons, view
from agent.kiosk.web.board import News
from agent.kiosk.web.catalogue import Catalogues, Texts
from agent.kiosk.web.config import WebConfig
from agent.kiosk.web.flow import CLOSED, Flow
from agent.kiosk.web.sessions import Session
from agent.kiosk.web.sounds import sound_file

TEMPLATES: Final = Path(__file__).parent / "templates"
KNOWN_STATUS: Final = ("stored", "received", "verified", "in_progress", "answered", "closed")


class Pages:
    """Answers with a whole document each: the page's script puts its body in place of the one that is shown."""

    def __init__(self, config: WebConfig, catalogues: Catalogues, flow: Flow, status_url: str) -> None:
        self._config = config
        self._catalogues = catalogues
        self._flow = flow
        self._status_url = status_url
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(icon=icons.icon, config=config)

    def idle(self, news: News, *, wiped: bool) -> Response:
        """The first screen, in the first language; with what every language calls itself."""
        texts = next(iter(self._catalogues))
        closed = "" if news.closed in ("", "away") else f"closed.{news.closed if news.closed in CLOSED else 'other'}"
        return self._made(
            "idle",
            texts,
            name="idle",
            languages=list(self._catalogues),
            notices=news.notices,
            answered=[view.lasted(texts, row) for row in news.answered],
            away=news.closed == "away",
            closed=texts(closed) if closed else "",
            wiped=wiped,
            low_reach=self._config.low_reach,
        )

    def screen(self, session: Session) -> Response:
        """Where a session stands."""
        texts = self._catalogues.texts(session.lang)
        screen = view.screen(session, texts, self._flow)
        more: dict[str, Any] = {}
        if screen.template == "receipt":
            more = self._receipt(session, texts)
        elif screen.template == "answer":
            more = self._answer(session, texts)
        elif screen.template == "photo":
            more = {"photos": sorted(session.photos), "most": self._flow.most_photos(session)}
        sound = sound_file(self._config.audio_dir, session.lang, f"{screen.name}.ogg") is not None
        return self._made(
            screen.template,
            texts,
            name=screen.name,
            screen=screen,
            session=session.name,
            low_reach=session.low_reach,
            sound=f"/sound/{session.lang}/{screen.name}.ogg" if sound else "",
            **more,
        )

    def refused(self, status: int) -> Response:
        """A page for what is no press of ours: it says so and leads to the beginning."""
        texts = next(iter(self._catalogues))
        return self._made("refused", texts, status, name="refused", low_reach=self._config.low_reach)

    def photo_error(self, session: Session, key: str, status: int, **facts: object) -> Response:
        return JSONResponse({"error": self._catalogues.texts(session.lang)(key, **facts)}, status)

    def _receipt(self, session: Session, texts: Texts) -> dict[str, object]:
        ticket = session.ticket or {}
        code = str(ticket.get("code", ""))
        config = self._config
        matter = "ppid" if session.answers.get("kind") == "ppid" else "complaint"
        following = texts(
            f"receipt.next.{matter}",
            verify=config.verify_days,
            answer=config.answer_days,
            ppid=config.ppid_days,
            more=config.ppid_more_days,
        )
        # The code alone: whoever photographs the screen over a shoulder must not have the PIN with it in one address.
        address = f"{self._status_url}#{code}" if self._status_url else ""
        return {
            "code": view.spaced(code),
            "pin": str(ticket.get("pin", "")),
            "following": following,
            "urgent": ticket.get("urgent") is True,
            "offline": ticket.get("online") is False,
            "qr": icons.qr(address) if address else "",
        }

    def _answer(self, session: Session, texts: Texts) -> dict[str, object]:
        found = session.found or {}
        rows = cast("list[dict[str, object]]", found.get("replies") or [])
        delivered = {True: "true", False: "false"}.get(cast("bool", found.get("delivered")), "none")
        return {
            "handed_in": texts("answer.handed_in", date=view.when(texts, found.get("created_ms"))),
            "state": status_words(texts, found),
            "nothing_yet": texts(f"answer.none.{delivered}") if not rows else "",
            "asked": found.get("ask") is True,
            "replies": [
                {
                    "when": view.when(texts, row.get("at_ms")),
                    "status": status_words(texts, row),
                    "text": str(row.get("text", "")),
                }
                for row in reversed(rows)
            ],
        }

    def _made(self, template: str, texts: Texts, status: int = 200, **values: object) -> Response:
        values = {"t": texts, "texts": texts, "screen": None, "session": "", "sound": "", **values}
        body = self._templates.get_template(f"{template}.html").render(values)
        return HTMLResponse(body, status_code=status)


def status_words(texts: Texts, row: "dict[str, object] | object") -> str:
    """Where a ticket stands, by its finer step where there is a word for that."""
    if not isinstance(row, dict):
        return ""
    step, status = str(row.get("step") or ""), str(row.get("status") or "")
    if step and texts.has(f"state.{step}"):
        return texts(f"state.{step}")
    return texts(f"status.{status}") if status in KNOWN_STATUS else status
