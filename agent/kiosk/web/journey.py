"""The way through the screens. Pure: the answers so far say which screens there are and in what order.

Every screen asks one thing. It either offers options (`options`) or has one field to fill in (`FIELDS`), and `accept`
turns what was sent into the answers it makes, or a Fault. What has to be asked of the agent on the way (a look-up, the
hand-in) is not done here: the caller does it when a screen of that name is left.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from agent.kiosk.web.place import Places
from wire.errors import WireError
from wire.shape import Struct
from wire.subjects import SUBJECTS
from wire.tickets import normalize_code

VOICES: Final = ("aduan", "laporan", "saran", "pendapat")
KINDS: Final = (*VOICES, "ppid", "status", "survey")
ELEMENTS: Final = 9
SURVEY: Final = tuple(f"survey{number}" for number in range(1, ELEMENTS + 1))
WHOLE_CITY: Final = ""
_RT_RW: Final = re.compile(r"[0-9]{1,3}( ?[/ -] ?[0-9]{1,3})?")
_PIN: Final = re.compile(r"[0-9]{4}")

Answers = Mapping[str, str]


class Field(Struct, frozen=True):
    """One thing to fill in. `limit` in characters, `keys` which keyboard it gets."""

    limit: int
    keys: str
    several_lines: bool = False


FIELDS: Final[Mapping[str, Field]] = {
    "rt_rw": Field(12, "rt_rw"),
    "text": Field(4000, "text", several_lines=True),
    "contact": Field(100, "contact"),
    "name": Field(100, "text"),
    "purpose": Field(500, "text", several_lines=True),
    "code": Field(24, "code"),
    "pin": Field(4, "digits"),
}
"""Limits where the agent names none; its own go before."""
ICONS: Final[Mapping[str, str]] = {
    "aduan": "speakerphone", "laporan": "flag", "saran": "bulb", "pendapat": "message", "ppid": "file-info",
    "status": "search", "survey": "mood-smile",
    "jalan": "road", "lampu": "lamp", "sampah": "trash", "banjir": "ripple", "air": "droplet", "kependudukan": "id",
    "kesehatan": "stethoscope", "pendidikan": "school", "bansos": "heart-handshake", "ketertiban": "shield-check",
    "izin": "building-store", "lainnya": "dots",
    "anonymous": "eye-off", "confidential": "lock", "contact": "user", "here": "users", "none": "clock",
    "look": "eye", "copy": "copy", "email": "mail", "1": "mood-sad", "2": "mood-annoyed", "3": "mood-smile",
    "4": "mood-happy",
}  # fmt: skip
_GROUPS: Final[Mapping[str, str]] = {
    "area_in": "area", "rt_rw": "area", "urgent": "text", "contact": "identity", "name": "identity",
}  # fmt: skip
_UNCOUNTED: Final = ("emergency", "kind", "receipt", "answer", "thanks")


class Fault(Exception):  # noqa: N818 - nothing of ours failed
    """What was sent does not do. `key` names the text that says what to do."""

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts


def steps(answers: Answers, *, photos: bool) -> tuple[str, ...]:
    """Every screen from the first to the last, as far as the answers lay them out."""
    kind = answers.get("kind", "")
    start = ("emergency", "kind")
    if kind in VOICES:
        place = ("area", *_if(answers.get("area_pick", "").isdigit(), "area_in"))
        place += _if(kind in ("aduan", "laporan"), "rt_rw")
        return (*start, "subject", *place, *_telling(answers, photos), *_who(answers), "review", "receipt")
    if kind == "ppid":
        return (*start, "staff", "text", "purpose", "name", "contact", "way", "review", "receipt")
    if kind == "status":
        more = (*_telling(answers, photos), "review", "receipt") if answers.get("follow") else ()
        return (*start, "code", "pin", "answer", *more)
    if kind == "survey":
        return (*start, *SURVEY, "thanks")
    return start


def after(step: str, answers: Answers, *, photos: bool) -> str:
    """The screen that comes next; the last one stays."""
    way = steps(answers, photos=photos)
    place = way.index(step) if step in way else 0
    return way[min(place + 1, len(way) - 1)]


def before(step: str, answers: Answers, *, photos: bool) -> str:
    """The screen one goes back to; "" from the first one: back to the languages. What is done is not gone back over."""
    way = steps(answers, photos=photos)
    place = way.index(step) if step in way else 0
    if step in ("receipt", "thanks"):
        return step
    if step == "answer":
        return "kind"
    if step == "text" and answers.get("follow"):
        return "answer"
    previous = way[place - 1] if place else ""
    return way[place - 2] if previous == "urgent" and place > 1 else previous


def progress(step: str, answers: Answers, *, photos: bool) -> tuple[int, int] | None:
    """Which step this is, of how many; None for a screen that is none. Screens that belong together count once."""
    way = [name for name in steps(answers, photos=photos) if name not in _UNCOUNTED]
    if answers.get("follow"):
        way = [name for name in way if name not in ("code", "pin")]
    groups = list(dict.fromkeys(_GROUPS.get(name, name) for name in way))
    group = _GROUPS.get(step, step)
    if step in _UNCOUNTED or group not in groups:
        return None
    return groups.index(group) + 1, len(groups)


def options(step: str, answers: Answers, places: Places) -> tuple[str, ...]:
    """The values that can be chosen on a screen; empty where something is filled in or only read."""
    match step:
        case "emergency":
            return ("no", "yes")
        case "kind":
            return KINDS
        case "subject":
            return tuple(subject.code for subject in SUBJECTS)
        case "area":
            return ("own", *(district.code for district in places.districts))
        case "area_in":
            district = places.district(answers.get("area_pick", ""))
            return tuple(area.code for area in district.areas) if district else ()
        case "identity":
            return ("anonymous", "confidential", "contact")
        case "staff":
            return ("here", "none")
        case "way":
            return ("look", "copy", "email")
        case _ if step in SURVEY:
            return ("1", "2", "3", "4")
        case _:
            return ()


def accept(step: str, sent: Answers, answers: Answers, places: Places, limits: Mapping[str, int]) -> dict[str, str]:
    """The answers a screen makes of what was sent from it. Fault with what the citizen is to do otherwise."""
    if step in FIELDS:
        return {step: _filled(step, sent, answers, limits)}
    choices = options(step, answers, places)
    if not choices:
        return {}
    choice = sent.get("choice", "")
    if choice not in choices:
        raise Fault("error.choose")
    if step == "area":
        return {"area_pick": choice, "area": WHOLE_CITY}
    if step == "area_in":
        return {"area": choice}
    return {step: choice}


def can_skip(step: str, answers: Answers) -> bool:
    """Whether a field may be left empty: what the law asks for not, a contact only where nobody has to use it."""
    match step:
        case "rt_rw":
            return True
        case "name":
            return answers.get("kind") != "ppid"
        case "contact":
            return answers.get("kind") != "ppid" and answers.get("identity") == "confidential"
        case _:
            return False


def limit_of(step: str, limits: Mapping[str, int]) -> int:
    """How many characters the field of a screen takes."""
    return limits.get(step, FIELDS[step].limit)


def _filled(step: str, sent: Answers, answers: Answers, limits: Mapping[str, int]) -> str:
    value = unicodedata.normalize("NFC", sent.get("field", "").replace("\r\n", "\n")).strip()
    if len(value) > limit_of(step, limits):
        raise Fault("error.too_long", limit=limit_of(step, limits))
    if not value:
        if can_skip(step, answers):
            return ""
        raise Fault("error.empty")
    if step == "rt_rw" and not _RT_RW.fullmatch(value):
        raise Fault("error.rt_rw")
    if step == "pin" and not _PIN.fullmatch(value):
        raise Fault("error.bad_pin")
    if step == "code":
        try:
            return normalize_code(value)
        except WireError:
            raise Fault("error.bad_code") from None
    return value


def _telling(answers: Answers, photos: bool) -> tuple[str, ...]:
    return ("text", *_if(bool(answers.get("urgent")), "urgent"), *_if(photos, "photo"))


def _who(answers: Answers) -> tuple[str, ...]:
    return ("identity", *(("contact", "name") if answers.get("identity", "anonymous") != "anonymous" else ()))


def _if(condition: bool, step: str) -> tuple[str, ...]:
    return (step,) if condition else ()
