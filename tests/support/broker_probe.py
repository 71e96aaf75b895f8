"""One look of the broker probe, for its tests."""

import asyncio
from pathlib import Path
from typing import Any

from agent.core.observation import Observation
from agent.probes.context import Center
from tests.support.probe_once import observe_here

NODE = "kel-3673011001"
PATIENT = {"timeout_s": 20.0}
"""For what does come: a busy machine must not make it late."""


def run(
    port: int,
    credentials: Path | None,
    config: dict[str, object] | None = None,
    *,
    host: str = "127.0.0.1",
    **more: Any,
) -> Observation:
    center = Center(host, port, credentials)
    return asyncio.run(observe_here("broker", config or PATIENT, center=center, host="127.0.0.1", port=port, **more))
