"""Why records were given up: the words of a ledger row's `reason`, all in one place. Stable, since the centre groups
by them; an unknown one is shown as it is.

| reason | what was given up |
|---|---|
| `thinned_5min` | health reports but the first of each five minutes of boot-time |
| `thinned_1h` | health reports but the first of each hour |
| `bound` | the oldest records of a stream over its own bound |
| `disk` | the oldest records, because the disk ran out of room; health reports, because it took no writes |
| `age` | pictures that had been kept here for as long as pictures may be (`[outbox] keep_pictures_days`) |
| `corrupt` | records whose bytes were damaged on the card or may have been, and pictures of a damaged outbox |
| `refused: CODE` | a record the centre cannot decode even alone, with the code of `docs/protocol.md` section 2 |
| `blob` | a sealed blob whose header could not be rewritten for a new epoch |
| `numbers of the epoch before` | count 0: numbers a new epoch does not use; else: events damaged in moving |
| `epoch_conflict` `board_changed` ... | why the epoch changed: pictures, whose signed record names the one before |
"""

from typing import Final

THINNED_5MIN: Final = "thinned_5min"
THINNED_1H: Final = "thinned_1h"
BOUND: Final = "bound"
DISK: Final = "disk"
AGE: Final = "age"
CORRUPT: Final = "corrupt"
BLOB: Final = "blob"
OLD_NUMBERS: Final = "numbers of the epoch before"


def refused(code: str) -> str:
    """A record the centre refused with this code."""
    return f"refused: {code}"
