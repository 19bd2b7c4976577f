"""`migrate` as Django has it, on our executor. An app's command goes before Django's own, so tests and every start of the house have it."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections

from kaibo.plumbing.migrating.sparing import SparingExecutor

migrate.MigrationExecutor = SparingExecutor  # the command names its executor here and nowhere else


class Command(migrate.Command):
    """
    Where every step was taken before, what follows a migration (the names of models, permissions) is done without drawing all models three times.

    So it is at nearly every start of a shop; whoever wants to be told more (`verbosity`) or asks for a part gets Django's own way.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        is_plain = not options["verbosity"] and not any(options[name] for name in ("app_label", "plan", "check_unapplied", "prune", "run_syncdb"))
        if is_plain and self._is_done(options["database"]):
            emit_post_migrate_signal(0, options["interactive"], options["database"], plan=[])
            return
        super().handle(*args, **options)

    def _is_done(self, database: str) -> bool:
        loader = SparingExecutor(connections[database]).loader
        return not loader.detect_conflicts() and set(loader.graph.nodes) <= set(loader.applied_migrations)
