"""What is told of an incident, in one sentence per language: Indonesian and English, without anybody's name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from center.core.complaint_words import CITY, DESK
from wire.verdicts import VERDICTS

WIB = timedelta(hours=7)
_MONTHS = ("Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
Pair = tuple[str, str]
_CAUSES: dict[str, Pair] = {
    "lost": ("sambungan putus", "connection lost"),
    "silent": ("diam, tidak ada laporan", "silent, no reports"),
    "planned": ("dimatikan dengan sengaja", "switched off on purpose"),
}
# (kind, cause or "") -> what happened. {what}: the site or the upstream; {count}: of nodes.
_OPENED: dict[tuple[str, str], Pair] = {
    ("node", ""): (
        "{what} tidak terhubung sejak {time}{cause}.",
        "{what} has been out of reach since {time}{cause}.",
    ),
    ("node", "flapping"): ("{what} putus-nyambung sejak {time}.", "{what} has been coming and going since {time}."),
    ("parent", ""): (
        "{what} putus sejak {time}: {count} node tidak terhubung.",
        "{what} has been down since {time}: {count} nodes are out of reach.",
    ),
    ("parent", "feeder"): (
        "Listrik {what} diduga padam sejak {time}: {count} node tidak terhubung.",
        "Power of {what} seems to be out since {time}: {count} nodes are out of reach.",
    ),
    ("parent", "flapping"): (
        "{what} putus-nyambung sejak {time}: {count} node terkena.",
        "{what} has been coming and going since {time}: {count} nodes are affected.",
    ),
    ("blind", ""): (
        "Pusat tidak mendengar node sejak {time}: periksa pusat dahulu, keadaan {count} node tidak diketahui.",
        "The centre hears no nodes since {time}: see to the centre first, the state of {count} nodes is unknown.",
    ),
    ("clone", ""): (
        "Identitas {what} dipakai dua kotak: kartunya mungkin disalin.",
        "The identity of {what} is used by two boxes: its card may have been copied.",
    ),
    ("integrity", ""): (
        "Catatan {what} hilang tanpa penjelasan.",
        "Records of {what} are missing without explanation.",
    ),
    ("certificate", ""): (
        "Sertifikat {what} hampir berakhir dan tidak diperbarui sendiri sejak {time}.",
        "The certificate of {what} is about to end, and has not been renewed by itself since {time}.",
    ),
    ("channel", ""): (
        "Saluran alarm {what} tidak berfungsi sejak {time}.",
        "The alert channel {what} has not worked since {time}.",
    ),
    ("overdue", ""): (
        "{what}: ada pengaduan yang melewati tenggat sejak {time}.",
        "{what}: complaints have been overdue since {time}.",
    ),
    ("overdue", "soon"): (
        "{what}: ada pengaduan yang segera jatuh tempo ({time}).",
        "{what}: complaints are due soon ({time}).",
    ),
    ("urgent", ""): (
        "Pengaduan mendesak dari {what} belum dibaca sejak {time}.",
        "Urgent complaints from {what} have not been read since {time}.",
    ),
    ("degraded", ""): ("{what} terganggu sejak {time}.", "{what} has been impaired since {time}."),
}
_LATER: dict[str, Pair] = {
    # What was never told yet is told in these words too: they say all of it, and what is out comes first, since a
    # telephone shows the beginning.
    "grew": ("{opened} Node yang terkena bertambah.", "{opened} More nodes are affected than before."),
    "escalated": ("{opened} Naik tingkat, belum selesai.", "{opened} Escalated, not over yet."),
    "reopened": ("{opened} Terjadi lagi.", "{opened} It is back."),
    "acknowledged": ("{what}: sudah ditangani operator.", "{what}: an operator is on it."),
    "released": ("{opened} Belum ada yang menangani.", "{opened} Nobody takes care of it now."),
    "recovered": ("{what} pulih, {after} setelah mulai.", "{what} has recovered, {after} after it began."),
    "maintenance": (
        "{what}: kini dalam pekerjaan terencana, alarm dihentikan.",
        "{what}: now under planned work, no more alarms.",
    ),
    "joined": (
        "{what}: menjadi bagian dari insiden yang lebih besar.",
        "{what}: now part of a greater incident.",
    ),
    "gone": ("{what}: tidak dipakai lagi, insiden ditutup.", "{what}: no longer in use, the incident is closed."),
    "answered": ("{what}: pengaduan sudah ditangani.", "{what}: the complaints have been seen to."),
    "closed": ("{what}: ditutup oleh operator.", "{what}: closed by an operator."),
}
_CENTER: Pair = ("Pusat", "The centre")
_NOBODY = {"overdue": DESK, "urgent": CITY}
"""What an incident without a subject is about, where that is not the centre."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a sentence is made of. `what`: the name of the site or upstream, "" for the centre; times in Unix ms."""

    kind: str
    cause: str
    what: str
    count: int
    started_ms: int
    at_ms: int


def sentences(happened: str, told: Told) -> Pair:
    """Indonesian and English. `happened`: opened, one of the other words of IncidentChange, or why it was resolved."""
    opened = _OPENED.get((told.kind, told.cause)) or _OPENED[told.kind, ""]
    pair = opened if happened == "opened" else _LATER[happened]
    return _filled(pair, opened, told, 0), _filled(pair, opened, told, 1)


def _filled(pair: Pair, opened: Pair, told: Told, language: int) -> str:
    values: Mapping[str, object] = {
        "what": told.what or _NOBODY.get(told.kind, _CENTER)[language],
        "count": told.count,
        "time": _clock(told.started_ms, told.at_ms, language),
        "cause": _cause(told.cause, language),
        "after": _duration(told.at_ms - told.started_ms, language),
    }
    return pair[language].format(opened=opened[language].format(**values), **values)


def _cause(cause: str, language: int) -> str:
    """Why, after a colon; nothing for a code that has no words: nobody at night knows codes by heart."""
    verdict = VERDICTS.get(cause)
    word = _CAUSES[cause][language] if cause in _CAUSES else verdict.label(("id", "en")[language]) if verdict else ""
    return f": {word}" if word else ""


def _clock(at_ms: int, now_ms: int, language: int) -> str:
    """The time of day, with the date when it was not today."""
    local, today = (datetime.fromtimestamp(one / 1000, UTC) + WIB for one in (at_ms, now_ms))
    date = "" if local.date() == today.date() else f"{local.day} {_MONTHS[language].split()[local.month - 1]} "
    return f"{date}{local:%H.%M} WIB"


def _duration(ms: int, language: int) -> str:
    minutes = max(1, round(ms / 60_000))
    if minutes < 120:
        return f"{minutes} {('menit', 'min')[language]}"
    return f"{round(minutes / 60)} {('jam', 'h')[language]}"
