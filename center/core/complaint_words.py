"""What alerts say of complaints, as pairs of Indonesian and English. Pure; never a word of what a citizen wrote."""

from collections.abc import Mapping
from typing import Final

from center.core.alert_times import moment
from wire.subjects import BY_CODE

Pair = tuple[str, str]
DESK: Final[Pair] = ("Meja pengaduan", "The complaints desk")
CITY: Final[Pair] = ("kota", "the city")
_OVER: Final[Pair] = (
    "{what}: pengaduan yang menunggu sudah ditangani.",
    "{what}: the complaints that waited have been seen to.",
)
_AGENCY: Final[Mapping[str, Pair]] = {
    "routed": (
        "[PENGADUAN] Pengaduan {code}{about} didisposisikan kepada Anda.{due}\nBuka: Pengaduan di Sandi.",
        "[COMPLAINT] Complaint {code}{about} has been given to you.{due}\nOpen: Complaints in Sandi.",
    ),
    "reopened": (
        "[PENGADUAN] Pengaduan {code}{about} dibuka kembali dan menunggu Anda.{due}\nBuka: Pengaduan di Sandi.",
        "[COMPLAINT] Complaint {code}{about} was reopened and waits for you.{due}\nOpen: Complaints in Sandi.",
    ),
}
_DUE: Final[Pair] = (" Paling lambat {day}.", " Answer by {day}.")
_OVERDUE: Final[Mapping[str, Pair]] = {
    "soon": (
        "{what}: {soon} pengaduan segera jatuh tempo, yang pertama {day}.",
        "{what}: {soon} complaints are due soon, the first on {day}.",
    ),
    "late": (
        "{what}: {late} pengaduan melewati tenggat, yang terlama sejak {day}; {soon} segera menyusul.",
        "{what}: {late} complaints are overdue, the oldest since {day}; {soon} more are due soon.",
    ),
}
_URGENT: Final[Pair] = (
    "Pengaduan mendesak dari {what}: {count} belum dibaca, yang pertama diajukan {time}.",
    "Urgent complaints from {what}: {count} not read yet, the first filed {time}.",
)


def told_agency(kind: str, code: str, subject: str, due_ms: int | None) -> Pair:
    """What an agency hears of a complaint that is theirs now. `due_ms`: the end of its term."""
    return _told(kind, code, subject, due_ms, 0), _told(kind, code, subject, due_ms, 1)


def _told(kind: str, code: str, subject: str, due_ms: int | None, language: int) -> str:
    known = BY_CODE.get(subject)
    about = f" ({(known.label_id, known.label_en)[language]})" if known else ""
    due = _DUE[language].format(day=last_day(due_ms, language)) if due_ms is not None else ""
    return _AGENCY[kind][language].format(code=code, about=about, due=due)


def overdue_sentence(what: str, late: int, soon: int, oldest_due_ms: int) -> Pair:
    """How many are late or nearly so, and the oldest. `what`: the agency's name, "" for the desk itself."""
    pair = _OVERDUE["late" if late else "soon"]
    return tuple(  # type: ignore[return-value]
        pair[language].format(what=what or DESK[language], late=late, soon=soon, day=last_day(oldest_due_ms, language))
        for language in (0, 1)
    )


def urgent_sentence(what: str, count: int, filed_ms: int) -> Pair:
    """How many urgent ones of a place nobody has read yet, and when the first was filed, late or not."""
    return tuple(  # type: ignore[return-value]
        _URGENT[language].format(what=what or CITY[language], count=count, time=_moment(filed_ms, language))
        for language in (0, 1)
    )


def over_sentence(kind: str, what: str) -> Pair:
    """That nothing of the kind is left. `what`: the name of the agency or place, "" for the desk or the city."""
    return tuple(pair.format(what=what or _nobody(kind)[at]) for at, pair in enumerate(_OVER))  # type: ignore[return-value]


def _nobody(kind: str) -> Pair:
    return CITY if kind == "urgent" else DESK


def last_day(due_ms: int, language: int) -> str:
    """The last day of a term: it ends at midnight."""
    return " ".join(_moment(due_ms - 1, language).split()[:3])


def _moment(at_ms: int, language: int) -> str:
    return moment(at_ms, ("id", "en")[language])
