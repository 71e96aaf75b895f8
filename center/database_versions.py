"""Which migrations each database has and which it lacks, and bringing them all to this version."""

from typing import TYPE_CHECKING

from center.errors import SetupError
from center.steps import steps_on_disk

if TYPE_CHECKING:
    from django.db.migrations.executor import MigrationExecutor

Step = tuple[str, str]
"""An application's label and the name of one of its migrations."""


def pending_steps() -> int:
    """How many migrations are missing, over all databases.

    Every command asks this first, and nearly always nothing is missing: then names were compared, and no migration was
    loaded.

    Raises:
        SetupError: a database cannot be read, or holds tables of a newer version than this one.
    """
    from django.db import DatabaseError, connections
    from django.db.migrations.recorder import MigrationRecorder

    known = steps_on_disk()
    count = 0
    for alias in connections:
        connection = connections[alias]
        name = connection.settings_dict["NAME"]
        labels = _labels(alias)
        try:
            applied = set(MigrationRecorder(connection).applied_migrations())
            if not {step for step in known if step[0] in labels} <= applied <= known:
                count += _missing(alias, applied)
        except DatabaseError as error:
            raise SetupError(
                f"the database {name} cannot be read: {error}", f"basis data {name} tidak dapat dibaca: {error}"
            ) from error
    return count


def migrate() -> None:
    """Bring every database to this version."""
    from django.core.management import call_command
    from django.db import DEFAULT_DB_ALIAS, connections
    from django.db.migrations.executor import MigrationExecutor

    for alias in connections:
        if alias == DEFAULT_DB_ALIAS:
            call_command("migrate", database=alias, verbosity=0, interactive=False)
        else:  # not the history of tables that lie elsewhere: it is long, and would be gone through for nothing
            executor = MigrationExecutor(connections[alias])
            executor.loader.check_consistent_history(connections[alias])
            executor.migrate(_targets(executor, alias))


def _missing(alias: str, applied: set[Step]) -> int:
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[alias])
    if unknown := sorted(applied - set(executor.loader.disk_migrations or ())):
        name = connections[alias].settings_dict["NAME"]
        names = ", ".join(f"{app}.{step}" for app, step in unknown[:3])
        raise SetupError(
            f"the database {name} was made by a newer version of Sandi (it has {names}); "
            "install that version again, or restore the backup made before the update",
            f"basis data {name} dibuat oleh versi Sandi yang lebih baru (ada {names}); "
            "pasang lagi versi itu, atau pulihkan cadangan sebelum pembaruan",
        )
    return len(executor.migration_plan(_targets(executor, alias)))


def _targets(executor: "MigrationExecutor", alias: str) -> list[Step]:
    """The newest migrations of what belongs into a database."""
    labels = _labels(alias)
    return [step for step in executor.loader.graph.leaf_nodes() if step[0] in labels]


def _labels(alias: str) -> frozenset[str]:
    """The applications whose history a database has: the main one all, another one those whose tables lie in it."""
    from django.apps import apps
    from django.db import DEFAULT_DB_ALIAS, router

    labels = (config.label for config in apps.get_app_configs())
    return frozenset(label for label in labels if alias == DEFAULT_DB_ALIAS or router.allow_migrate(alias, label))
