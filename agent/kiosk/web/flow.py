"""What happens when somebody presses a button: the answers grow, and at the end of some screens the agent is asked."""

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.kiosk.web import journey
from agent.kiosk.web.config import WebConfig
from agent.kiosk.web.door import AwayError, Door, DoorError
from agent.kiosk.web.journey import Fault
from agent.kiosk.web.place import read_places
from agent.kiosk.web.sessions import Session

log: Final = logging.getLogger("agent.kiosk.web")
CLOSED: Final = ("no_seal_key", "storage_full", "storage")
"""Codes of `ready` that mean: nothing can be taken now. Answers can still be looked up."""
MOST_PHOTOS: Final = 3

Form = Mapping[str, str]
Print = Callable[[Mapping[str, object], str, str], None]
"""A ticket, its language and its subject, for whoever prints receipts. It must not wait, and must not fail."""


class Flow:
    """Moves sessions. It never raises for what a citizen did: the session says what is wrong and stays where it is."""

    def __init__(self, door: Door, config: WebConfig, print_it: Print | None = None) -> None:
        self._door = door
        self._config = config
        self._print_it = print_it

    async def open(self, session: Session) -> None:
        """Ask what can be taken, before anybody types. AwayError when nobody answers."""
        session.closed = ""
        try:
            session.door = await self._door.ready(session.lang)
        except DoorError as error:
            session.closed = error.code if error.code in CLOSED else "other"
            return
        session.places = read_places(str(session.door.get("place", "")), session.door.get("areas"))

    def photos(self, session: Session) -> bool:
        """Whether this visit has the screen for photos."""
        most = _number(_limits(session), "photos", MOST_PHOTOS)
        able = self._config.photos == "file" or (self._config.photos == "camera" and session.has_camera)
        return able and most > 0

    async def act(self, session: Session, form: Form) -> None:
        """One press. What came from a screen that is no longer shown changes nothing: it was pressed twice."""
        go = form.get("go", "")
        if form.get("at") != session.screen:
            return
        session.error, session.facts = "", {}
        try:
            if go in ("reach", "exit", "wipe", "back", "drop"):
                self._turn(session, go, form)
            elif session.over:
                await self._over(session, go, form)
            elif go != "stay":
                await self._on(session, form)
        except Fault as fault:
            session.error, session.facts = fault.key, fault.facts
        except AwayError:
            session.over = "waiting"

    # -- turns that any screen has ------------------------------------------------------------------------------------

    def _turn(self, session: Session, go: str, form: Form) -> None:
        if go == "reach":
            session.low_reach = not session.low_reach
        elif go == "drop":
            number = form.get("number", "")
            session.photos.pop(int(number) if number.isdecimal() and len(number) < 3 else -1, None)
        elif go == "wipe" or (go == "exit" and not session.has_typed):
            session.wipe()
        elif go == "exit":
            session.over = "exit"
        elif session.over:  # "back" from a screen laid over another
            session.over = ""
        else:
            self._keep_draft(session, form)
            session.step = journey.before(session.step, session.answers, photos=self.photos(session))
            if not session.step:
                session.wipe()

    def _keep_draft(self, session: Session, form: Form) -> None:
        """Going back loses no words, even such as would not do."""
        if session.step in journey.FIELDS and session.step != "pin" and "field" in form:
            limit = journey.limit_of(session.step, _limits(session))
            session.answers[session.step] = form["field"][:limit].strip()

    async def _over(self, session: Session, go: str, form: Form) -> None:
        over, choice = session.over, form.get("choice", "")
        if over == "exit":
            if choice == "yes":
                session.wipe()
            elif choice == "no":
                session.over = ""
        elif over == "call":
            session.over = ""
            self._forward(session)
        elif over == "waiting" and go in ("retry", "next"):
            session.over = ""
            await self._leave(session)

    # -- forward ------------------------------------------------------------------------------------------------------

    async def _on(self, session: Session, form: Form) -> None:
        step, choice = session.step, form.get("choice", "")
        if step in ("answer", "receipt", "thanks"):
            await self._from_end(session, choice)
            return
        if step == "kind":
            await self._choose_kind(session, choice)
            return
        session.answers.update(journey.accept(step, form, session.answers, session.places, _limits(session)))
        await self._leave(session)

    async def _choose_kind(self, session: Session, choice: str) -> None:
        if choice not in journey.KINDS:
            raise Fault("error.choose")
        if session.closed:
            await self.open(session)
        if session.closed and choice != "status":
            raise Fault(f"closed.{session.closed}")
        if session.answers.get("kind") != choice:
            session.anew(choice)
        self._forward(session)

    async def _from_end(self, session: Session, choice: str) -> None:
        if session.step == "answer" and choice == "add":
            session.answers["follow"] = "1"
            session.client_id = secrets.token_hex(16)
            self._forward(session)
        elif session.step in ("answer", "receipt") and choice == "survey" and not session.closed:
            # Which ticket it is about is told only where that one is over, and by who has its code and PIN.
            about = {key: session.answers[key] for key in ("code", "pin") if session.step == "answer"}
            session.anew("survey")
            session.answers |= about
            self._forward(session)
        else:
            session.wipe()

    async def _leave(self, session: Session) -> None:
        """The screen's answer is in; what has to happen before the next one is shown."""
        match session.step:
            case "emergency" if session.answers.pop("emergency", "no") == "yes":
                session.over = "call"
                return
            case "text":
                _note_urgency(session)
            case "pin":
                await self._look_up(session)
            case "review":
                await self._hand_in(session)
                session.step = "receipt"
                return
            case "survey9":
                await self._hand_in_survey(session)
        self._forward(session)
        if session.step in ("review", "pin"):
            await self._door.prepare()

    def _forward(self, session: Session) -> None:
        session.step = journey.after(session.step, session.answers, photos=self.photos(session))

    # -- the agent ----------------------------------------------------------------------------------------------------

    async def _look_up(self, session: Session) -> None:
        answers = session.answers
        try:
            session.found = await self._door.ask(
                "lookup", code=answers.get("code", ""), pin=answers.get("pin", ""), lang=session.lang
            )
        except DoorError as error:
            answers.pop("pin", None)
            raise Fault(_told(error)) from None

    async def _hand_in(self, session: Session) -> None:
        for _ in range(2):
            try:
                session.ticket = await self._door.ask("submit", **_submission(session))
            except DoorError as error:
                if error.code not in ("photo_unknown", "client_id_reused"):
                    raise Fault(_told(error)) from None
                if error.code == "client_id_reused":
                    # An answer was lost, and the words changed since: this is another voice, with a name of its own.
                    session.client_id = secrets.token_hex(16)
                # Gone with an agent that started again, or with the voice before: never left out in silence.
                had_photos, session.photos = bool(session.photos), {}
                if had_photos or error.code == "photo_unknown":
                    raise Fault("error.photo_unknown") from None
            else:
                if self._print_it is not None:
                    self._print_it(session.ticket, session.lang, session.answers.get("subject", ""))
                session.answers = {"kind": session.answers.get("kind", "")}  # told is told: the words are not needed
                session.found = None
                return
        raise Fault("error.other")

    async def _hand_in_survey(self, session: Session) -> None:
        answers = session.answers
        about: dict[str, Any] = {key: answers[key] for key in ("code", "pin") if answers.get(key)}
        try:
            await self._door.ask(
                "survey",
                unit=str(session.door.get("place", "")),
                answers=[int(answers[element]) for element in journey.SURVEY],
                client_id=session.client_id,
                channel="web",
                lang=session.lang,
                **about,
            )
        except DoorError as error:
            raise Fault(_told(error)) from None

    async def add_photo(self, session: Session, photo: bytes) -> None:
        """One more photo. AwayError, DoorError; Fault when there are enough."""
        free = [index for index in range(self.most_photos(session)) if index not in session.photos]
        if not free or session.screen != "photo":
            raise Fault("error.stale")
        session.photos[free[0]] = await self._door.photo(session.client_id, free[0], photo, session.lang)

    def most_photos(self, session: Session) -> int:
        return min(MOST_PHOTOS, _number(_limits(session), "photos", MOST_PHOTOS))

    def most_photo_bytes(self, session: Session) -> int:
        return _number(_limits(session), "photo_bytes", 8 * 1024 * 1024)


def _submission(session: Session) -> dict[str, Any]:
    answers = session.answers
    kind = answers["kind"]
    sent: dict[str, Any] = {
        "category": kind,
        "text": answers.get("text", ""),
        "client_id": session.client_id,
        "channel": "web",
        "lang": session.lang,
    }
    if kind == "ppid":
        sent |= {key: answers.get(key, "") for key in ("purpose", "name", "contact", "way")}
        return {**sent, "assisted": answers.get("staff") == "here"}
    if answers.get("follow"):
        found = session.found or {}
        category = str(found.get("category", ""))
        sent |= {"category": category if category in journey.VOICES else "laporan", "identity": "anonymous"}
        sent |= {"follows_code": answers.get("code", ""), "follows_pin": answers.get("pin", "")}
        sent |= {"subject": str(found["subject"])} if found.get("subject") else {}
    else:
        identity = answers.get("identity", "anonymous")
        sent |= {key: answers[key] for key in ("subject", "area", "rt_rw") if answers.get(key)}
        sent["identity"] = identity
        if identity != "anonymous":
            sent |= {key: answers[key] for key in ("name", "contact") if answers.get(key)}
    if session.photos:
        sent["photos"] = [session.photos[index] for index in sorted(session.photos)]
    return sent


def _note_urgency(session: Session) -> None:
    """The agent judges by the same words when it is handed in; here only the way to 112 hangs on it."""
    from agent.core.triage import triage

    if triage(session.answers.get("text", "")).urgent:
        session.answers["urgent"] = "1"
    else:
        session.answers.pop("urgent", None)


def _limits(session: Session) -> dict[str, int]:
    found = session.door.get("limits")
    if not isinstance(found, dict):
        return {}
    return {str(key): value for key, value in found.items() if isinstance(value, int)}


def _number(limits: Mapping[str, int], key: str, spare: int) -> int:
    return limits.get(key, spare)


_TOLD: Final = (
    "bad_code", "bad_pin", "not_found", "locked", "too_many_tries", "text_empty", "text_too_long", "storage_full",
    "storage", "no_seal_key", "photo_unknown",
)  # fmt: skip


def _told(error: DoorError) -> str:
    if error.code not in _TOLD:
        log.warning("kiosk-refused", extra={"code": error.code})
    return f"error.{error.code if error.code in _TOLD else 'other'}"
