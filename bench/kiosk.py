"""From a citizen's "Send" to the receipt: the screen's server before the real agent, with the browser's own forms.

Each voice goes through the whole journey; what is measured is the last press, which seals, writes and fsyncs on the
agent's side and draws the receipt with its QR code. Beside it the other presses, and what the screen's server weighs.
"""

import base64
import statistics
import tempfile
import time
from pathlib import Path

from nacl.public import PrivateKey

from bench import process, table
from tests.support.agent_box import AgentBox
from tests.support.kiosk_client import Client
from tests.support.kiosk_screen import screen_process

VOICES = 200
GOAL_MS = 300.0
STATUS_URL = "https://aduan.serangkota.go.id/status"
TEXT = "Saluran air di depan pasar mampet sejak hari Senin, airnya meluap ke jalan setiap hujan. " * 4


def run() -> list[table.Row]:
    """Hand in some hundreds of voices one after another, as one screen does."""
    receipts: list[float] = []
    presses: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seal.pub").write_bytes(base64.b64encode(bytes(PrivateKey.generate().public_key)) + b"\n")
        box = AgentBox(Path(folder))
        place = Path(folder) / "screen"
        place.mkdir()
        kiosk = f'status_url = "{STATUS_URL}"'
        with box.running(), screen_process(place, box.run_dir, kiosk=kiosk) as (base, server):
            client = Client(base)
            for _ in range(VOICES):
                presses.extend(_timed(client, fields) for fields in _journey())
                receipts.append(_timed(client, {}))
                if 'data-screen="receipt"' not in client.page:
                    raise RuntimeError("no receipt was shown")
                client.press(choice="done")
            memory = process.memory(server.pid).pss_host_shared
    return [
        table.figure("voices handed in", len(receipts), ""),
        table.figure("send to receipt, median", statistics.median(receipts), "ms"),
        table.below("send to receipt, p95", _p95(receipts), "ms", GOAL_MS),
        table.figure("send to receipt, longest", max(receipts), "ms"),
        table.figure("any other press, p95", _p95(presses), "ms"),
        table.figure("the screen's server, PSS, host libraries shared", memory, "MiB"),
    ]


def _journey() -> list[dict[str, str]]:
    return [
        {"lang": "id"}, {"choice": "no"}, {"choice": "aduan"}, {"choice": "jalan"}, {"choice": "own"},
        {"field": "03/05"}, {"field": TEXT}, {"choice": "anonymous"},
    ]  # fmt: skip


def _timed(client: Client, fields: dict[str, str]) -> float:
    start_s = time.perf_counter()
    client.press(**fields)
    return (time.perf_counter() - start_s) * 1000


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
