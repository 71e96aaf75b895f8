"""The wifi probe: radios under /sys, `iw` where the kernel does not answer, weak signals, changes of access point."""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Observation
from agent.probes import nl80211
from agent.probes.nl80211 import Nl80211Error, Radio, Station
from agent.probes.wifi import WifiConfig
from agent.probes.wifilook import MEMORY_NAME, WifiLink, parse_iw
from tests.support.probe_once import observe_here

LINK = b"""Connected to 04:f0:21:aa:bb:cc (on wlan0)
\tSSID: Signal: -20 dBm\xc3\xa9
\tfreq: 2437
\tRX: 123456789 bytes (123456 packets)
\tTX: 12345678 bytes (12345 packets)
\tsignal: -81 dBm
\trx bitrate: 13.0 MBit/s MCS 1
\ttx bitrate: 6.5 MBit/s MCS 0

\tbss flags:\tshort-slot-time
\tdtim period:\t2
\tbeacon int:\t100
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A box with a cable and a radio, the radio in use."""
    root = tmp_path / "root"
    (root / "sys/class/net/eth0").mkdir(parents=True)
    (root / "sys/class/net/wlan0/wireless").mkdir(parents=True)
    (root / "proc/net").mkdir(parents=True)
    (root / "proc/net/route").write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
        "wlan0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\n"
    )
    return root


def kernel(monkeypatch: pytest.MonkeyPatch, *found: tuple[Radio, Station | None]) -> None:
    monkeypatch.setattr(nl80211, "look", lambda timeout_s: list(found))


def denied(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(timeout_s: float) -> object:
        raise Nl80211Error("the kernel refused: EPERM", 1)

    monkeypatch.setattr(nl80211, "look", look)


def fake_iw(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    folder.mkdir()
    (folder / "iw").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "iw").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def run(root: Path, data_dir: Path | None = None, host: str = "", **config: object) -> Observation:
    return asyncio.run(observe_here("wifi", {"timeout_s": 20.0, **config}, root=root, data_dir=data_dir, host=host))


def test_a_box_without_a_radio_has_no_target(tmp_path: Path) -> None:
    (tmp_path / "sys/class/net/eth0").mkdir(parents=True)
    assert run(tmp_path).reason == "no_target"
    assert run(tmp_path / "nothing").reason == "no_target"


def test_the_kernels_answer_is_the_evidence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel(monkeypatch, (Radio(3, "wlan0", True, 5180), Station("04:f0:21:aa:bb:cc", -61, 86.7, 3600)))
    seen = run(root)
    assert (seen.ok, seen.reason) == (True, "")
    assert seen.detail == {
        "interface": "wlan0",
        "bssid": "04:f0:21:aa:bb:cc",
        "signal_dbm": -61,
        "bitrate_mbps": 86.7,
        "frequency_mhz": 5180,
        "connected_s": 3600,
    }


@pytest.mark.parametrize(("dbm", "ok"), [(-78, True), (-79, False), (None, True)])
def test_weak_begins_where_the_slowest_rates_begin(
    root: Path, monkeypatch: pytest.MonkeyPatch, dbm: int | None, ok: bool
) -> None:
    kernel(monkeypatch, (Radio(3, "wlan0", True, None), Station("04:f0:21:aa:bb:cc", dbm, None, None)))
    seen = run(root)
    assert (seen.ok, str(seen.reason)) == (ok, "" if ok else "wifi_weak")


def test_a_radio_that_is_joined_to_nothing_is_no_target(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel(monkeypatch, (Radio(3, "wlan0", True, 5180), None))
    seen = run(root)
    assert (seen.reason, seen.detail["interface"]) == ("no_target", "wlan0")


def test_of_two_radios_the_one_in_use_is_judged_unless_another_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "sys/class/net/wlan1/phy80211").mkdir(parents=True)
    kernel(
        monkeypatch,
        (Radio(4, "wlan1", True, 2412), Station("04:f0:21:00:00:01", -85, None, None)),
        (Radio(3, "wlan0", True, 5180), Station("04:f0:21:00:00:00", -60, None, None)),
    )
    assert run(root).detail["interface"] == "wlan0"
    for seen in (run(root, interface="wlan1"), run(root, host="wlan1")):
        assert (seen.detail["interface"], seen.reason) == ("wlan1", "wifi_weak")
    assert run(root, host="wlan7").reason == "no_target"


def test_changes_of_the_access_point_are_counted_from_run_to_run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for last in ("01", "01", "02", "02", "01"):
        kernel(monkeypatch, (Radio(3, "wlan0", True, None), Station(f"04:f0:21:00:00:{last}", -60, None, None)))
        counts.append(run(root, tmp_path).detail["roamed"])
    assert counts == [0, 0, 1, 1, 2]
    before = (tmp_path / MEMORY_NAME).stat().st_mtime_ns
    assert run(root, tmp_path).detail["roamed"] == 2
    assert (tmp_path / MEMORY_NAME).stat().st_mtime_ns == before  # a card is not written to for nothing


@pytest.mark.parametrize("content", [b"", b"{", b'{"wlan0": {"bssid": 5}}', b"\xff" * 20_000])
def test_a_memory_that_cannot_be_read_begins_anew(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / MEMORY_NAME).write_bytes(content)
    kernel(monkeypatch, (Radio(3, "wlan0", True, None), Station("04:f0:21:00:00:01", -60, None, None)))
    assert run(root, tmp_path).detail["roamed"] == 0
    assert "roamed" not in run(root, tmp_path / "missing").detail


def test_where_netlink_is_denied_iw_is_asked(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    denied(monkeypatch)
    (tmp_path / "link").write_bytes(LINK)
    fake_iw(tmp_path / "bin", monkeypatch, f'[ "$*" = "dev wlan0 link" ] && cat {tmp_path}/link')
    seen = run(root)
    assert (seen.ok, seen.reason) == (False, "wifi_weak")
    assert seen.detail == {
        "interface": "wlan0",
        "bssid": "04:f0:21:aa:bb:cc",
        "signal_dbm": -81,
        "bitrate_mbps": 6.5,
        "frequency_mhz": 2437,
    }


def test_without_netlink_and_without_iw_it_says_what_to_do(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied(monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    seen = run(root)
    assert (seen.reason, "iw" in str(seen.detail["hint"])) == ("not_permitted", True)


@pytest.mark.parametrize(
    ("script", "says", "timeout_s"),
    [
        ("exec sleep 60", "did not end", 1.0),
        ("yes", "more than", 20.0),
        ("echo No such device >&2; exit 237", "No such", 20.0),
    ],
)
def test_an_iw_that_hangs_floods_or_fails_is_told(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, says: str, timeout_s: float
) -> None:
    denied(monkeypatch)
    fake_iw(tmp_path / "bin", monkeypatch, script)
    seen = run(root, timeout_s=timeout_s)
    assert (seen.reason, says in str(seen.detail["iw"])) == ("local_error", True)


def test_iw_of_a_radio_that_is_joined_to_nothing() -> None:
    assert parse_iw("wlan0", b"Not connected.\n") == WifiLink("wlan0")


def test_a_network_that_is_named_like_a_signal_does_not_lie_about_it() -> None:
    assert b"signal: -20 dbm" in LINK.lower()
    assert parse_iw("wlan0", LINK).signal_dbm == -81


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda more: LINK[:120] + more)))
def test_any_output_of_iw_is_a_link_or_none(output: bytes) -> None:
    link = parse_iw("wlan0", output)
    assert link.interface == "wlan0"


def test_impossible_settings_are_refused() -> None:
    for values in ({"interval_s": 0.5}, {"timeout_s": 0.0}, {"weak_dbm": 5.0}):
        with pytest.raises(ValueError, match=next(iter(values))):
            WifiConfig(**values)
