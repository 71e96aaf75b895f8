"""A test message through one channel, asked for by a person."""

import secrets

from center.alerts.models import Channel
from center.alerts.outbox import now_ms
from center.alerts.queue import put_message
from center.core.alert_times import moment
from center.core.alert_words import line
from center.errors import SetupError


def queue_test(channel: str, by: str) -> str:
    """Queue it; returns the delivery's key.

    Raises:
        SetupError: there is no such channel, or it is switched off.
    """
    found = Channel.objects.filter(name=channel).first()
    if found is None:
        raise SetupError(f"there is no channel {channel}", f"tidak ada saluran {channel}")
    if not found.enabled:
        raise SetupError(f"the channel {channel} is switched off", f"saluran {channel} dimatikan")
    text = line("test", found.language, channel=channel, now=moment(now_ms(), found.language))
    key = f"test.{channel}.{secrets.token_hex(6)}"
    put_message(channel, "test", key, text)
    return key
