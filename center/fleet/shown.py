"""What was pushed, as rows: how many nodes each revision was meant for, and how many run it now."""

from dataclasses import dataclass

from django.db.models import Count

from center.fleet.models import ConfigPush, NodeConfig
from center.fleet.revisions import newest
from center.operations.command_models import OperationTarget


@dataclass(frozen=True, slots=True)
class PushRow:
    """One pushed configuration. `nodes`: it was ordered for; `running`: of all nodes, those that say they run it."""

    generation: str
    revision: int
    operation: str
    note: str
    made_by: str
    made_ms: int
    confirm_within_s: int
    overrides: int
    nodes: int
    running: int
    wanted: int


def rows(count: int = 50) -> list[PushRow]:
    """The newest first."""
    return rows_of(newest(count))


def rows_of(pushes: list[ConfigPush]) -> list[PushRow]:
    """The same for these."""
    from center.fleet.revisions import parts_of

    running = _counted("generation", "revision")
    wanted = _counted("wanted_generation", "wanted_revision")
    targets = OperationTarget.objects.filter(operation__in=[one.operation for one in pushes])
    nodes = dict(
        targets.values("operation_id").annotate(many=Count("pk")).values_list("operation_id", "many").order_by()
    )
    return [
        PushRow(
            one.generation, one.revision, one.operation, one.note, one.made_by, one.made_ms, one.confirm_within_s,
            len(parts_of(one)), nodes.get(one.operation, 0), running.get((one.generation, one.revision), 0),
            wanted.get((one.generation, one.revision), 0),
        )
        for one in pushes
    ]  # fmt: skip


def _counted(generation: str, revision: str) -> dict[tuple[str, int], int]:
    found = (
        NodeConfig.objects.exclude(state="trying").values(generation, revision).annotate(many=Count("pk")).order_by()
    )
    return {(one[generation], one[revision]): one["many"] for one in found}
