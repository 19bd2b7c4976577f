"""Everything `kaibo check` proves: stock, outbox, audit chain, claims vs orders, and each stage's own invariants."""

from __future__ import annotations

from django.db import connection

from kaibo.master.stock import queries as stock
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.wiring import Difference, wiring
from kaibo.room import audit as room_audit


def differences() -> list[Difference]:
    """This function will list every difference between what is and what must be; an empty list is the proof."""
    found = [*stock.differences(), *outbox.differences(), *audit.differences()]
    with connection.cursor() as cursor:
        found += [
            Difference("room", f"{one.subject}: {one.rule}; expected {one.expected}, found {one.found}") for one in room_audit.differences(cursor.cursor)
        ]
    for manifest in wiring().manifests:
        if manifest.check:
            found += manifest.check()
    return found
