"""What a screen shows, as plain values for its template: the question, the options with icon and word, the way on."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent.kiosk.web import journey
from agent.kiosk.web.catalogue import Texts
from agent.kiosk.web.flow import Flow
from agent.kiosk.web.journey import FIELDS, ICONS
from agent.kiosk.web.sessions import Session
from wire.shape import Struct
from wire.subjects import BY_CODE

WIB: Final = datetime.timezone(datetime.timedelta(hours=7))
DAY_MS: Final = 86_400_000
TEMPLATES: Final[Mapping[str, str]] = {
    "review": "review", "receipt": "receipt", "answer": "answer", "photo": "photo", "waiting": "waiting",
}  # fmt: skip
SHORT_WORDS: Final = 280


class Option(Struct, frozen=True):
    """A button. `number` is the digit of the keypad that chooses it."""

    number: int
    value: str
    label: str
    icon: str = ""
    hint: str = ""


class Row(Struct, frozen=True):
    """A line of what is about to be handed in, or of an answer."""

    label: str
    text: str


class Screen(Struct, frozen=True):
    """Everything a template needs beside the texts."""

    name: str
    template: str
    title: str
    hint: str = ""
    options: tuple[Option, ...] = ()
    icon: str = ""
    value: str = ""
    keys: str = ""
    limit: int = 0
    several_lines: bool = False
    can_skip: bool = False
    can_back: bool = True
    rows: tuple[Row, ...] = ()
    progress: tuple[int, int] | None = None
    error: str = ""
    loud: bool = False
    """The whole screen is about 112."""


def screen(session: Session, texts: Texts, flow: Flow) -> Screen:
    """The screen a session stands at."""
    name = session.screen
    shown = _overlay(name, texts) if session.over else _step(session, texts, flow)
    error = texts(session.error, **session.facts) if session.error else ""
    has_photos = flow.photos(session)
    progress = None if session.over else journey.progress(name, session.answers, photos=has_photos)
    return Screen(**{"name": name, "error": error, "progress": progress, **shown})


def _overlay(name: str, texts: Texts) -> dict[str, Any]:
    if name == "waiting":
        return {
            "template": "waiting", "title": texts("waiting.title"), "hint": texts("waiting.text"), "icon": "hourglass",
            "can_back": False,
        }  # fmt: skip
    values = {"exit": ("yes", "no"), "call": ("go_on",)}[name]
    icons = {"yes": "trash", "no": "arrow-left", "go_on": "arrow-right"}
    made = tuple(
        Option(number, value, texts(f"{name}.{value}"), icons[value]) for number, value in enumerate(values, 1)
    )
    return {
        "template": "message", "title": texts(f"title.{name}"), "hint": texts(f"hint.{name}"), "options": made,
        "icon": "phone" if name == "call" else "", "loud": name == "call",
    }  # fmt: skip


def _step(session: Session, texts: Texts, flow: Flow) -> dict[str, Any]:
    step, answers = session.step, session.answers
    shown: dict[str, Any] = {
        "template": TEMPLATES.get(step, "field" if step in FIELDS else "choice"),
        "title": _worded(texts, "title", step, answers),
        "hint": _worded(texts, "hint", step, answers),
        "options": _options(session, texts),
        "can_back": step not in ("receipt", "thanks"),
    }
    if step in FIELDS:
        field = FIELDS[step]
        limits = session.door.get("limits")
        limit = journey.limit_of(step, limits if isinstance(limits, dict) else {})
        shown |= {
            "value": answers.get(step, ""), "keys": field.keys, "limit": limit,
            "several_lines": field.several_lines, "can_skip": journey.can_skip(step, answers),
        }  # fmt: skip
    elif step == "photo":
        shown["hint"] = texts("hint.photo", most=flow.most_photos(session))
    elif step == "kind" and session.closed:
        shown["hint"] = texts(f"closed.{session.closed}")
    elif step == "urgent":
        shown |= {"template": "message", "icon": "phone", "loud": True}
    elif step == "review":
        shown["rows"] = review(session, texts)
    elif step == "answer":
        found = session.found or {}
        shown |= {"title": texts("title.answer", code=spaced(str(found.get("code", "")))), "hint": ""}
    elif step == "thanks":
        shown |= {"template": "message", "icon": "circle-check"}
    elif step in journey.SURVEY:
        shown |= {"title": texts(f"survey.{step.removeprefix('survey')}"), "hint": ""}
    return shown


def _worded(texts: Texts, part: str, step: str, answers: Mapping[str, str]) -> str:
    """The text of a screen for this matter, else its general one; "" where a screen has none."""
    matter = "follow" if answers.get("follow") else answers.get("kind", "")
    for key in (f"{part}.{step}.{matter}", f"{part}.{step}"):
        if texts.has(key):
            return texts(key)
    return ""


def _options(session: Session, texts: Texts) -> tuple[Option, ...]:
    step = session.step
    values: Sequence[str] = journey.options(step, session.answers, session.places)
    if step == "kind" and session.closed:
        values = ("status",)
    if step == "urgent":
        return (Option(1, "go_on", texts("urgent.go_on"), "arrow-right"),)
    if step == "thanks":
        return (Option(1, "done", texts("thanks.again"), "home"),)
    if step == "receipt":
        return _ends(texts, "receipt", ("done", "survey"))
    if step == "answer":
        over = (session.found or {}).get("status") in ("answered", "closed")
        return _ends(texts, "answer", ("done", "add", *(("survey",) if over else ())))
    return tuple(_option(number, step, value, session, texts) for number, value in enumerate(values, 1))


def _ends(texts: Texts, step: str, values: tuple[str, ...]) -> tuple[Option, ...]:
    icons = {"done": "check", "survey": "mood-smile", "add": "plus"}
    return tuple(Option(n, value, texts(f"{step}.{value}"), icons[value]) for n, value in enumerate(values, 1))


def _option(number: int, step: str, value: str, session: Session, texts: Texts) -> Option:
    if step == "subject":
        subject = BY_CODE[value]
        label, hint = (subject.label_en, subject.hint_en) if texts.lang == "en" else (subject.label_id, subject.hint_id)
        label = texts(f"subject.{value}") if texts.has(f"subject.{value}") else label
        return Option(number, value, label, ICONS.get(value, "dots"), hint)
    if step == "area":
        return _area(number, value, session, texts)
    if step == "area_in":
        return Option(number, value, session.places.name_of(value), "map-pin")
    if step in journey.SURVEY:
        return Option(number, value, texts(f"score.{value}"), ICONS[value])
    if step == "emergency":
        return Option(number, value, texts(f"emergency.{value}"), {"no": "arrow-right", "yes": "alert-triangle"}[value])
    hint = f"{step}.{value}.hint"
    return Option(number, value, texts(f"{step}.{value}"), ICONS[value], texts(hint) if texts.has(hint) else "")


def _area(number: int, value: str, session: Session, texts: Texts) -> Option:
    if value == "own":
        own = session.places.own
        label = texts("area.own", name=own.name) if own is not None else texts("area.here")
        return Option(number, value, label, "map-pin")
    district = session.places.district(value)
    return Option(number, value, texts("area.district", name=district.name if district else value), "map-2")


def review(session: Session, texts: Texts) -> tuple[Row, ...]:
    """What is about to be handed in, line by line."""
    answers = session.answers
    kind = answers.get("kind", "")
    follow = bool(answers.get("follow"))
    text = answers.get("text", "")
    rows = [Row(texts("review.kind"), texts("answer.add" if follow else f"kind.{kind}"))]
    if kind in journey.VOICES:
        subject = _option(0, "subject", answers.get("subject", "lainnya"), session, texts)
        rows += [Row(texts("review.subject"), subject.label), Row(texts("review.area"), place_words(session, texts))]
    rows.append(Row(texts("review.text"), text if len(text) <= SHORT_WORDS else text[:SHORT_WORDS] + " ..."))
    if kind == "ppid":
        rows.append(Row(texts("review.purpose"), answers.get("purpose", "")[:SHORT_WORDS]))
        rows.append(Row(texts("review.way"), texts(f"way.{answers.get('way', 'copy')}")))
        rows.append(Row(texts("review.identity"), f"{answers.get('name', '')}, {answers.get('contact', '')}"))
    if session.photos:
        rows.append(Row(texts("review.photos"), str(len(session.photos))))
    if kind in journey.VOICES:
        rows.append(Row(texts("review.identity"), _identity(answers, texts)))
    return tuple(rows)


def _identity(answers: Mapping[str, str], texts: Texts) -> str:
    identity = answers.get("identity", "anonymous")
    who = ", ".join(filter(None, (answers.get("name", ""), answers.get("contact", ""))))
    return f"{texts(f'identity.{identity}')}: {who}" if identity != "anonymous" else texts("identity.anonymous")


def place_words(session: Session, texts: Texts) -> str:
    answers, own = session.answers, session.places.own
    name = session.places.name_of(answers.get("area", "")) or (own.name if own is not None else texts("area.here"))
    return f"{name}, RT/RW {answers['rt_rw']}" if answers.get("rt_rw") else name


def spaced(code: str) -> str:
    """`K7F29QX31A` as `K7F29 QX31A`: in pieces that can be read aloud."""
    return f"{code[:5]} {code[5:]}" if len(code) == 10 else code


def when(texts: Texts, at_ms: object) -> str:
    """`23 Nov 2026 20.12 WIB`; "-" for a time no calendar has."""
    try:
        at = datetime.datetime.fromtimestamp(int(str(at_ms)) / 1000, WIB)
    except (OverflowError, ValueError, OSError):
        return "-"
    return f"{at.day} {texts('months').split()[at.month - 1]} {at.year} {at:%H.%M} WIB"


def lasted(texts: Texts, row: Mapping[str, object]) -> str:
    """An answered matter on the idle screen: what it was about and how long it took."""
    subject = BY_CODE.get(str(row.get("subject", "")))
    label = (subject.label_en if texts.lang == "en" else subject.label_id) if subject else ""
    label = label or (texts(f"kind.{row.get('category')}") if row.get("category") in journey.KINDS else "-")
    start, end = row.get("handed_in_ms"), row.get("answered_ms")
    days = (end - start) // DAY_MS if isinstance(start, int) and isinstance(end, int) else 0
    return (
        texts("idle.answered_in", subject=label, days=days) if days > 0 else texts("idle.answered_today", subject=label)
    )
