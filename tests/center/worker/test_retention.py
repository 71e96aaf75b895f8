"""What has been kept for as long as it was to be goes, in steps; what is sent again after that is stored nowhere."""

import time
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from tests.support.arrivals import (
    project_all,
    register_node,
    signed_picture,
    store_payload,
    store_records,
)
from tests.support.fleet import NODE, record, report_body
from tests.support.orders import order, sign, target_of
from wire import topics

DAY_MS = 86_400_000
KEY = SigningKey(b"\x07" * 32)


def forget(data: Path, now_ms: int | None = None, **keep: int) -> int:
    """One pass; how many steps it took."""
    from center.config import RetentionConfig
    from center.worker.retention import Retention

    retention = Retention(data, RetentionConfig(**keep))
    retention.begin(int(time.time() * 1000) if now_ms is None else now_ms)
    steps = 1
    while retention.step():
        steps += 1
    return steps


def counts() -> dict[str, int]:
    from center.ingest.database import select

    tables = ("ingest_rawrecord", "connectivity_report", "connectivity_nodeevent", "cctv_snapshot", "ingest_span")
    return {name: select(f"SELECT COUNT(*) FROM {name}")[0][0] for name in tables}


def store_everything(data: Path, received_ms: int) -> None:
    events = [record(1, "start", {"previous_run": None, "previous_boot": None, "verdict": "first"}), record(2)]
    reach = {"target": "gateway", "state": "down", "since_mono_ms": 1, "onset_mono_ms": 1}
    store_records(data, [*events, record(3, "reach", reach)], "event", received_ms)
    store_records(data, [record(seq, "report", report_body()) for seq in (1, 2, 3)], "health", received_ms)
    store_payload(data, topics.up(NODE, "snapshot"), signed_picture(KEY), received_ms)


@pytest.fixture
def old(center_data: Path) -> Path:
    """Everything arrived 20 days ago, and one record just now."""
    register_node(KEY)
    store_everything(center_data, int(time.time() * 1000) - 20 * DAY_MS)
    store_records(center_data, [record(9)], received_ms=int(time.time() * 1000))
    project_all(center_data)
    return center_data


def test_raw_records_reports_and_pictures_go_after_two_weeks_and_the_journal_stays(old: Path) -> None:
    assert list(old.glob("pictures/**/*.jpg"))
    forget(old)
    assert counts() == {
        "ingest_rawrecord": 1, "connectivity_report": 0, "connectivity_nodeevent": 4, "cctv_snapshot": 0,
        "ingest_span": 4,
    }  # fmt: skip
    assert not list(old.glob("pictures/**/*.jpg"))


def test_what_is_sent_again_after_it_was_forgotten_is_acknowledged_and_stored_nowhere(old: Path) -> None:
    forget(old)
    before, known = counts(), sorted(old.glob("**/*.jpg"))
    now_ms = int(time.time() * 1000)
    store_everything(old, now_ms)
    project_all(old)
    assert counts() == before and sorted(old.glob("**/*.jpg")) == known
    outcome = store_records(old, [record(seq, "report", report_body()) for seq in (1, 2, 3)], "health", now_ms)[0]
    assert (outcome.stored, outcome.rejected) == ((1, 2, 3), ())


def test_lives_and_what_covered_them_outlive_the_records_they_were_read_from(old: Path) -> None:
    from center.availability.models import Alive, Life, Rollup

    kept = Rollup.objects.filter(step_s__gte=3600)  # the records were made more than thirteen months ago
    before = list(Life.objects.values()), list(Alive.objects.values()), list(kept.values())
    forget(old)
    assert (list(Life.objects.values()), list(Alive.objects.values()), list(kept.all().values())) == before
    assert {row["step_s"] for row in before[2]} == {3600, 86_400}


def test_after_thirteen_months_the_journal_goes_but_for_what_lives_and_epochs_are_read_from(old: Path) -> None:
    from center.connectivity.models import NodeEvent

    forget(old, int(time.time() * 1000) + 13 * 31 * DAY_MS)
    assert sorted(NodeEvent.objects.values_list("kind", flat=True)) == ["start", "stop", "stop"]


def test_zero_keeps_for_good(old: Path) -> None:
    before = counts()
    forget(old, int(time.time() * 1000) + 9000 * DAY_MS, raw_days=0, picture_days=0, journal_months=0)
    assert counts() == before


def test_nothing_goes_that_was_not_projected_or_that_no_version_could_read_yet(center_data: Path) -> None:
    from center.ingest.models import RawRecord

    received_ms = int(time.time() * 1000) - 20 * DAY_MS
    store_records(center_data, [record(1, "future", {}), record(2)], received_ms=received_ms)
    project_all(center_data)
    store_records(center_data, [record(3), record(4)], received_ms=received_ms)
    forget(center_data)
    assert sorted(RawRecord.objects.values_list("seq", flat=True)) == [1, 3, 4]


def test_reports_wait_until_the_rollups_know_them(old: Path) -> None:
    from center.availability.models import RollupDue
    from center.connectivity.models import Report

    due = RollupDue.objects.create(node=NODE, step_s=300, at_ms=1_760_000_000_000)
    forget(old)
    assert Report.objects.count() == 3
    due.delete()
    forget(old)
    assert not Report.objects.exists()


def test_many_rows_go_in_steps_and_rollups_by_their_age(center_data: Path) -> None:
    from center.availability.models import Rollup

    now_ms = int(time.time() * 1000)
    rows: list[dict[str, Any]] = [
        {"step_s": step_s, "at_ms": now_ms - days * DAY_MS - 1000 * place, "reports": 1, "json": "{}"}
        for place in range(350)
        for step_s in (300, 3600, 86_400)
        for days in (10, 500, 3000)
    ]
    Rollup.objects.bulk_create(Rollup(node=NODE, **row) for row in reversed(rows))
    assert forget(center_data, now_ms) > 3
    left = {(row.step_s, (now_ms - row.at_ms) // DAY_MS) for row in Rollup.objects.all()}
    assert left == {(300, 10), (3600, 10), (3600, 500), (86_400, 10), (86_400, 500), (86_400, 3000)}


def test_the_configuration_names_what_is_wrong_with_it(tmp_path: Path) -> None:
    from center.config import load_config
    from center.errors import ConfigError

    for text, word in (("raw_days = 2", "raw_days"), ("picture_days = -1", "picture_days"), ("raw_day = 9", "raw_day")):
        (tmp_path / "center.toml").write_text(f"[retention]\n{text}\n", encoding="utf-8")
        with pytest.raises(ConfigError, match=word):
            load_config(tmp_path)


def test_alarms_and_messages_go_with_the_journal_but_not_what_was_said_of_an_incident_that_lasts(
    center_data: Path,
) -> None:
    from center.alerts.models import Delivery
    from center.operations.models import Alarm, Incident

    old_ms, now_ms = 1_700_000_000_000, int(time.time() * 1000)
    common = {"severity": "warning", "cause": "", "started_ms": old_ms, "opened_ms": old_ms}
    lasting = Incident.objects.create(kind="node", subject="a", **common).pk
    over = Incident.objects.create(kind="node", subject="b", resolved_ms=old_ms + 1, **common).pk
    for at_ms in (old_ms, now_ms):
        Alarm.objects.create(at_ms=at_ms, node="a", incident=lasting, severity="warning")
        for incident, state in ((lasting, "sent"), (over, "sent"), (over, "waiting"), (None, "given_up")):
            Delivery.objects.create(
                key=f"{at_ms}.{incident}.{state}", incident=incident, state=state, made_ms=at_ms, due_ms=at_ms,
                channel="piket", what="opened", severity="info", text="",
            )  # fmt: skip
    forget(center_data)
    assert list(Alarm.objects.values_list("at_ms", flat=True)) == [now_ms]
    kept = set(Delivery.objects.filter(made_ms=old_ms).values_list("incident", "state"))
    assert kept == {(lasting, "sent"), (over, "waiting")}
    assert Delivery.objects.filter(made_ms=now_ms).count() == 4


def test_output_of_commands_goes_before_the_operations_and_those_only_when_they_are_over(center_data: Path) -> None:
    from center.operations.command_models import Operation, OperationOutput, OperationTarget
    from center.operations.models import Downlink

    now_ms = int(time.time() * 1000)
    for days, state in ((410, "done"), (410, "running"), (100, "done"), (1, "done")):
        target = target_of(order(state=state, note=f"{days} {state}", made_ms=now_ms - days * DAY_MS))
        sign(target)
        OperationOutput.objects.create(target_id=target, part=1, text="x")
    forget(center_data, now_ms)
    kept = {"100 done", "410 running", "1 done"}
    assert set(Operation.objects.values_list("note", flat=True)) == kept
    assert OperationTarget.objects.count() == Downlink.objects.count() == 3
    assert list(OperationOutput.objects.values_list("target__operation__note", flat=True)) == ["1 done"]
    forget(center_data, now_ms, journal_months=0, command_output_days=0)
    assert Operation.objects.count() == 3
