"""The lte probe: a program called mmcli that prints documents of ModemManager's shape, good, strange and hostile."""

import asyncio
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Observation, Reason
from agent.probes.errors import ProbeError
from agent.probes.lte import LteConfig, judge
from agent.probes.modemmanager import Modem, parse_list, parse_modem, with_signal
from tests.support.probe_once import observe_here

LIST = {"modem-list": ["/org/freedesktop/ModemManager1/Modem/0"]}


FIXTURES = Path(__file__).parent / "fixtures"


def modem(**changes: object) -> dict[str, Any]:
    """What mmcli 1.20.4 prints for `-m 0 -J` of a modem that is online; `changes` by the last part of a key."""
    document: dict[str, Any] = json.loads((FIXTURES / "mmcli-modem.json").read_text())
    for part in (document["modem"]["generic"], document["modem"]["3gpp"]):
        for key, value in changes.items():
            if key.replace("_", "-") in part:
                part[key.replace("_", "-")] = value
    return document


def signal(rsrp: str = "-95.00", rsrq: str = "-11.00", snr: str = "12.40", radio: str = "lte") -> dict[str, Any]:
    """What mmcli 1.20.4 prints for `-m 0 --signal-get -J`, with the levels of one kind of radio."""
    document: dict[str, Any] = json.loads((FIXTURES / "mmcli-signal.json").read_text())
    kinds = document["modem"]["signal"]
    kinds["lte"] |= dict.fromkeys(("rsrp", "rsrq", "snr"), "--")
    kinds[radio] |= {"rsrp": rsrp, "rsrq": rsrq, "snr": snr}
    return document


Fake = Callable[..., None]


@pytest.fixture
def mmcli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Install a program called mmcli that answers each of its command lines from a file, and fails on others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def install(answers: dict[str, object] | None = None, script: str = "") -> None:
        cases = ""
        for number, (words, document) in enumerate((answers or {}).items()):
            text = document if isinstance(document, str) else json.dumps(document)
            (folder / f"answer-{number}").write_text(text)
            cases += f'  "{words}") cat {folder}/answer-{number} ;;\n'
        lines = script or f'case "$*" in\n{cases}  *) echo "error: no such command line: $*" >&2; exit 1 ;;\nesac'
        (folder / "mmcli").write_text(f"#!/bin/sh\n{lines}\n")
        (folder / "mmcli").chmod(0o755)

    return install


def run(**config: object) -> Observation:
    return asyncio.run(observe_here("lte", {"timeout_s": 20.0, **config}))


def test_a_modem_that_is_online(mmcli: Fake) -> None:
    mmcli({"-L -J": LIST, "-m 0 -J": modem(), "-m 0 --signal-get -J": signal()})
    seen = run()
    assert (seen.ok, seen.reason) == (True, ""), seen
    assert seen.detail == {
        "modem": 0,
        "state": "connected",
        "registration": "home",
        "operator": "TELKOMSEL",
        "technology": "lte",
        "signal_pct": 67,
        "rsrp_dbm": -95.0,
        "rsrq_db": -11.0,
        "snr_db": 12.4,
    }
    assert "86110700" not in str(seen.detail)  # neither the modem's number nor the line's


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "failed", "state_failed_reason": "sim-missing", "sim": "--"}, "lte_no_sim"),
        ({"state": "failed", "state_failed_reason": "sim-error"}, "lte_no_sim"),
        ({"state": "locked", "unlock_required": "sim-pin"}, "lte_no_sim"),
        ({"state": "locked", "unlock_required": "sim-puk"}, "lte_no_sim"),
        ({"state": "searching", "registration_state": "searching"}, "lte_not_registered"),
        ({"state": "enabled", "registration_state": "denied"}, "lte_not_registered"),
        ({"state": "disabled", "registration_state": "--"}, "lte_not_registered"),
        ({"state": "failed", "state_failed_reason": "unknown"}, "lte_not_registered"),
        ({"state": "registered", "registration_state": "roaming"}, ""),
    ],
)
def test_from_the_card_to_the_network_the_innermost_trouble_is_named(
    mmcli: Fake, changes: dict[str, object], reason: str
) -> None:
    mmcli({"-L -J": LIST, "-m 0 -J": modem(**changes), "-m 0 --signal-get -J": signal()})
    seen = run()
    assert (seen.ok, str(seen.reason)) == (not reason, reason), seen
    assert seen.detail["state"] == changes["state"]


@pytest.mark.parametrize(
    ("rsrp", "snr", "percent", "reason"),
    [
        ("-110.00", "5.00", "10", ""),
        ("-111.00", "5.00", "90", "lte_weak"),
        ("-90.00", "-0.50", "90", "lte_weak"),
        ("--", "--", "19", "lte_weak"),
        ("--", "--", "20", ""),
        ("--", "--", "--", ""),
    ],
)
def test_weak_is_judged_by_level_and_noise_else_by_the_bars(
    mmcli: Fake, rsrp: str, snr: str, percent: str, reason: str
) -> None:
    quality = modem(signal_quality={"recent": "yes", "value": percent})
    mmcli({"-L -J": LIST, "-m 0 -J": quality, "-m 0 --signal-get -J": signal(rsrp=rsrp, snr=snr)})
    assert str(run().reason) == reason


def test_levels_of_5g_and_with_units_behind_them_are_read(mmcli: Fake) -> None:
    five = signal(rsrp="-101.00 dBm", rsrq="-12.0 dB", snr="3 dB", radio="5g")
    mmcli({"-L -J": LIST, "-m 0 -J": modem(access_technologies=["lte", "5gnr"]), "-m 0 --signal-get -J": five})
    seen = run()
    assert (seen.detail["rsrp_dbm"], seen.detail["snr_db"], seen.detail["technology"]) == (-101.0, 3.0, "lte,5gnr")


def test_a_modem_without_extended_signal_is_read_all_the_same(mmcli: Fake) -> None:
    mmcli({"-L -J": LIST, "-m 0 -J": modem()})
    seen = run()
    assert (seen.ok, "rsrp_dbm" in seen.detail) == (True, False)


def test_of_several_modems_the_one_in_use_is_taken_unless_another_is_named(mmcli: Fake) -> None:
    both = {"modem-list": [f"/org/freedesktop/ModemManager1/Modem/{number}" for number in (3, 7)]}
    gone = modem(state="failed", state_failed_reason="sim-missing")
    mmcli({"-L -J": both, "-m 3 -J": gone, "-m 7 -J": modem(), "-m 7 --signal-get -J": signal()})
    assert run().detail["modem"] == 7
    assert run(modem=3).reason == "lte_no_sim"
    assert run(modem=5).reason == "no_target"


def test_without_mmcli_without_a_service_and_without_a_modem_there_is_no_target(
    mmcli: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mmcli({"-L -J": {"modem-list": []}})
    assert run().reason == "no_target"
    mmcli(script='echo "error: couldn\'t find the ModemManager process in the bus" >&2; exit 1')
    seen = run()
    assert (seen.reason, "ModemManager process" in str(seen.detail["error"])) == ("no_target", True)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert run().reason == "no_target"


def test_a_modemmanager_that_hangs_costs_the_time_limit_and_says_nothing_about_the_network(mmcli: Fake) -> None:
    mmcli(script="sleep 60 & exec sleep 60")
    seen = run(timeout_s=0.5)
    assert (seen.reason, "did not end" in str(seen.detail["error"])) == ("local_error", True)


@pytest.mark.parametrize(
    "document",
    ["", "{", "[]", '{"modem": 3}', '{"modem": {"generic": {"state": 7}}}', "[" * 50_000, "x" * 100_000, "null"],
)
def test_a_document_that_cannot_be_read_is_a_local_error(mmcli: Fake, document: str) -> None:
    mmcli({"-L -J": LIST, "-m 0 -J": document})
    assert run().reason == "local_error"
    mmcli({"-L -J": document})
    assert run().reason == "local_error"


def test_a_name_out_of_the_network_is_shown_without_what_cannot_be_seen() -> None:
    found = parse_modem(0, json.dumps(modem(operator_name="\x1b[31mXL\u202e\n" + "x" * 100)).encode())
    assert found.operator == "[31mXL" + "x" * 34
    assert parse_modem(0, json.dumps(modem(operator_name="--")).encode()).operator == "51010"


KEYS = st.sampled_from(["modem", "modem-list", "generic", "state", "3gpp", "signal", "lte", "rsrp"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
)


@given(JSON)
def test_any_json_is_a_modem_or_one_typed_error(document: object) -> None:
    raw = json.dumps(document).encode()
    for parse in (_numbers_are_modems, _one_is_a_modem, _a_signal_changes_the_levels_alone):
        try:
            parse(raw)
        except ProbeError as error:
            assert error.reason is Reason.LOCAL_ERROR


def _numbers_are_modems(raw: bytes) -> None:
    assert all(0 <= number <= 9999 for number in parse_list(raw))


def _one_is_a_modem(raw: bytes) -> None:
    found = parse_modem(3, raw)
    assert found.number == 3
    assert re.fullmatch(r"[a-z0-9][a-z0-9+.-]{0,39}", found.state)
    assert len(found.operator) <= 40
    assert found.operator == "" or found.operator.isprintable()
    assert found.signal_pct is None or 0 <= found.signal_pct <= 100
    assert judge(found) in (Reason.NONE, Reason.LTE_NO_SIM, Reason.LTE_NOT_REGISTERED, Reason.LTE_WEAK)
    assert all(value not in ("", None) for value in found.detail().values())


def _a_signal_changes_the_levels_alone(raw: bytes) -> None:
    plain = Modem(3, "connected", operator="XL", signal_pct=40)
    found = with_signal(plain, raw)
    assert all(level is None or -10_000 < level < 10_000 for level in (found.rsrp_dbm, found.rsrq_db, found.snr_db))
    assert replace(found, rsrp_dbm=None, rsrq_db=None, snr_db=None) == plain
    assert with_signal(found, raw) == found


WORDS = st.text(max_size=50) | st.sampled_from(["--", "connected", "failed", "sim-missing", "home", "none", "sim-pin"])
LEVELS = st.text(max_size=8) | st.floats(-200, 200).map(lambda level: f"{level:.2f} dBm")


@given(WORDS, WORDS, WORDS, WORDS, WORDS, LEVELS)
def test_a_modem_may_say_anything_in_its_fields(
    state: str, failed: str, lock: str, registration: str, operator: str, level: str
) -> None:
    said = modem(
        state=state, state_failed_reason=failed, unlock_required=lock, registration_state=registration,
        operator_name=operator, access_technologies=[level, state], signal_quality={"recent": "yes", "value": level},
    )  # fmt: skip
    _one_is_a_modem(json.dumps(said).encode())
    _a_signal_changes_the_levels_alone(json.dumps(signal(rsrp=level, rsrq=failed, snr=level)).encode())


def test_impossible_settings_are_refused() -> None:
    for values in ({"interval_s": 1.0}, {"timeout_s": 0.0}, {"modem": -1}):
        with pytest.raises(ValueError, match=next(iter(values))):
            LteConfig(**values)
