"""`migrate` as Django has it, on our executor. An app's command goes before Django's own, so tests and every start of the house have it."""

from __future__ import annotations

from django.core.management.commands import migrate

from kaibo.plumbing.migrating.sparing import SparingExecutor

migrate.MigrationExecutor = SparingExecutor  # the command names its executor here and nowhere else
Command = migrate.Command
