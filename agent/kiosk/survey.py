"""One answered satisfaction survey (SKM): nine elements, 1 to 4. Nothing in it says who answered."""

import re
from typing import Final

from agent.kiosk.bounds import SURVEY_ELEMENTS
from agent.kiosk.fields import Request, bad, choice, client_id, language, line, missing, only, text
from agent.kiosk.submission import CHANNELS
from wire.shape import Struct
from wire.topics import NODE_ID_PATTERN

UNIT_MAX: Final = 64
_FIELDS: Final = frozenset(("op", "unit", "answers", "client_id", "channel", "lang", "code", "pin"))


class Survey(Struct, frozen=True):
    """What was tapped. `code` and `pin` only where somebody answers about one finished request."""

    unit: str
    answers: tuple[int, ...]
    client_id: str
    channel: str
    lang: str
    code: str
    pin: str

    def __repr__(self) -> str:
        return f"Survey({self.unit}, {self.channel})"

    @property
    def content(self) -> bytes:
        return "\0".join((self.unit, *map(str, self.answers), self.channel, self.code)).encode()


def read_survey(request: Request, spare_client_id: str) -> Survey:
    """Check every field; IntakeError says which is wrong."""
    only(request, _FIELDS)
    unit = text(request, "unit")
    if re.fullmatch(NODE_ID_PATTERN, unit) is None or len(unit) > UNIT_MAX:
        raise bad("unit", "opd-disdukcapil")
    read = Survey(
        unit=unit,
        answers=_answers(request.get("answers")),
        client_id=client_id(request) or spare_client_id,
        channel=choice(request, "channel", CHANNELS, "cli"),
        lang=language(request),
        code=line(request, "code", 40),
        pin=line(request, "pin", 8),
    )
    if bool(read.code) != bool(read.pin):
        raise missing("follows")
    return read


def _answers(value: object) -> tuple[int, ...]:
    if isinstance(value, list) and len(value) == SURVEY_ELEMENTS and all(type(one) is int for one in value):
        answers = tuple(value)
        if all(1 <= one <= 4 for one in answers):
            return answers
    raise bad("answers", f"[1..4], {SURVEY_ELEMENTS}")
