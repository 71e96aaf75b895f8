"""Files of pictures and blobs: there before their row, and none without one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from tests.support.arrivals import RECEIVED, signed_picture, store_payload
from tests.support.fleet import NODE, Database
from wire import topics

KEY = SigningKey(bytes(32))
SNAPSHOT = topics.up(NODE, "snapshot")


def files(data: Path) -> list[str]:
    """Every file that ingest has left in the data directory, pictures and notes."""
    return sorted(
        str(path.relative_to(data))
        for folder in ("pictures", "attachments", "incoming")
        for path in (data / folder).rglob("*")
        if path.is_file()
    )


def parcel_of(payload: bytes) -> Any:
    from center.ingest.decode import decode

    return decode(SNAPSHOT, payload, retained=False, received_ms=RECEIVED)


def test_a_stored_picture_is_one_file_and_its_repeat_writes_it_again_only_when_it_is_gone(center_data: Path) -> None:
    payload = signed_picture(KEY)
    path = parcel_of(payload).file.path
    for _ in range(2):
        (result,) = store_payload(center_data, SNAPSHOT, payload)
        assert result.stored == (1,)
        assert files(center_data) == [str(path)]
        assert (center_data / path).read_bytes() == payload
        (center_data / path).unlink()


def test_pictures_of_an_epoch_that_is_kept_waiting_leave_no_file(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.ingest import epochs
    from center.ingest.models import RawRecord

    monkeypatch.setattr(epochs, "NEW_A_DAY", 0)
    assert store_payload(center_data, SNAPSHOT, signed_picture(KEY)) == []
    assert files(center_data) == []
    monkeypatch.setattr(epochs, "NEW_A_DAY", 24)
    (result,) = store_payload(center_data, SNAPSHOT, signed_picture(KEY))
    assert (result.new, RawRecord.objects.count(), len(files(center_data))) == (1, 1, 1)


def test_a_picture_whose_number_is_taken_leaves_no_file(center_data: Path) -> None:
    first, other = signed_picture(KEY), signed_picture(SigningKey(bytes([1] * 32)))
    store_payload(center_data, SNAPSHOT, first)
    before = files(center_data)
    (result,) = store_payload(center_data, SNAPSHOT, other)
    assert result.rejected == ((1, "epoch_conflict"),)
    assert files(center_data) == before
    from center.ingest.commit import commit

    both = [parcel_of(signed_picture(SigningKey(bytes([key] * 32)), seq=2)) for key in (2, 3)]
    assert sum(result.new for result in commit(both, center_data)) == 1  # type: ignore[union-attr]
    assert len(files(center_data)) == 2


def test_a_picture_nobody_reads_any_more_is_not_written_again(center_data: Path) -> None:
    from center.ingest.models import RawRecord

    payload = signed_picture(KEY)
    store_payload(center_data, SNAPSHOT, payload)
    RawRecord.objects.all().delete()
    (center_data / parcel_of(payload).file.path).unlink()
    (result,) = store_payload(center_data, SNAPSHOT, payload)
    assert (result.stored, result.new, files(center_data)) == ((1,), 0, [])


def test_the_file_of_a_record_that_only_the_quarantine_holds_stays(center_data: Path) -> None:
    from center.ingest import only_copy
    from center.ingest.decode import blob_path
    from center.ingest.models import Quarantined

    Database(center_data).run(
        "CREATE TRIGGER refuses BEFORE INSERT ON ingest_rawrecord WHEN NEW.stream = 'snapshot' "
        "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
    )
    payload = signed_picture(KEY)
    (result,) = store_payload(center_data, SNAPSHOT, payload)
    assert (result.stored, result.rejected) == ((1,), ((1, "unstorable"),))
    kept = only_copy.unpack(bytes(Quarantined.objects.get().payload))
    path = blob_path(kept.stream, kept.node, kept.record.hash, kept.record.wall_ms)
    assert (center_data / path).read_bytes() == payload
    assert files(center_data) == [str(path)]


def _cut(*_: object) -> None:
    raise KeyboardInterrupt  # as a process that is killed: nothing behind it runs


@pytest.mark.parametrize("where", ["announce", "keep", "store", "settle"])
def test_wherever_a_group_is_cut_the_next_session_leaves_a_row_with_its_file_or_neither(
    center_data: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from center.ingest import commit as commit_module
    from center.ingest import incoming
    from center.ingest.models import RawRecord

    def after(step: Callable[..., Any]) -> Callable[..., Any]:
        def done_and_cut(*words: Any) -> None:
            step(*words)
            _cut()

        return done_and_cut

    payload = signed_picture(KEY)
    with monkeypatch.context() as patch:
        if where == "store":
            patch.setattr(commit_module, "store", after(commit_module.store))  # within its transaction
        elif where == "settle":
            patch.setattr(incoming, "settle", _cut)
        else:
            patch.setattr(incoming, where, after(getattr(incoming, where)))
        with pytest.raises(KeyboardInterrupt):
            store_payload(center_data, SNAPSHOT, payload)
    incoming.settle_all(center_data)
    stored = RawRecord.objects.count()
    assert len(files(center_data)) == stored == (1 if where == "settle" else 0)
    (result,) = store_payload(center_data, SNAPSHOT, payload)
    assert (result.stored, RawRecord.objects.count(), len(files(center_data))) == ((1,), 1, 1)


def test_a_picture_whose_file_another_process_settled_away_gets_no_row_before_it_is_written_again(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another ingest process begins a session between our file and our row."""
    from center.ingest import incoming
    from center.ingest.models import RawRecord

    keep, payload = incoming.keep, signed_picture(KEY)

    def keep_and_be_settled(*words: Any) -> None:
        keep(*words)
        incoming.settle_all(center_data)

    with monkeypatch.context() as patch:
        patch.setattr(incoming, "keep", keep_and_be_settled)
        with pytest.raises(FileNotFoundError):
            store_payload(center_data, SNAPSHOT, payload)
    assert RawRecord.objects.count() == 0
    (result,) = store_payload(center_data, SNAPSHOT, payload)
    assert (result.new, len(files(center_data))) == (1, 1)


def test_a_note_that_another_process_settled_before_the_files_came_keeps_no_file_without_a_row(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another ingest process begins a session between our note and our files, of which one is not stored."""
    from center.ingest import incoming
    from center.ingest.commit import commit
    from center.ingest.models import RawRecord

    announce = incoming.announce

    def announce_and_be_settled(*words: Any) -> Path:
        note = announce(*words)
        incoming.settle_all(center_data)
        return note

    monkeypatch.setattr(incoming, "announce", announce_and_be_settled)
    clones = [parcel_of(signed_picture(SigningKey(bytes([key] * 32)))) for key in (2, 3)]
    commit(clones, center_data)
    row = RawRecord.objects.get()
    assert files(center_data) == [str(clone.file.path) for clone in clones if row.hash in str(clone.file.path)]


def test_what_an_interrupted_writing_left_goes_with_its_note(center_data: Path) -> None:
    from center.ingest import incoming

    parcel = parcel_of(signed_picture(KEY))
    incoming.announce(center_data, [parcel])
    half = center_data / parcel.file.path.with_name(f".{parcel.file.path.name}.4711")
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half a picture")
    (center_data / "incoming" / ".half-a-note").write_bytes(b"[")
    (center_data / "incoming" / "damaged.json").write_bytes(b"[")
    incoming.settle_all(center_data)
    assert files(center_data) == []
