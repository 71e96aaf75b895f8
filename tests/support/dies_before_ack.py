"""`python -m tests.support.dies_before_ack WORDS...`: the real `sandi-center`, killed by SIGKILL at one exact point.

The point is the first acknowledgement it wants to publish: its transaction is committed, nobody has been told.
"""

import os
import signal
import sys

from center.cli import main
from center.ingest.session import Session


def publish(_self: Session, topic: str, _payload: bytes, *, qos: int, retain: bool = False) -> None:
    """Everything but acknowledgements is swallowed; the first acknowledgement is death."""
    if topic.endswith("/down/ack"):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Session.publish = publish  # type: ignore[method-assign]
    sys.exit(main())
