"""One file per family of kinds, one table. A new kind = one function and one line here."""

from importlib import import_module

from center.worker.records import Projector

PROJECTORS: dict[tuple[str, str], str] = {
    ("health", "report"): "center.worker.projectors.reports:project_report",
    ("event", "epoch"): "center.worker.projectors.lives:project_epoch",
    ("event", "anchor"): "center.worker.projectors.lives:project_anchor",
    ("event", "start"): "center.worker.projectors.lives:project_start",
    ("event", "stop"): "center.worker.projectors.lives:project_stop",
    ("event", "reach"): "center.worker.projectors.lives:project_event",
    ("event", "warning"): "center.worker.projectors.lives:project_event",
    ("event", "verdict"): "center.worker.projectors.diagnosis:project_verdict",
    ("event", "outage"): "center.worker.projectors.diagnosis:project_outage",
    ("event", "path"): "center.worker.projectors.diagnosis:project_path",
    ("event", "maintenance"): "center.worker.projectors.maintenance:project_maintenance",
    ("event", "gap"): "center.worker.projectors.ledger:project_gap",
    ("event", "receipt"): "center.worker.projectors.ledger:project_receipt",
    ("event", "command"): "center.worker.projectors.commands:project_command",
    ("event", "output"): "center.worker.projectors.commands:project_output",
    ("event", "config"): "center.worker.projectors.configs:project_config",
    ("event", "release"): "center.worker.projectors.releases:project_release",
    ("complaint", "complaint"): "center.worker.projectors.voices:project_complaint",
    ("complaint", "ppid"): "center.worker.projectors.voices:project_request",
    ("complaint", "survey"): "center.worker.projectors.voices:project_survey",
    ("attachment", "attachment"): "center.worker.projectors.voices:project_attachment",
    ("snapshot", "snapshot"): "center.worker.projectors.pictures:project_snapshot",
}
_loaded: dict[tuple[str, str], Projector] = {}


def projector(stream: str, kind: str) -> Projector | None:
    """The projector of a kind; None for kinds nothing is projected from (they stay in the raw table)."""
    key = (stream, kind)
    if key not in _loaded and key in PROJECTORS:
        module, _, name = PROJECTORS[key].partition(":")
        _loaded[key] = getattr(import_module(module), name)
    return _loaded.get(key)
