"""Bring Django up for a command, and do what follows a migration."""

from __future__ import annotations

import os

import django
from django.apps import apps


def django_ready() -> None:
    """This function will load Django once for a command of `./kaibo`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaibo.config.settings")
    if not apps.ready:
        django.setup()


def after_migrate() -> None:
    """This function will bring roles and their default abilities up to date with the manifests; safe to repeat."""
    from kaibo.master.people.services import sync_roles

    sync_roles()
