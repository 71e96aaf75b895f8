"""The page of the alerts in a real browser: on a desk and on a phone, by keyboard, nothing from elsewhere."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city, web_process

pytestmark = [pytest.mark.browser, pytest.mark.full]
MIN = 60_000


@pytest.fixture(scope="module")
def base(shared_data: Path) -> Iterator[str]:
    wall_city.add_people()
    wall_city.add_sites()
    now = time.time_ns() // 1_000_000
    wall_city.add_channel("telegram-piket", last_ok_ms=now - 4 * MIN, alive_every_min=1440)
    wall_city.add_channel("wa-lokasi", "whatsapp", settings='{"url": "https://gateway.example/"}', last_ok_ms=now - MIN)
    wall_city.add_channel("surel-kepala", "email", settings='{"host": "mail.example", "sender": "a@b.example"}',
                          failing_since_ms=now - 12 * MIN,
                          last_error="cannot reach the mail server: TimeoutError")  # fmt: skip
    wall_city.add_channel("sirene-aula", "siren", settings="{}", last_ok_ms=now - 9_000)
    wall_city.add_route("telegram-piket", name="Piket")
    wall_city.add_route("surel-kepala", name="Kepala bidang", least_severity="critical", level=1, after_min=30,
                        quiet_hours="22:00-06:00")  # fmt: skip
    wall_city.add_route("wa-lokasi", name="Orang lokasi", parties='["site"]', to_site=True, hours="Mon-Fri 07:30-16:00")
    wall_city.add_route("sirene-aula", name="Sirene", least_severity="critical")
    _deliveries(now)
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def _deliveries(now: int) -> None:
    from center.alerts.models import Beat, Delivery

    cut = "[KRITIS] ISP Telkom putus: 30 lokasi tidak terhubung"
    rows = [
        ("opened", "telegram-piket", "critical", "sent", 41, cut, {}),
        ("opened", "sirene-aula", "critical", "sent", 41, cut, {}),
        ("escalated", "surel-kepala", "critical", "failed", 11, cut,
         {"attempts": 6, "error": "cannot reach the mail server: TimeoutError"}),
        ("opened", "wa-lokasi", "warning", "sent", 9, "Jaringan di Cipare terganggu sejak 26 Nov 2026 14.05 WIB.",
         {"address": "person:1"}),
        ("digest", "telegram-piket", "warning", "sent", 5, "[PERINGATAN] 13 kabar sekaligus: 9 gangguan, 4 selesai.",
         {}),
        ("resolved", "telegram-piket", "critical", "waiting", 0, "[PULIH] ISP Telkom: 30 lokasi terhubung lagi", {}),
    ]  # fmt: skip
    for number, (what, channel, severity, state, ago_min, text, more) in enumerate(rows):
        made = now - ago_min * MIN
        sent = made + 900 if state == "sent" else None
        Delivery.objects.create(
            key=f"k{number}", incident=12, channel=channel, what=what, severity=severity, state=state, text=text,
            made_ms=made, due_ms=made, sent_ms=sent, **more,
        )  # fmt: skip
    Beat.objects.create(owner="x", since_ms=now, alive_ms=now + 3_600_000)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (360, 740)])
@pytest.mark.parametrize("path", ["/alerts/", "/alerts/channels/telegram-piket/", "/alerts/routes/2/"])
def test_every_page_fits_its_screen_and_asks_nobody_else(
    base: str, visit: Callable[..., Any], path: str, width: int, height: int
) -> None:
    page = visit(base, path, "admin", width, height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page must not be wider than its screen"
    assert page.faults == [] and all(address.startswith(base) for address in page.seen)
    if shots := os.environ.get("SANDI_SHOTS"):
        name = path.strip("/").replace("/", "-")
        page.screenshot(path=f"{shots}/{name}-{width}.png", full_page=True)


def test_a_test_is_sent_by_keyboard_alone(base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, "/alerts/", "admin", 1366, 768)
    button = page.get_by_role("button", name="Kirim uji coba telegram-piket")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=sedang dikirim melalui telegram-piket")
