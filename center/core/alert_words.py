"""Every word of the alerts' messages, as pairs of Indonesian and English. Pure tables.

Sentences about an incident itself come with its change (`IncidentChange`); verdicts and their actions from `wire`.
"""

from collections.abc import Mapping
from typing import Final

Pair = tuple[str, str]
LANGUAGES: Final = ("id", "en")
"""Of a channel; whatever else stands in the table is taken for the first."""

HEADS: Final[Mapping[str, Pair]] = {
    "critical": ("KRITIS", "CRITICAL"),
    "warning": ("PERINGATAN", "WARNING"),
    "info": ("INFO", "INFO"),
}
"""By severity; first on a telephone's screen."""
ENDS: Final[Mapping[str, Pair]] = {
    "recovered": ("PULIH", "RECOVERED"),
    "joined": ("DIGABUNG", "JOINED"),
    "maintenance": ("PEKERJAAN", "PLANNED WORK"),
    "": ("SELESAI", "OVER"),
}
"""By why an incident ended, "" for all other reasons: what lasts all the same is called neither recovered nor over."""
LASTING: Final = frozenset({"joined", "maintenance"})
"""Ends of an incident that are no end of what it is about."""
PARTIES: Final[Mapping[str, Pair]] = {
    "isp": ("penyedia internet (ISP)", "the internet provider (ISP)"),
    "pln": ("PLN", "PLN"),
    "site": ("lokasi", "the site"),
    "city": ("tim kota", "the city's team"),
    "center": ("pusat", "the centre"),
    "agency": ("dinas", "the agency"),
}
_CALL_THE_SITE: Final[Pair] = (
    "Telepon lokasi: apakah listrik dan lampu router menyala? Di kotaknya: sandi status",
    "Call the site: is there power, do the router's lamps burn? On the box: sandi status",
)
NEXT: Final[Mapping[str, Pair]] = {
    "line": (
        "Laporkan gangguan ke penyedia, sebut nomor sirkuit, dan catat tiketnya di insiden ini.",
        "Report the fault to the provider, name the circuit, and note the ticket in this incident.",
    ),
    "feeder": (
        "Tanyakan ke PLN (telepon 123) apakah penyulang ini padam, dan sampai kapan.",
        "Ask PLN (telephone 123) whether this feeder is out, and for how long.",
    ),
    "area": (
        "Periksa yang dipakai bersama di kecamatan itu: listrik atau jaringan setempat.",
        "Look at what the kecamatan's sites have in common: power, or the local network.",
    ),
    "core": ("Tim kota memeriksa jaringan inti sekarang.", "The city's team looks at the core network now."),
    "flapping": (
        "Periksa steker longgar, listrik lemah, atau saluran yang buruk.",
        "Look for a loose plug, weak power or a bad line.",
    ),
    "lost": _CALL_THE_SITE,
    "silent": _CALL_THE_SITE,
    "planned": (
        "Tidak perlu apa-apa bila memang dimatikan; bila tidak, minta lokasi menyalakannya.",
        "Nothing if it was meant to be switched off; otherwise ask the site to switch it on.",
    ),
    "blind": (
        "Periksa pusat dahulu: salurannya sendiri, broker, layanan ingest.",
        "See to the centre first: its own line, the broker, the ingest service.",
    ),
    "clone": (
        "Cari kotak kedua dengan kartu ini, ganti kartunya, daftarkan lagi, lalu tutup insiden ini.",
        "Find the second box with this card, replace the card, enrol it again, then close this incident.",
    ),
    "integrity": (
        "Baca temuan di halaman node; laporkan kepada pemelihara Sandi.",
        "Read the findings on the node's page; report them to Sandi's maintainers.",
    ),
    "certificate": (
        "Jalankan sandi status di kotak itu; bila tidak tertolong, buat kartu baru: sandi-center replace.",
        "Run sandi status on that box; if nothing helps, make a new card: sandi-center replace.",
    ),
    "overdue": (
        "Buka antrean pengaduan; jawab, disposisikan, atau tunda dengan alasan.",
        "Open the complaints' queue; answer, hand on, or put on hold with a reason.",
    ),
    "urgent": (
        "Baca pengaduannya sekarang dan verifikasi; bahaya bagi jiwa: hubungi 112.",
        "Read the complaint now and verify it; danger to life: call 112.",
    ),
    "channel": (
        "Halaman alarm menyebut apa yang gagal; kirim uji coba setelah diperbaiki.",
        "The alerts page says what fails; send a test once it is mended.",
    ),
}
"""By the incident's cause, else by its kind, where no verdict says what to do."""
SITE_ENDS: Final[Mapping[str, Pair]] = {
    "recovered": (
        "Jaringan di {where} sudah pulih sejak {end}. Terima kasih atas bantuan Anda.",
        "The network at {where} has been working again since {end}. Thank you for your help.",
    ),
    "joined": (
        "Gangguan di {where} ternyata bagian dari gangguan yang lebih besar, yang ditangani pusat. "
        "Di lokasi tidak ada lagi yang perlu diperiksa. Terima kasih atas bantuan Anda.",
        "The trouble at {where} turned out to be part of a greater one, which the centre sees to. "
        "There is nothing more to check at your place. Thank you for your help.",
    ),
    "": (
        "Gangguan di {where} ditutup. {happened} Terima kasih atas bantuan Anda.",
        "The trouble at {where} was closed. {happened} Thank you for your help.",
    ),
}
"""To the site's own people, by why it ended."""

LINES: Final[Mapping[str, Pair]] = {
    "since": ("Sejak {start}.", "Since {start}."),
    "from_to": (
        "Insiden #{incident}: {start} sampai {end} ({length}).",
        "Incident #{incident}: {start} to {end} ({length}).",
    ),
    "urge": ("Dieskalasi: mohon segera ditangani.", "Escalated: please see to it now."),
    "sites": ("Lokasi ({count}): {names}.", "Sites ({count}): {names}."),
    "names_more": (", dan {count} lagi", ", and {count} more"),
    "cause": ("Penyebab: {label} ({code}).", "Cause: {label} ({code})."),
    "cause_of": (
        "Penyebab: {label} ({code}; tanggung jawab {party}).",
        "Cause: {label} ({code}; responsible: {party}).",
    ),
    "party": ("Tanggung jawab: {party}.", "Responsible: {party}."),
    "nobodys_yet": ("Tanggung jawab: belum diketahui.", "Responsible: not known yet."),
    "next": ("Lakukan: {action}", "Do: {action}"),
    "incident": ("Insiden #{incident}", "Incident #{incident}"),
    "your_place": ("lokasi Anda", "your place"),
    "site_out": (
        "Jaringan di {where} terganggu sejak {start}.\nMohon diperiksa di lokasi: {check}\n"
        "Pusat memantau; kabar berikutnya datang setelah pulih.",
        "The network at {where} has been in trouble since {start}.\nPlease check at your place: {check}\n"
        "The centre is watching; you will hear again when it works.",
    ),
    "site_check": (
        "Lihat apakah listrik, router, dan kotak Sandi menyala serta kabelnya tertancap.",
        "See that power, router and the Sandi box are on and their cables are plugged in.",
    ),
    "digest": (
        "[{head}] {count} kabar sekaligus: {open} gangguan, {over} selesai.",
        "[{head}] {count} messages at once: {open} in trouble, {over} over.",
    ),
    "digest_more": ("… dan {count} lagi.", "… and {count} more."),
    "nobody_yet": ("Belum ada yang menangani.", "Nobody has taken it on yet."),
    "somebody": ("Sudah ada yang menangani.", "Somebody has taken it on."),
    "late": ("(Terlambat dikirim; dibuat {made}.)", "(Sent late; written {made}.)"),
    "repeat": (
        "(Ulangan: mungkin sudah Anda terima sebelumnya.)",
        "(Repeat: you may have received this before.)",
    ),
    "test": (
        "[UJI COBA] Ini uji coba saluran {channel} dari pusat Sandi, {now}.\n"
        "Tidak ada gangguan; Anda tidak perlu berbuat apa-apa.",
        "[TEST] This is a test of the channel {channel} from the Sandi centre, {now}.\n"
        "Nothing is wrong; there is nothing you need to do.",
    ),
    "alive": (
        "[ALARM PUSAT HIDUP] {now}: pengirim alarm bekerja.\n"
        "Bila kabar ini tidak datang lagi dalam {every}, periksa server pusat.",
        "[ALERTS ALIVE] {now}: the centre's alerts work.\n"
        "If this message does not come again within {every}, see to the centre's server.",
    ),
    "missed": (
        "[ALARM PUSAT HIDUP LAGI] Pengirim alarm mati dari {start} sampai {end} ({length}).",
        "[ALERTS ALIVE AGAIN] The centre's alerts were dead from {start} to {end} ({length}).",
    ),
    "missed_held": (
        "{count} kabar tertahan dan dikirim sekarang.",
        "Messages held back that go out now: {count}.",
    ),
    "missed_none": ("Tidak ada kabar yang tertahan.", "No messages were held back."),
    "channel_fails": (
        "Saluran alarm {channel} tidak berfungsi: {error}",
        "The alert channel {channel} does not work: {error}",
    ),
    "channel_works": ("Saluran alarm {channel} berfungsi lagi", "The alert channel {channel} works again"),
    "channel_unused": (
        "Saluran alarm {channel} tidak dipakai lagi",
        "The alert channel {channel} is no longer used",
    ),
    "no_time": ("waktu tidak diketahui", "at an unknown time"),
}
"""Whole lines. What is in braces has the same names in both."""
MONTHS: Final[Pair] = (
    "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
)
UNITS: Final[Mapping[str, Pair]] = {
    "day": ("hari", "d"),
    "hour": ("jam", "h"),
    "minute": ("menit", "min"),
    "second": ("detik", "s"),
}


def column(language: str) -> int:
    """Where in a pair the words of this language stand."""
    return 1 if language == "en" else 0


def line(key: str, language: str, **values: object) -> str:
    """One line of `LINES` in this language, filled in."""
    return LINES[key][column(language)].format(**values)
