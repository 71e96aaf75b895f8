"""How often the long suite repeats what is dear: what `.ci/run` has time for, or, by SANDI_TORTURE=1, all of it."""

import os

WHOLE = os.environ.get("SANDI_TORTURE") == "1"


def often(usually: int, whole: int) -> int:
    """`usually`, or `whole` where SANDI_TORTURE=1 asks for it: `SANDI_TORTURE=1 make test-full ARGS='-k kills'`."""
    return whole if WHOLE else usually
