"""Every verdict a diagnosis can reach: code, who is responsible, how bad, and what people call it.

Ordered from the inside out, as the ladder is judged. A later rung is never blamed while an earlier one fails.
"""

from typing import Literal

from wire.shape import Struct

Party = Literal["none", "pln", "site", "isp", "city", "center", "agency"]
Severity = Literal["ok", "note", "degraded", "down"]


class Verdict(Struct, frozen=True):
    """A verdict's stable code, its labels, the responsible party and what it means for the node's service."""

    code: str
    label_id: str
    label_en: str
    party: Party
    severity: Severity

    @property
    def action_id(self) -> str:
        """The next action, one sentence in Indonesian."""
        return _action(self.code, "id")

    @property
    def action_en(self) -> str:
        """The next action, one sentence in English."""
        return _action(self.code, "en")

    def label(self, lang: str) -> str:
        """What people call it, in `lang` (id or en)."""
        return self.label_en if lang == "en" else self.label_id

    def action(self, lang: str) -> str:
        """The next action in `lang` (id or en)."""
        return _action(self.code, lang)


def _action(code: str, lang: str) -> str:
    from wire.actions import action  # noqa: PLC0415 - the daemon names verdicts and shows none: not loaded there

    return action(code, lang)


_ROWS: tuple[tuple[str, str, str, Party, Severity], ...] = (
    ("OK", "Baik", "Fine", "none", "ok"),
    ("N0", "Listrik padam", "Power lost", "pln", "down"),
    ("N1", "Tegangan listrik kurang", "Undervoltage", "site", "degraded"),
    ("A1", "Agen berhenti mendadak", "Agent crashed or killed", "city", "degraded"),
    ("A2", "Kotak memulai ulang sendiri", "Box reset itself", "city", "degraded"),
    ("L0", "Antarmuka jaringan mati", "Network interface off", "site", "down"),
    ("L1", "Kabel tidak tersambung", "No carrier", "site", "down"),
    ("L2", "Tidak mendapat alamat", "No address", "site", "down"),
    ("L3", "Tidak ada rute", "No route", "site", "down"),
    ("L4", "Gateway diam", "Gateway silent", "site", "down"),
    ("L5a", "Uplink router putus", "Router uplink down", "isp", "down"),
    ("L5b", "ISP diam di belakang router", "ISP silent behind the gateway", "isp", "down"),
    ("L5c", "Diblokir router", "Blocked by the router", "site", "down"),
    ("L5d", "Tidak ada jawaban setelah gateway", "Silent beyond the gateway", "isp", "down"),
    ("L6a", "Putus di dalam jaringan ISP", "Broken inside the ISP", "isp", "down"),
    ("L6b", "Diblokir di dalam jaringan ISP", "Blocked inside the ISP", "isp", "down"),
    ("L6c", "Hilang di dalam jaringan ISP", "Black-holed inside the ISP", "isp", "down"),
    ("L6d", "Berputar di dalam jaringan ISP", "Looping inside the ISP", "isp", "down"),
    ("L7", "Server pusat mati", "Centre host down", "center", "down"),
    ("B1", "Broker mati", "Broker down", "center", "down"),
    ("B2", "Port broker disaring", "Broker port filtered", "isp", "down"),
    ("B3", "Broker menggantung", "Broker hung", "center", "down"),
    ("B4", "Broker menolak kita", "Broker refused us", "center", "down"),
    ("B5", "Sertifikat broker tidak sah", "Broker certificate invalid", "center", "down"),
    ("D1", "DNS gagal", "DNS failing", "isp", "degraded"),
    ("D2", "DNS dibajak", "DNS hijacked", "isp", "degraded"),
    ("P1", "Terhalang halaman masuk jaringan", "Captive portal", "site", "down"),
    ("I1", "Internet putus, pusat terjangkau", "Internet down, centre fine", "isp", "degraded"),
    ("I2", "IPv6 rusak", "IPv6 broken", "isp", "note"),
    ("M1", "MTU jalur lebih kecil", "Path MTU reduced", "isp", "note"),
    ("M2", "Paket besar hilang (MTU)", "MTU black hole", "isp", "degraded"),
    ("Q1", "Lambat", "High latency", "isp", "degraded"),
    ("Q2", "Paket hilang", "Packet loss", "isp", "degraded"),
    ("Q3", "Antrean berlebih (bufferbloat)", "Bufferbloat", "isp", "degraded"),
    ("Q4", "Naik-turun", "Flapping", "isp", "degraded"),
    ("W1", "Situs galat", "Site error", "agency", "degraded"),
    ("W2", "TLS situs tidak sah", "Site TLS invalid", "agency", "degraded"),
    ("W3", "Isi situs usang", "Site content stale", "agency", "note"),
    ("W4", "Sertifikat situs hampir habis", "Site certificate expiring", "agency", "note"),
    ("T1", "Jam salah", "Clock wrong", "site", "note"),
    ("U0", "Belum dapat disimpulkan", "Inconclusive", "none", "note"),
)

VERDICTS: dict[str, Verdict] = {row[0]: Verdict(*row) for row in _ROWS}
LADDER: tuple[str, ...] = tuple(VERDICTS)
"""Codes in the order they are judged."""

RUNGS: dict[str, tuple[str, str]] = {
    "power": ("listrik", "power"),
    "link": ("kabel", "cable"),
    "address": ("alamat", "address"),
    "route": ("rute", "route"),
    "gateway": ("gateway", "gateway"),
    "isp": ("ISP", "ISP"),
    "center": ("pusat", "centre"),
    "broker": ("broker", "broker"),
    "names": ("DNS", "DNS"),
    "portal": ("halaman masuk", "portal"),
    "internet": ("internet", "internet"),
    "mtu": ("MTU", "MTU"),
    "quality": ("mutu", "quality"),
    "sites": ("situs", "sites"),
    "clock": ("jam", "clock"),
}
"""The rungs from the inside out, with what people call them (Indonesian, English)."""
