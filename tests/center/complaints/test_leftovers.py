"""The file of a repeat that was not stored does not lie about for ever; a file that is wanted never goes."""

import os
import time
from pathlib import Path

from tests.support.arrivals import picture_bytes, project_all, store_records
from tests.support.desk import add_photo, file_complaint
from tests.support.fleet import record


def put(path: Path, age_s: float) -> Path:
    """A file of this age."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(b"x")
    at_s = time.time() - age_s
    os.utime(path, (at_s, at_s))
    return path


def test_a_file_that_no_row_names_goes_after_a_day(center_data: Path) -> None:
    from center.complaints.leftovers import remove_leftovers

    one = file_complaint(center_data)
    kept = put(center_data / add_photo(center_data, one, picture_bytes()).path, 90_000)
    repeat = put(kept.with_name("repeat.sealed"), 90_000)
    young = put(kept.with_name("young.sealed"), 80_000)
    assert remove_leftovers(center_data) == 1
    assert (kept.exists(), repeat.exists(), young.exists()) == (True, False, True)
    assert remove_leftovers(center_data) == 0


def test_the_file_of_a_record_from_which_a_row_may_still_come_stays(center_data: Path) -> None:
    from center.complaints.leftovers import remove_leftovers
    from center.connectivity.models import PassedOver
    from center.ingest.decode import blob_path
    from center.ingest.models import RawRecord

    store_records(center_data, [record(1)])
    RawRecord.objects.update(stream="attachment", kind="unheard")
    raw = RawRecord.objects.get()
    waits = put(center_data / blob_path("attachment", raw.node, raw.hash), 90_000)
    other = put(waits.with_name("other.sealed"), 90_000)
    assert remove_leftovers(center_data) == 1
    assert waits.exists() and not other.exists()
    project_all(center_data)
    assert PassedOver.objects.count() == 1
    assert remove_leftovers(center_data) == 0
    PassedOver.objects.all().delete()
    assert remove_leftovers(center_data) == 1


def test_a_centre_without_photographs_has_nothing_to_look_through(center_data: Path) -> None:
    from center.complaints.leftovers import remove_leftovers

    assert remove_leftovers(center_data) == 0
