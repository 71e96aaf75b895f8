"""The word lists of triage, in the citizens' language. A list is all there is to a rule: read it, and you know it."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


URGENT_WORDS = _words(
    """
    ambulan ambulans banjir begal bom bunuh darurat dianiaya dibacok dibegal diculik dikeroyok diperkosa dipukuli
    dirampok disekap ditabrak ditembak ditusuk gempa hanyut kdrt kebakaran kebanjiran kecelakaan kejang keracunan
    kesetrum korsleting ledakan longsor melahirkan meledak overdosis pemerkosaan pendarahan penculikan perampokan
    perdarahan pingsan sekarat tabrakan tawuran tenggelam terbakar tergilas tersengat tertabrak tertimbun tertimpa
    tsunami

    caah dirampog kabakaran kabanjiran kacilakaan kapiuhan kasetrum katabrak ngajuru titeuleum

    digebugi kebanjir keblenger kelelep ketabrak klelep kobong kobongan semaput
    """
)
"""Danger to life or home: the operator is told at once. In Indonesian, then in Sundanese and in the Javanese of Serang,
where a word is not the same."""
URGENT_PHRASES = (
    "gas bocor",
    "bocor gas",
    "pohon tumbang",
    "tiang roboh",
    "jembatan putus",
    "kabel putus",
    "rumah roboh",
    "serangan jantung",
    "anak hilang",
    "tidak sadarkan diri",
    "asap tebal",
    "gantung diri",
    "sesak napas",
    "sesak nafas",
    "henti jantung",
    "rumah ambruk",
    "atap ambruk",
    "bangunan ambruk",
    "tanggul jebol",
    "tiang ambruk",
    "kabel jatuh",
    "kabel menjuntai",
    "arus deras",
    "bayi dibuang",
    "bawa golok",
    "bawa celurit",
    "dahar racun",
    "imah kahuruan",
    "leungit budak",
    "budak leungit",
    "bocah ilang",
    "umah kobong",
    "mangan racun",
    "minum racun",
)
TRYING_OUT = _words(
    """
    cek coba cobacoba hai hallo halo hello iseng ngetes p prank tes test testing
    """
)
"""What people type to see whether it works."""
QUESTION_WORDS = _words(
    """
    apa apakah bagaimana berapa dimana gimana kapan kenapa mana mengapa siapa
    """
)
SERVICE_WORDS = _words(
    """
    alamat berkas biaya buka cara dokumen formulir jadwal jam loket nomor persyaratan prosedur syarat tutup
    """
)
"""What one asks an office about."""
COMPLAINT_WORDS = _words(
    """
    bahaya bau belum berbahaya berlubang bising bocor buruk dicuri gagal gelap hilang jelek kasar keluhan kotor
    lama lambat lapor lubang macet mampet mati melapor mengeluh padam pungli pungutan rugi rusak sampah tidak
    """
)
"""Something is wrong: never a mere question, never a ghost."""
KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
