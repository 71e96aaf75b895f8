"""The file of a repeat that was not stored does not lie about for ever; a file that is wanted never goes."""

import os
import time
from pathlib import Path

from tests.support.arrivals import picture_bytes
from tests.support.desk import add_photo, file_complaint


def old(path: Path) -> Path:
    day_before_s = time.time() - 90_000
    os.utime(path, (day_before_s, day_before_s))
    return path


def test_a_file_that_no_row_names_goes_after_a_day(center_data: Path) -> None:
    from center.complaints.leftovers import remove_leftovers

    one = file_complaint(center_data)
    kept = old(center_data / add_photo(center_data, one, picture_bytes()).path)
    repeat, young = (
        old(kept.with_name("repeat.sealed")) if kept.with_name("repeat.sealed").write_bytes(b"x") else kept,
        (kept.with_name("young.sealed")),
    )
    young.write_bytes(b"x")
    assert remove_leftovers(center_data) == 1
    assert (kept.exists(), repeat.exists(), young.exists()) == (True, False, True)
    assert remove_leftovers(center_data) == 0


def test_while_a_record_waits_from_which_a_row_may_still_come_nothing_goes(center_data: Path) -> None:
    from center.complaints.leftovers import remove_leftovers
    from center.ingest.models import RawRecord
    from tests.support.arrivals import project_all, store_records
    from tests.support.fleet import record

    folder = center_data / "attachments" / "kel-3673011001"
    folder.mkdir(parents=True)
    (folder / "waits.sealed").write_bytes(b"x")
    old(folder / "waits.sealed")
    store_records(center_data, [record(1)])
    RawRecord.objects.update(stream="attachment", kind="unheard")
    assert remove_leftovers(center_data) == 0
    project_all(center_data)
    assert remove_leftovers(center_data) == 1


def test_a_centre_without_photographs_has_nothing_to_look_through(center_data: Path) -> None:
    from center.complaints.leftovers import remove_leftovers

    assert remove_leftovers(center_data) == 0
