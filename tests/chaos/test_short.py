"""The torture suite in a minute or two, always with the same seed, and proof that its oracle is not blind."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos import oracle
from tests.chaos.journal import entries
from tests.chaos.place import workplace
from tests.chaos.run import RESEND_BOUND, Options, Outcome, run
from tests.support.city import City
from tests.support.torture import WHOLE

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]
SEED = 20261124
LEAST = 21


def tortured(directory: Path, **options: object) -> Outcome:
    outcome = run(Options(seed=SEED, least=LEAST, **options), directory, print)  # type: ignore[arg-type]
    assert outcome.verdict.problems == []
    assert outcome.good, f"re-send ratio {outcome.ratio:.2f}: {outcome.ratios}"
    assert outcome.verdict.accepted >= LEAST
    return outcome


def test_under_random_faults_nothing_is_lost_and_nothing_is_stored_twice() -> None:
    with workplace() as place:
        outcome = tortured(place.directory, duration_s=60)
        assert outcome.kills > 6
        the_oracle_sees_what_is_missing_and_what_is_there_twice(place.directory)


def the_oracle_sees_what_is_missing_and_what_is_there_twice(directory: Path) -> None:
    """The same rows once more with four things wrong in them; otherwise the verdict above would be worth nothing."""
    (directory / "tampered").mkdir()
    for name in ("center.db", "center.db-wal", "keys"):
        if (directory / "center" / name).is_dir():
            shutil.copytree(directory / "center" / name, directory / "tampered" / "center" / name)
        elif (directory / "center" / name).exists():
            (directory / "tampered" / "center").mkdir(exist_ok=True)
            shutil.copy(directory / "center" / name, directory / "tampered" / "center" / name)
    city = City(directory / "tampered")
    lanes = city.query("SELECT node, epoch, stream, max(seq) FROM ingest_rawrecord GROUP BY node, epoch, stream")
    heads = {(str(node), str(epoch), str(stream)): int(str(last)) for node, epoch, stream, last in lanes}
    journals = {text: code for path in directory.glob("journal-*.jsonl") for text, code in entries(path).items()}
    # Numbers that a damaged outbox took with it stand in the notice of the next epoch, of which `heads` knows nothing.
    gone = oracle.judge(city, journals, heads).undeclared
    with closing(sqlite3.connect(city.data / "center.db")) as database:
        database.execute("DELETE FROM complaints_complaint WHERE code = (SELECT min(code) FROM complaints_complaint)")
        health = "SELECT {} FROM ingest_rawrecord WHERE stream = 'health'"
        database.execute(f"DELETE FROM ingest_rawrecord WHERE id = ({health.format('min(id)')} AND seq > 1)")
        columns = "node, epoch, stream, hash, boot, run, mono_ms, wall_ms, synced, kind, body, received_ms, rejected"
        database.execute(
            f"INSERT INTO ingest_rawrecord (seq, {columns}) SELECT seq + 1000000, {columns} FROM ingest_rawrecord "
            f"WHERE id = ({health.format('max(id)')})"
        )
        database.commit()
    verdict = oracle.judge(city, journals | {"never filed": "X-1"}, heads)
    assert (verdict.lost, verdict.undeclared - gone, verdict.equal) == (2, 1, 1)
    assert not verdict.good


@pytest.mark.full
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not WHOLE, reason="a minute of it is in the short suite; SANDI_TORTURE=1 runs this")
def test_random_faults_with_four_boxes() -> None:
    with workplace() as place:
        outcome = tortured(place.directory, duration_s=270, agents=4)
        assert outcome.kills > 60
        assert outcome.resend_bound == RESEND_BOUND, "enough records to hold it to what is promised"
