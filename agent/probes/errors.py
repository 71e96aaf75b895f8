"""The errors of the probes' helpers: each a finding with a reason, which the probe turns into its observation."""

from collections.abc import Mapping

from agent.core.observation import Reason, Scalar


class ProbeError(Exception):
    """A step of a probe did not succeed, for a reason that says something about the network, the target or this box."""

    def __init__(self, reason: Reason, detail: Mapping[str, Scalar] | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.detail = dict(detail or {})
