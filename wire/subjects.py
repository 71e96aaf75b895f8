"""What a complaint can be about: the kiosk's icons, the desk's filter, Open311's services. One table for all.

Codes are for good: a subject that is no longer offered stays in the table, so that old rows keep their word.
"""

from typing import Final

from msgspec import Struct


class Subject(Struct, frozen=True):
    """One subject: `label_*` as the kiosk's button says it, `hint_*` what belongs there, `agency` who usually acts.

    `agency` is the code of a site (`opd-...`) and only a suggestion for the desk.
    """

    code: str
    label_id: str
    label_en: str
    hint_id: str
    hint_en: str
    agency: str


SUBJECTS: Final = (
    Subject(
        "jalan", "Jalan", "Roads",
        "berlubang, rusak, trotoar", "holes, damage, pavements", "opd-dpupr",
    ),
    Subject(
        "lampu", "Lampu jalan", "Street lights",
        "mati, kurang terang", "out, too dim", "opd-dishub",
    ),
    Subject(
        "sampah", "Sampah", "Waste",
        "menumpuk, tidak diangkut", "piled up, not collected", "opd-dlh",
    ),
    Subject(
        "banjir", "Banjir dan saluran", "Floods and drains",
        "tersumbat, tergenang", "blocked, flooded", "opd-dpupr",
    ),
    Subject(
        "air", "Air bersih", "Water",
        "tidak mengalir, keruh", "no flow, not clear", "opd-dpupr",
    ),
    Subject(
        "kependudukan", "KTP dan KK", "Identity papers",
        "KTP, KK, akta", "ID card, family card, records", "opd-disdukcapil",
    ),
    Subject(
        "kesehatan", "Kesehatan", "Health",
        "puskesmas, BPJS, wabah", "clinic, insurance, outbreak", "opd-dinkes",
    ),
    Subject(
        "pendidikan", "Sekolah", "Schools",
        "PPDB, gedung, guru", "admission, building, teachers", "opd-dindikbud",
    ),
    Subject(
        "bansos", "Bantuan sosial", "Social aid",
        "belum menerima, salah sasaran", "not received, wrong people", "opd-dinsos",
    ),
    Subject(
        "ketertiban", "Ketertiban", "Public order",
        "gangguan, parkir, pedagang", "disturbance, parking, vendors", "opd-satpolpp",
    ),
    Subject(
        "izin", "Izin usaha", "Permits",
        "NIB, PBG, lama", "licence, building permit, delay", "opd-dpmptsp",
    ),
    Subject(
        "lainnya", "Lainnya", "Other",
        "selain di atas", "anything else", "",
    ),
)  # fmt: skip
BY_CODE: Final = {subject.code: subject for subject in SUBJECTS}
