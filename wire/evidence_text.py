"""Templates for sentences of evidence, and values that cannot break out of them.

A template holds fields `{name}` or `{name:form}` and optional parts `[ ... ]`, which are left out when one of their
fields is not known; a field outside such a part is then `?`. Forms: `ms` `s` `mbps` `dbm` `pct` `days` `bytes` `mhz`
(number with unit), `span` (seconds, in the unit people would say), `int`, `dec` (number), `word` (a code of WORDS in
the language), none (text).
Pure; values are never read as templates.
"""

import math
import re
from collections.abc import Mapping

Pair = tuple[str, str]
"""The same in Indonesian and in English."""
MOST_CHARACTERS = 300
"""Of a sentence: four lines of a terminal."""
MOST_VALUE = 80
"""Of a value within it: a host name may have 253 characters, nobody's has; what is cut ends in an ellipsis."""

_FORMS: dict[str, tuple[int, str, str]] = {
    "ms": (1, "ms", "ms"),
    "s": (1, "detik", "s"),
    "mbps": (1, "Mbit/s", "Mbit/s"),
    "dbm": (0, "dBm", "dBm"),
    "pct": (0, "%", "%"),
    "days": (0, "hari", "days"),
    "bytes": (0, "byte", "bytes"),
    "mhz": (0, "MHz", "MHz"),
    "int": (0, "", ""),
    "dec": (1, "", ""),
}
"""Form -> digits behind the comma, unit in Indonesian, unit in English."""
WORDS: dict[str, dict[str, Pair]] = {
    "arp": {
        "reachable": ("dijawab", "answered"),
        "stale": ("pernah dijawab", "answered earlier"),
        "delay": ("pernah dijawab", "answered earlier"),
        "probe": ("sedang ditanya", "being asked"),
        "incomplete": ("belum dijawab", "not answered yet"),
        "failed": ("tidak dijawab", "not answered"),
        "permanent": ("tetap", "fixed"),
        "noarp": ("tidak dipakai", "not used"),
        "none": ("belum ditanya", "not asked yet"),
        "unknown": ("tidak diketahui", "not known"),
    },
    "refusal": {
        "day": ("jatah kuota 24 jam habis", "the byte budget of 24 hours is spent"),
        "month": ("jatah kuota 30 hari habis", "the byte budget of 30 days is spent"),
        "busy": ("pusat sedang mengukur lokasi lain", "the centre is measuring others"),
        "second": ("pengukuran lain sedang berjalan", "another test is running"),
        "quota": ("jatah di pusat habis", "the centre's allowance is spent"),
        "request": ("pusat tidak mengenal permintaannya", "the centre does not know the request"),
        "name": ("sertifikat ini bukan milik node", "this certificate is no node's"),
    },
    "knock": {
        "refused": ("ditolak, berarti hidup", "refused, so it is alive"),
        "open": ("dibuka", "opened"),
        "silent": ("didiamkan", "left without an answer"),
    },
    "phase": {
        "resolve": ("mencari alamat", "looking up the address"),
        "connect": ("menyambung", "connecting"),
        "tls": ("jabat tangan TLS", "the TLS handshake"),
        "mqtt": ("CONNECT MQTT", "MQTT CONNECT"),
        "request": ("meminta", "asking"),
        "first_byte": ("menunggu jawaban", "waiting for the response"),
        "body": ("menerima isi", "receiving the page"),
        "down": ("mengunduh", "downloading"),
        "up": ("mengunggah", "uploading"),
    },
    "by": {"icmp": ("ping besar", "large pings"), "tcp": ("sambungan TCP", "a TCP connection")},
    "fresh_source": {
        "feed": ("umpan berita", "feed"),
        "sitemap": ("peta situs", "sitemap"),
        "last_modified": ("Last-Modified", "Last-Modified"),
        "data": ("keterangan halaman", "the page's data"),
        "meta": ("keterangan halaman", "the page's data"),
        "time": ("tanggal di halaman", "dates in the page"),
        "text": ("tanggal di halaman", "dates in the page"),
    },
    "state": {
        "registered": ("terdaftar", "registered"),
        "connected": ("tersambung", "connected"),
        "searching": ("mencari jaringan", "searching for a network"),
        "enabled": ("menyala, belum terdaftar", "on, not registered"),
        "enabling": ("sedang menyala", "switching on"),
        "disabled": ("dimatikan", "switched off"),
        "locked": ("SIM terkunci", "SIM locked"),
        "failed": ("gagal", "failed"),
        "initializing": ("sedang disiapkan", "starting up"),
        "connecting": ("sedang menyambung", "connecting"),
        "disconnecting": ("sedang memutus", "disconnecting"),
        "disabling": ("sedang dimatikan", "switching off"),
    },
}
_SPANS: tuple[tuple[float, float, str, str], ...] = (
    (172_800, 86_400, "hari", "days"),
    (5_400, 3_600, "jam", "hours"),
    (120, 60, "menit", "minutes"),
    (0, 1, "detik", "s"),
)
"""From so many seconds on: seconds of the unit, its name in Indonesian and in English."""
_FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
_PARTS = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")


class Values:
    """What the fields of a template stand for, in one language."""

    def __init__(self, lang: str, values: Mapping[str, object]) -> None:
        self._index = int(lang == "en")
        self._values = values

    def also(self, name: str, text: str) -> "Values":
        """The same with one more text."""
        return Values(("id", "en")[self._index], {**self._values, name: text})

    def text(self, name: str, form: str) -> str:
        """A field's text; empty when it is not known or is nothing that this form can say."""
        value = self._values.get(name)
        if form in _FORMS:
            digits, *units = _FORMS[form]
            if form == "ms" and isinstance(value, float) and 0 < value < 1:
                digits = 2  # on a short cable a tenth of a millisecond is all there is
            said = number(value, digits, comma=not self._index)
            return f"{said} {units[self._index]}".strip() if said else ""
        if form == "span":
            return self._span(value)
        if form == "word" and isinstance(value, str) and value in WORDS.get(name, {}):
            return WORDS[name][value][self._index]
        if name == "subject":  # made of cleaned values here; its length is its own
            return str(value)
        return "" if value is None or isinstance(value, bool) else clean(value)

    def _span(self, value: object) -> str:
        if not number(value, 0, comma=False) or not isinstance(value, int | float):
            return ""
        _least_s, size_s, *units = next(span for span in _SPANS if abs(value) >= span[0])
        return f"{number(value / size_s, 1, comma=not self._index)} {units[self._index]}"


def fill(template: str, values: Values) -> str:
    """The template's sentence."""
    found = []
    for optional, plain in _PARTS.findall(template):
        part, known = optional or plain, True
        pieces, end = [], 0
        for match in _FIELD.finditer(part):
            text = values.text(match[1], match[2] or "")
            known = known and bool(text)
            pieces += [part[end : match.start()], text or "?"]
            end = match.end()
        if plain or known:
            found.append("".join((*pieces, part[end:])))
    return " ".join("".join(found).split())


def number(value: object, digits: int, *, comma: bool) -> str:
    """A number with at most that many digits behind the decimal sign; empty for what is none, or is out of reason."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e12 < value < 1e12:
        return ""  # NaN fails both comparisons; a whole number of a thousand digits is compared, never converted
    text = f"{math.floor(value * 10**digits + 0.5) / 10**digits:.{digits}f}"
    if digits:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return text.replace(".", ",") if comma else text


def clean(value: object, most: int = MOST_VALUE) -> str:
    """Text from outside as one harmless line: printable characters only, cut at `most`."""
    text = str(value)[: 4 * most] if isinstance(value, str) else _plain(value)[: 4 * most]
    text = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _plain(value: object) -> str:
    """A value that is no text; a whole number too long to be written out is said as such."""
    try:
        return str(value)
    except ValueError:  # Python refuses to write integers of more than 4300 digits
        return "?"
