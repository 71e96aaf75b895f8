"""A city whose services are used: complaints answered and asked about, requests for information, surveys, notices."""

import random
from pathlib import Path

from tests.support import voices, wall_city
from tests.support.kelurahan import KELURAHAN

KEL = [f"kel-{code.replace('.', '')}" for code, *_rest in KELURAHAN[:5]]
HOUR = 3_600_000
DAY = 24 * HOUR
AGENCIES = ("opd-dishub", "opd-dpupr", "opd-dlh", "opd-disdukcapil", "opd-dinkes")
CHANNELS = ("web", "web", "web", "serial", "rabeg", "phone112", "counter")


def fill(data: Path) -> str:
    """Everything above, as the desk would have left it; the code of the complaint the city asks about (PIN 4821)."""
    dice = random.Random(311)
    now = wall_city.now_ms()
    for number in range(90):
        at_ms = now - dice.randrange(1, 70 * 24) * HOUR
        _complaint(dice, number, at_ms, min(at_ms + dice.randrange(2, 200) * HOUR, now))
    for number in range(4):
        at_ms = now - (20 - number) * DAY
        _settled(wall_city.add_complaint(KEL[0], category="ppid", code=voices.code(), received_ms=at_ms), at_ms + DAY)
    for unit, mean, count in ((KEL[0], 3.4, 64), (KEL[1], 3.0, 41), ("opd-disdukcapil", 2.6, 120), (KEL[2], 3.1, 12)):
        scores = [tuple(min(4, max(1, round(dice.gauss(mean, 0.7)))) for _ in range(9)) for _ in range(count)]
        voices.add_answers(unit, *scores, at_ms=now - DAY)
    return _asked(data)


def _complaint(dice: random.Random, number: int, at_ms: int, answered_ms: int) -> None:
    fields = {
        "agency": dice.choice(AGENCIES), "channel": dice.choice(CHANNELS), "at_ms": at_ms, "received_ms": at_ms,
        "category": dice.choice(("aduan", "laporan", "saran")),
    }  # fmt: skip
    key = wall_city.add_complaint(KEL[number % 5], code=voices.code(), **fields)
    if dice.random() < 0.8:
        _settled(key, answered_ms)


def _settled(key: str, at_ms: int) -> None:
    from center.complaints.log import write_log
    from center.complaints.models import Complaint

    write_log(key, "status", "operator", at_ms, status="answered", detail="Sudah ditangani.")
    Complaint.objects.filter(pk=key).update(status="answered", first_answer_ms=at_ms)


def _asked(data: Path) -> str:
    from center.complaints import steps

    now = wall_city.now_ms()
    key, code = voices.add_ticket(
        data, KEL[0], "Lampu jalan padam sejak Senin", subject="lampu", at_ms=now - 3 * DAY, received_ms=now - 3 * DAY
    )
    steps.verify(key, actor="operator")
    steps.route(key, "opd-dishub", actor="operator")
    steps.ask(key, "Di tiang nomor berapa? Nomornya tertulis di plat kuning.", actor="petugas")
    return code
