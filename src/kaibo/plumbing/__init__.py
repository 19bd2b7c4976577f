"""Django-side machinery without business: outbox, audit, access, intake, jobs, tables, vault, thresholds, wiring."""
